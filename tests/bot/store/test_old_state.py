"""A store as 0.1.0 left it (`fixtures/state-of-0.1.0.json`) is read by the code of today, all of it."""

import base64
import json
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import redis

from bot.alerts.hours import parse_hours
from bot.alerts.kinds import Kind
from bot.alerts.model import Escalation, Facts, Observed, Phase
from bot.alerts.policy import Policy
from bot.cards import Button, When
from bot.demo.slack.town import ALERTS
from bot.demo.slack.workspace import BOT_USER, Message
from bot.engine.engine import Engine
from bot.engine.evaluation import Rule
from bot.notify.change_event import change_event
from bot.notify.contexts import NotificationContexts
from bot.notify.dispatcher import Dispatcher
from bot.notify.incident_message import incident_message, verdict
from bot.operations.recovery import Recovery
from bot.settings import Alert
from bot.settings.webhook_formats import WebhookFormat
from bot.slack.channels import Channels
from bot.slack.messenger import SlackMessenger
from bot.slack.posting import Posting
from bot.watches.account_down import AccountDownKeys
from bot.watches.agent_offline import AgentOfflineKeys
from bot.watches.balance import BalanceKeys
from bot.watches.number_spam import NumberSpamKeys
from bot.watches.queue_wait import QueueWaitKeys
from bot.watches.registry import watches
from bot.webhooks.formats import body
from providers.model import AgentState, Balance, Money, NumberStatus, Rows
from tests.deadlines import patient_slack

OLD = json.loads((Path(__file__).parent / "fixtures" / "state-of-0.1.0.json").read_text(encoding="utf-8"))
NOW = datetime.fromisoformat(OLD["now"])
KYIV = ZoneInfo("Europe/Kyiv")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
STATES = ("firing", "acknowledged", "snoozed", "resolved", "worse")
KEYS = {
    "low-balance": ("balance", BalanceKeys(below=50, clear_above=60, runs_out_within=6 * HOUR, spend_spike="on")),
    "long-wait": ("queue_wait", QueueWaitKeys(longest_wait_above=2 * MINUTE, waiting_above=3)),
    "agent-gone": ("agent_offline", AgentOfflineKeys(groups=("Team-1",))),
    "spam-number": ("number_spam", NumberSpamKeys()),
    "pbx-down": ("account_down", AccountDownKeys()),
}
WRITE = {
    "string": lambda client, key, value: client.set(key, value),
    "hash": lambda client, key, value: client.hset(key, mapping=dict(value)),
    "zset": lambda client, key, value: client.zadd(key, {m: float(s) for m, s in pairs(value)}),
    "set": lambda client, key, value: client.sadd(key, *value),
    "list": lambda client, key, value: client.rpush(key, *value),
    "stream": lambda client, key, value: [client.xadd(key, dict(pairs(f)), id=i) for i, f in value],
}


def pairs(value):
    """A flat answer, or one of pairs, as pairs."""
    if value and isinstance(value[0], list):
        return [tuple(pair) for pair in value]
    return list(zip(value[::2], value[1::2], strict=True))


def raw(value):
    return [raw(one) for one in value] if isinstance(value, list) else base64.b64decode(value)


def rules():
    for alert, (watch, keys) in KEYS.items():
        for state in STATES:
            policy = Policy(
                alert,
                f"down-{state}" if watch == "account_down" else state,
                watch,
                "#voip-alerts",
                repeat=(10 * MINUTE,),
                mention=("!here",),
                escalate=Escalation(15 * MINUTE, "#managers", ("S1",)),
                outlets=("webhook",),
                zone=KYIV,
                calendar=parse_hours("Mon-Sun 00:00-20:00", KYIV) if watch in {"balance", "agent_offline"} else None,
            )
            yield Rule(policy, watches()[watch], keys, currency="USD", zone=KYIV)


@pytest.fixture
def old(one_redis_url, clock):
    """Today's store on what the old one wrote, at the time at which it was left."""
    with redis.Redis.from_url(one_redis_url) as client:
        for name, kept in OLD["keys"].items():
            if kept["lives_ms"] and kept["lives_ms"] <= 60_000:
                continue  # a lease or a sign of life of the process that ended
            WRITE[kept["type"]](client, name, raw(kept["value"]))
            if kept["lives_ms"]:
                client.pexpire(name, kept["lives_ms"])
    clock.now = NOW


