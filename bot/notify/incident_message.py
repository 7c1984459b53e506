"""How an incident reads: the card, the words for a lock screen, the metadata. Pure; knows no Slack but its ids.

No customer's number is in a verdict, and nobody is mentioned in good news.
"""

from dataclasses import dataclass, replace
from typing import Any

from bot.alerts.automations import PostMessage
from bot.alerts.machine import UNWATCHED
from bot.alerts.model import (
    OPENING_ENDED,
    RISEN,
    WORSE,
    Incident,
    Member,
    MessageRef,
    Notification,
    NotificationKind,
    Phase,
    Severity,
    UnreadFacts,
)
from bot.alerts.times import TEST_DURATION, TOLD_AGAIN, kept
from bot.cards import (
    Button,
    Card,
    Channel,
    Control,
    Line,
    Link,
    Menu,
    Part,
    Row,
    Section,
    Style,
    Text,
    Tone,
    When,
    by_whom,
    is_person,
)
from bot.notify.automation_words import automation_card, automation_of, filled
from bot.notify.change_event import change_event
from bot.notify.metadata import metadata
from bot.notify.notification_context import NotificationContext
from bot.notify.workflow_button import workflow_buttons
from bot.text.durations import span
from bot.watches import Summary

SNOOZES = (
    ("30 minutes", "30m"),
    ("2 hours", "2h"),
    ("until tomorrow", "tomorrow"),
    ("until it gets worse", "worse"),
)

TEST = "TEST, nothing is wrong · "
NOT_MENDED = frozenset({UNWATCHED, OPENING_ENDED})

_TONES = {Severity.INFO: Tone.INFO, Severity.WARNING: Tone.WARNING, Severity.CRITICAL: Tone.CRITICAL}


@dataclass(frozen=True, slots=True)
class IncidentMessage:
    """One message as it reads now. `text` None: a lock screen gets the whole card in words, the verdict first.

    `metadata` None: it carries none. `mention` are those to mention, as configured.
    """

    card: Card
    channel: str
    text: str | None = None
    metadata: dict[str, Any] | None = None
    mention: tuple[str, ...] = ()
    aloud: bool = True  # as a reply: shown in the channel too


def incident_message(notification: Notification, context: NotificationContext) -> IncidentMessage | None:
    """Returns the message of a notification as it reads now.

    None where it has nothing to say any more, or nothing for Slack.
    """
    incident, policy = context.incident, context.policy
    match notification.kind:
        case NotificationKind.CARD:
            return IncidentMessage(
                card(context),
                policy.channel,
                metadata=metadata(context.incident, policy),
                mention=policy.mention if incident.phase is Phase.FIRING else (),
            )
        case NotificationKind.ESCALATION_COPY:
            return _copy(context) if incident.escalated_at is not None else None
        case NotificationKind.ESCALATION_END:
            return _copy(context)
        case NotificationKind.POST | NotificationKind.AUTOMATION:
            return _of_automation(notification, context)
        case _ if not _may_wake(incident, notification.kind):
            return None
        case NotificationKind.ESCALATION:
            also = policy.escalate.mention if policy.escalate is not None else ()
            return _reply(context, "nobody has acknowledged", tuple(dict.fromkeys((*policy.mention, *also))))
        case NotificationKind.RISE:
            return _reply(context, f"now {incident.severity.value}", policy.mention)
        case _:
            return _reply(context, _why(notification, context), policy.mention)


def _of_automation(notification: Notification, context: NotificationContext) -> IncidentMessage | None:
    """What an automation posts, or says of itself; None where it is configured no longer."""
    automation = automation_of(context.policy.automations, notification.automation)
    state = context.incident.automations.get(notification.automation)
    if automation is None or state is None:
        return None
    if notification.kind is NotificationKind.AUTOMATION:
        return IncidentMessage(
            automation_card(automation, state, context.incident), context.policy.channel, aloud=False
        )
    post = automation.actions[notification.action] if notification.action < len(automation.actions) else None
    if not isinstance(post, PostMessage):
        return None
    words = filled(post, change_event(notification, context, verdict(context)))
    return IncidentMessage(Card(words, _tone(context.incident)), post.channel, mention=post.mention)


def _may_wake(incident: Incident, kind: NotificationKind) -> bool:
    """Returns whether people may be notified again.

    Who acknowledged before a snooze is notified at its end, who did later is not.
    """
    if kind is NotificationKind.WAKE and incident.phase is Phase.ACKNOWLEDGED:
        at, since = incident.acknowledged_at, incident.counted_from
        return at is not None and since is not None and at < since
    return kind in TOLD_AGAIN[incident.phase] or (kind is NotificationKind.WAKE and incident.phase is Phase.FIRING)


def _why(notification: Notification, context: NotificationContext) -> str:
    """Returns why people are notified again."""
    now = f"{context.incident.severity.value} now"
    if notification.kind is NotificationKind.WAKE:
        if notification.reason == WORSE:
            return WORSE
        return f"the snooze is over, and it is {now}" if notification.reason == RISEN else "the snooze is over"
    still = "still so" if _standing(context.incident) else "still open"
    return f"{still}, and {now}" if notification.reason == RISEN else still


