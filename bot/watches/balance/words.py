"""How the watch `balance` is told: an incident's facts as a sentence and rows. Amounts never change their currency."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from bot.alerts.model import Incident
from bot.cards import Part, Row, Text, When
from bot.forecast.outlook import Fate
from bot.watches import Summary

LOW, SHORT, SPIKE = "low", "short", "spike"  # the conditions, the most telling first
CENT = Decimal("0.01")

Facts = Mapping[str, str]


def describe(incident: Incident, account: str) -> Summary:
    """The figure first, then how long it lasts, and by what it was measured."""
    facts = next(iter(incident.members.values())).facts
    if not incident.open:
        return Summary(_was(facts, account))
    return Summary(headline=_headline(facts, account), rows=tuple(_rows(facts)), todo=_todo(facts))


def _holds(facts: Facts) -> list[str]:
    return facts.get("holds", LOW).split()


def _left(facts: Facts) -> str:
    return amount_of(facts, "amount") if facts.get("amount") else "not known"


def amount_of(facts: Facts, name: str) -> str:
    """An amount among the facts, in the account's currency."""
    return money(Decimal(facts[name]), facts.get("currency") or None)


def _headline(facts: Facts, account: str) -> str:
    holds, left, lasts = _holds(facts), _left(facts), facts.get("lasts", "")
    if Decimal(facts.get("amount") or 0) < 0:
        return f"{account} is overdrawn: {left}"
    if facts.get("fate") == Fate.USED_UP:
        return f"{account} has nothing left: {left}"
    until = f", lasts until about {lasts}" if lasts else ""
    if LOW in holds:
        return f"Balance of {account} is low: {left}{until}"
    if SHORT in holds:
        return f"Balance of {account} will not last: {left}{until}"
    spent = f"{amount_of(facts, 'spike')} in 15 minutes"
    if facts.get("calm"):
        return f"{account} spent far more than usual, and {spent} now: {left} left"
    return f"{account} spends far more than usual: {spent}, {left} left"


def _was(facts: Facts, account: str) -> str:
    holds, left = _holds(facts), _left(facts)
    if LOW in holds:
        return f"balance of {account} was low, {left} at the last"
    if SHORT in holds:
        return f"balance of {account} was running out, {left} at the last"
    return f"{account} spent far more than usual"


def _rows(facts: Facts) -> Iterator[Row]:
    yield Row(("Balance ", Text(_left(facts), bold=True), *(f" · {words}" for words in _limits(facts))))
    if facts.get("spike"):
        yield Row(f"{amount_of(facts, 'spike')} in 15 minutes: up to {amount_of(facts, 'line')} would be usual")
    outlook = tuple(_outlook(facts))
    if outlook:
        yield Row(outlook)
    pace = " · ".join(_pace(facts))
    if pace:
        yield Row(pace)
    if facts.get("minutes"):
        yield Row(f"≈ {int(facts['minutes']):,} talk minutes at {facts['rate']}/min")
    if facts.get("topped"):
        still = _still(facts)
        yield Row((f"Topped up by {amount_of(facts, 'topped')} at ", When(_at(facts, "topped_at")), still))


def _limits(facts: Facts) -> Iterator[str]:
    if facts.get("below"):
        clear = f", clear above {facts['clear_above']}" if facts.get("clear_above") else ""
        yield f"alert below {facts['below']}{clear}"
    if facts.get("within"):
        yield f"alert when it lasts less than {facts['within']}"


def _outlook(facts: Facts) -> Iterator[Part]:
    """How long it lasts, by each reader's own clock."""
    basis = ", based on the last 60 min only" if facts.get("by_hour") else " at today's pace"
    if facts.get("fate") == Fate.IDLE:
        yield f"No spending{', based on the last 60 min only' if facts.get('by_hour') else ''}: not running out"
    elif facts.get("fate") == Fate.LASTS:
        yield f"Lasts more than a year{basis}"
    elif facts.get("empty"):
        style = facts.get("style", "day")
        yield from ("Lasts until about ", When(_at(facts, "empty"), style))
        for lead, name in ((" (", "earliest"), ("–", "latest")):
            yield lead
            yield When(_at(facts, name), style) if facts.get(name) else "later"
        yield f"){basis}"


def _pace(facts: Facts) -> Iterator[str]:
    if facts.get("pace"):
        usual = f", usual for this hour {facts['usual']}" if facts.get("usual") else ""
        yield f"Pace {facts['pace']}/h{usual}"
    if facts.get("spent"):
        yield f"spent today {amount_of(facts, 'spent')}"


def _still(facts: Facts) -> str:
    holds = _holds(facts)
    if LOW in holds:
        above = Decimal(facts["amount"]) >= Decimal(facts["below"])
        return f", not yet above {facts['clear_above']}" if above else f", still below {facts['below']}"
    return f", and still it lasts less than {facts['within']}" if SHORT in holds else ""


def _todo(facts: Facts) -> str:
    least = f" at least {facts['top_up']} {facts.get('currency', '')}".rstrip() if facts.get("top_up") else ""
    if Decimal(facts.get("amount") or 0) < 0 or facts.get("fate") == Fate.USED_UP:
        return f"Top up{least} now: calls may already fail."
    words = []
    if SPIKE in _holds(facts):
        words.append("Look at the latest calls: is it a campaign of yours, or somebody else?")
    if least:
        end = f"({facts['until']})" if facts.get("shift") else f"(about {facts['until']})"
        words.append(f"Top up{least} to finish the shift {end}.")
    elif _holds(facts) != [SPIKE]:
        words.append("Top up before calls stop.")
    return " ".join(words)


def _at(facts: Facts, name: str) -> datetime:
    return datetime.fromisoformat(facts[name])


def money(amount: Decimal, currency: str | None) -> str:
    """``−12.40 USD``: two places at least, thousands apart, a true minus sign, no currency guessed."""
    return digits(amount, ",").replace("-", "−") + (f" {currency}" if currency else "")


def digits(amount: Decimal, thousands: str = "") -> str:
    """``1234.50``: two places at least, four at most."""
    exponent = amount.as_tuple().exponent
    places = max(2, -exponent if isinstance(exponent, int) else 2)
    return f"{amount:{thousands}.{min(places, 4)}f}"


def rough(amount: Decimal | None) -> str:
    """``23``, ``5.2``: two digits that count, and cents at most; nothing where it is not known."""
    if amount is None:
        return ""
    step = max(CENT, Decimal(1).scaleb(amount.adjusted() - 1)) if amount else Decimal(1)
    return f"{amount.quantize(step) if step < 1 else (amount / step).to_integral_value() * step:f}"


def price(rate: Decimal) -> str:
    """What a minute costs: ``0.24``, ``0.0024``."""
    return digits(rate.quantize(max(Decimal("0.0001"), min(CENT, Decimal(1).scaleb(rate.adjusted() - 1)))))


def span(length: timedelta) -> str:
    """``6 h``, ``7 h 12 min``, ``1 d 12 h``."""
    minutes = int(length.total_seconds()) // 60
    units = ((minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "min"))
    return " ".join(f"{count} {unit}" for count, unit in units if count) or f"{int(length.total_seconds())} s"
