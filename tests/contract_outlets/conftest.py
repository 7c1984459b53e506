"""Every outlet on real HTTP, under one dispatcher over a real store: what there is to tell, and how it may go wrong.

A bench tells steps of incidents: of each, step 1, then 2, then 3. A new outlet brings a bench, and keeps the contract.
"""

import asyncio
import json
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from bot.alerts.model import AlertState, Incident, Member, Notification, NotificationKind, Phase, Severity
from bot.alerts.policy import Policy
from bot.cards import Card, Tone
from bot.demo.slack.town import ALERTS
from bot.mqtt import publisher
from bot.mqtt.connection import ConnectionTimes, MqttConnection
from bot.mqtt.outlet import MqttOutlet
from bot.mqtt.snapshot import AccountSnapshot, Snapshot
from bot.notify.dispatcher import Dispatcher
from bot.notify.incident_message import IncidentMessage
from bot.notify.notification_context import NotificationContext
from bot.settings import Account, Alert, Mqtt, Settings, Slack
from bot.slack.channels import Channels
from bot.slack.messenger import SlackMessenger
from bot.slack.posting import Posting
from bot.store import OutboxRow, Store, StoreUnavailable
from bot.watches import WatchKeys
from bot.watches.balance.facts import BalanceFacts
from bot.watches.registry import watches
from bot.webhooks.outlet import WebhookOutlet
from providers.vendor import VendorSettings
from tests.brokers import EventWire, MosquittoBroker
from tests.clocks import NOON
from tests.deadlines import PATIENCE, patient_slack

SECOND = timedelta(seconds=1)
STEPS = {1: NotificationKind.CARD, 2: NotificationKind.REMINDER, 3: NotificationKind.ESCALATION}
FACTS = BalanceFacts(Decimal("38.20"), "USD", below=Decimal(50))


class Bench:
    """One outlet, its receiver, and who dispatches. The methods that differ are the subclasses'."""

    name = ""
    away = 3600  # seconds after which it still tells what happened
    outlet: Any

    def __init__(self, store, clock, redis_url):
        self.store, self.clock, self.redis_url = store, clock, redis_url
        self.rooms = AsyncExitStack()
        self.poisoned = set()  # incidents that cannot be put into words
        self.dispatcher = None

    async def open(self):
        """Start the receiver."""
        raise NotImplementedError

    # --- what there is to tell

    def row(self, incident, step):
        """The row of a step."""
        raise NotImplementedError

    async def commit(self, incident, *steps):
        """State and rows in one commit, as the engine writes them."""
        alert_state, version = await self.store.alert_state("low", "sales")
        member = Member("sales", FACTS, Severity.WARNING, self.clock())
        here = Incident(incident, self.clock(), {"sales": member}, Severity.WARNING, changes=max(steps))
        known = {**alert_state.incidents, incident: here}
        memory = {"commits": str(int(alert_state.memory.get("commits", "0")) + 1)}
        rows = [self.row(incident, step) for step in steps]
        state = AlertState("low", "sales", "balance", incidents=known, memory=memory)
        assert await self.store.commit(state, version, rows)
        return rows[0]

    async def message(self, row):
        incident = row.notice.incident
        if incident in self.poisoned:
            raise KeyError("amount")
        metadata = {"event_type": "ringwatch_alert", "event_payload": {"incident": incident, "state": "firing"}}
        (step,) = (step for step, kind in STEPS.items() if kind is row.notice.kind)
        own = metadata if step == 1 else None
        return IncidentMessage(Card(f"{incident} step {step}.", Tone.WARNING), "#voip-alerts", metadata=own)

    async def context(self, row):
        if row.notice.incident in self.poisoned:
            raise KeyError("amount")
        alert_state, _ = await self.store.alert_state(row.alert, row.account)
        policy = Policy(row.alert, row.account, "balance", "C1")
        incident = alert_state.incidents[row.notice.incident]
        return NotificationContext(incident, policy, watches()["balance"], self.clock())

    # --- who dispatches

    def dispatch(self, store=None):
        """Another process' dispatcher, over the same outlet."""
        made = Dispatcher(
            [self.outlet], store=store or self.store, notifications=self, clock=self.clock, chance=Random(7)
        )
        self.rooms.push_async_callback(made.stop, 0)
        return made

    async def replica(self, owner):
        """Another process' store."""
        store = await Store.connect(self.redis_url, clock=self.clock, owner=owner)
        self.rooms.push_async_callback(store.close)
        return store

    async def passes(self, seconds=0.0, step=1.0):
        """A look now, then one at each step until so many seconds are over."""
        self.dispatcher = self.dispatcher or self.dispatch()
        await self.dispatcher.run_once()
        for _ in range(int(seconds / step)):
            self.clock.advance(step * SECOND)
            await self.dispatcher.run_once()

    async def expire(self, row):
        """The lease of a dead process is over: its time is the server's."""
        await self.store.ask("DEL", f"{{ringwatch}}:lease:{row.lease}")

    # --- how it goes wrong, and what has arrived

    def lose_answer(self):
        """The next request arrives, and its answer does not."""
        raise NotImplementedError

    def cut(self):
        """The next request does not arrive."""
        raise NotImplementedError

    def go_away(self):
        """Nothing arrives until it is healed."""
        raise NotImplementedError

    def hold_off(self, seconds):
        """The next request is refused with 429."""
        raise NotImplementedError

    def hang(self):
        """The next request does not arrive, and is not answered."""
        raise NotImplementedError

    def heal(self):
        """All well again."""
        raise NotImplementedError

    async def refuse(self, incident):
        """Commit what its receiver refuses for good."""
        raise NotImplementedError

    @property
    def requests(self):
        """How many requests to tell something were made."""
        raise NotImplementedError

    def told(self, incident):
        """The steps as who receives them understands them, in the order of their arrival."""
        raise NotImplementedError


