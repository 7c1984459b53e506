"""What a receiver gets, signed so that it can tell; and what nobody is told."""

import base64
import json
import logging
import re
import time
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.alerts.kinds import Kind
from bot.alerts.model import Acknowledge, Observed, Unacknowledge
from bot.alerts.policy import Policy
from bot.engine.engine import Engine
from bot.engine.evaluation import Rule
from bot.notify.contexts import NotificationContexts
from bot.settings import load
from bot.watches.balance import BalanceKeys
from bot.watches.registry import watches
from providers.model import Balance, Money
from providers.registry import vendors

PAGE = Path(__file__).parents[3] / "docs" / "webhooks.md"
SECRET = "whsec_" + base64.b64encode(b"0123456789abcdefghijklmnopqrstuv").decode()
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


# --- what arrives


@pytest.mark.parametrize("secret", [SECRET, SECRET.removeprefix("whsec_")])
async def test_it_posts_a_change_signed(world, receiver, clock, secret):
    hook = await receiver(secret=secret)
    await world.commit(1, by="U1")
    await world.deliverer().run_once()
    ((headers, body),) = hook.got
    assert headers["Content-Type"] == "application/json"
    assert headers["webhook-id"] == "webhook:low:sales:1:1"
    assert headers["webhook-timestamp"] == str(int(clock().timestamp()))
    assert headers["webhook-signature"] == hook.signature(0, secret)
    told = json.loads(body)
    assert (told["type"], told["data"]["alert"], told["data"]["by"]) == ("ringwatch.alert.firing", "low", "U1")
    assert (await world.waiting(), world.count("delivered")) == (0, 1)