def card(context: NotificationContext) -> Card:
    """Returns the card of the incident's own message: what is wrong, the facts, what to do, who has it."""
    incident, story = context.incident, _story(context)
    rows = list(story.rows)
    if incident.open and story.todo:
        rows.append(Row(("Do: ", story.todo)))
    held = _held_rows(context)
    if not rows:
        rows, held = list(held), ()
    sections = [Section(tuple(rows))]
    if held:
        sections.append(Section(held, heading="Clear, and not resolved yet"))
    left = _left(incident)
    if left:
        sections.append(Section(left, heading="No longer affected"))
    return Card(
        verdict=_verdict(incident, story),
        tone=_tone(incident),
        body=tuple(sections),
        context=tuple(_context(context)),
        controls=_controls(context, story),
    )


def verdict(context: NotificationContext) -> str:
    """Returns the first sentence of the incident's message, as plain text."""
    return _verdict(context.incident, _story(context))


def _story(context: NotificationContext) -> Summary:
    """Returns the watch's summary. What is clear and only held open reads as past: its last figure stands no more."""
    incident, policy = context.incident, context.policy
    if incident.test:
        return _test_story(context)
    standing = {m.subject for m in _standing(incident)}
    if incident.open and not standing:
        incident = replace(incident, phase=Phase.RESOLVED)
    elif incident.open:
        here = {n: m for n, m in incident.members.items() if m.left_at is not None or n in standing}
        incident = replace(incident, members=here)
    if any(isinstance(member.facts, UnreadFacts) for member in incident.members.values()):
        where = f"on {policy.account}: {', '.join(sorted(incident.members))}"
        holds = f"The alert {policy.alert} holds" if incident.open else f"the alert {policy.alert} held"
        return Summary(f"{holds} {where}")
    return context.watch.describe(incident, policy.account)


def _test_story(context: NotificationContext) -> Summary:
    alert, account = context.policy.alert, context.policy.account
    if not context.incident.open:
        return Summary(f"test of {alert} on {account}")
    return Summary(
        headline=f"test of the alert {alert} on {account}",
        rows=(
            Row(
                (
                    "The alert ",
                    Text(alert, bold=True),
                    f" on {account} is told in ",
                    Channel(context.policy.channel),
                    ".",
                )
            ),
            Row(f"The buttons work: try them. The test ends by itself after {span(TEST_DURATION)}."),
        ),
    )


def _standing(incident: Incident) -> tuple[Member, ...]:
    """Returns who is affected indeed: not clear, and held by `keep` or by flapping alone."""
    return tuple(m for m in incident.affected if m.clear_since is None)


def _held_rows(context: NotificationContext) -> tuple[Row, ...]:
    """Returns who is clear and held: since when, and until when."""
    return tuple(
        Row(
            (
                Text(m.subject, bold=True),
                " · clear since ",
                When(m.clear_since),
                f", held until it has been clear for {span(kept(context.policy, flapping=m.flapping))}",
            )
        )
        for m in context.incident.affected
        if m.clear_since is not None
    )


def _verdict(incident: Incident, story: Summary) -> str:
    test = TEST if incident.test else ""
    if incident.phase is Phase.RESOLVED and incident.resolved_at is not None:
        lasted = span(incident.resolved_at - incident.opened_at)
        because = {member.left_because for member in incident.members.values()}
        why = f"; {because.pop()}" if len(because) == 1 and all(because) else ""
        word = "Closed" if incident.resolved_because == UNWATCHED else "Resolved"
        return _sentence(f"{test}{word} after {lasted}: {story.headline}{why}")
    clear = "" if _standing(incident) else "Clear now, held open: "
    held = f" · {incident.phase.value}" if incident.phase is not Phase.FIRING else ""
    flapping = " · flapping" if any(m.flapping for m in incident.affected) else ""
    return _sentence(f"{test}{clear}{story.headline}{held}{flapping}")


def _sentence(words: str) -> str:
    return words if words.endswith(("?", ".", "!")) else f"{words}."


def _unfinished(incident: Incident) -> bool:
    """Returns whether a member left for another reason than that all is well: that is no good news."""
    return any(member.left_because in NOT_MENDED for member in incident.members.values())


def _tone(incident: Incident) -> Tone:
    if incident.phase is Phase.RESOLVED:
        return Tone.INFO if _unfinished(incident) else Tone.GOOD
    return _TONES[incident.severity]


def _left(incident: Incident) -> tuple[Row, ...]:
    """Returns who has left, and why; empty where the incident has one member: its verdict says so."""
    gone = [m for m in incident.members.values() if m.left_at is not None]
    if len(incident.members) == 1:
        return ()  # the first sentence says it
    return tuple(
        Row((Text(m.subject, bold=True), f" · {m.left_because or 'clear'} · ", When(m.left_at)))
        for m in sorted(gone, key=lambda m: m.subject)
        if m.left_at is not None
    )


