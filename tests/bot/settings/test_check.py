"""`ringwatch check`: one line each, whatever happens, and never a secret."""

import asyncio
import io
from typing import Any

from bot.cli.check import Check, CheckError, Probe, offline_checks, print_checks, run_checks
from bot.store.errors import StoreError
from providers.errors import ErrorKind, ProviderError

Loading = Any  # the fixture of conftest.py


def probe(name: str, answer: object) -> Probe:
    async def ask() -> str:
        await asyncio.sleep(0)
        if isinstance(answer, Exception):
            raise answer
        return str(answer)

    return Probe(name, ask)


async def test_every_probe_becomes_one_line_in_its_place() -> None:
    refused = ProviderError(ErrorKind.AUTH, "MoMVOIP refused the key.\nCheck api_key.", operation="MOM-1")
    found = await run_checks(
        [
            probe("slack", "ringwatch in Kestrel"),
            probe("sales (MoMVOIP)", refused),
            probe("store", StoreError("The store does not answer.")),
            probe("channels", CheckError("the bot was not invited to #support", warning=True)),
            probe("side", ValueError("https://user:CANARY@host")),
        ]
    )
    assert [str(one) for one in found] == [
        "ok    slack: ringwatch in Kestrel",
        "FAIL  sales (MoMVOIP): [E301] MoMVOIP refused the key. Check api_key.",
        "FAIL  store: [E301] The store does not answer.",
        "warn  channels: [W301] the bot was not invited to #support",
        "FAIL  side: [E301] the question failed with ValueError",
    ]


async def test_a_probe_that_hangs_costs_its_deadline_and_nobody_elses() -> None:
    async def hang() -> str:
        await asyncio.Event().wait()
        return "never"

    found = await run_checks([Probe("slow", hang), probe("quick", "yes"), Probe("slow too", hang)], deadline=0.05)
    assert [one.level for one in found] == ["error", "ok", "error"]
    assert found[0].text == "no answer within 0.05 s"


def test_the_exit_status_is_one_where_something_failed() -> None:
    stream = io.StringIO()
    assert print_checks([Check("", "ok", "a"), Check("W1", "warn", "b", "odd")], stream) == 0
    assert print_checks([Check("E1", "error", "c", "broken")], stream) == 1
    assert stream.getvalue().splitlines() == ["ok    a", "warn  b: [W1] odd", "FAIL  c: [E1] broken"]


def test_a_valid_configuration_comes_to_its_warnings_and_one_line_each(loading: Loading) -> None:
    loaded = loading(
        """
        accounts:
          sales: {provider: momvoip, api_key: CANARY, poll: {numbers: off, agents: 5s}}
        alerts: [{name: low, watch: balance, below: 50, channel: C1234, escalate: {after: 5m}}]
        """
    )
    lines = [str(one) for one in offline_checks(loaded)]
    assert [line.split(":")[0] for line in lines] == [
        "warn  configuration",
        "warn  configuration",
        "ok    configuration",
        "ok    account sales",
        "ok    alert low",
        "warn  call",
    ]
    assert "[W203]" in lines[0]
    assert "[W207]" in lines[1]
    assert lines[2:5] == [
        "ok    configuration: 1 account, 1 alert, Slack in Socket Mode",
        "ok    account sales: momvoip, polled for balance 5m, numbers off, agents 30s, calls 1m",
        "ok    alert low: balance on sales, to C1234",
    ]
    assert "CANARY" not in "".join(lines)


def test_it_says_what_would_do_nothing(loading: Loading) -> None:
    ids = [one.id for one in offline_checks(loading("calls: {region: UA, per_user_per_day: 0}"))]
    assert ids == ["", "W301", "W303"]
