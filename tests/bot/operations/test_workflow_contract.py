"""Every operation through every way to fail: the vendor is asked at most once, and the outcome is told and written."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from bot.operations.call_plan import PlaceCallRequest
from bot.operations.declaration import Status
from bot.operations.edit import EditRequest
from bot.operations.hang_up import HangUpRequest
from bot.operations.ivr import IvrRequest
from bot.operations.mark_plan import MarkRequest
from bot.operations.masked import MaskedCallRequest
from bot.operations.recovery import OUTCOME, Recovery
from bot.operations.registry import operations
from bot.operations.workflow import at_once, cancel, confirm, offer
from bot.store import Store
from bot.store.errors import StoreUnavailable
from providers.errors import ErrorKind, ProviderError
from providers.model import NumberStatus

ONE, TWO = "+380671234567", "+380501234567"
ASKER, OTHER = "UADMIN", "UOTHER"


async def _live_call(provider):
    return HangUpRequest("account", (await provider.active_calls()).items[0].call_id)


def _just(request):
    async def made(_provider):
        return request

    return made


@dataclass(frozen=True)
class Setup:
    """Where one operation is tried: a vendor that has it, the adapter's method, and a request that is fine."""

    vendor: str
    method: str
    request: Callable[[object], Awaitable[object]]


SETUPS = {
    "call": Setup("momvoip", "place_call", _just(PlaceCallRequest(ONE, agent="1101", account="account"))),
    "mark_number": Setup(
        "momvoip", "set_number_status", _just(MarkRequest("account", "12025550110", NumberStatus.SPAM))
    ),
    "hangup": Setup("iexpbx", "hang_up", _live_call),
    "vendor_edit": Setup("mor", "edit", _just(EditRequest("account", "contacts", "add", ("380671234567", "John")))),
    "ivr": Setup("iexpbx", "ivr_call", _just(IvrRequest(ONE, ("menu=7000",), "account"))),
    "mask": Setup("iexpbx", "masked_call", _just(MaskedCallRequest(ONE, TWO, "account"))),
}


class Tried:
    """One operation, offered on a real adapter; what the vendor is asked is counted, and may be made to fail."""

    def __init__(self, office, operation, request):
        self.office, self.operation, self.request = office, operation, request
        self.asked = 0
        self.instead = None  # raised in place of the request
        self.afterwards = lambda: None
        self.token = ""

    def context(self, user=ASKER):
        return self.office.context(user)

    async def click(self, user=ASKER):
        return await confirm(self.context(user), self.token)

    async def state(self):
        return (await self.office.store.operation(self.token)).state

    async def records(self):
        """(user, operation, outcome), of this operation's entries in the audit."""
        return [entry for entry in await self.office.audit() if entry[1] == self.operation.name]

    def words(self, result):
        return self.office.shown(result.answer).verdict


@pytest.fixture(params=sorted(operations()))
async def tried(request, office, monkeypatch):
    """Each registered operation in turn, offered. One without a setup here fails."""
    operation, setup = operations()[request.param], SETUPS[request.param]
    provider = await office.open("account", setup.vendor)
    made = Tried(office, operation, await setup.request(provider))
    real = getattr(provider, setup.method)

    async def tapped(*args):
        made.asked += 1
        if made.instead is not None:
            raise made.instead
        answer = await real(*args)
        made.afterwards()
        return answer

    monkeypatch.setattr(provider, setup.method, tapped)
    offered = await offer(made.context(), operation, made.request)
    assert offered.status is Status.OFFERED
    assert [button.words for button in offered.card.controls][1] == "Cancel"
    assert (made.asked, await made.records()) == (0, [])
    made.token = offered.token
    return made


async def _recovered(office, clock, url):
    """What another replica tells once this one is dead, as (user, words)."""
    told, heir = [], await Store.connect(url, clock=clock, owner="heir")

    async def tell(user, card):
        told.append((user, card.verdict))

    clock.advance(timedelta(minutes=1))
    await Recovery(heir, tell, clock).report(clock())
    await Recovery(heir, tell, clock).report(clock())
    await heir.close()
    return told


def test_every_registered_operation_is_tried_here():
    assert set(SETUPS) == set(operations())


async def test_it_is_done_once_and_written_down(tried):
    result = await tried.click()
    assert result.status is Status.ACCEPTED
    assert (tried.asked, await tried.state()) == (1, "done")
    assert await tried.records() == [(ASKER, tried.operation.name, result.record)]
    assert result.record.startswith(("accepted", "done"))


