"""`/balance`: what is left, how fast it goes, when it is gone."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.hours import parse_hours
from bot.alerts.kinds import Kind
from bot.alerts.model import Blind, Observed
from bot.alerts.policy import Policy
from bot.cards import Chart
from bot.commands.balance.course import LONGEST, course
from bot.engine.evaluation import Rule
from bot.readings.accounts import Accounts
from bot.settings import Alert
from bot.store import StoreUnavailable
from bot.watches.balance import WATCH, WINDOW, BalanceKeys
from providers.capabilities import SupportsBalance
from providers.errors import ErrorKind
from providers.model import Balance, CallRecord, Direction, Disposition, Money, Page, Rows

HOUR = timedelta(hours=1)


async def poll(office, clock, *steps, name="sales"):
    """(minutes, balance) pairs, polled one after another."""
    for minutes, amount in steps:
        clock.advance(timedelta(minutes=minutes))
        office.worlds[name].set_balance(amount)
        await office.watch(Kind.BALANCE, name)


async def test_it_says_when_the_money_runs_out_at_todays_pace(office, clock):
    await poll(office, clock, (0, 120), (30, 110), (30, 100))
    shown = await office.type("/balance")
    assert shown.verdict == "sales: 100.00 USD, lasts until about 18:00 today (17:10–19:15)."
    assert "Runs out in about 5 h at today's pace, based on the last 60 min only" in shown.text
    assert "Trend: falling · pace 20.00 USD/h · spent today 20.00 USD" in shown.text
    assert shown.answer.share


async def test_it_counts_downward_steps_alone_as_spend(office, clock):
    await poll(office, clock, (0, 20), (30, 14), (30, 108), (30, 102))
    shown = await office.type("/balance sales")
    assert "spent today 12.00 USD" in shown.text
    assert "pace 12.00 USD/h" in shown.text
    assert "Last top-up: +94.00 USD at 13:00" in shown.text


async def test_it_needs_three_readings_to_say_anything_of_the_pace(office):
    shown = await office.type("/balance")
    assert "too few readings" in shown.verdict
    assert "Trend: not known yet: three readings are needed, as one charge is no pace" in shown.text


async def test_it_says_that_nothing_is_spent(office, clock):
    await poll(office, clock, (0, 50), (10, 50), (10, 50))
    shown = await office.type("/balance")
    assert shown.verdict == "sales: 50.00 USD, no spending; not running out."
    assert "not falling" in shown.text


async def test_it_begins_a_day_at_midnight_of_the_accounts_zone(office, clock):
    clock.advance(timedelta(hours=11, minutes=30))  # 23:30 UTC
    await poll(office, clock, (0, 100), (20, 90), (20, 80))  # midnight between the last two
    shown = await office.type("/balance")
    assert "pace 30.00 USD/h · spent today 5.00 USD" in shown.text  # half of the last step
    assert "02:50 today" in shown.verdict


async def test_it_shows_an_overdrawn_account_with_a_minus(office, clock):
    await poll(office, clock, (0, 5), (10, -12.4))
    shown = await office.type("/balance")
    assert "−12.40 USD" in shown.verdict
    assert "overdrawn" in shown.verdict
    assert "nothing is left" in shown.verdict
    assert shown.card.tone == "critical"


class Holding:
    """A vendor that tells a balance with its credit and its plan."""

    def __init__(self, amount, credit, plan):
        self.held = Balance(Money(Decimal(amount), "USD"), credit, plan)

    async def balance(self):
        return self.held

    async def close(self):
        pass


TEN_EUROS = Money(Decimal(10), "EUR")
FIVE_THOUSAND = Money(Decimal(5000), "USD")


@pytest.mark.parametrize(
    ("amount", "credit", "plan", "said", "tone"),
    [
        (-500, "unlimited", "postpaid", "sales: −500.00 USD, no limit: it does not run out.", "good"),
        (-50, FIVE_THOUSAND, "postpaid", "sales: −50.00 USD (4,950.00 USD left of its credit), too few", "good"),
        (
            -5000,
            FIVE_THOUSAND,
            "postpaid",
            "sales: −5,000.00 USD (overdrawn): nothing is left of the credit.",
            "critical",
        ),
        (-50, None, "postpaid", "sales: −50.00 USD (below zero); its credit is not told, so when it", "warning"),
        (50, None, "postpaid", "sales: 50.00 USD; its credit is not told, so when it runs out is not known.", "good"),
        (12, TEN_EUROS, "postpaid", "sales: 12.00 USD; its credit is in another currency, so when it", "good"),
        (-50, None, "prepaid", "sales: −50.00 USD (overdrawn): nothing is left.", "critical"),
    ],
)
async def test_it_goes_by_what_is_left(office, amount, credit, plan, said, tone):
    office.opened["sales"] = replace(office.opened["sales"], provider=Holding(amount, credit, plan))
    shown = await office.type("/balance")
    assert shown.verdict.startswith(said)
    assert shown.card.tone == tone
    assert "22.00" not in shown.text


async def test_what_has_no_limit_is_not_among_the_worst(office):
    sales = office.opened["sales"]
    held = {"free": (-900, "unlimited"), "unsure": (-5, None), "credit": (-50, FIVE_THOUSAND), "rich": (70, None)}
    for name, (amount, credit) in held.items():
        plan = "prepaid" if name == "rich" else "postpaid"
        office.opened[name] = replace(sales, name=name, title="Any", provider=Holding(amount, credit, plan))
    shown = await office.type("/balance")
    names = [section.heading.split()[0] for section in shown.card.body[1:]]
    assert names == [row[0] for row in shown.card.body[0].rows] == ["unsure", "rich", "sales", "credit", "free"]


async def test_it_says_what_a_charge_took_beside_the_pace(office, clock):
    await poll(office, clock, (0, 200), (5, 199), (5, 198), (5, 158), (5, 157))
    shown = await office.type("/balance")
    assert "Trend: falling · pace 12.00 USD/h, apart from 40.00 USD in single charges · spent today 43.00" in shown.text


async def test_it_names_each_account_worst_first_and_never_adds_them(office, clock):
    await office.add("support", currency="EUR", seed=2)
    await poll(office, clock, (0, 1000), (30, 999))
    await poll(office, clock, (0, 10), (30, 4), name="support")
    shown = await office.type("/balance")
    assert shown.verdict.startswith("support: 4.00 EUR")
    assert "1 other account below" in shown.verdict
    headings = [section.heading for section in shown.card.body]
    assert headings == ["Worst first", "support (MoMVOIP)", "sales (MoMVOIP)"]
    assert "1,003" not in shown.text
    assert "1003" not in shown.text


async def test_it_goes_on_when_one_account_fails(office, clock):
    await office.add("support", seed=2)
    await poll(office, clock, (0, 77), name="support")
    clock.advance(timedelta(minutes=5))
    office.sandboxes["support"].faults["MOM-7"] = "http_500"
    office.world.set_balance(50)
    shown = await office.type("/balance")
    assert "1 account could not be asked" in shown.verdict
    assert "50.00 USD" in shown.text
    failed = next(line for line in shown.lines if line.startswith("support"))
    assert "Last known 77.00 USD at 12:00 (5 min ago) — not current." in failed


async def test_it_says_so_when_nobody_could_be_asked(office):
    office.faults["MOM-7"] = "html"
    shown = await office.type("/balance")
    assert "not known" in shown.verdict
    assert "0.00" not in shown.text
    assert not shown.answer.share


@pytest.mark.parametrize("fault", ["balance_none", "balance_nan", "balance_words", "empty", "null", "truncated"])
async def test_it_never_shows_a_false_zero(office, fault):
    office.faults["MOM-7"] = fault
    shown = await office.type("/balance")
    assert "0.00" not in shown.text
    assert shown.card.tone == "unknown"


async def test_it_takes_a_look_of_this_second_and_says_how_old(office, clock):
    await office.watch(Kind.BALANCE)
    clock.advance(timedelta(seconds=1))
    shown = await office.type("/balance")
    assert "as of 12:00 (1 s ago)" in shown.text
    assert len(office.vendor.of("voip_api_get_balance")) == 1
    clock.advance(timedelta(seconds=2))
    await office.type("/balance")
    assert len(office.vendor.of("voip_api_get_balance")) == 2


async def test_it_asks_the_vendor_where_the_last_look_failed(office):
    await office.watch(Kind.BALANCE)
    blind = Blind("It did not answer.", ErrorKind.UNAVAILABLE, office.clock())
    await office.store.record("sales", Kind.BALANCE, blind, keep=timedelta(days=1))
    await office.type("/balance")
    assert len(office.vendor.of("voip_api_get_balance")) == 2


async def test_it_answers_from_the_vendor_when_the_store_is_away(office, monkeypatch):
    async def away(*_args, **_kwargs):
        raise StoreUnavailable("The store does not answer.")

    for name in ("latest_reading", "history"):
        monkeypatch.setattr(office.store, name, away)
    shown = await office.type("/balance")
    assert "186.40 USD" in shown.verdict
    assert "alerts are paused" in shown.text


async def test_it_names_the_account_that_cannot_tell_and_who_can(office):
    class Dumb:
        async def close(self):
            pass

    office.opened["helpdesk"] = replace(office.opened["sales"], name="helpdesk", title="Dumb", provider=Dumb())
    shown = await office.type("/balance")
    assert "helpdesk (Dumb): Dumb cannot show a balance" in shown.text
    assert "sales (MoMVOIP) can." in shown.text
    alone = await office.type("/balance helpdesk")
    assert alone.verdict == "helpdesk (Dumb) cannot show a balance. sales (MoMVOIP) can."


async def test_it_explains_wrong_words(office):
    await office.add("support", seed=2)
    for words, said in (("nope", "no account “nope”"), ("s", "Several accounts"), ("sales now", "more than one word")):
        shown = await office.type(f"/balance {words}")
        assert said in shown.verdict
        assert "Usage: /balance [ACCOUNT]" in shown.text
        assert "Example: /balance sales" in shown.text
    assert "186.40" in (await office.type("/balance SAL")).verdict
    assert "186.40" in (await office.type("/pbx balance on sales")).verdict


async def test_it_answers_help_with_the_whole_usage(office):
    for word in ("help", "HELP", "?"):
        shown = await office.type(f"/balance {word}")
        assert "Usage: /balance [ACCOUNT]" in shown.text
    assert office.vendor.asked == []


async def test_it_uses_the_renamed_command_in_its_usage(office):
    slack = office.settings.slack.model_copy(update={"commands": {"balance": "money", "pbx": "phone"}})
    office.settings = replace(office.settings, slack=slack)
    assert "Usage: /money [ACCOUNT]" in (await office.type("/balance help")).text
    assert "/phone calls" in (await office.type("/pbx help")).text


async def lived(office, clock, days, left, name="sales", per_hour=12):
    """So many days, seen twice an hour, with that spending from nine to six; then so much is left."""
    begin = clock() - timedelta(days=days)
    moments = [begin + n * timedelta(minutes=30) for n in range(days * 48 + 1)]
    held = left + sum(per_hour / 2 for at in moments[:-1] if 9 <= at.hour < 18)
    for at in moments:
        value = Balance(Money(Decimal(str(round(held, 2))), "USD"))
        await office.store.record(name, Kind.BALANCE, Observed(value, at), keep=timedelta(days=30))
        held -= per_hour / 2 if 9 <= at.hour < 18 else 0
    office.worlds[name].set_balance(left)


async def test_it_goes_by_the_days_as_they_went(office, clock):
    await lived(office, clock, 7, 150)  # Saturday noon: 72 until six, and the rest tomorrow from nine on
    shown = await office.type("/balance")
    assert shown.verdict == "sales: 150.00 USD, lasts until about 16:00 tomorrow (13:00–10:00)."
    assert "at today's pace, as its days usually go" in shown.text
    assert "pace 12.00 USD/h, usual for this hour 12.00 · spent today 36.00 USD" in shown.text
    assert "to finish the shift" not in shown.text


async def test_it_says_how_much_the_day_still_needs(office, clock):
    await lived(office, clock, 7, 50)  # 72 until six, 86.40 at the most
    shown = await office.type("/balance")
    assert "Top up at least 40 USD to finish the shift (18:00)" in shown.text


def alerted(office, hours=None):
    """An alert on the balance, as it is configured and judged."""
    calendar = parse_hours(hours, office.settings.timezone) if hours else None
    keys = BalanceKeys(below=5)
    rule = Rule(Policy("low", "sales", "balance", "#a", calendar=calendar), WATCH, keys, zone=office.settings.timezone)
    office.settings = replace(
        office.settings, alerts=(Alert("low", "balance", ("sales",), "#a", keys, calendar=calendar),)
    )
    office.engine.replace([rule])


async def test_it_knows_the_shift_by_the_hours_of_an_alert(office, clock):
    await poll(office, clock, (0, 62), (15, 56), (15, 50))
    alerted(office, "daily 09:00-16:30")
    assert "Top up at least 70 USD to finish the shift (16:30)" in (await office.type("/balance")).text


async def test_it_takes_what_an_alert_has_made_of_the_past_and_leaves_that_as_it_is(office, clock):
    await poll(office, clock, (0, 120), (30, 110))
    alerted(office)
    kept = (await office.engine.evaluation_input(office.engine.rules_of("low")[0])).past
    clock.advance(timedelta(minutes=30))
    office.world.set_balance(100)
    assert "pace 20.00 USD/h · spent today 20.00 USD" in (await office.type("/balance")).text
    assert kept.last.amount == 110
    assert kept is await office.engine.history("sales", WINDOW, office.settings.timezone)


async def test_it_reads_the_past_once_and_then_what_is_new(office, clock, monkeypatch):
    await poll(office, clock, (0, 120), (30, 110))
    asked = []
    history = office.store.history

    async def counting(account, kind, since, until=None):
        if clock() - since != LONGEST:  # the day that is drawn
            asked.append(since)
        return await history(account, kind, since, until)

    monkeypatch.setattr(office.store, "history", counting)
    await office.type("/balance")
    await poll(office, clock, (30, 100))
    assert "spent today 20.00 USD" in (await office.type("/balance")).text
    assert asked == [clock() - timedelta(days=14, minutes=30), clock() - timedelta(minutes=30) + timedelta.resolution]


async def test_it_says_how_many_minutes_of_talk_are_left(office, clock):
    await poll(office, clock, (0, 120), (30, 110))
    shown = await office.type("/balance")
    row = next(line for line in shown.lines if "talk minutes" in line)
    minutes, rate = re.fullmatch(r"≈ ([\d,]+) talk minutes at ([\d.]+)/min", row).groups()
    assert int(minutes.replace(",", "")) == pytest.approx(110 / float(rate), rel=0.03)


async def test_it_takes_the_price_of_talk_from_calls_that_were_seen(office, clock):
    call = CallRecord("1", None, Direction.OUTBOUND, "", "", Disposition.ANSWERED, "")
    priced = replace(call, talk=timedelta(seconds=8712), cost=Money(Decimal("34.84"), "USD"))
    seen = Observed(Page(Rows((priced,)), 1, None), clock())
    await office.store.record("sales", Kind.CALLS, seen, keep=timedelta(days=1))
    office.world.set_balance(111.74)
    assert "≈ 465 talk minutes at 0.24/min" in (await office.type("/balance")).text
    assert not office.vendor.of("voip_api_get_call_stat")


@pytest.mark.parametrize("fault", ["http_500", "html", "truncated"])
async def test_it_does_without_the_price_of_talk(office, fault):
    office.faults["MOM-11"] = fault
    shown = await office.type("/balance")
    assert "186.40 USD" in shown.verdict
    assert "talk minutes" not in shown.text
    assert "could not be asked" not in shown.text


async def test_it_says_who_could_where_no_account_can():
    from providers.momvoip import VENDOR

    accounts = Accounts({}, {"momvoip": VENDOR})
    said = accounts.who_can(SupportsBalance, "show a balance")
    assert said == "No connected account can show a balance; MoMVOIP can."


async def test_one_account_is_drawn_from_the_third_reading_on_with_its_forecast(office, clock):
    await poll(office, clock, (0, 200), (30, 195), (30, 190))
    (shown,) = [item for item in (await office.type("/balance sales")).card.body if isinstance(item, Chart)]
    assert shown.title == "Balance, sales"
    assert shown.series[0].values[-2:] == (190.0, 0.0), "now, and when it is forecast to be gone"
    assert shown.categories[-1].startswith("≈ ")
    assert len(shown.categories) <= 20


def test_a_stretch_that_was_not_seen_is_left_out_and_told():
    at = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    balance = Balance(Money(Decimal(100), "USD"))
    blind = Blind("It did not answer.", ErrorKind.UNAVAILABLE, at + 2 * HOUR)
    last = Observed(balance, at + 4 * HOUR)
    readings: list[Observed | Blind] = [Observed(balance, at), Observed(balance, at + HOUR), blind, last]
    found = course(readings, at + 6 * HOUR)
    assert found.unseen == ((at + 2 * HOUR, at + 3.5 * HOUR),)
    assert len(found.points) == 13 - 4
    assert course(readings[:2], at + 6 * HOUR) is None, "two readings are no course"


@given(st.lists(st.tuples(st.integers(0, 3000), st.booleans()), max_size=60), st.integers(0, 3000))
def test_a_course_fits_slacks_points_and_draws_nothing_that_was_not_seen(raw, later):
    at, readings = datetime(2026, 11, 21, 12, 0, tzinfo=UTC), []
    for minutes, seen in sorted(raw):
        when = at + timedelta(minutes=minutes)
        blind = Blind("x", ErrorKind.UNAVAILABLE, when)
        readings.append(Observed(Balance(Money(Decimal(minutes))), when) if seen else blind)
    now = max([at, *(reading.at for reading in readings)]) + timedelta(minutes=later)
    found = course(readings, now)
    if found is None:
        return
    assert len(found.points) <= 19
    amounts = {float(reading.value.money.amount) for reading in readings if isinstance(reading, Observed)}
    assert {value for _, value in found.points} <= amounts
    assert all(now - LONGEST <= when <= now for when, _ in found.points)
