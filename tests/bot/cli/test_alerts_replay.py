"""The replay of an alert in words: beside a service and without one, and whatever it reads it writes nothing."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from textwrap import dedent

import pytest

from bot.alerts.kinds import Kind
from bot.alerts.model import Blind, Observed
from bot.app.service import catalogue
from bot.app.wiring import rules
from bot.cli.alerts_replay import replay_alert
from bot.cli.store_session import joined
from bot.engine.engine import Engine
from bot.settings import UnknownAlertError, load
from bot.store import Store, StoreError
from bot.store.embedded import EmbeddedServer, running
from bot.watches.registry import watches
from providers.errors import ErrorKind
from providers.model import Balance, Money, Queue, QueuedCall, Rows

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
KEEP = timedelta(days=30)
FOOT = "Times are in Europe/Kyiv. Presses and silences are not replayed."


@pytest.fixture
def configured(tmp_path):
    """The configuration with these alerts, on this store."""

    def made(
        alerts,
        store="embedded",
        tried=None,
        accounts="sales: {provider: momvoip, api_key: k, poll: {balance: 1m}}",
        more="",
    ):
        path = tmp_path / "ringwatch.yaml"
        text = f"""
            timezone: Europe/Kyiv
            slack: {{bot_token: xoxb-1, app_token: xapp-1, channel: "#a"}}
            store: "{store}"
            data_dir: {tmp_path / "data"}
            accounts: {{{accounts}}}
            alerts: [{alerts}]
        """
        path.write_text(dedent(text) + more, encoding="utf-8")
        return load(path, {}, *catalogue(), tried and {"low": tried}).settings

    return made


LOW = "{name: low, watch: balance, below: 50, clear_above: 60}"


def balances(*amounts, end=NOW):
    """One a minute, the last at `end`; None could not be read."""
    first = end - (len(amounts) - 1) * MINUTE
    for n, amount in enumerate(amounts):
        at = first + n * MINUTE
        if amount is None:
            yield Blind("It timed out.", ErrorKind.UNAVAILABLE, at)
        else:
            yield Observed(Balance(Money(Decimal(amount), "USD")), at)


async def record(store, readings, account="sales", kind=Kind.BALANCE):
    for reading in readings:
        await store.record(account, kind, reading, keep=KEEP)


async def replayed(settings, since=7 * DAY, name="low", **tried):
    return await replay_alert(settings, name, since, clock=lambda: NOW, **tried)


async def dump(store):
    """Everything that is stored."""
    return {key: await store.ask("DUMP", key) for key in sorted(await store.ask("KEYS", "*"))}


async def test_it_tells_each_raise_with_its_time_and_its_length(configured, one_redis_url, one_store):
    await record(one_store, balances(70, "42.1", None, 55, 70, -2))
    assert await replayed(configured(LOW, one_redis_url)) == "\n".join(
        [
            "low on sales, the last 7 days (6 readings, the first of Sat 21 Nov 13:55, 1 of them blind):",
            "It would have raised twice:",
            "  Sat 21 Nov 13:56 for 3 min: Balance of sales is low: 42.10 USD",
            "  Sat 21 Nov 14:00 and still open: sales is overdrawn: −2.00 USD · critical",
            "",
            FOOT,
        ]
    )


async def test_it_tells_what_automations_would_have_done(configured, one_redis_url, one_store):
    await record(one_store, balances(70, 42, 42, 42, 70, 42, 42, 42))
    then = "then: [{post: {channel: '#m', text: x}}], after: 1m, at_most: 1/1h"
    rule = f"automations: [{{name: tell, when: {{alert: low, state: firing}}, {then}}}]"
    told = await replayed(configured(LOW, one_redis_url, more=rule), 10 * MINUTE)
    assert [line for line in told.splitlines() if "automation" in line] == [
        "  Sat 21 Nov 13:55 automation tell would have acted",
        "  Sat 21 Nov 13:59 automation tell would have been kept from acting, by at_most",
    ]


async def test_it_tells_what_is_tried_and_beside_it_what_is_configured(configured, one_redis_url, one_store):
    await record(one_store, balances(70, 42, 70, 29, 70, 42, 70))
    values = {"below": "30", "clear_above": "", "repeat": '["1h"]', "hours": "daily 00:00-24:00"}
    alert = LOW.replace("}", ", for: 0s, repeat: [1h, 4h]}")
    told = await replayed(
        configured(alert, one_redis_url), 5 * MINUTE, tried=configured(alert, one_redis_url, values), values=values
    )
    assert told.splitlines()[:-2] == [
        "low on sales, the last 5 minutes (6 readings):",
        'With below 30, without clear_above, repeat ["1h"], hours daily 00:00-24:00 it would have raised once:',
        "  Sat 21 Nov 13:57 for 1 min: Balance of sales is low: 29.00 USD, lasts until about 14:00",
        "As configured (below 50, clear_above 60, repeat [1h, 4h], without hours) it would have raised 3 times:",
        "  Sat 21 Nov 13:55 for 1 min: Balance of sales is low: 42.00 USD",
        "  Sat 21 Nov 13:57 for 1 min: Balance of sales is low: 29.00 USD, lasts until about 14:00",
        "  Sat 21 Nov 13:59 for 1 min: Balance of sales is low: 42.00 USD, lasts until about 14:00",
    ]


async def test_it_prints_no_address_that_is_a_secret(configured, one_redis_url, one_store):
    await record(one_store, balances(70))
    alert = LOW.replace("}", ", webhook: 'https://hooks.example.com/canary', hours: daily 00:00-24:00}")
    values = {"webhook": "https://hooks.example.com/canary", "hours": "daily 01:00-24:00"}
    tried = configured(alert, one_redis_url, values)
    told = await replayed(configured(alert, one_redis_url), tried=tried, values=values)
    assert "With another webhook, hours daily 01:00-24:00 it would have raised nothing\n" in told
    assert "As configured (its own webhook, its own hours) it" in told
    assert "canary" not in told


async def test_it_tells_what_stood_already_and_counts_what_is_too_much_to_list(configured, one_redis_url, one_store):
    await record(one_store, balances(49, 49, *[70, 49, *[70] * 30] * 35))
    told = (await replayed(configured(LOW, one_redis_url), 1120 * MINUTE)).splitlines()
    assert told[:3] == [
        "low on sales, the last 1,120 minutes (1,121 readings):",
        "It would have raised 35 times:",
        "  before that, until Fri 20 Nov 19:21: Balance of sales is low: 49.00 USD",
    ]
    assert told[3].startswith("  Fri 20 Nov 19:22 for 1 min: ")
    assert told[32:34] == [told[32], "  … and 5 more"]
    assert "… and" not in told[32]


async def test_it_gives_each_account_its_paragraph(configured, one_redis_url, one_store):
    accounts = "sales: {provider: momvoip, api_key: k}, office: {provider: momvoip, api_key: k}"
    await record(one_store, balances(70))
    told = await replayed(configured(LOW, one_redis_url, accounts=accounts), DAY)
    assert told.split("\n\n") == [
        "low on sales, the last day (1 reading, the first of Sat 21 Nov 14:00):\nIt would have raised nothing",
        "low on office, the last day: there are no readings yet of what it needs, so nothing can be replayed.",
        FOOT,
    ]


async def test_it_says_that_an_alert_is_not_there_or_watches_nothing(configured, one_redis_url):
    settings = configured(LOW, one_redis_url)
    with pytest.raises(UnknownAlertError, match=r"^There is no alert loww: did you mean low\?$"):
        await replayed(settings, name="loww")
    empty = configured("{name: low, watch: balance, below: 5}", one_redis_url, accounts="")
    assert await replayed(empty) == "low watches no account, so there is nothing to replay."


async def test_nothing_that_a_vendor_says_moves_the_terminal(configured, one_redis_url, one_store):
    waiting = Queue("1", "Sa\x1b[31mles\n\ud800\u202e", (QueuedCall("c", "+380", 5 * MINUTE),))
    await record(one_store, [Observed(Rows((waiting,)), NOW)], kind=Kind.QUEUES)
    alert = "{name: low, watch: queue_wait, longest_wait_above: 60s}"
    account = "sales: {provider: voicenter, code: c}"
    told = await replayed(configured(alert, one_redis_url, accounts=account))
    assert "Sa[31mles on sales: 1 caller waiting, the longest for 5 min" in told
    assert told.encode()


async def test_it_changes_nothing(configured, one_redis_url, one_store):
    settings = configured(LOW, one_redis_url)
    engine = Engine(one_store, rules(settings, watches()), lambda: NOW)
    for reading in balances(70, 42, 42, 70, None, 29, 29):
        await record(one_store, [reading])
        await engine.observe("sales", Kind.BALANCE)
    before = await dump(one_store)
    assert len(before) > 6, "a ledger, an outbox, a sight, a history …"
    tried = {"below": "100", "clear_above": ""}
    told = await replayed(settings, tried=configured(LOW, one_redis_url, tried), values=tried)
    assert "would have raised once" in told
    assert await dump(one_store) == before


async def test_it_leaves_no_mark_in_a_store_that_is_empty_and_refuses_another_versions(configured, one_redis_url):
    settings = configured(LOW, one_redis_url)
    assert "no readings yet" in await replayed(settings)
    bare = Store(one_redis_url, clock=lambda: NOW, looks=True)
    assert await dump(bare) == {}
    await bare.ask("SET", "{ringwatch}:schema", 99)
    await bare.close()
    with pytest.raises(StoreError, match="another version"):
        await replayed(settings)


async def test_it_joins_the_store_of_a_running_service(configured):
    settings = configured(LOW)
    async with EmbeddedServer(settings.data_dir) as url:
        store = await Store.connect(url, clock=lambda: NOW)
        await record(store, balances(70, 42))
        before = await dump(store)
        assert "would have raised once" in await replayed(settings)
        assert running(settings.data_dir) == url, "it runs on"
        assert await dump(store) == before
        await store.close()


async def test_it_reads_what_a_stopped_service_left_and_gives_the_directory_back(configured):
    settings = configured(LOW)
    async with joined(settings, lambda: NOW) as store:
        await record(store, balances(70, 42))
        before = await dump(store)
    assert "would have raised once" in await replayed(settings)
    assert running(settings.data_dir) is None
    async with joined(settings, lambda: NOW, looks=True) as store:
        assert await dump(store) == before


async def test_it_makes_no_directory(configured, tmp_path):
    settings = configured(LOW)
    assert "there are no readings yet" in await replayed(settings)
    assert not (tmp_path / "data").exists()


async def test_it_says_so_when_a_shared_store_does_not_answer(configured, tmp_path):
    with pytest.raises(StoreError, match="does not answer"):
        await replayed(configured(LOW, f"unix://{tmp_path}/nobody"))
