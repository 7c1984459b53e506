"""How an incident is told: the card, the words for a lock screen, the metadata. Pure; knows no Slack but its ids.

No customer's number is in a verdict, and nobody is mentioned in good news.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.alerts.model import RISEN, Incident, MessageRef, Notice, NoticeKind, Phase, Policy, Severity
from bot.cards import Button, Card, Control, Line, Link, Menu, Part, Person, Row, Section, Style, Text, Tone, When
from bot.watches import Story, Watch

EVENT_TYPE = "ringwatch_alert"
MOST_SUBJECTS = 200
METADATA_BYTES = 6_000
SNOOZES = (("30 minutes", "30m"), ("2 hours", "2h"), ("until tomorrow", "tomorrow"))

_TONES = {Severity.INFO: Tone.INFO, Severity.WARNING: Tone.WARNING, Severity.CRITICAL: Tone.CRITICAL}


@dataclass(frozen=True, slots=True)
class Bulletin:
    """One message as it reads now. `text` None: the card's verdict is enough for a lock screen."""

    card: Card
    channel: str
    text: str | None = None
    metadata: dict[str, Any] | None = None
    mention: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Telling:
    """All that a bulletin is made of."""

    incident: Incident
    policy: Policy
    watch: Watch
    now: datetime
    blind_since: datetime | None = None
    previous: MessageRef | None = None  # where the last incident of the same subject is
    links: Mapping[str, MessageRef] = field(default_factory=dict)


def bulletin(notice: Notice, telling: Telling) -> Bulletin | None:
    """How a notice reads now; None where it has nothing to say any more."""
    incident, policy = telling.incident, telling.policy
    match notice.kind:
        case NoticeKind.CARD:
            return Bulletin(
                card(telling),
                policy.channel,
                metadata=metadata(telling),
                mention=policy.mention if incident.phase is Phase.FIRING else (),
            )
        case NoticeKind.ESCALATION_COPY:
            return _copy(telling) if incident.escalated_at is not None else None
        case NoticeKind.ESCALATION_END:
            return _copy(telling)
        case _ if not incident.open or not _may_wake(incident, notice.kind):
            return None
        case NoticeKind.ESCALATION:
            also = policy.escalate.mention if policy.escalate is not None else ()
            return _reply(telling, "nobody has acknowledged", tuple(dict.fromkeys((*policy.mention, *also))))
        case NoticeKind.RISE:
            return _reply(telling, f"now {incident.severity.value}", policy.mention)
        case NoticeKind.WAKE:
            risen = f", and it is {incident.severity.value} now" if notice.reason == RISEN else ""
            return _reply(telling, f"the snooze is over{risen}", policy.mention)
        case _:
            risen = f", and {incident.severity.value} now" if notice.reason == RISEN else ""
            return _reply(telling, f"still so{risen}", policy.mention)


def _may_wake(incident: Incident, kind: NoticeKind) -> bool:
    """Whether people may be told again. Who acknowledged before a snooze is told at its end, who did later is not."""
    if incident.phase is Phase.ACKNOWLEDGED and kind is NoticeKind.WAKE:
        at, since = incident.acknowledged_at, incident.counted_from
        return at is not None and since is not None and at < since
    return incident.phase is Phase.FIRING


def card(telling: Telling) -> Card:
    """The incident's own message."""
    incident, story = telling.incident, _story(telling)
    rows = list(story.rows)
    if incident.open and story.todo:
        rows.append(Row(("Do: ", story.todo)))
    sections = [Section(tuple(rows))]
    left = _left(incident)
    if left:
        sections.append(Section(left, heading="No longer affected"))
    return Card(
        verdict=_verdict(incident, story),
        tone=_tone(incident),
        body=tuple(sections),
        context=tuple(_context(telling)),
        controls=_controls(incident, story),
    )


