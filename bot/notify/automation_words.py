"""What an automation says: its posts, and what it did, would have done, or was kept from. Pure."""

import re
from collections.abc import Iterator

from bot.alerts.automation_state import AutomationState, Decision
from bot.alerts.automations import (
    WHOLE,
    AcknowledgeIncident,
    Action,
    Automation,
    MarkNumbers,
    PauseCalls,
    PhoneNumber,
    PostMessage,
    PostWebhook,
    SilenceTarget,
)
from bot.alerts.model import Incident
from bot.cards import Card, Row, Section, Tone
from bot.notify.change_event import ChangeEvent, texts
from bot.text.durations import span

PLACEHOLDER = re.compile(r"\{(\w+)\}")

_KEPT = {Decision.OUTSIDE_HOURS: "outside its hours", Decision.AT_MOST: "it has acted as often as `at_most` allows"}


def automation_of(automations: tuple[Automation, ...], name: str) -> Automation | None:
    """Returns the automation of that name; None where it is configured no longer."""
    return next((automation for automation in automations if automation.name == name), None)


def filled(post: PostMessage, event: ChangeEvent) -> str:
    """Returns the post's words, each `{word}` replaced once: what is filled in is not read again."""
    known = texts(event)
    return PLACEHOLDER.sub(lambda found: known.get(found[1], found[0]), post.text)


def described(action: Action, incident: Incident) -> str:
    """Returns what an action does to this incident, as the end of a sentence: "mark 2 caller IDs as spam"."""
    if isinstance(action, MarkNumbers):
        number = len(incident.affected or incident.members)
        return f"mark {number} caller ID{'' if number == 1 else 's'} as {action.status}"
    return action_words(action)


def action_words(action: Action) -> str:
    """Returns what an action does, whatever the incident: "mark the caller IDs as spam"."""
    match action:
        case PostMessage(channel):
            return f"post in {channel}"
        case PostWebhook():
            return "post to a webhook"
        case MarkNumbers(status):
            return f"mark the caller IDs as {status}"
        case PauseCalls(paused):
            return "pause calls" if paused else "let calls go on"
        case SilenceTarget(target, lasts):
            return f"silence {target} for {span(lasts)}"
        case AcknowledgeIncident():
            return "acknowledge the alert"
        case PhoneNumber(account):
            return f"ring somebody through {account}"


def decision_words(automation: Automation, decision: Decision, incident: Incident) -> str:
    """Returns what a decision to do nothing more says: what would have been done, or why it was not."""
    actions = ", ".join(described(action, incident) for action in automation.actions)
    if decision is Decision.DRY_RUN:
        return f"dry run, it would: {actions}"
    if decision is Decision.ACT:
        return f"done: {actions}"
    return f"kept from acting, {_KEPT[decision]}: {actions}"


def automation_card(automation: Automation, state: AutomationState, incident: Incident) -> Card:
    """Returns the reply in the alert's thread; nothing of it needs an answer."""
    acted = state.decision is Decision.ACT
    rows = tuple(Row(line) for line in _lines(automation, state, incident)) if acted else ()
    whole = state.outcomes.get(str(WHOLE), "")
    said = "acted" if acted else whole.partition(": ")[0]
    verdict = f"Automation {automation.name}: {said}." if acted else f"Automation {automation.name}: {whole or said}."
    return Card(verdict, Tone.INFO, (Section(rows),) if rows else ())


def _lines(automation: Automation, state: AutomationState, incident: Incident) -> Iterator[str]:
    for place, action in enumerate(automation.actions):
        outcome = state.outcomes.get(str(place))
        did = described(action, incident)
        yield f"{did[0].upper()}{did[1:]}: {outcome}" if outcome else f"{did[0].upper()}{did[1:]}: sent"
