"""What a minute of talk costs, and how many minutes are left. Pure; currencies are never mixed."""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal

from providers.model import AgentStats, CallRecord

TALK_LEAST = timedelta(minutes=5)  # less says nothing of the next minute


def per_minute(told: Iterable[CallRecord | AgentStats], currency: str | None) -> Decimal | None:
    """Cost of a minute of talk, to four places; None where too little talk has a price in this currency."""
    cost, talk = Decimal(), timedelta()
    for one in told:
        if one.cost is not None and one.talk and (one.cost.currency or currency) == (currency or one.cost.currency):
            cost += one.cost.amount
            talk += one.talk
    if talk < TALK_LEAST or cost <= 0:
        return None
    return (cost * 60 / Decimal(str(talk.total_seconds()))).quantize(Decimal("0.0001"))


def minutes_left(left: Decimal, rate: Decimal | None) -> int | None:
    """How many minutes of talk so much pays for; None where the price is not known, or nothing is left."""
    return int(left / rate) if rate and left > 0 else None
