"""An operation that was cut off: its person is told, once, and nothing is done again."""

from datetime import timedelta

import pytest

from bot.operations.call import CALL as PLACE_CALL
from bot.operations.call_plan import CallPlan
from bot.operations.mark_number import MARK_NUMBER
from bot.operations.mark_plan import MarkPlan
from bot.operations.masked import MASKED_CALL
from bot.operations.recovery import Recovery, interrupted
from bot.operations.registry import packed, unpacked
from bot.operations.vendor_plan import VendorPlan
from bot.store import PendingOperation, Store
from providers.model import NumberStatus

CALL = CallPlan("sales", "MoMVOIP", "+380671234567", "1101", "Max", "234", "Team-1", None, "C1")
TWO = ("+380671234567", "+380501234567")
MASK = VendorPlan("branch", "IEXPBX", f"Connect {TWO[0]} and {TWO[1]}", "+380••••••567", TWO, "C1")
MARK = MarkPlan("sales", "MoMVOIP", "12025550110", NumberStatus.SPAM, "active", "C1")


@pytest.fixture
async def dead(one_redis_url, clock):
    """A replica that took two operations and died."""
    store = await Store.connect(one_redis_url, clock=clock, owner="dead")
    for token, payload in (("call", packed(PLACE_CALL, CALL)), ("mark", packed(MARK_NUMBER, MARK))):
        await store.put_pending(token, payload, timedelta(minutes=10), user="UMAX")
        assert await store.take_pending(token, "UMAX") is not None
    await store.close()


async def test_it_tells_the_person_that_the_outcome_is_not_known(dead, one_store, clock):
    told = []

    async def tell(user, card):
        told.append((user, card.verdict))

    clock.advance(timedelta(minutes=1))
    recovery = Recovery(one_store, tell, clock)
    await recovery.report(clock())
    await recovery.report(clock())
    assert sorted(user for user, _ in told) == ["UMAX", "UMAX"]
    words = " ".join(verdict for _, verdict in told)
    assert "call may or may not have been placed" in words
    assert "12025550110 may or may not be marked as spam" in words
    outcomes = {(r.operation, r.target): r.outcome for r in await one_store.audit_log(5)}
    assert set(outcomes) == {("call", "+380••••••567 (rung first: 1101)"), ("mark_number", "12025550110")}
    assert all(outcome.startswith("unknown") for outcome in outcomes.values())
    assert (await one_store.operation("call")).state == "done"


async def test_it_tries_again_later_where_the_person_could_not_be_told(dead, one_store, clock):
    told = []

    async def tell(user, _card):
        told.append(user)
        if len(told) <= 2:
            raise OSError("Slack is away")

    clock.advance(timedelta(minutes=1))
    recovery = Recovery(one_store, tell, clock)
    await recovery.report(clock())
    await recovery.report(clock())
    assert len(told) == 2
    clock.advance(timedelta(minutes=6))
    await recovery.report(clock())
    assert len(told) == 4
    assert (await one_store.operation("mark")).state == "done"


async def test_it_leaves_alone_what_was_just_taken(dead, one_store, clock):
    async def tell(_user, _card):
        raise AssertionError("too early")

    clock.advance(timedelta(seconds=10))
    await Recovery(one_store, tell, clock).report(clock())


def test_it_goes_into_the_store_and_comes_back():
    for operation, plan in ((PLACE_CALL, CALL), (MARK_NUMBER, MARK), (MASKED_CALL, MASK)):
        assert unpacked(packed(operation, plan)) == (operation, plan)
    for payload in ({}, {"deed": "paint"}, {"deed": "call"}, {**packed(MARK_NUMBER, MARK), "deed": "call"}):
        assert unpacked(payload) is None
    assert unpacked({**packed(MARK_NUMBER, MARK), "status": "painted"}) is None


def test_it_has_words_for_what_it_does_not_know(clock):
    found = interrupted(PendingOperation("x", {"deed": "paint"}, "UMAX", "in_flight", clock()), clock())
    assert "may or may not" in str(found.card.verdict)
    assert found.record.operation == "paint"


def test_it_says_which_confirmed_operation_was_cut_off(clock):
    found = interrupted(PendingOperation("x", packed(MASKED_CALL, MASK), "UMAX", "in_flight", clock()), clock())
    assert "may or may not have been done" in str(found.card.verdict)
    assert "branch (IEXPBX)" in str(found.card.body)
    assert (found.record.operation, found.record.account, found.record.target) == ("mask", "branch", "+380••••••567")
