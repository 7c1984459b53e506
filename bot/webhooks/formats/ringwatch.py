"""Our own format, the default; docs/webhooks.md promises its fields to receivers, in their order."""

from typing import Any

from bot.notify.change_event import ChangeEvent, data, rfc3339

TYPE = "ringwatch.alert"


def write(event: ChangeEvent) -> dict[str, Any]:
    """Returns the object that is posted; null where something is not known."""
    changed, state = rfc3339(event.changed_at), event.state.value
    return {"type": f"{TYPE}.{state}", "timestamp": changed, "data": data(event)}
