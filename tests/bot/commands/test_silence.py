"""Quiet for a while: said, listed, ended, and kept by the engine."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from bot.alerts.hours import Quiet, parse_hours
from bot.alerts.kinds import Kind
from bot.alerts.model import Observed
from bot.alerts.policy import Policy
from bot.engine.evaluation import Rule
from bot.watches.registry import watches
from providers.model import NumberStatus, PhoneNumber, Rows

ADMIN = "UADMIN"


async def flagged(office, *numbers):
    rows = Rows(tuple(PhoneNumber(n, NumberStatus.SPAM, "spam") for n in numbers))
    await office.store.record("sales", Kind.NUMBERS, Observed(rows, office.clock()), keep=timedelta(days=1))
    await office.engine.observe("sales", Kind.NUMBERS)
    return [incident for _, _, incident in await office.engine.open_incidents()]


async def test_it_silences_with_an_end_and_a_reason_lists_and_ends_it(office):
    said = await office.type("/pbx silence sales 2h “carrier at work”", user=ADMIN)
    assert "sales is silenced until" in said.verdict
    assert "carrier at work" in said.verdict
    assert "carrier at work" in (await office.type("/pbx silence")).text
    assert "over" in (await office.type("/pbx silence end sales", user=ADMIN)).verdict
    assert "Nothing is silenced." in (await office.type("/pbx silence")).verdict
    assert [r.operation for r in await office.store.audit_log(2)] == ["silence", "silence"]


async def test_it_asks_for_what_is_missing(office):
    assert "no account and no alert" in (await office.type("/pbx silence nobody 2h why", user=ADMIN)).verdict
    assert "For how long" in (await office.type("/pbx silence sales soon why", user=ADMIN)).verdict
    assert "Why?" in (await office.type("/pbx silence sales 2h", user=ADMIN)).verdict
    assert "not allowed" in (await office.type("/pbx silence sales 2h why")).verdict


async def test_nothing_is_raised_while_it_lasts_and_what_still_holds_is_raised_after_it(office, clock):
    watch = watches()["number_spam"]
    office.engine.replace([Rule(Policy("spam", "sales", watch.name, "#voip-alerts"), watch, watch.keys())])
    await office.type("/pbx silence sales 2h tests", user=ADMIN)
    assert await flagged(office, "12025550110") == []
    clock.advance(timedelta(hours=2, seconds=1))
    assert len(await flagged(office, "12025550110")) == 1


def test_it_opens_again_at_its_end_or_at_the_next_opening(clock):
    now = clock()  # Saturday noon
    until = now + timedelta(hours=2)
    assert Quiet(until).opening(now) is None
    assert Quiet(until).next_opening(now) == until
    assert Quiet(until).opening(until) is not None
    week = parse_hours("mon-fri 09:00-18:00", ZoneInfo("UTC"))
    assert Quiet(until, week).next_opening(now) == week.next_opening(until)
