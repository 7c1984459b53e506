"""The watch `number_spam`: the vendor lists a caller ID of ours as spam now. A list that is cut short says nothing."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.alerts.kinds import Kind
from bot.alerts.model import Evaluation, Facts, Finding, Incident
from bot.cards import Button, Confirm, Row, Text
from bot.text.names import folded
from bot.watches import Clause, Named, Summary, Watch, WatchInput, WatchKeys, worst_first
from bot.watches.facts import facts_of
from providers.capabilities import SupportsNumbers
from providers.model import NumberStatus, PhoneNumber, Rows

MAX_BUTTONS = 8  # numbers with a button of their own
NO_LONGER_LISTED = "no longer listed"
NOT_WATCHED = "in a group that is not watched"


class NumberSpamKeys(WatchKeys):
    """`groups` limits the watch to numbers of these groups, where the vendor has them; case does not count."""

    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NumberSpamFacts(Facts):
    """A number as the vendor writes it, and how many of the `total` that are watched are active.

    `group` None: not known.
    """

    number: str
    active: int
    total: int
    group: str | None = None


def from_strings(old: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns version 1 of the facts from version 0."""
    return {**old, "group": old.get("group") or None}


@dataclass(frozen=True, slots=True)
class Stock:
    """The watched numbers of one reading, by their digits. What is spam is in `spam` alone."""

    numbers: Sequence[PhoneNumber]
    spam: Mapping[str, PhoneNumber]
    unsure: Mapping[str, PhoneNumber]
    others: Mapping[str, PhoneNumber]
    missing: frozenset[str]  # known, and missing from a list that is not whole
    gone: frozenset[str]  # known, and listed no longer
    moved: frozenset[str]  # known, and in another group


def _stock(watch_input: WatchInput, keys: NumberSpamKeys) -> Stock | None:
    observed = watch_input.latest_readings[Kind.NUMBERS].observed
    rows = observed.value if observed is not None else None
    if not isinstance(rows, Rows):
        return None
    numbers = _watched(rows, keys)
    spam = {digits(n.number): n for n in numbers if n.status is NumberStatus.SPAM}
    unsure = {digits(n.number): n for n in numbers if n.status is NumberStatus.UNKNOWN}
    others = {digits(n.number): n for n in numbers}
    gone = watch_input.known - others.keys()
    moved = gone & {digits(n.number) for n in rows}
    # Nothing at all is more likely a fault of the vendor's than the loss of every number.
    partial = bool(rows.unreadable) or not rows.items
    return Stock(
        numbers=numbers,
        spam=spam,
        unsure={name: n for name, n in unsure.items() if name not in spam},
        others={name: n for name, n in others.items() if name not in spam and name not in unsure},
        missing=gone - moved if partial else frozenset(),
        gone=frozenset() if partial else gone - moved,
        moved=moved,
    )


def _watched(rows: Rows[PhoneNumber], keys: NumberSpamKeys) -> list[PhoneNumber]:
    groups = {folded(group) for group in keys.groups}
    return [n for n in rows if not groups or folded(n.group or "") in groups]


def evaluate(watch_input: WatchInput, keys: NumberSpamKeys) -> Evaluation:
    """Finds one subject for each number, in digits. Where it stands twice, spam wins, then what is not known."""
    stock = _stock(watch_input, keys)
    if stock is None:
        return Evaluation(unknown=watch_input.known)
    active = sum(n.status is NumberStatus.ACTIVE for n in stock.numbers)
    return Evaluation(
        findings=tuple(_finding(name, n, active, len(stock.numbers)) for name, n in stock.spam.items()),
        unknown=stock.missing | stock.unsure.keys(),
        ended={
            **{name: f"marked {n.status.value}" for name, n in stock.others.items()},
            **dict.fromkeys(stock.gone, NO_LONGER_LISTED),
            **dict.fromkeys(stock.moved, NOT_WATCHED),
        },
    )


