"""What the neutral model says by itself."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.model import Balance, Money

CURRENCIES = st.sampled_from(["EUR", "USD", None])
AMOUNTS = st.decimals(-10_000, 10_000, places=2)


def euros(amount):
    return Money(Decimal(amount), "EUR")


@pytest.mark.parametrize(
    ("balance", "left"),
    [
        (Balance(euros(12), euros(10)), Decimal(22)),
        (Balance(euros(12), Money(Decimal(10), "USD")), None),  # two currencies are never added
        (Balance(euros(12), Money(Decimal(10))), None),
        (Balance(Money(Decimal(12)), Money(Decimal(10))), Decimal(22)),
        (Balance(euros(-50), euros(5000), "postpaid"), Decimal(4950)),
        (Balance(euros(-50), euros(10)), Decimal(-40)),
        (Balance(euros(-50), "unlimited", "postpaid"), "unlimited"),
        (Balance(euros(-50), None, "postpaid"), None),
        (Balance(euros(50), None, "postpaid"), None),
        (Balance(euros(-50), None, "prepaid"), Decimal(-50)),
        (Balance(euros(-50)), Decimal(-50)),  # nothing is told: it has what it holds
    ],
)
def test_a_balance_knows_what_is_left(balance, left):
    assert balance.left == left


@given(AMOUNTS, AMOUNTS, CURRENCIES, CURRENCIES)
def test_what_is_left_is_a_sum_in_one_currency_or_nothing(amount, credit, one, other):
    left = Balance(Money(amount, one), Money(credit, other)).left
    assert left == (amount + credit if one == other else None)