@pytest.fixture
def store(old, one_store):
    return one_store


@pytest.fixture
def engine(store, clock):
    return Engine(store, rules(), clock)


def said(part):
    match part:
        case str():
            return part
        case tuple():
            return "".join(said(one) for one in part)
        case When(at, style):
            return f"<{at.isoformat()} {style}>"
    return part.words


async def test_each_watch_describes_each_incident_as_it_did(store):
    told = {}
    for state in await store.alert_states():
        for incident in state.incidents.values():
            if incident.test:
                assert [type(member.facts) for member in incident.members.values()] == [Facts]
                continue
            watch = watches()[incident.watch]
            assert {type(member.facts) for member in incident.members.values()} == {watch.facts}
            story = watch.describe(incident, state.account)
            rows = [said(row.line) for row in story.rows]
            told[incident.id] = [story.headline, *rows, story.todo, *(button.value for button in story.buttons)]
    assert told == OLD["told"]
    assert {name.partition(".")[0] for name in told} == set(KEYS)


async def test_it_is_written_in_todays_form_and_read_again(store):
    for was in await store.alert_states():
        _, version = await store.alert_state(was.alert, was.account)
        changed = replace(was, memory={**was.memory, "touched": "1"})
        assert await store.commit(changed, version, [])
        assert (await store.alert_state(was.alert, was.account))[0] == changed


async def test_what_waits_for_slack_reads_as_it_did(store, engine, clock):
    verdicts = {}
    for row in await store.due_rows("slack", NOW + HOUR, 1000):
        context = await NotificationContexts(store, engine, clock).context(row)
        message = incident_message(row.notice, context)
        verdicts[row.id] = message.card.verdict if message is not None else None
    assert verdicts == OLD["rows"]


async def test_what_waits_for_a_webhook_can_be_told(store, engine, clock):
    rows = await store.due_rows("webhook", NOW + HOUR, 1000)
    assert len(rows) > 20
    contexts = NotificationContexts(store, engine, clock)
    for row in rows:
        context = await contexts.context(row)
        event = change_event(row.notice, context, verdict(context))
        told = json.loads(body(WebhookFormat.RINGWATCH, event))
        assert told["data"]["incident"] == row.notice.incident


async def test_the_engine_goes_on_from_it(store, engine, clock):
    await engine.tick(clock.advance(MINUTE))
    assert engine.failing() == {}
    open_before = {incident.id for _, _, incident in await engine.open_incidents()}
    assert len(open_before) > 20
    for name in ("acknowledged", "snoozed"):
        readings = await store.latest_readings(name)
        agents, numbers = (readings[kind].observed.value for kind in (Kind.AGENTS, Kind.NUMBERS))
        well = {
            Kind.BALANCE: Balance(Money(Decimal(9000))),
            Kind.AGENTS: Rows(tuple(replace(agent, state=AgentState.AVAILABLE) for agent in agents)),
            Kind.NUMBERS: Rows(tuple(replace(number, status=NumberStatus.ACTIVE) for number in numbers)),
            Kind.QUEUES: Rows(tuple(replace(queue, waiting=()) for queue in readings[Kind.QUEUES].observed.value)),
        }
        for kind, value in well.items():
            await store.record(name, kind, Observed(value, clock()), keep=30 * HOUR)
            await engine.observe(name, kind)
    for _ in range(2):  # a pace takes three readings
        clock.advance(MINUTE)
        for name in ("acknowledged", "snoozed"):
            await store.record(name, Kind.BALANCE, Observed(Balance(Money(Decimal(9000))), clock()), keep=30 * HOUR)
            await engine.observe(name, Kind.BALANCE)
    assert engine.failing() == {}
    for _, _, incident in await engine.open_incidents():
        over = {f"{alert}.{name}" for alert in KEYS for name in ("acknowledged", "snoozed")}
        assert incident.test or incident.id.rpartition(".")[0] not in over


