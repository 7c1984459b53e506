"""An office: a real MoMVOIP adapter on its sandbox, a real store and engine, and people who type and press."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from bot.actions import actions
from bot.alerts.kinds import Kind
from bot.alerts.model import Observed
from bot.app.wiring import intake
from bot.cards import Answer, Card, Chart, Customer, Menu, Person, Section, Table, When
from bot.commands import commands, topics
from bot.dialog import fan_out
from bot.dialog.context import Actor, Context, Press
from bot.dialog.request import Request
from bot.engine.engine import Engine
from bot.readings.accounts import Accounts, OpenAccount
from bot.settings import Account, AgentLink, Calls, Permission, Settings, Slack
from bot.slack.blocks import render
from bot.slack.blocks_text import Eyes
from bot.store import AuditRecord, Store
from bot.store.throttle import StoreThrottle
from providers.momvoip import VENDOR
from providers.momvoip.sandbox import SANDBOX
from providers.registry import vendors
from providers.sandboxes import sandbox_of
from providers.vendor import Opening
from tests.customers import in_full, shown_words
from tests.deadlines import PATIENCE, vendor_deadlines
from tests.worlds import world_at

POLL = {Kind.BALANCE: timedelta(minutes=5), Kind.NUMBERS: timedelta(minutes=5), Kind.AGENTS: timedelta(seconds=30)}


def words(part) -> str:
    """A part of a card, in words that a test can look for."""
    match part:
        case str():
            return part
        case tuple():
            return "".join(words(one) for one in part)
        case Customer(number):
            return number
        case When(at):
            return f"{at:%H:%M}"
        case Person(user_id):
            return f"@{user_id}"
    return getattr(part, "words", str(part))


@dataclass
class Shown:
    """An answer as it is read."""

    answer: Answer
    asked_as: str = ""

    @property
    def card(self) -> Card:
        assert self.answer.card is not None, self.answer
        return self.answer.card

    @property
    def verdict(self) -> str:
        return words(self.card.verdict)

    @property
    def lines(self) -> list[str]:
        found = []
        for item in self.card.body:
            if isinstance(item, Chart):
                found += [item.gap] if item.gap else []
                continue
            found += [item.heading] if item.heading else []
            if isinstance(item, Table):
                found += [" · ".join(filter(None, map(words, row))) for row in (item.header, *item.rows)]
            else:
                found += [words(row.line) for row in item.rows]
        return found + [words(line) for line in self.card.context]

    @property
    def text(self) -> str:
        return "\n".join([self.verdict, *self.lines])

    @property
    def controls(self) -> list:
        rows = [r.control for s in self.card.body if isinstance(s, Section) for r in s.rows if r.control]
        return [*rows, *self.card.controls]

    def button(self, label: str):
        """The first button that says this."""
        found = [c for c in self.controls if not isinstance(c, Menu) and c.words == label]
        assert found, f"no button {label!r} among {[c.words for c in self.controls]}"
        return found[0]

    def labels(self) -> list[str]:
        return [c.words for c in self.controls]


@dataclass
class Guard:
    """Who may: everybody, but for what a test forbids. A refusal goes into the audit, as it does in Slack."""

    store: Store
    clock: Callable[[], datetime]
    forbidden: set = field(default_factory=set)  # (user, permission)
    admins: set = field(default_factory=lambda: {"UADMIN"})

    async def may(self, actor, permission):
        if (actor.user_id, permission) in self.forbidden:
            return False
        open_to_all = permission in {Permission.READ, Permission.CALL, Permission.MARK_NUMBERS}
        return open_to_all or actor.user_id in self.admins

    async def refusal(self, actor, permission, *, operation="", account="", target=""):
        if await self.may(actor, permission):
            return None
        await self.store.audit(
            AuditRecord(
                self.clock(), actor.user_id, operation or permission, account, target, "refused", actor.channel_id
            )
        )
        return f"You are not allowed to do this: only those listed under permissions.{permission.value} may."


class Counting:
    """A vendor's server that remembers what it was asked."""

    def __init__(self, app):
        self.asked = []
        app.middlewares.append(self._middleware())
        self.server = TestServer(app)

    def _middleware(self):
        from aiohttp import web

        @web.middleware
        async def count(request, handler):
            form = dict(await request.post())
            form.pop("apikey", None)
            self.asked.append((request.query.get("loc", ""), form))
            return await handler(request)

        return count

    def of(self, loc):
        """The forms that this operation was asked with."""
        return [form for asked, form in self.asked if asked == loc]