class SlackBench(Bench):
    """A local Slack."""

    name = "slack"

    async def open(self):
        self.slack = await self.rooms.enter_async_context(patient_slack(self.clock))
        self.posting = await self.rooms.enter_async_context(
            Posting(token=self.slack.bot_token, api_url=self.slack.api_url, clock=self.clock)
        )
        self.posting.again = self.posting.once  # its repetitions take real seconds
        slack = Slack(bot_token=SecretStr("x"), app_token=SecretStr("y"), channel="#voip-alerts")
        channels = Channels(self.posting, lambda: "#voip-alerts", self.clock)
        self.outlet = SlackMessenger(self.posting, channels, lambda: Settings(slack=slack), self.clock)

    def row(self, incident, step):
        told, now = Notification(STEPS[step], incident, "opened"), self.clock()
        name = f"{STEPS[step].value}:{incident}"
        return OutboxRow(name, told, "low", "sales", "#voip-alerts", Severity.WARNING, now, now, outlet="slack")

    def lose_answer(self):
        self.slack.fail("chat.postMessage", "lose_answer")

    def cut(self):
        self.slack.fail("chat.postMessage", "cut")

    def go_away(self):
        self.slack.fail("*", "cut", times=100_000)

    def hold_off(self, seconds):
        self.slack.fail("chat.postMessage", "ratelimit", retry_after=seconds)

    def hang(self):
        self.slack.fail("chat.postMessage", "hang")

    def heal(self):
        self.slack.heal()

    async def refuse(self, incident):
        """A person deletes the message, and the one that took its place."""
        for _ in range(2):
            await self.commit(incident, 1)
            await self.passes(3)
            (message,) = self.slack.messages(ALERTS, f"{incident} step 1.")
            message.deleted = True
        await self.commit(incident, 1)

    @property
    def requests(self):
        return self.slack.journal.count("chat.postMessage")

    def told(self, incident):
        return [int(message.text.split(" step ")[1][0]) for message in self.slack.messages(ALERTS, f"{incident} step ")]


class WebhookBench(Bench):
    """A program of somebody's. It knows a repetition by its id, as docs/webhooks.md asks it to."""

    name = "webhook"

    async def open(self):
        self.got, self.faults, self.made, self.over = [], [], 0, asyncio.Event()
        app = web.Application()
        app.router.add_post("/hook", self._take)
        server = await self.rooms.enter_async_context(TestServer(app))
        alert = Alert("low", "balance", ("sales",), "C1", WatchKeys(), webhook=str(server.make_url("/hook")))
        slack = Slack(bot_token=SecretStr("x"), app_token=SecretStr("y"))
        self.outlet = WebhookOutlet(settings=lambda: Settings(slack=slack, alerts=(alert,)), clock=self.clock)
        self.rooms.push_async_callback(self.outlet.close)
        self.rooms.callback(self.over.set)

    async def _take(self, request):
        self.made += 1
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "hang":
            await self.over.wait()
            return web.Response()
        if fault in ("", "lose_answer"):
            told = (request.headers["webhook-id"], json.loads(await request.read())["data"])
            self.got += [told] if told[0] not in [known for known, _ in self.got] else []
        if fault in ("lose_answer", "cut"):
            request.transport.abort()
        if isinstance(fault, tuple):
            return web.Response(status=fault[0], headers=fault[1])
        return web.Response()

    def row(self, incident, step):
        now = self.clock()
        told = Notification(NotificationKind.CHANGE, incident, "opened", change=step, phase=Phase.FIRING, at=now)
        name = f"webhook:{incident}:{step}"
        return OutboxRow(name, told, "low", "sales", "C1", Severity.WARNING, now, now, outlet="webhook")

    def lose_answer(self):
        self.faults.append("lose_answer")

    def cut(self):
        self.faults.append("cut")

    def go_away(self):
        self.faults += ["cut"] * 100_000

    def hold_off(self, seconds):
        self.faults.append((429, {"Retry-After": str(seconds)}))

    def hang(self):
        self.faults.append("hang")

    def heal(self):
        self.faults.clear()

    async def refuse(self, incident):
        self.faults.append((410, {}))
        await self.commit(incident, 1)

    @property
    def requests(self):
        return self.made

    def told(self, incident):
        return [body["change"] for _, body in self.got if body["incident"] == incident]