async def test_a_vendors_error_is_told_as_nothing_done(tried):
    tried.instead = ProviderError(ErrorKind.AUTH, "The login was refused.")
    result = await tried.click()
    assert result.status is Status.NOT_DONE
    assert tried.words(result).endswith(": The login was refused.")
    assert (tried.asked, await tried.state()) == (1, "done")
    assert await tried.records() == [(ASKER, tried.operation.name, "refused: auth")]


async def test_a_lost_answer_is_told_as_lost(tried):
    tried.instead = ProviderError(ErrorKind.UNKNOWN_OUTCOME, "The connection broke.")
    result = await tried.click()
    assert result.status is Status.UNKNOWN
    assert "may or may not" in tried.words(result) or "it is not known whether" in tried.words(result)
    assert "The connection broke." in tried.words(result)
    assert (await tried.click()).status is Status.USED
    assert (tried.asked, await tried.state()) == (1, "done")
    assert await tried.records() == [(ASKER, tried.operation.name, result.record)]
    assert result.record.startswith("unknown: ")


@pytest.mark.parametrize("mistake", [KeyError("number"), ZeroDivisionError(), TimeoutError(), RecursionError()])
async def test_an_adapters_own_mistake_is_told_as_lost(tried, mistake):
    tried.instead = mistake
    result = await tried.click()
    assert result.status is Status.UNKNOWN
    assert "may or may not" in tried.words(result)
    assert type(mistake).__name__ in tried.words(result)
    assert (await tried.click()).status is Status.USED
    assert (tried.asked, await tried.state()) == (1, "done")
    assert await tried.records() == [(ASKER, tried.operation.name, result.record)]
    assert result.record.startswith("unknown: ")


async def test_an_adapters_own_mistake_is_no_different_with_no_click_between(tried):
    tried.instead = KeyError("number")
    result = await at_once(tried.context(), tried.operation, tried.request)
    assert result.status is Status.UNKNOWN
    assert "may or may not" in tried.words(result)
    assert not result.replace  # there is no offer that it could take the place of
    assert tried.asked == 1
    assert await tried.records() == [(ASKER, tried.operation.name, result.record)]
    assert (await tried.office.store.operation(result.token)).state == "done"


async def test_a_store_that_is_away_at_settling_keeps_nobody_from_the_outcome(tried, clock, one_redis_url, monkeypatch):
    async def away(*_args, **_more):
        raise StoreUnavailable("The store does not answer.")

    def leave():
        monkeypatch.setattr(tried.office.store, "run", away)
        monkeypatch.setattr(tried.office.store, "ask", away)

    tried.afterwards = leave
    result = await tried.click()
    assert result.status is Status.ACCEPTED
    monkeypatch.delattr(tried.office.store, "run")
    monkeypatch.delattr(tried.office.store, "ask")
    assert (await tried.state(), await tried.records()) == ("in_flight", [])
    again = await tried.click()
    assert again.status is Status.USED
    assert "under way" in tried.words(again)
    told = await _recovered(tried.office, clock, one_redis_url)
    assert [user for user, _ in told] == [ASKER]
    assert (tried.asked, await tried.state()) == (1, "done")
    assert await tried.records() == [(ASKER, tried.operation.name, OUTCOME)]


async def test_of_twenty_clicks_one_does_it(tried):
    results = await asyncio.gather(*(tried.click() for _ in range(20)))
    assert sorted(result.status for result in results) == [Status.ACCEPTED, *[Status.USED] * 19]
    assert [result.replace for result in results].count(True) == 1
    assert (tried.asked, len(await tried.records())) == (1, 1)


async def test_another_person_may_neither_confirm_nor_cancel(tried):
    tried.office.guard.admins.add(OTHER)
    result = await tried.click(OTHER)
    assert result.status is Status.REFUSED
    assert "only the person who asked" in tried.words(result)
    assert (await cancel(tried.context(OTHER), tried.token)).status is Status.REFUSED
    assert (tried.asked, await tried.state()) == (0, "pending")
    assert await tried.records() == [(OTHER, tried.operation.name, "refused: another person's preview")]


async def test_it_is_over_after_ten_minutes(tried, clock):
    clock.advance(timedelta(minutes=10))
    result = await tried.click()
    assert result.status is Status.OVER
    assert "good for 10 minutes, and nothing was" in tried.words(result)
    assert (await cancel(tried.context(), tried.token)).status is Status.OVER
    assert (tried.asked, await tried.records()) == (0, [])


