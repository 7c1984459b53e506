"""The money."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.kinds import Kind
from bot.alerts.model import Incident, LatestReading, Member, Observed, Severity
from bot.text.money import money
from bot.watches import WatchInput
from bot.watches.balance import WATCH, BalanceKeys
from providers.model import Balance, Money

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def worth(amount, currency="USD", credit=None, plan=None):
    return Balance(Money(Decimal(amount), currency), credit, plan)


def dollars(amount):
    return Money(Decimal(amount), "USD")


@pytest.fixture
def sales(bench):
    return bench(WATCH, BalanceKeys(below=Decimal(50), clear_above=Decimal(60)))


def test_it_holds_below_and_not_at_the_line(sales):
    assert not sales.sees(Kind.BALANCE, worth("50"))
    assert sales.sees(Kind.BALANCE, worth("49.99")).keys() == {"sales"}


def test_it_is_clear_only_above_the_other_line(sales):
    sales.sees(Kind.BALANCE, worth("49"))
    assert sales.sees(Kind.BALANCE, worth("60"))
    assert not sales.sees(Kind.BALANCE, worth("60.01"))
    assert "60.01 USD" in sales.last.resolved_because
    assert not sales.sees(Kind.BALANCE, worth("55"))


def test_it_is_clear_at_the_line_where_there_is_no_other(bench):
    sales = bench(WATCH, BalanceKeys(below=Decimal(50)))
    sales.sees(Kind.BALANCE, worth("49"))
    assert not sales.sees(Kind.BALANCE, worth("50"))


def test_it_says_overdrawn_and_critical_below_zero(sales):
    assert sales.sees(Kind.BALANCE, worth("-12.4"))["sales"].severity is Severity.CRITICAL
    assert "overdrawn" in sales.story.headline
    assert "−12.40 USD" in sales.story.headline
    assert sales.sees(Kind.BALANCE, worth("0"))["sales"].severity is Severity.CRITICAL
    assert "has nothing left: 0.00 USD" in sales.story.headline
    assert sales.sees(Kind.BALANCE, worth("0.01"))["sales"].severity is None


TOP_UP, ASK = "Top up now: calls may already fail.", "Ask the vendor how far below zero it may go."


@pytest.mark.parametrize(
    ("balance", "critical", "headline", "todo"),
    [
        (worth(-12), True, "sales is overdrawn: −12.00 USD", TOP_UP),
        (worth(-12, plan="prepaid"), True, "sales is overdrawn: −12.00 USD", TOP_UP),
        (worth(0, plan="prepaid"), True, "sales has nothing left: 0.00 USD", TOP_UP),
        (worth(-12, credit=dollars(0)), True, "sales is overdrawn: −12.00 USD", TOP_UP),
        (worth(-12, credit=dollars(10)), True, "sales has nothing left of its credit: −12.00 USD", TOP_UP),
        (
            worth(-50, credit=dollars(5000), plan="postpaid"),
            False,
            "Balance of sales is low: −50.00 USD (4,950.00 USD with its credit)",
            "Top up before calls stop.",
        ),
        (
            worth(-12, plan="postpaid"),
            False,
            "sales is below zero by 12.00 USD; its credit is not told",
            ASK,
        ),
        (worth(12, plan="postpaid"), False, "Balance of sales is low: 12.00 USD (its credit is not told)", ASK),
        (
            worth(-12, "EUR", dollars(100)),
            False,
            "sales is below zero by 12.00 EUR; its credit is in another currency",
            ASK,
        ),
        (
            worth(-500, credit="unlimited", plan="postpaid"),
            False,
            "Balance of sales is low: −500.00 USD (no limit)",
            "It has no limit: calls go on.",
        ),
    ],
)
def test_it_is_as_grave_as_what_is_left(sales, balance, critical, headline, todo):
    assert sales.sees(Kind.BALANCE, balance)["sales"].severity is (Severity.CRITICAL if critical else None)
    assert (sales.story.headline, sales.story.todo) == (headline, todo)


@given(
    st.decimals(-1000, 1000, places=2),
    st.none()
    | st.just("unlimited")
    | st.builds(Money, st.decimals(0, 1000, places=2), st.sampled_from(["USD", "EUR"])),
    st.sampled_from([None, "prepaid", "postpaid"]),
)
def test_nobody_is_told_that_calls_fail_while_they_need_not(amount, credit, plan):
    balance = Balance(Money(amount, "USD"), credit, plan)
    watch_input = WatchInput("sales", NOW, {Kind.BALANCE: LatestReading(Observed(balance, NOW))})
    found = WATCH.evaluate(watch_input, BalanceKeys(below=Decimal(2000))).findings[0]
    gone = isinstance(balance.left, Decimal) and balance.left <= 0
    assert (found.severity is Severity.CRITICAL) is gone
    member = Member("sales", found.facts, Severity.WARNING, NOW)
    summary = WATCH.describe(Incident("i", NOW, {"sales": member}, Severity.WARNING), "sales")
    assert ("calls may already fail" in summary.todo) is gone
    assert ("nothing left" in summary.headline or "overdrawn" in summary.headline) is gone


def test_it_compares_signed(bench):
    postpaid = bench(WATCH, BalanceKeys(below=Decimal(-500)))
    assert not postpaid.sees(Kind.BALANCE, worth("-499"))
    assert postpaid.sees(Kind.BALANCE, worth("-501"))


def test_it_says_what_is_left_and_what_was(sales):
    sales.sees(Kind.BALANCE, worth("38.2"))
    assert "38.20 USD" in sales.story.headline
    assert "sales" in sales.story.headline
    sales.sees(Kind.BALANCE, worth("102.4"))
    assert "was low" in sales.story.headline


def test_it_takes_the_accounts_currency_where_the_vendor_names_none(sales):
    sales.sees(Kind.BALANCE, worth("38.2", None))
    assert "38.20 UAH" in sales.story.headline


def test_it_has_the_same_facts_for_the_same_figure(sales):
    first = sales.sees(Kind.BALANCE, worth("38.2"))["sales"].facts
    assert sales.sees(Kind.BALANCE, worth("38.200"))["sales"].facts.amount != Decimal("38.19")
    assert first == sales.sees(Kind.BALANCE, worth("38.20"))["sales"].facts


@given(st.decimals(-1000, 1000, places=2), st.decimals(-100, 100, places=2))
def test_it_raises_exactly_below(amount, below):
    watch_input = WatchInput("sales", NOW, {Kind.BALANCE: LatestReading(Observed(worth(amount), NOW))})
    found = WATCH.evaluate(watch_input, BalanceKeys(below=below))
    assert bool(found.findings) == (amount < below)


@pytest.mark.parametrize(
    ("amount", "said"), [("1234.5", "1,234.50 USD"), ("-0.5", "−0.50 USD"), ("0.0123", "0.0123 USD"), ("5", "5.00 USD")]
)
def test_it_writes_money_plainly(amount, said):
    assert money(Decimal(amount), "USD") == said
