"""A store with incidents, an engine that knows them, and programs of somebody's that receive."""

import base64
import hashlib
import hmac
import json
import logging
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from decimal import Decimal
from random import Random

import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from bot.alerts.model import AlertState, Incident, Member, Notification, NotificationKind, Phase, Severity
from bot.alerts.policy import Policy
from bot.notify.dispatcher import Dispatcher
from bot.notify.notification_context import NotificationContext
from bot.observability.metrics import Metrics
from bot.settings import Alert, Settings, Slack
from bot.store import OutboxRow
from bot.watches import WatchKeys
from bot.watches.balance.facts import BalanceFacts
from bot.watches.registry import watches
from bot.webhooks.outlet import LIMITS, WebhookOutlet

FACTS = BalanceFacts(Decimal("38.20"), "USD", below=Decimal(50))


@pytest.fixture
def store(one_store):
    return one_store


@dataclass
class Receiver:
    """A program of somebody's. `answers` are used up one by one: statuses, with headers or without, or handlers."""

    server: TestServer = None
    got: list = field(default_factory=list)
    answers: list = field(default_factory=list)

    async def take(self, request):
        body = await request.read()
        self.got.append((dict(request.headers), body))
        answer = self.answers.pop(0) if self.answers else 200
        if callable(answer):
            return await answer(request)
        status, headers = answer if isinstance(answer, tuple) else (answer, {})
        return web.Response(status=status, headers=headers)

    def signature(self, number, secret):
        """That of a post, reckoned without our code, as the specification has it."""
        headers, body = self.got[number]
        key = base64.b64decode(secret.removeprefix("whsec_"))
        told = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
        return "v1," + base64.b64encode(hmac.new(key, told, hashlib.sha256).digest()).decode()

    @property
    def url(self):
        return str(self.server.make_url("/hooks/CANARY-path"))

    @property
    def ids(self):
        return [headers["webhook-id"] for headers, _ in self.got]

    @property
    def changes(self):
        return [json.loads(body)["data"]["change"] for _, body in self.got]


class World:
    """A store with incidents, an engine that knows them, and what is configured."""

    def __init__(self, store, clock):
        self.store, self.clock = store, clock
        self.alerts = {}
        self.forgotten = set()
        self.metrics = Metrics()
        self.made = []

    async def context(self, row):
        if row.notice.incident in self.forgotten:
            return None
        alert_state, _ = await self.store.alert_state(row.alert, row.account)
        policy = Policy(row.alert, row.account, "balance", "C1")
        return NotificationContext(
            alert_state.incidents[row.notice.incident], policy, watches()["balance"], self.clock()
        )

    def settings(self):
        slack = Slack(bot_token=SecretStr("xoxb-test"), app_token=SecretStr("xapp-test"))
        return Settings(slack=slack, alerts=tuple(self.alerts.values()))

    def alert(self, name, url, secret=None):
        keys = {"webhook": url, "webhook_secret": secret and SecretStr(secret)}
        self.alerts[name] = Alert(name, "balance", ("sales",), "C1", WatchKeys(), **keys)

    def deliverer(self, store=None, **more):
        limits = replace(LIMITS, **more)
        outlet = WebhookOutlet(settings=self.settings, clock=self.clock, metrics=self.metrics, limits=limits)
        parts = {"notifications": self, "clock": self.clock, "chance": Random(7)}
        dispatcher = Dispatcher([outlet], store=store or self.store, **parts)
        self.made.append((dispatcher, outlet))
        return dispatcher

    async def commit(self, *changes, alert="low", incident="low.sales.1", **notice):
        """State and notices in one commit, as the engine writes them."""
        alert_state, version = await self.store.alert_state(alert, "sales")
        member = Member("sales", FACTS, Severity.WARNING, self.clock())
        here = Incident(incident, self.clock(), {"sales": member}, Severity.WARNING, changes=max(changes))
        known = {**alert_state.incidents, incident: here}
        rows = [self.row(n, alert, incident, **notice) for n in changes]
        assert await self.store.commit(AlertState(alert, "sales", "balance", incidents=known), version, rows)

    def row(self, change, alert, incident, **notice):
        now = self.clock()
        phase = Phase.FIRING if change % 2 else Phase.ACKNOWLEDGED
        told = Notification(NotificationKind.CHANGE, incident, "opened", change=change, phase=phase, at=now, **notice)
        return OutboxRow(f"webhook:{incident}:{change}", told, alert, "sales", "C1", Severity.WARNING, now, now)

    def count(self, outcome, alert="low"):
        sample = {"alert": alert, "outcome": outcome}
        return self.metrics.registry.get_sample_value("ringwatch_webhook_deliveries_total", sample) or 0

    async def waiting(self):
        return await self.store.outbox_size("webhook")


@pytest.fixture
async def world(store, clock):
    made = World(store, clock)
    yield made
    for dispatcher, outlet in made.made:
        await dispatcher.stop(0)
        await outlet.close()


@pytest.fixture
def said(monkeypatch):
    """What is logged of deliveries."""
    capture = structlog.testing.LogCapture()
    wrapped = structlog.wrap_logger(None, [capture], structlog.make_filtering_bound_logger(logging.DEBUG))
    for module in ("delivery_pass", "dispatcher", "leased_row"):
        monkeypatch.setattr(f"bot.notify.{module}.log", wrapped)
    return capture.entries


@pytest.fixture
async def receiver(world):
    """Starts receivers; the first is the webhook of the alert `low`."""
    async with AsyncExitStack() as stack:

        async def start(alert="low", secret=None, answers=()):
            made = Receiver(answers=list(answers))
            app = web.Application()
            app.router.add_route("*", "/{tail:.*}", made.take)
            made.server = TestServer(app)
            await made.server.start_server()
            stack.push_async_callback(made.server.close)
            world.alert(alert, made.url, secret)
            return made

        yield start