async def test_a_lost_permission_is_refused_at_the_click(tried):
    tried.office.guard.forbidden.add((ASKER, tried.operation.permission))
    result = await tried.click()
    assert result.status is Status.REFUSED
    assert "not allowed" in tried.words(result)
    assert (tried.asked, await tried.state()) == (0, "pending")
    assert await tried.records() == [(ASKER, tried.operation.name, "refused")]


async def test_a_lost_permission_begins_nothing(tried):
    tried.office.guard.forbidden.add((ASKER, tried.operation.permission))
    for begin in (offer, at_once):
        assert (await begin(tried.context(), tried.operation, tried.request)).status is Status.REFUSED
    assert tried.asked == 0
    assert await tried.records() == [(ASKER, tried.operation.name, "refused")] * 2


@pytest.mark.parametrize("how", ["late", "used", "cancelled"])
async def test_whoever_lost_a_permission_is_refused_nothing_that_is_over(tried, clock, how):
    if how == "late":
        clock.advance(timedelta(minutes=10))
    else:
        await (tried.click() if how == "used" else cancel(tried.context(), tried.token))
    written, asked = await tried.records(), tried.asked
    tried.office.guard.forbidden.add((ASKER, tried.operation.permission))
    assert (await tried.click()).status in {Status.OVER, Status.USED}
    assert (tried.asked, await tried.records()) == (asked, written)


async def test_it_is_cancelled_for_good(tried):
    result = await cancel(tried.context(), tried.token)
    assert result.status is Status.CANCELLED
    again = await tried.click()
    assert again.status is Status.USED
    assert "cancelled" in tried.words(again)
    assert (tried.asked, await tried.state(), await tried.records()) == (0, "done", [])


async def test_it_is_too_late_to_cancel_what_was_done(tried):
    await tried.click()
    result = await cancel(tried.context(), tried.token)
    assert result.status is Status.USED
    assert "too late" in tried.words(result)


async def test_killed_after_the_click_it_is_told_by_whoever_takes_over(tried, clock, one_redis_url):
    tried.instead = asyncio.CancelledError()
    with pytest.raises(asyncio.CancelledError):
        await tried.click()
    assert (await tried.state(), await tried.records()) == ("in_flight", [])
    again = await cancel(tried.context(), tried.token)
    assert again.status is Status.USED
    assert "under way" in tried.words(again)
    told = await _recovered(tried.office, clock, one_redis_url)
    assert [user for user, _ in told] == [ASKER]
    assert "may or may not" in told[0][1]
    assert (tried.asked, await tried.state()) == (1, "done")
    assert await tried.records() == [(ASKER, tried.operation.name, OUTCOME)]


async def test_an_account_that_is_gone_is_said_to_be_and_nothing_is_asked(tried):
    del tried.office.opened["account"]
    result = await tried.click()
    assert result.status is Status.NOT_DONE
    assert "no account account any more, and nothing was done" in tried.words(result)
    assert (tried.asked, await tried.state(), await tried.records()) == (0, "pending", [])


@pytest.mark.parametrize("step", ["count_call", "lease"])
async def test_a_store_that_is_away_before_the_request_lets_nothing_leave(tried, monkeypatch, step):
    async def away(*_args, **_more):
        raise StoreUnavailable("The store does not answer.")

    needed = tried.operation.counted if step == "count_call" else tried.operation.exclusive is not None
    monkeypatch.setattr(tried.office.store, step, away)
    if not needed:
        assert (await tried.click()).status is Status.ACCEPTED
        return
    with pytest.raises(StoreUnavailable):
        await tried.click()
    assert (tried.asked, await tried.state()) == (0, "done")
    record = "not sent: the store did not answer"
    assert await tried.records() == [(ASKER, tried.operation.name, record)]


async def test_what_counts_stops_at_the_days_limit(tried):
    limit = tried.office.settings.calls.per_user_per_day
    day = tried.office.clock().date()
    for _ in range(limit):
        assert await tried.office.store.count_call(ASKER, day, limit)
    result = await tried.click()
    if tried.operation.counted:
        assert result.status is Status.REFUSED
        assert await tried.records() == [(ASKER, tried.operation.name, "refused: per_user_per_day")]
    else:
        assert result.status is Status.ACCEPTED
    assert tried.asked == (0 if tried.operation.counted else 1)