class Office:
    """Accounts on sandboxes, and what people do."""

    def __init__(self, store, clock):
        self.store, self.clock = store, clock
        self.worlds, self.sandboxes, self.vendors, self.opened = {}, {}, {}, {}
        self.engine = Engine(store, [], clock)
        self.heard = []  # every reading that was handed in
        self.guard = Guard(store, clock)
        self.settings = Settings(
            slack=Slack(bot_token=SecretStr("xoxb-test"), app_token=SecretStr("xapp-test")),
            calls=Calls(region="UA", countries=("UA", "PL")),
        )
        self._stack = AsyncExitStack()

    async def add(self, name, *, currency="USD", seed=1):
        """Open one more account on a world of its own."""
        world = world_at(self.clock, seed)
        sandbox = SANDBOX.open(world)
        vendor = Counting(sandbox.app())
        await vendor.server.start_server()
        self._stack.push_async_callback(vendor.server.close)
        keys = VENDOR.settings(**SANDBOX.settings(world, str(vendor.server.make_url("/"))))
        throttle = StoreThrottle(self.store, name, VENDOR.title, None, self.clock)
        account = Account(name, "momvoip", keys, currency=currency, poll=POLL)
        provider = VENDOR.open(Opening(name, keys, throttle, self.clock, currency=currency))
        self._stack.push_async_callback(provider.close)
        self.opened[name] = OpenAccount(name, VENDOR.title, provider, account, VENDOR, throttle)
        self.worlds[name], self.sandboxes[name], self.vendors[name] = world, sandbox, vendor
        self.settings = replace(
            self.settings,
            accounts={**self.settings.accounts, name: account},
            agents={**self.settings.agents, "UMAX": AgentLink(account="sales", agent="1101")},
        )
        return world

    async def open(self, name, slug):
        """Open an account of any vendor on its sandbox; the adapter."""
        vendor, world = vendors()[slug], world_at(self.clock, 3)
        server = TestServer(sandbox_of(slug).open(world).app())
        await server.start_server()
        self._stack.push_async_callback(server.close)
        keys = vendor.settings(**sandbox_of(slug).settings(world, str(server.make_url("/"))))
        throttle = StoreThrottle(self.store, name, vendor.title, None, self.clock)
        provider = vendor.open(Opening(name, keys, throttle, self.clock, currency="USD"))
        self._stack.push_async_callback(provider.close)
        settings = Account(name, slug, keys, currency="USD", poll={})
        self.opened[name] = OpenAccount(name, vendor.title, provider, settings, vendor, throttle)
        return provider

    async def close(self):
        await self._stack.aclose()

    @property
    def world(self):
        return self.worlds["sales"]

    @property
    def vendor(self):
        return self.vendors["sales"]

    @property
    def faults(self):
        return self.sandboxes["sales"].faults

    @property
    def intake(self):
        """The way in for readings, as the service has it; `heard` is what it published."""
        made = intake(self.store, lambda: self.settings, self.engine)

        async def hear(accepted):
            self.heard.append(accepted)

        made.subscribers.subscribe("test", hear)
        return made

    def context(self, user="UMAX", channel="C1", **over):
        made = Context(
            actor=Actor(user, channel, "T1"),
            accounts=Accounts(self.opened, vendors()),
            store=self.store,
            engine=self.engine,
            intake=self.intake,
            settings=self.settings,
            clock=self.clock,
            access=self.guard,
        )
        return replace(made, **over)

    async def type(self, line, user="UMAX", **over):
        """`/balance sales` as a person types it."""
        name, _, rest = line.lstrip("/").partition(" ")
        known = {**topics(), **commands()}
        answer = await known[name].run(self.context(user, **over), Request(rest))
        return self.shown(answer)

    async def press(self, button, user="UMAX", **over):
        """A press on a button of a card."""
        context = self.context(user, **over)
        press = Press(button.action, button.value, context.actor)
        return self.shown(await actions()[button.action].run(context, press))

    async def submit(self, form, user="UMAX", **fields):
        """A submitted form: its check first, as Slack has it."""
        action, context = actions()[form.action], self.context(user)
        errors = action.check(context, fields)
        if errors:
            return dict(errors)
        return self.shown(await action.run(context, Press(form.action, form.value, context.actor, fields)))

    def shown(self, answer):
        """An answer, once it was seen that Slack can show it."""
        if answer.card is not None:
            rendered = render(answer.card, Eyes(public=False, region="UA"), spare=1)
            assert len(rendered.blocks) <= 50
            if answer.share:
                shared = render(answer.card, Eyes(public=True, region="UA"), spare=1)
                assert not in_full(shown_words(shared.text, shared.blocks))
            verdict = answer.card.verdict
            parts = verdict if isinstance(verdict, tuple) else (verdict,)
            assert not any(isinstance(part, Customer) for part in parts), "a customer's number on a lock screen"
        return Shown(answer)

    async def watch(self, kind, name="sales"):
        """What a poll would do: ask and record."""
        provider = self.opened[name].provider
        ask = {Kind.BALANCE: provider.balance, Kind.NUMBERS: provider.numbers, Kind.AGENTS: provider.agents}
        value = await ask[kind]()
        await self.store.record(name, kind, Observed(value, self.clock()), keep=timedelta(days=30))

    async def audit(self):
        """(user, deed, outcome) of every entry, the newest first."""
        return [(r.user, r.operation, r.outcome) for r in await self.store.audit_log(50)]


@pytest.fixture
async def office(one_store, clock, monkeypatch):
    """One account, `sales`, on MoMVOIP's sandbox; who answers is waited for, however slow the machine is."""
    monkeypatch.setattr(fan_out, "DEADLINE_SECONDS", PATIENCE)
    with vendor_deadlines():
        made = Office(one_store, clock)
        await made.add("sales")
        yield made
        await made.close()
