"""What is told of an account: its figures while it is seen, what was read last while it is not, nothing made up."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.alerts.kinds import Kind
from bot.alerts.model import Blind, Observed
from bot.api import queries
from bot.engine.evaluation import POLL_GRACE
from providers.errors import ErrorKind
from providers.model import Agent, AgentState, Balance, Money, NumberStatus, PhoneNumber, Queue, QueuedCall, Rows
from tests.customers import in_full

MINUTE = timedelta(minutes=1)
CUSTOMER = "+1 415 555 0143"


@pytest.fixture
def seen(office):
    """`await seen(kind, value)`: a poll of `desk`, a Voicenter, that read this; a `Blind`: one that read nothing."""

    async def record(kind, value):
        reading = value if isinstance(value, Blind) else Observed(value, office.clock())
        await office.store.record("desk", kind, reading, keep=timedelta(days=7))

    return record


@pytest.fixture
async def desk(office):
    await office.open("desk", "voicenter")
    polls = {Kind.AGENTS: MINUTE, Kind.QUEUES: MINUTE, Kind.BALANCE: MINUTE}
    office.opened["desk"] = replace(office.opened["desk"], settings=replace(office.opened["desk"].settings, poll=polls))
    return office


async def test_an_account_that_cannot_tell_or_is_not_asked_is_named_and_not_left_out(desk):
    told = await queries.balances(desk.context())
    assert ([one.account for one in told.balances], told.cannot_tell) == (["sales"], ("desk",))
    office = desk.opened["sales"]
    polls = {**office.settings.poll, Kind.BALANCE: None}
    desk.opened["sales"] = replace(office, settings=replace(office.settings, poll=polls))
    assert await queries.balances(desk.context()) == queries.BalancesAnswer((), ("sales", "desk"))


async def test_nobody_waits_is_zero_and_what_is_not_told_is_null(desk, seen):
    async def told():
        (row,) = (await queries.queues(desk.context())).queues
        return row

    row = await told()
    assert (row.as_of, row.waiting, row.queues, row.last, row.blind_since) == (None,) * 5
    await seen(Kind.QUEUES, Rows(()))
    row = await told()
    assert (row.waiting, row.longest_wait_seconds, row.queues) == (0, 0, ())
    await seen(Kind.QUEUES, Rows((Queue("1", "Support", (QueuedCall("c", CUSTOMER, timedelta(seconds=75)),)),)))
    row = await told()
    assert (row.waiting, row.longest_wait_seconds, row.queues[0].free_agents) == (1, 75, None)
    await seen(Kind.QUEUES, Rows((Queue("1", "Support", None, waited=MINUTE), Queue("2", "Sales", ()))))
    row = await told()
    assert (row.waiting, row.longest_wait_seconds) == (None, None)
    assert [(one.waiting, one.waited_seconds) for one in row.queues] == [(None, 60), (0, None)]
    await seen(Kind.QUEUES, Rows((Queue("2", "Sales", ()),), 1))
    row = await told()
    assert (row.waiting, row.unreadable) == (None, 1), "of a list that is not whole nobody knows how many"


async def test_who_is_free_has_the_time_at_which_the_agents_were_read(desk, seen):
    await seen(Kind.AGENTS, Rows((Agent("11", AgentState.AVAILABLE, "1"), Agent("12", AgentState.ON_CALL, "2"))))
    read_at = desk.clock()
    desk.clock.advance(timedelta(seconds=20))
    await seen(Kind.QUEUES, Rows((Queue("1", "A", (), members=("11", "12")), Queue("2", "B", (), free_agents=4))))
    (row,) = (await queries.queues(desk.context())).queues
    assert [(one.free_agents, one.free_agents_as_of) for one in row.queues] == [(1, read_at), (4, desk.clock())]
    desk.clock.advance(2 * MINUTE)
    (row,) = (await queries.queues(desk.context())).queues
    assert row.last.queues[0].free_agents is row.last.queues[0].free_agents_as_of is None, "too long ago to say"


async def test_while_it_is_blind_its_figures_are_null_and_the_last_ones_have_their_time(desk, seen):
    await seen(Kind.AGENTS, Rows((Agent("11", AgentState.AVAILABLE, "1"),)))
    read_at = desk.clock()
    desk.clock.advance(MINUTE)
    began = desk.clock()
    await seen(Kind.AGENTS, Blind("Voicenter refuses the key.", ErrorKind.AUTH, began))
    desk.clock.advance(MINUTE)
    await seen(Kind.AGENTS, Blind("Voicenter did not answer.", ErrorKind.UNAVAILABLE, desk.clock()))
    row = (await queries.agents(desk.context())).agents[1]
    assert (row.as_of, row.signed_in, row.free, row.agents) == (None,) * 4
    assert (row.blind_since, row.blind_reason) == (began, ErrorKind.UNAVAILABLE)
    assert row.vendor_error == "Voicenter did not answer."
    assert (row.last.as_of, row.last.signed_in, len(row.last.agents)) == (read_at, 1, 1)
    await seen(Kind.AGENTS, Rows(()))
    row = (await queries.agents(desk.context())).agents[1]
    assert (row.as_of, row.signed_in, row.blind_since, row.agents) == (desk.clock(), 0, None, ())


async def test_a_poll_that_is_overdue_says_nothing_of_now(desk, seen):
    await seen(Kind.AGENTS, Rows(()))
    due = desk.clock() + MINUTE
    desk.clock.advance(MINUTE + POLL_GRACE)
    assert (await queries.agents(desk.context())).agents[1].signed_in == 0
    desk.clock.advance(timedelta(seconds=1))
    row = (await queries.agents(desk.context())).agents[1]
    assert (row.signed_in, row.as_of, row.blind_since, row.blind_reason) == (None, None, due, "overdue")
    assert row.last.signed_in == 0


@pytest.mark.parametrize(
    ("credit", "told", "left"),
    [
        (None, None, 12.5),
        ("unlimited", "unlimited", "unlimited"),
        (Money(Decimal(100), "USD"), 100.0, 112.5),
        (Money(Decimal(100), "EUR"), None, None),
    ],
)
async def test_credit_is_told_in_the_currency_of_the_balance_alone(office, credit, told, left):
    balance = Balance(Money(Decimal("12.50"), "USD"), credit)
    await office.store.record("sales", Kind.BALANCE, Observed(balance, office.clock()), keep=timedelta(days=7))
    (row,) = (await queries.balances(office.context())).balances
    assert (row.amount, row.currency, row.credit, row.left) == (12.5, "USD", told, left)


async def test_a_customer_is_masked_wherever_a_vendor_wrote_the_number_and_our_own_are_not(desk, seen):
    agent = Agent("1101", AgentState.ON_CALL, f"talks to {CUSTOMER}", CUSTOMER, f"of {CUSTOMER}", peer="+14155550143")
    await seen(Kind.AGENTS, Rows((agent,)))
    await seen(Kind.QUEUES, Rows((Queue("620", f"VIP {CUSTOMER}", (QueuedCall("c", CUSTOMER, MINUTE),)),)))
    rows = Rows((PhoneNumber("+1 (202) 555-0199", NumberStatus.SPAM, f"after {CUSTOMER}", None),))
    await desk.store.record("sales", Kind.NUMBERS, Observed(rows, desk.clock()), keep=timedelta(days=7))
    agents, queue = await queries.agents(desk.context()), await queries.queues(desk.context())
    numbers = await queries.numbers(desk.context())
    assert in_full(f"{agents} {queue} {numbers.numbers[0].numbers[0].vendor_status}") == []
    assert agents.agents[1].agents[0].peer == "+141•••••143"
    assert agents.agents[1].agents[0].vendor_extension == "1101"
    own = numbers.numbers[0].numbers[0]
    assert (own.number, own.vendor_number) == ("+12025550199", "+1 (202) 555-0199")