async def test_the_pages_receiver_takes_it_for_genuine_and_nothing_else(world, receiver, clock, monkeypatch):
    hook = await receiver(secret=SECRET)
    await world.commit(1)
    await world.deliverer().run_once()
    ((headers, body),) = hook.got
    (program,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    known: dict[str, Any] = {}
    exec(program, known)
    genuine = known["genuine"]
    monkeypatch.setattr(time, "time", lambda: clock().timestamp())
    assert genuine(SECRET, headers, body)
    assert genuine(SECRET, {**headers, "webhook-signature": "v1,other " + headers["webhook-signature"]}, body)
    assert not genuine(SECRET, headers, body + b" ")
    assert not genuine(SECRET, {**headers, "webhook-id": "webhook:low:sales:1:2"}, body)
    assert not genuine("whsec_" + base64.b64encode(b"another" * 5).decode(), headers, body)
    clock.advance(6 * 60 * SECOND)
    assert not genuine(SECRET, headers, body), "what is old may be played again"


async def test_without_a_secret_nothing_is_signed(world, receiver):
    hook = await receiver()
    await world.commit(1)
    await world.deliverer().run_once()
    assert "webhook-signature" not in hook.got[0][0]
    assert hook.ids == ["webhook:low:sales:1:1"]


async def test_an_address_may_hold_a_login(world, receiver):
    hook = await receiver()
    world.alert("low", hook.url.replace("://", "://me:pass@"))
    await world.commit(1)
    await world.deliverer().run_once()
    assert hook.got[0][0]["Authorization"] == "Basic " + base64.b64encode(b"me:pass").decode()


def test_the_pages_configuration_loads(tmp_path):
    (example, *_) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    file = tmp_path / "ringwatch.yaml"
    file.write_text(
        'slack: {bot_token: xoxb-a, app_token: xapp-b, channel: "#a"}\n'
        f"accounts: {{helpdesk: {{provider: voicenter, code: k}}}}\n{example}"
    )
    environ = {"HOOK_URL": "https://hooks.example.com/x", "HOOK_SECRET": SECRET}
    (alert,) = load(file, environ, vendors(), watches()).settings.alerts
    assert (alert.webhook, alert.webhook_secret.get_secret_value()) == ("https://hooks.example.com/x", SECRET)
    assert SECRET not in repr(alert)


# --- what is told no more, and what is told to nobody


@pytest.mark.parametrize("how", ["no alert", "no webhook", "forgotten"])
async def test_what_nobody_is_to_be_told_is_settled_and_logged(world, receiver, said, how):
    hook = await receiver()
    await world.commit(1, 2)
    if how == "no alert":
        world.alerts.clear()
    elif how == "no webhook":
        world.alert("low", None)
    else:
        world.forgotten.add("low.sales.1")
    await world.deliverer().run_once()
    assert (hook.got, await world.waiting(), world.count("moot")) == ([], 0, 2)
    assert [entry["event"] for entry in said] == ["a delivery is obsolete"] * 2


async def test_another_address_counts_from_the_next_try_on(world, receiver, clock):
    old = await receiver(answers=[500])
    await world.commit(1)
    deliverer = world.deliverer()
    await deliverer.run_once()
    new = await receiver()
    clock.advance(2 * SECOND)
    await deliverer.run_once()
    assert (len(old.got), new.changes) == (1, [1])


async def test_a_mistake_of_ours_is_logged_and_waits(world, receiver, said):
    hook = await receiver()
    await world.commit(1)
    await world.commit(1, incident="low.sales.2")

    whole = world.context

    async def broken(row):
        if row.notice.incident == "low.sales.1":
            raise KeyError("amount")
        return await whole(row)

    world.context = broken
    await world.deliverer().run_once()
    assert hook.ids == ["webhook:low:sales:2:1"]
    assert (await world.store.row("webhook:low.sales.1:1")).attempts == 1
    assert [(entry["event"], entry["log_level"]) for entry in said] == [
        ("a delivery failed", "error"),
        ("a delivery waits", "warning"),
    ]


async def test_address_and_secret_are_in_no_log_and_not_in_the_store(world, receiver, clock, caplog, said):
    hook = await receiver(secret=SECRET, answers=[500, 429, 302, 410])
    with caplog.at_level(logging.DEBUG):
        deliverer = world.deliverer()
        await world.commit(1, 2)
        for _ in range(5):
            await deliverer.run_once()
            clock.advance(HOUR)
        world.alert("low", "http://127.0.0.1:1/CANARY-path", SECRET)
        await world.commit(3)
        await deliverer.run_once()
        dumped = [await world.store.ask("DUMP", name) for name in await world.store.ask("KEYS", "*")]
    assert len(hook.got) == 5
    assert await world.waiting() == 1
    assert dumped
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("aiohttp")]
    assert len(said) == 5
    for secret in ("CANARY", SECRET, SECRET.removeprefix("whsec_")):
        assert secret not in f"{ours} {said}"
        assert not any(secret.encode() in value for value in dumped if value)


# --- with the engine


async def test_the_engine_writes_a_change_with_its_state_and_it_is_told(world, receiver, clock):
    hook = await receiver(secret=SECRET)
    policy = Policy("low", "sales", "balance", "C1", outlets=("webhook",))
    engine = Engine(world.store, [Rule(policy, watches()["balance"], BalanceKeys(below=50))], clock)
    world.context = NotificationContexts(world.store, engine, clock).context
    deliverer = world.deliverer()

    async def sees(amount):
        reading = Observed(Balance(Money(Decimal(amount), "USD")), clock())
        await world.store.record("sales", Kind.BALANCE, reading, keep=HOUR)
        await engine.observe("sales", Kind.BALANCE)

    await sees(38)
    ((_, _, incident),) = await engine.open_incidents()
    await engine.apply(incident.id, Acknowledge("U1", clock.advance(SECOND)))
    await engine.apply(incident.id, Unacknowledge("U2", clock.advance(SECOND)))
    clock.advance(HOUR)
    await sees(60)
    await deliverer.run_once()
    told = [json.loads(body)["data"] for _, body in hook.got]
    assert [(t["change"], t["state"], t["by"]) for t in told] == [
        (1, "firing", None),
        (2, "acknowledged", "U1"),
        (3, "firing", "U2"),
        (4, "resolved", None),
    ]
    assert told[-1]["duration_seconds"] == 3602
    assert len(set(hook.ids)) == 4
    assert await world.waiting() == 0