def clauses(watch_input: WatchInput, keys: NumberSpamKeys) -> tuple[Clause, ...]:
    """Returns, for each number, how the vendor lists it, as `evaluate` reads it."""
    stock = _stock(watch_input, keys)
    if stock is None:
        return ()
    return worst_first(
        (
            *(Clause(name, "the vendor lists it as spam", holds=True) for name in stock.spam),
            *(Clause(name, f"its status is not known: “{n.raw_status}”", None) for name, n in stock.unsure.items()),
            *(Clause(name, "missing from a list that is not whole", None) for name in sorted(stock.missing)),
            *(Clause(name, NO_LONGER_LISTED, holds=False) for name in sorted(stock.gone)),
            *(Clause(name, NOT_WATCHED, holds=False) for name in sorted(stock.moved)),
            *(Clause(name, f"the vendor lists it as {n.status.value}", False) for name, n in stock.others.items()),
        )
    )


def sample(value: Rows[PhoneNumber], keys: NumberSpamKeys) -> str:
    """Describes a reading of the watched numbers: ``2 of 31 spam``."""
    numbers = _watched(value, keys)
    spam = sum(n.status is NumberStatus.SPAM for n in numbers)
    unsure = sum(n.status is NumberStatus.UNKNOWN for n in numbers)
    parts = [f"{spam} of {len(numbers)} spam"]
    if unsure:
        parts.append(f"{unsure} not known")
    if value.unreadable:
        parts.append(f"{value.unreadable} not readable")
    return ", ".join(parts)


def _finding(name: str, number: PhoneNumber, active: int, total: int) -> Finding:
    return Finding(name, NumberSpamFacts(number.number, active, total, number.group or None))


def describe(incident: Incident, account: str) -> Summary:
    """Describes each number with the button that mends it, and how many are left."""
    members = incident.affected or tuple(incident.members.values())
    found = [facts_of(member, NumberSpamFacts) for member in members]
    facts, one = found[0], len(found) == 1
    if not incident.open:
        was = f"caller ID {facts.number} of {account} was" if one else f"{len(found)} caller IDs of {account} were"
        return Summary(f"{was} marked as spam")
    headline = (
        f"Caller ID {facts.number} of {account} is marked as spam"
        if one
        else f"{len(found)} caller IDs of {account} are marked as spam"
    )
    left = f"{facts.active} of {facts.total} caller IDs are active"
    return Summary(
        headline=headline,
        rows=(*_rows(incident, found, account), Row(left)),
        todo="Stop dialling from it, and mark it as active when it is clean." if one else "Stop dialling from them.",
        buttons=(mark_button(account, facts.number, NumberStatus.ACTIVE, incident.id),) if one else (),
    )


def _rows(incident: Incident, found: Sequence[NumberSpamFacts], account: str) -> tuple[Row, ...]:
    return tuple(
        Row(
            (Text(facts.number, bold=True), f" · {facts.group}" if facts.group else ""),
            mark_button(account, facts.number, NumberStatus.ACTIVE, incident.id)
            if len(found) > 1 and n < MAX_BUTTONS
            else None,
        )
        for n, facts in enumerate(found)
    )


def mark_button(account: str, number: str, status: NumberStatus, incident: str) -> Button:
    """Returns the button **Mark as active** or **Mark as spam**, with its question."""
    words = f"Mark as {status.value}"
    return Button(
        action="mark_number",
        words=words,
        value=json.dumps({"account": account, "number": number, "status": status.value, "incident": incident}),
        confirm=Confirm(
            title=words,
            text=f"{words}: {number} on {account}? The vendor is asked, and its list is read back.",
            yes=words,
        ),
    )


def digits(number: str) -> str:
    """Returns the number as a subject: its digits alone."""
    return re.sub(r"\D", "", number) or number


WATCH = Watch(
    "number_spam",
    (Kind.NUMBERS,),
    (SupportsNumbers,),
    NumberSpamKeys,
    evaluate,
    describe,
    clauses=clauses,
    sample=sample,
    facts=NumberSpamFacts,
    upcasts=(from_strings,),
    named=lambda keys: Named(keys.groups, lambda number: (number.group,), "in a group named"),
)