async def test_it_is_delivered_to_slack_without_a_second_message(office, store, engine, clock):
    async with (
        patient_slack(clock) as slack,
        Posting(token=slack.bot_token, api_url=slack.api_url, clock=clock) as posting,
    ):
        posted = seeded(slack)
        channels = Channels(posting, lambda: "#voip-alerts", clock)
        messenger = SlackMessenger(posting, channels, lambda: office.settings, clock)
        contexts = NotificationContexts(store, engine, clock)
        dispatcher = Dispatcher([messenger], store=store, notifications=contexts, clock=clock)
        for _ in range(200):
            clock.advance(timedelta(seconds=15))
            await dispatcher.run_once()
            if not await store.outbox_size("slack"):
                break
        assert await store.outbox_size("slack") == 0
        states = await store.alert_states()
        incidents = {i.id: i for state in states for i in state.incidents.values()}
        roots = [m for m in slack.messages("#voip-alerts") if m.thread_ts is None]
        assert len(roots) == len(incidents), "one message an incident"
        edited = [name.removeprefix("card:") for name in OLD["rows"] if name.startswith("card:")]
        assert all(posted[incident].edits for incident in edited if incident in posted)
        told = {m.metadata["event_payload"]["incident"]: m for m in roots if m.metadata}
        for incident in incidents.values():
            if incident.id in told and incident.phase is Phase.RESOLVED:
                assert "Resolved after" in told[incident.id].text


def seeded(slack):
    """The messages that the old bot had posted, where it noted that they are."""
    posted = {}
    for name, kept in OLD["keys"].items():
        if name.startswith("{ringwatch}:message:"):
            for what, sent in pairs(raw(kept["value"])):
                ref = json.loads(sent)["ref"]
                message = Message(ref["channel"], ref["ts"], BOT_USER, f"Told: {name}", by_app=True)
                slack.workspace.board[ref["channel"]][ref["ts"]] = message
                if what == b"card":
                    posted[name.removeprefix("{ringwatch}:message:")] = message
    assert {message.channel for message in posted.values()} == {ALERTS}
    return posted


async def test_the_commands_tell_of_it(office, engine):
    engine_rules = tuple(rules())
    office.engine.replace(engine_rules)
    office.settings = replace(
        office.settings,
        alerts=tuple(
            Alert(
                name,
                watch,
                tuple(r.policy.account for r in engine_rules if r.policy.alert == name),
                "#voip-alerts",
                keys,
            )
            for name, (watch, keys) in KEYS.items()
        ),
    )
    shown = await office.type("/pbx alerts")
    assert shown.verdict == "23 alerts are open; 5 alerts configured."
    assert "long-wait · worse · critical · Sales · since 09:05 (22 min) · firing · message" in shown.lines
    assert "36.90 USD" in (await office.type("/pbx alerts why low-balance")).text
    for name in KEYS:
        assert name in (await office.type(f"/pbx alerts why {name}")).verdict


async def test_what_was_offered_can_be_clicked(office, store):
    await office.add("firing")
    pressed = await office.press(Button("call_now", "Call now", "offer-call"), user="U0IVAN")
    assert "paused" in pressed.text
    await store.resume_calls()
    pressed = await office.press(Button("call_now", "Call now", "offer-call"), user="U0IVAN")
    assert (await store.operation("offer-call")).state == "done", pressed.text
    again = await office.press(Button("call_now", "Call now", "done-call"), user="U0IVAN")
    assert "once" in again.text or "already" in again.text
    for token in ("offer-mark", "offer-hangup"):
        cancelled = await office.press(Button("cancel", "Cancel", token), user="U0IVAN")
        assert "ancel" in cancelled.text


async def test_what_was_cut_off_is_told_to_its_person(store, clock):
    heard = []

    async def tell(user_id, card):
        heard.append((user_id, card.verdict))

    clock.advance(5 * MINUTE)
    await Recovery(store, tell, clock).report(clock())
    assert [user for user, _ in heard] == ["U0IVAN"] * 3
    assert {record.operation for record in await store.audit_log(3)} == {"call", "mark_number", "hangup"}


async def test_history_silences_and_books_are_read(store):
    for account in STATES:
        for kind in Kind:
            assert await store.history(account, kind, NOW - timedelta(days=8)), (account, kind)
    assert len(await store.history("firing", Kind.BALANCE, NOW - timedelta(days=8))) > 200
    assert [silence.target for silence in await store.silences(NOW)] == ["night"]
    assert [record.user for record in await store.audit_log()] == ["U0DARIA", "U0IVAN"]
    assert await store.calls_today("U0IVAN", NOW.astimezone(KYIV).date()) == 1
    assert (await store.calls_paused())[0] == "U0MANAGER01"
    assert (await store.take_share("share-1"))["text"] == "Balance of sales"
