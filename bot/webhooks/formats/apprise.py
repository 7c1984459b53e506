"""An Apprise API server's `/notify/KEY`: a hundred other chats stand behind it."""

from bot.alerts.model import Phase, Severity
from bot.notify.change_event import ChangeEvent

_TYPES = {Severity.INFO: "info", Severity.WARNING: "warning", Severity.CRITICAL: "failure"}


def write(event: ChangeEvent) -> dict[str, str]:
    """Returns title, body and type: `success` once resolved, `info` where somebody has it, else its severity's."""
    if event.state is Phase.RESOLVED:
        kind = "success"
    else:
        kind = _TYPES[event.severity] if event.state is Phase.FIRING else "info"
    return {
        "title": f"{event.alert} on {event.account}: {event.state.value}",
        "body": "\n".join(filter(None, (event.summary, event.link))),
        "type": kind,
    }
