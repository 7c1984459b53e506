"""A hundred and eighty accounts, of which a hundred hang, and two dozen people who ask at once."""

import asyncio
import contextlib
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from bot.alerts.kinds import Kind
from bot.alerts.model import Blind, Observed
from bot.commands.agents.query import query
from bot.dialog import fan_out
from bot.dialog.limits import MAX_BLIND_QUESTIONS, MAX_QUESTIONS, QuestionLimits
from bot.dialog.request import Request
from bot.store import StoreUnavailable
from providers.errors import ErrorKind
from providers.model import Agent, AgentState, Rows
from tests.deadlines import SILENCE

ACCOUNTS, HANGING, STALE, PEOPLE = 180, 100, 10, 24
KEEP = timedelta(days=1)


class CallCentre:
    """What all vendors together were asked, and how much of it at once; and the deadlines of it.

    No deadline runs out for being slow: that of a question when its vendor has been silent for a while, that of a whole
    command when everybody has answered who will, all `commands` together.
    """

    def __init__(self):
        self.asked, self.now, self.most, self.hanging, self.most_hanging = [], 0, 0, 0, 0
        self.commands, self.answered = 1, 0
        self._of_questions, self._of_commands = {}, []

    def timeout(self, _seconds):
        made = self._of_questions[asyncio.current_task()] = asyncio.timeout(None)
        return made

    def timeout_at(self, _end):
        self._of_commands.append(asyncio.timeout(None))
        return self._of_commands[-1]

    def fall_silent(self):
        """This vendor never answers."""
        self._of_questions[asyncio.current_task()].reschedule(asyncio.get_running_loop().time() + SILENCE)

    def answer(self):
        self.answered += 1
        if self.answered == STALE * self.commands:
            asyncio.get_running_loop().call_later(3 * SILENCE, self._end)

    def _end(self):
        for one in self._of_commands:
            with contextlib.suppress(RuntimeError):  # it is over
                one.reschedule(asyncio.get_running_loop().time())


class Vendor:
    """One account: it answers after a moment, or never."""

    def __init__(self, floor, name, *, hangs):
        self.floor, self.name, self.hangs = floor, name, hangs

    async def close(self):
        pass

    async def agents(self):
        floor = self.floor
        floor.asked.append(self.name)
        floor.now += 1
        floor.hanging += self.hangs
        floor.most, floor.most_hanging = max(floor.most, floor.now), max(floor.most_hanging, floor.hanging)
        try:
            if self.hangs:
                floor.fall_silent()
                await asyncio.sleep(3600)
            floor.answer()
        finally:
            floor.now -= 1
            floor.hanging -= self.hangs
        return seats(self.name)


def seats(name):
    return Rows((Agent("101", AgentState.AVAILABLE, "online", name=f"Ann of {name}", group="Team-1"),))


@pytest.fixture
async def floor(office, clock, monkeypatch):
    """The first hundred did not answer their last poll, the last ten have missed two; the rest was just read."""
    made, sales = CallCentre(), office.opened.pop("sales")
    waiting = {"timeout": made.timeout, "timeout_at": made.timeout_at}
    monkeypatch.setattr(fan_out, "asyncio", SimpleNamespace(**{**vars(asyncio), **waiting}))
    for n in range(ACCOUNTS):
        name = f"a{n:03}"
        office.opened[name] = replace(sales, name=name, provider=Vendor(made, name, hangs=n < HANGING))
        await office.store.record(name, Kind.AGENTS, Observed(seats(name), clock()), keep=KEEP)
    clock.advance(timedelta(minutes=2))
    for n in range(ACCOUNTS - STALE):
        name = f"a{n:03}"
        seen = Blind("It did not answer.", ErrorKind.UNAVAILABLE, clock()) if n < HANGING else None
        await office.store.record(name, Kind.AGENTS, seen or Observed(seats(name), clock()), keep=KEEP)
    clock.advance(timedelta(seconds=20))
    return made


async def test_all_are_answered_in_time_and_so_many_vendors_are_asked_at_once(office, floor):
    limits = QuestionLimits()
    floor.commands = PEOPLE
    asking = (query(office.context(f"U{n}", limits=limits), Request("Team-1")) for n in range(PEOPLE))
    results = await asyncio.gather(*asking)
    assert floor.most <= MAX_QUESTIONS
    assert 0 < floor.most_hanging <= MAX_BLIND_QUESTIONS
    assert floor.now == 0
    healthy = [f"a{n:03}" for n in range(HANGING, ACCOUNTS)]
    for result in results:
        assert [seat.account for seat in result.seats] == healthy
        assert [failed.account.name for failed in result.replies.failed] == [f"a{n:03}" for n in range(HANGING)]
        assert all(failed.last is not None for failed in result.replies.failed), "what it said last is told too"
        said = {failed.text.partition(":")[0] for failed in result.replies.failed}
        assert said <= {"MoMVOIP did not answer within 5 s.", "MoMVOIP was not asked"}
        assert "MoMVOIP was not asked" in said, "the time for all of them was over"
    fresh = set(healthy[:-STALE])
    assert not fresh & set(floor.asked), "a reading that no poll has replaced yet answers, and nobody is asked"
    assert set(healthy[-STALE:]) <= set(floor.asked)


async def test_one_person_asks_sixteen_at_once_and_those_last_who_did_not_answer_a_poll(office, floor):
    result = await query(office.context(), Request())
    assert floor.most <= fan_out.MAX_ACCOUNTS_AT_ONCE
    assert floor.asked[:STALE] == [f"a{n:03}" for n in range(ACCOUNTS - STALE, ACCOUNTS)]
    assert len(result.seats) == ACCOUNTS - HANGING
    ages = {office.clock() - told.at for told in result.replies.good}
    assert ages == {timedelta(), timedelta(seconds=20)}, "each says as of when"


async def test_an_exact_name_asks_that_account_and_waits_for_nobody(office, floor):
    limits = QuestionLimits()
    for semaphore in (limits.every, limits.blind):
        while not semaphore.locked():
            await semaphore.acquire()  # others take all the room that there is
    result = await query(office.context(limits=limits), Request("A150"))
    assert floor.asked == ["a150"]
    assert [seat.account for seat in result.seats] == ["a150"]
    assert result.narrowed_to == "a150"
    assert [told.at for told in result.replies.good] == [office.clock()], "it is asked, however fresh its reading is"


async def test_a_queue_is_looked_for_nowhere_else_where_an_account_is_named(office, floor):
    for line in ("/queue a150", "/balance a150", "/spam a150"):
        await office.type(line)
    assert floor.asked == []


async def test_few_accounts_are_asked_live_however_fresh_their_readings_are(office, floor):
    for name in list(office.opened)[: ACCOUNTS - fan_out.MAX_ACCOUNTS_AT_ONCE]:
        del office.opened[name]
    result = await query(office.context(), Request())
    assert len(floor.asked) == len(result.seats) == fan_out.MAX_ACCOUNTS_AT_ONCE


async def test_without_the_store_so_many_are_asked_too_and_it_says_so(office, floor, monkeypatch):
    async def away(*_args):
        raise StoreUnavailable("The store does not answer.")

    monkeypatch.setattr(office.store, "latest_reading", away)
    result = await query(office.context(), Request())
    assert result.replies.store_away
    assert len(result.replies.asked) == ACCOUNTS
    assert floor.most == fan_out.MAX_ACCOUNTS_AT_ONCE
