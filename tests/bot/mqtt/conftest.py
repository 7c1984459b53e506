"""Accounts as the broker is told of them, made by hand; and Home Assistant as far as its MQTT rules go."""

from datetime import timedelta
from decimal import Decimal

import pytest

from bot.alerts.kinds import Kind
from bot.alerts.model import AlertState, Blind, LatestReading, Observed
from bot.alerts.policy import Policy
from bot.mqtt.snapshot import AccountSnapshot, PolledKind, Snapshot, WatchedAlert, numbers_kept, queues_kept
from bot.mqtt.topics import Topics
from bot.settings import Mqtt
from bot.watches.registry import watches
from providers.errors import ErrorKind
from providers.model import Agent, AgentState, Balance, Money, NumberStatus, PhoneNumber, Queue, QueuedCall, Rows
from tests.clocks import NOON

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
TOPICS = Topics("ringwatch", "homeassistant")


def balance(amount="412.50", currency="USD"):
    return Balance(Money(Decimal(amount), currency))


def agent(extension, state, name=None, **more):
    return Agent(extension, state, state.value, name, **more)


def number(digits, status=NumberStatus.ACTIVE):
    return PhoneNumber(f"+{digits}", status, status.value)


def queue(ref, name, *waits, members=None, **more):
    callers = tuple(QueuedCall(f"c{n}", "+15550001111", wait * SECOND) for n, wait in enumerate(waits))
    return Queue(ref, name, callers, members=members, **more)


def observed(value, at=NOON):
    return LatestReading(Observed(value, at))


def failed(polls, value=None, at=NOON):
    blind = Blind(
        "no answer", ErrorKind.UNREACHABLE if hasattr(ErrorKind, "UNREACHABLE") else next(iter(ErrorKind)), at
    )
    return LatestReading(Observed(value, at - MINUTE) if value is not None else None, blind, polls, at)


def polled(latest, every=MINUTE):
    return PolledKind(latest, every)


def account(name="sales", alerts=(), **kinds):
    """`account(balance=observed(…), queues=…)`, and what else an account has by its own name."""
    read = {Kind(kind): polled(value) for kind, value in kinds.items() if kind in set(Kind)}
    more = {key: value for key, value in kinds.items() if key not in set(Kind)}
    queues = queues_kept(read[Kind.QUEUES].latest, {}) if Kind.QUEUES in read else {}
    numbers = numbers_kept(read[Kind.NUMBERS].latest, {}) if Kind.NUMBERS in read else {}
    made = {"queues": queues, "numbers": numbers, **more}
    return AccountSnapshot(name, "Some PBX", read, tuple(alerts), **made)


def snapshot(*accounts, open_alerts=0, calls_allowed=True, now=NOON):
    return Snapshot(accounts, open_alerts, calls_allowed, now)


def alert(name="low-balance", watch="balance", state=None, *, evaluated=True, account="sales", **links):
    policy = Policy(name, account, watch, "C1")
    return WatchedAlert(policy, watches()[watch], state or AlertState(name, account, watch), evaluated, links)


def mqtt(**more):
    return Mqtt("127.0.0.1", 1883, encrypted=False, **more)


@pytest.fixture
def whole():
    """An account of which everything is told."""
    agents = Rows(
        (
            agent("101", AgentState.AVAILABLE, "Olena"),
            agent("102", AgentState.ON_CALL, "Max"),
            agent("103", AgentState.OFFLINE),
            agent("104", AgentState.UNKNOWN),
        )
    )
    return account(
        balance=observed(balance()),
        agents=observed(agents),
        queues=observed(Rows((queue("1", "Support (EN)", 30, 75, members=("101", "102")), queue("2", "Підтримка")))),
        numbers=observed(Rows((number("12025550110", NumberStatus.SPAM), number("12025550111")))),
        alerts=[alert(), alert("spam-number", "number_spam")],
        markable=True,
        runs_out=NOON + timedelta(hours=30),
    )


@pytest.fixture
async def make(office, broker):
    """`make(**keys)`: a site whose broker it is."""
    from tests.bot.mqtt.site import Site

    made = []

    def site(port=None, **keys):
        made.append(Site(office, port or broker.port, **keys))
        return made[-1]

    yield site
    for one in made:
        await one.close()
