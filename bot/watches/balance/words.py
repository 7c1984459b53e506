"""The description of the watch `balance`: facts as a sentence and rows. Amounts never change their currency."""

from collections.abc import Iterator

from bot.alerts.model import Incident
from bot.cards import Part, Row, Text, When
from bot.forecast.outlook import Fate
from bot.text.durations import span
from bot.text.money import digits, money
from bot.watches import Summary
from bot.watches.balance.facts import LOW, SHORT, SPIKE, BalanceFacts
from bot.watches.facts import facts_of


def describe(incident: Incident, account: str) -> Summary:
    """Describes the figure first, then how long it lasts, and by what it was measured."""
    facts = facts_of(next(iter(incident.members.values())), BalanceFacts)
    if not incident.open:
        return Summary(_was(facts, account))
    return Summary(headline=_headline(facts, account), rows=tuple(_rows(facts)), todo=_todo(facts))


def _headline(facts: BalanceFacts, account: str) -> str:
    left = money(facts.amount, facts.currency)
    if facts.used_up:
        whole = f"has nothing left{' of its credit' if facts.left is not None else ''}"
        return f"{account} {'is overdrawn' if facts.amount < 0 and facts.left is None else whole}: {left}"
    if facts.unknown and facts.amount < 0:
        return f"{account} is below zero by {money(-facts.amount, facts.currency)}; {facts.unknown}"
    left += _beyond(facts)
    until = f", lasts until about {facts.lasts}" if facts.lasts else ""
    if LOW in facts.holds:
        return f"Balance of {account} is low: {left}{until}"
    if SHORT in facts.holds or facts.spike is None:
        return f"Balance of {account} will not last: {left}{until}"
    spent = f"{money(facts.spike, facts.currency)} in 15 minutes"
    left = f"balance {left}" if _beyond(facts) else f"{left} left"
    if facts.calm:
        return f"{account} spent far more than usual, and {spent} now: {left}"
    return f"{account} spends far more than usual: {spent}, {left}"


def _beyond(facts: BalanceFacts) -> str:
    """Returns what there is besides the amount: `` (48.00 USD with its credit)``."""
    if facts.left is not None:
        return f" ({money(facts.left, facts.currency)} with its credit)"
    return " (no limit)" if facts.unlimited else f" ({facts.unknown})" if facts.unknown else ""


def _was(facts: BalanceFacts, account: str) -> str:
    left = money(facts.amount, facts.currency)
    if LOW in facts.holds:
        return f"balance of {account} was low, {left} at the last"
    if SHORT in facts.holds:
        return f"balance of {account} was running out, {left} at the last"
    return f"{account} spent far more than usual"


def _rows(facts: BalanceFacts) -> Iterator[Row]:
    currency = facts.currency
    yield Row(
        ("Balance ", Text(money(facts.amount, currency), bold=True), *(f" · {words}" for words in _limits(facts)))
    )
    if facts.spike is not None and facts.line is not None:
        usual = f"up to {money(facts.line, currency)} would be usual"
        yield Row(f"{money(facts.spike, currency)} in 15 minutes: {usual}")
    outlook = tuple(_outlook(facts))
    if outlook:
        yield Row(outlook)
    pace = " · ".join(_pace(facts))
    if pace:
        yield Row(pace)
    if facts.minutes is not None and facts.rate is not None:
        yield Row(f"≈ {facts.minutes:,} talk minutes at {digits(facts.rate)}/min")
    if facts.topped is not None and facts.topped_at is not None:
        topped = f"Topped up by {money(facts.topped, currency)} at "
        yield Row((topped, When(facts.topped_at), _still(facts)))


def _limits(facts: BalanceFacts) -> Iterator[str]:
    if facts.below is not None:
        clear = f", clear above {facts.clear_above}" if facts.clear_above is not None else ""
        yield f"alert below {facts.below}{clear}"
    if facts.within is not None:
        yield f"alert when it lasts less than {span(facts.within)}"


def _outlook(facts: BalanceFacts) -> Iterator[Part]:
    """Yields how long it lasts, by each reader's own clock."""
    basis = ", based on the last 60 min only" if facts.by_hour else " at today's pace"
    if facts.fate is Fate.IDLE:
        yield f"No spending{', based on the last 60 min only' if facts.by_hour else ''}: not running out"
    elif facts.fate is Fate.LASTS:
        yield f"Lasts more than a year{basis}"
    elif facts.empty is not None:
        style = "time" if facts.today else "day"
        yield from ("Lasts until about ", When(facts.empty, style))
        for lead, at in ((" (", facts.earliest), ("–", facts.latest)):
            yield lead
            yield When(at, style) if at is not None else "later"
        yield f"){basis}"


def _pace(facts: BalanceFacts) -> Iterator[str]:
    if facts.pace is not None:
        usual = f", usual for this hour {facts.usual:f}" if facts.usual is not None else ""
        charges = f", apart from {money(facts.charged, facts.currency)} in single charges" if facts.charged else ""
        yield f"Pace {facts.pace:f}/h{usual}{charges}"
    if facts.spent is not None:
        yield f"spent today {money(facts.spent, facts.currency)}"


def _still(facts: BalanceFacts) -> str:
    if LOW in facts.holds and facts.below is not None:
        above = facts.amount >= facts.below
        return f", not yet above {facts.clear_above}" if above else f", still below {facts.below}"
    if SHORT in facts.holds and facts.within is not None:
        return f", and still it lasts less than {span(facts.within)}"
    return ""


def _todo(facts: BalanceFacts) -> str:
    least = f" at least {facts.top_up:,.0f} {facts.currency or ''}".rstrip() if facts.top_up is not None else ""
    if facts.used_up:
        return f"Top up{least} now: calls may already fail."
    words = []
    if SPIKE in facts.holds:
        words.append("Look at the latest calls: is it a campaign of yours, or somebody else?")
    if least:
        until = f"{facts.until:%H:%M}"
        words.append(f"Top up{least} to finish the shift ({until if facts.shift else f'about {until}'}).")
    elif facts.unlimited:
        words.append("It has no limit: calls go on.")
    elif facts.unknown:
        words.append("Ask the vendor how far below zero it may go.")
    elif facts.holds != (SPIKE,):
        words.append("Top up before calls stop.")
    return " ".join(words)