def _context(context: NotificationContext) -> list[Line]:
    incident, policy = context.incident, context.policy
    lines: list[Line] = [
        (f"{incident.severity.value} · {policy.alert} · {policy.account} · since ", When(incident.opened_at, "day"))
    ]
    if incident.phase is Phase.RESOLVED and incident.resolved_at is not None:
        lines.append(("Closed " if incident.resolved_because == UNWATCHED else "Resolved ", When(incident.resolved_at)))
    if incident.acknowledged_by is not None and incident.acknowledged_at is not None:
        lines.append((*_done("Acknowledged", incident.acknowledged_by), " at ", When(incident.acknowledged_at)))
    if incident.phase is Phase.ACKNOWLEDGED:
        lines.append("This alert is acknowledged: no reminder, no escalation; only a rise of severity is told.")
    if incident.phase is Phase.FIRING:
        lines.append("Nobody has it yet.")
    if incident.phase is Phase.SNOOZED:
        until = incident.snoozed_until
        ends: Part = When(until, "day") if until is not None else "it gets worse"
        lines.append((*_done("Snoozed", incident.snoozed_by or ""), " until ", ends))
    if any(m.flapping for m in incident.affected):
        keep = span(kept(policy, flapping=True))
        lines.append(f"It comes and goes: flapping. This message stays open until it has been clear for {keep}.")
    if incident.open and context.blind_since is not None and not incident.test:
        why = ": the account cannot be read."
        told = " That has been told: nothing more is said here until it is read again." if context.down else ""
        lines.append((Text("Not seen since ", bold=True), When(context.blind_since), f"{why}{told}"))
    if incident.previous is not None:
        lines.append(_again(incident, context.previous))
    return lines


def _done(word: str, by: str) -> tuple[Part, ...]:
    """Returns what was done and by whom, as one run of words where that is no person."""
    who = by_whom(by)
    return (Text(word, bold=True), " by ", who) if is_person(by) else (Text(f"{word} by {who}", bold=True),)


def _again(incident: Incident, previous: MessageRef | None) -> Line:
    again = f"It came back: {_ordinal(incident.raises_today)} time today"
    if previous is None or not previous.permalink:
        return f"{again}."
    return (f"{again}. ", Link(previous.permalink, "The last time"))


def _ordinal(number: int) -> str:
    if number % 100 in {11, 12, 13}:
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def _controls(context: NotificationContext, story: Summary) -> tuple[Control, ...]:
    incident = context.incident
    if not incident.open:
        return ()
    controls: list[Control] = []
    if incident.acknowledged_by is not None:
        controls.append(Button("unacknowledge", "Undo acknowledge", incident.id))
    else:
        controls.append(Button("acknowledge", "Acknowledge", incident.id, Style.PRIMARY))
    snoozes = tuple((words, f"{incident.id} {value}") for words, value in SNOOZES)
    return (*controls, Menu("snooze", "Snooze", snoozes), *workflow_buttons(context, verdict(context)), *story.buttons)


def _reply(context: NotificationContext, why: str, mention: tuple[str, ...]) -> IncidentMessage:
    """Returns a reply in the thread that is shown in the channel: what still stands, and why it is said again."""
    incident, story = context.incident, _story(context)
    lasted = span(context.now - incident.opened_at)
    holder = incident.acknowledged_by
    held: tuple[Part, ...] = ("Acknowledged by ", by_whom(holder), ".") if holder else ("Nobody has it yet.",)
    lines: list[Line] = [("For ", lasted, ", since ", When(incident.opened_at, "day"), ". ", *held)]
    if story.todo:
        lines.append(("Do: ", story.todo))
    lines += [row.line for row in _held_rows(context)] if not _standing(incident) else []
    if context.blind_since is not None and not incident.test:
        lines.append(("Not seen since ", When(context.blind_since), "."))
    test = TEST if incident.test else ""
    verdict = _sentence(f"{test}{why[0].upper()}{why[1:]}: {story.headline}")
    shown = Card(verdict, _tone(incident), context=tuple(lines))
    return IncidentMessage(shown, context.policy.channel, mention=mention)


def _copy(context: NotificationContext) -> IncidentMessage:
    """Returns the escalation in its own channel, with a link to the alert.

    Edited once more when it has an owner or an end.
    """
    incident, story = context.incident, _story(context)
    escalate = context.policy.escalate
    link = context.links.get(incident.id)
    lines: list[Line] = [
        ("Not acknowledged for ", span((incident.escalated_at or context.now) - incident.opened_at), ".")
    ]
    if link is not None and link.permalink:
        lines.append(Link(link.permalink, "Open the alert"))
    if incident.acknowledged_by is not None and incident.acknowledged_at is not None:
        lines.append(
            ("Acknowledged by ", by_whom(incident.acknowledged_by), " at ", When(incident.acknowledged_at), ".")
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
    return IncidentMessage(
        shown,
        (escalate.channel if escalate else None) or context.policy.channel,
        mention=escalate.mention if escalate and not over else (),
    )