class FewAccounts:
    """What a broker is told of, beside the events: one account."""

    async def versions(self):
        return b""

    async def snapshot(self):
        return Snapshot((AccountSnapshot("sales", "PBX", {}),), 0, calls_allowed=True, now=NOON)


class MqttBench(Bench):
    """A broker, on the far side of a wire that loses things. A change is known by its incident and number."""

    name = "mqtt"
    away = 3000  # seconds; what is an hour old is told no more

    async def open(self):
        broker = MosquittoBroker()
        self.rooms.callback(broker.close)
        self.wire = await self.rooms.enter_async_context(EventWire(broker))
        mqtt = Mqtt("127.0.0.1", self.wire.port, encrypted=False)
        slack = Slack(bot_token=SecretStr("x"), app_token=SecretStr("y"))
        account = Account("sales", "momvoip", VendorSettings())
        settings = Settings(slack=slack, mqtt=mqtt, accounts={"sales": account})
        pause = 0.02 * SECOND
        few: Any = FewAccounts()
        self.connection = MqttConnection(
            store=self.store,
            look=few,
            settings=lambda: settings,
            press=None,
            times=ConnectionTimes(standby=pause, first_pause=pause, longest_pause=5 * pause),
        )
        self.outlet = MqttOutlet(line=self.connection, settings=lambda: settings, clock=self.clock)
        self.rooms.push_async_callback(self.connection.stop)
        self.reopens = None
        self.connection.start()
        await self.settled()

    async def settled(self):
        """The connection is as the wire has it."""
        if self.reopens is not None and self.clock() >= self.reopens:
            self.wire.open, self.reopens = True, None
        async with asyncio.timeout(PATIENCE):
            while self.connection.ready is not self.wire.open:  # noqa: ASYNC110  # a connection tells nobody
                await asyncio.sleep(0.005)

    async def passes(self, seconds=0.0, step=1.0):
        self.dispatcher = self.dispatcher or self.dispatch()
        await self.settled()
        await self.dispatcher.run_once()
        for _ in range(int(seconds / step)):
            self.clock.advance(step * SECOND)
            await self.settled()
            await self.dispatcher.run_once()

    def row(self, incident, step):
        now = self.clock()
        told = Notification(NotificationKind.CHANGE, incident, "opened", change=step, phase=Phase.FIRING, at=now)
        name = f"mqtt:{incident}:{step}"
        return OutboxRow(name, told, "low", "sales", "C1", Severity.WARNING, now, now, outlet="mqtt")

    def lose_answer(self):
        self.wire.faults.append("lose_answer")

    def cut(self):
        self.wire.faults.append("cut")

    def go_away(self):
        self.wire.open = False
        self.wire.cut()

    def hold_off(self, seconds):
        """A broker knows no word for it: it closes, and lets nobody in."""

        def closes():
            self.reopens = self.clock() + seconds * SECOND

        self.wire.closes = closes
        self.wire.faults.append("close")

    def hang(self):
        self.wire.faults.append("hang")

    def heal(self):
        self.wire.faults.clear()
        self.wire.open = True
        self.wire.cut()

    async def refuse(self, incident):
        """It is old before it is told."""
        await self.commit(incident, 1)
        self.clock.advance(timedelta(hours=1))

    @property
    def requests(self):
        return self.wire.made

    def told(self, incident):
        return list(dict.fromkeys(one["change"] for one in self.wire.arrived if one["incident"] == incident))


BENCHES = {bench.name: bench for bench in (SlackBench, WebhookBench, MqttBench)}


class DyingStore:
    """Has a store answer so many commands more; from then on its process is dead, and nothing reaches the store."""

    def __init__(self, store, left):
        self.died = False
        for name in ("run", "ask"):
            setattr(store, name, self._counted(getattr(store, name)))
        self.left = left

    def _counted(self, real):
        async def command(*args, **kwargs):
            self.left -= 1
            if self.left < 0:
                self.died = True
                raise StoreUnavailable("Killed.")
            return await real(*args, **kwargs)

        return command


@pytest.fixture(params=sorted(BENCHES))
async def bench(request, one_store, one_redis_url, clock, monkeypatch):
    monkeypatch.setattr(publisher, "ENTITY_DELAY", timedelta())
    made = BENCHES[request.param](one_store, clock, one_redis_url)
    async with made.rooms:
        await made.open()
        yield made


@pytest.fixture
def benches():
    return BENCHES


@pytest.fixture
def dying():
    return DyingStore


@pytest.fixture
def hasty():
    """Gives an outlet a short deadline."""

    def make(bench, seconds=0.3):
        bench.outlet.limits = replace(bench.outlet.limits, deadline=seconds * SECOND)

    return make
