"""The watch `number_spam`: the vendor lists a caller ID of ours as spam now."""

import json
import re
from collections.abc import Iterable

from bot.alerts.model import Finding, Incident, Judgement, Kind, Member
from bot.cards import Button, Confirm, Row, Text
from bot.watches import Scene, Story, Watch, WatchKeys
from providers.capabilities import SupportsNumbers
from providers.model import NumberStatus, PhoneNumber, Rows

LISTED = 8  # numbers with a button of their own
NO_LONGER_LISTED = "no longer listed"


class NumberSpamKeys(WatchKeys):
    """`groups`: only numbers of these, where the vendor has them; case does not count."""

    groups: tuple[str, ...] = ()


def judge(scene: Scene, keys: NumberSpamKeys) -> Judgement:
    """One subject a number, in digits."""
    observed = scene.sights[Kind.NUMBERS].observed
    rows = observed.value if observed is not None else None
    if not isinstance(rows, Rows):
        return Judgement(unknown=scene.raised)
    groups = {group.casefold() for group in keys.groups}
    numbers = [n for n in rows if not groups or (n.group or "").casefold() in groups]
    spam = {digits(n.number): n for n in numbers if n.status is NumberStatus.SPAM}
    others = {digits(n.number): n for n in numbers if n.status is not NumberStatus.SPAM}
    unsure = {name for name, n in others.items() if n.status is NumberStatus.UNKNOWN}
    gone = {name for name in scene.raised if name not in spam and name not in others}
    unknown = unsure | (gone if rows.unreadable else set())
    active = sum(n.status is NumberStatus.ACTIVE for n in numbers)
    return Judgement(
        findings=tuple(_finding(name, n, active, len(numbers)) for name, n in spam.items()),
        unknown=frozenset(unknown - spam.keys()),
        ended={
            **{name: f"the vendor lists it as {n.raw_status} now" for name, n in others.items()},
            **dict.fromkeys(gone, NO_LONGER_LISTED),
        },
    )


def _finding(name: str, number: PhoneNumber, active: int, total: int) -> Finding:
    facts = {"number": number.number, "group": number.group or "", "active": str(active), "total": str(total)}
    return Finding(name, facts)


def describe(incident: Incident, account: str) -> Story:
    """Each number with the button that mends it, and how many are left."""
    members = incident.affected or tuple(incident.members.values())
    facts = members[0].facts
    one = len(members) == 1
    headline = (
        f"Caller ID {facts['number']} of {account} is marked as spam"
        if one
        else f"{len(members)} caller IDs of {account} are marked as spam"
    )
    left = f"{facts['active']} of {facts['total']} caller IDs are active"
    return Story(
        headline=headline,
        rows=(*_rows(incident, members, account), Row(left)),
        todo="Stop dialling from it, and mark it as active when it is clean." if one else "Stop dialling from them.",
        buttons=(mark_button(account, members[0].facts["number"], NumberStatus.ACTIVE),) if one else (),
    )


def _rows(incident: Incident, members: Iterable[Member], account: str) -> tuple[Row, ...]:
    shown = tuple(members)
    button = incident.open and len(shown) > 1
    return tuple(
        Row(
            (Text(m.facts["number"], bold=True), f" · {m.facts['group']}" if m.facts["group"] else ""),
            mark_button(account, m.facts["number"], NumberStatus.ACTIVE) if button and n < LISTED else None,
        )
        for n, m in enumerate(shown)
    )


def mark_button(account: str, number: str, status: NumberStatus) -> Button:
    """**Mark as active** or **Mark as spam**, with its question."""
    words = f"Mark as {status.value}"
    return Button(
        action="mark_number",
        words=words,
        value=json.dumps({"account": account, "number": number, "status": status.value}),
        confirm=Confirm(
            title=words,
            text=f"{words}: {number} on {account}? The vendor is asked, and its list is read back.",
            yes=words,
        ),
    )


def digits(number: str) -> str:
    """The number as a subject: its digits alone."""
    return re.sub(r"\D", "", number) or number


WATCH = Watch("number_spam", (Kind.NUMBERS,), (SupportsNumbers,), NumberSpamKeys, judge, describe)
