"""Microsoft Teams, by a workflow's webhook: a message with an Adaptive Card 1.4.

All words are text runs, which are shown as they are: nothing that a vendor wrote becomes a link or bold.
"""

from typing import Any

from bot.alerts.model import Phase, Severity
from bot.notify.change_event import ChangeEvent

MAX_BYTES = 20_000  # Teams refuses a little above; measured by others, with no promise
SCHEMA = "http://adaptivecards.io/schemas/adaptive-card.json"
_MAX_SUMMARY_CHARACTERS = 2_000  # characters
_MAX_SUBJECT_CHARACTERS = 100  # characters
_MAX_NAMED_SUBJECTS = 20
_COLOURS = {Severity.INFO: "Accent", Severity.WARNING: "Warning", Severity.CRITICAL: "Attention"}


def write(event: ChangeEvent) -> dict[str, Any]:
    """Returns the message, at most `MAX_BYTES` as ASCII JSON; of many subjects the first are named."""
    over = event.state is Phase.RESOLVED
    body = [
        _text(
            event.summary[:_MAX_SUMMARY_CHARACTERS], weight="Bolder", color="Good" if over else _COLOURS[event.severity]
        ),
        _text(f"{event.severity.value} · {event.alert} · {event.account} · {event.state.value}", isSubtle=True),
    ]
    if event.subjects_total > 1:
        body.append(_text(_subjects(event)))
    card: dict[str, Any] = {"$schema": SCHEMA, "type": "AdaptiveCard", "version": "1.4", "body": body}
    if event.link:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Open in Slack", "url": event.link}]
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _text(words: str, **style: Any) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": words, **style}]}


def _subjects(event: ChangeEvent) -> str:
    named = [subject[:_MAX_SUBJECT_CHARACTERS] for subject in event.subjects[:_MAX_NAMED_SUBJECTS]]
    left = event.subjects_total - len(named)
    return "; ".join(named) + (f"; and {left} more" if left else "")