def metadata(telling: Telling) -> dict[str, Any]:
    """What lets the message be found again, and read by machines."""
    incident, policy = telling.incident, telling.policy
    names = sorted(member.subject for member in incident.affected)

    def made(listed: list[str]) -> dict[str, Any]:
        hidden = len(names) - len(listed)
        subjects = "; ".join([*listed, f"+{hidden}"] if hidden else listed)
        return {
            "event_type": EVENT_TYPE,
            "event_payload": {
                "alert": policy.alert,
                "account": policy.account,
                "subjects": subjects,
                "state": incident.phase.value,
                "incident": incident.id,
            },
        }

    listed = names[:MOST_SUBJECTS]
    while listed and len(json.dumps(made(listed)).encode()) > METADATA_BYTES:
        listed = listed[: len(listed) * 9 // 10]
    return made(listed)


def span(length: timedelta) -> str:
    """``2 min 41 s``, ``3 h 5 min``, ``2 d 4 h``: two units at the most."""
    seconds = max(0, int(length.total_seconds()))
    units = ((seconds // 86_400, "d"), (seconds // 3_600 % 24, "h"), (seconds // 60 % 60, "min"), (seconds % 60, "s"))
    first = next((n for n, (count, _) in enumerate(units) if count), 3)
    return " ".join(f"{count} {unit}" for count, unit in units[first : first + 2] if count) or "0 s"


def _story(telling: Telling) -> Story:
    return telling.watch.describe(telling.incident, telling.policy.account)


def _verdict(incident: Incident, story: Story) -> Line:
    test = "TEST, nothing is wrong · " if incident.test else ""
    flapping = " · flapping" if any(m.flapping for m in incident.affected) else ""
    if incident.phase is Phase.RESOLVED and incident.resolved_at is not None:
        lasted = span(incident.resolved_at - incident.opened_at)
        because = {member.left_because for member in incident.members.values()}
        why = f"; {because.pop()}" if len(because) == 1 and all(because) else ""
        return _sentence(f"{test}Resolved after {lasted}: {story.headline}{why}")
    held = f" · {incident.phase.value}" if incident.phase is not Phase.FIRING else ""
    return _sentence(f"{test}{story.headline}{held}{flapping}")


def _sentence(words: str) -> str:
    return words if words.endswith(("?", ".", "!")) else f"{words}."


def _tone(incident: Incident) -> Tone:
    return Tone.GOOD if incident.phase is Phase.RESOLVED else _TONES[incident.severity]


def _left(incident: Incident) -> tuple[Row, ...]:
    """Who has left, and why. A resolved message says so of everybody."""
    gone = [m for m in incident.members.values() if m.left_at is not None]
    if len(incident.members) == 1 and not any(m.left_because for m in gone):
        return ()
    return tuple(
        Row((Text(m.subject, bold=True), f" · {m.left_because or 'clear'} · ", When(m.left_at)))
        for m in sorted(gone, key=lambda m: m.subject)
        if m.left_at is not None
    )


def _context(telling: Telling) -> list[Line]:
    incident, policy = telling.incident, telling.policy
    lines: list[Line] = [
        (f"{incident.severity.value} · {policy.alert} · {policy.account} · since ", When(incident.opened_at, "day"))
    ]
    if incident.phase is Phase.RESOLVED and incident.resolved_at is not None:
        because = f" · {incident.resolved_because}" if incident.resolved_because else ""
        lines.append(("Resolved ", When(incident.resolved_at), because))
    if incident.acknowledged_by is not None and incident.acknowledged_at is not None:
        lines.append(
            (
                Text("Acknowledged", bold=True),
                " by ",
                Person(incident.acknowledged_by),
                " at ",
                When(incident.acknowledged_at),
            )
        )
    if incident.phase is Phase.ACKNOWLEDGED:
        lines.append("This alert is acknowledged: no reminder and no escalation.")
    if incident.phase is Phase.SNOOZED and incident.snoozed_until is not None:
        by = Person(incident.snoozed_by or "")
        lines.append((Text("Snoozed", bold=True), " by ", by, " until ", When(incident.snoozed_until, "day")))
    if any(m.flapping for m in incident.affected):
        lines.append("It comes and goes: flapping. This message stays open until it has been clear for 15 minutes.")
    if incident.open and telling.blind_since is not None:
        lines.append((Text("Not seen since ", bold=True), When(telling.blind_since), ": the account cannot be read."))
    if incident.previous is not None:
        lines.append(_again(incident, telling.previous))
    return lines


def _again(incident: Incident, previous: MessageRef | None) -> Line:
    again = f"It came back: {_ordinal(incident.raises_today)} time today"
    if previous is None or not previous.permalink:
        return f"{again}."
    return (f"{again}. ", Link(previous.permalink, "The last time"))


def _ordinal(number: int) -> str:
    if number % 100 in {11, 12, 13}:
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def _controls(incident: Incident, story: Story) -> tuple[Control, ...]:
    if not incident.open:
        return ()
    controls: list[Control] = []
    if incident.acknowledged_by is not None:
        controls.append(Button("unacknowledge", "Undo acknowledge", incident.id))
    else:
        controls.append(Button("acknowledge", "Acknowledge", incident.id, Style.PRIMARY))
    snoozes = tuple((words, f"{incident.id} {value}") for words, value in SNOOZES)
    return (*controls, Menu("snooze", "Snooze", snoozes), *story.buttons)


def _reply(telling: Telling, why: str, mention: tuple[str, ...]) -> Bulletin:
    """A reply in the thread that is shown in the channel: what still stands, and why it is said again."""
    incident, story = telling.incident, _story(telling)
    lasted = span(telling.now - incident.opened_at)
    holder = incident.acknowledged_by
    held: tuple[Part, ...] = ("Acknowledged by ", Person(holder), ".") if holder else ("Nobody has acknowledged it.",)
    lines: list[Line] = [("For ", lasted, ", since ", When(incident.opened_at, "day"), ". ", *held)]
    if story.todo:
        lines.append(("Do: ", story.todo))
    if telling.blind_since is not None:
        lines.append(("Not seen since ", When(telling.blind_since), "."))
    test = "TEST, nothing is wrong · " if incident.test else ""
    verdict = _sentence(f"{test}{why[0].upper()}{why[1:]}: {story.headline}")
    shown = Card(verdict, _tone(incident), context=tuple(lines))
    return Bulletin(shown, telling.policy.channel, mention=mention)


def _copy(telling: Telling) -> Bulletin:
    """The escalation in its own channel, with a link to the alert; edited once more when it has an owner or an end."""
    incident, story = telling.incident, _story(telling)
    escalate = telling.policy.escalate
    link = telling.links.get(incident.id)
    lines: list[Line] = [
        ("Not acknowledged for ", span((incident.escalated_at or telling.now) - incident.opened_at), ".")
    ]
    if link is not None and link.permalink:
        lines.append(Link(link.permalink, "Open the alert"))
    if incident.acknowledged_by is not None and incident.acknowledged_at is not None:
        lines.append(
            ("Acknowledged by ", Person(incident.acknowledged_by), " at ", When(incident.acknowledged_at), ".")
        )
    if incident.resolved_at is not None:
        lines.append(
            ("Ended ", When(incident.resolved_at), f" after {span(incident.resolved_at - incident.opened_at)}.")
        )
    over = not incident.open or incident.acknowledged_by is not None
    words = "Resolved" if not incident.open else "Acknowledged" if over else "Escalated"
    shown = Card(
        _sentence(f"{words}: {story.headline}"),
        Tone.GOOD if not incident.open else _tone(incident),
        context=tuple(lines),
    )
    return Bulletin(
        shown,
        (escalate.channel if escalate else None) or telling.policy.channel,
        mention=escalate.mention if escalate and not over else (),
    )
