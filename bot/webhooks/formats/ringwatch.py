"""Our own format, the default; docs/webhooks.md promises its fields to receivers, in their order."""

from typing import Any

from bot.notify.change_event import ChangeEvent, rfc3339

TYPE = "ringwatch.alert"


def write(event: ChangeEvent) -> dict[str, Any]:
    """Returns the object that is posted; null where something is not known."""
    changed, state = rfc3339(event.changed_at), event.state.value
    return {"type": f"{TYPE}.{state}", "timestamp": changed, "data": data(event)}


def data(event: ChangeEvent) -> dict[str, Any]:
    """Returns the fields of the change itself."""
    over = event.resolved_at
    return {
        "alert": event.alert,
        "account": event.account,
        "watch": event.watch,
        "incident": event.incident,
        "change": event.change,
        "state": event.state.value,
        "reason": event.reason,
        "severity": event.severity.value,
        "subjects": list(event.subjects),
        "subjects_total": event.subjects_total,
        "summary": event.summary,
        "by": event.by,
        "opened_at": rfc3339(event.opened_at),
        "changed_at": rfc3339(event.changed_at),
        "resolved_at": rfc3339(over) if over is not None else None,
        "duration_seconds": int((over - event.opened_at).total_seconds()) if over is not None else None,
        "test": event.test,
        "link": event.link,
    }
