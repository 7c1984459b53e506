"""The price of a minute of talk, and how many minutes are left. Pure; currencies are never mixed."""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal

from providers.model import AgentStats, CallRecord

MIN_TALK = timedelta(minutes=5)  # less says nothing of the next minute


def per_minute(told: Iterable[CallRecord | AgentStats], currency: str | None) -> Decimal | None:
    """Returns the cost of a minute of talk, to four places; None where too little talk has a price in this currency.

    A price without a currency is in the account's. Where the account's is not known either, they must not name several.
    """
    priced = [(one.cost, one.talk) for one in told if one.cost is not None and one.talk]
    named = {cost.currency for cost, _ in priced if cost.currency}
    if currency is None and len(named) > 1:
        return None
    cost, talk = Decimal(), timedelta()
    for price, length in priced:
        if currency is None or price.currency in {None, currency}:
            cost += price.amount
            talk += length
    if talk < MIN_TALK or cost <= 0:
        return None
    return (cost * 60 / Decimal(str(talk.total_seconds()))).quantize(Decimal("0.0001"))


def minutes_left(left: Decimal | None, rate: Decimal | None) -> int | None:
    """Returns how many minutes of talk so much pays for; None where the price is not known, or nothing is left.

    `left` None: it is not known, or has no limit.
    """
    return int(left / rate) if rate and left is not None and left > 0 else None
