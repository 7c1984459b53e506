"""IEXPBX's pushed events (IEX-11, IEX-12, IEX-13): GETs without a key, so that the address is the secret."""

from collections.abc import Sequence

from providers.errors import ErrorKind, ProviderError
from providers.events import CallEnded, CallStarted, Event, KeysPressed
from providers.iexpbx import wire
from providers.model import CallRecord, Direction
from providers.sdk.lenient import key_of, maybe, text_of

OPERATION = "IEX-12"
MOST_FIELDS = 40
MAX_FIELD_CHARACTERS = 500  # characters of a field that are looked at

_STATUS = "callstatus"
# The names are the customer's choice: those in use, and ours.
_NAMES = {"src": "caller", "dst": "called", "duration": "callduration", "chanid": "chan", "channel": "chan"}


def read_event(query: Sequence[tuple[str, str]]) -> Event | None:
    """Returns the event; None for one that we do not know. Raises GARBLED."""
    if len(query) > MOST_FIELDS:
        raise _garbled("has too many fields")
    fields: dict[str, str] = {}
    status: str | None = None
    for name, value in query:
        key, held = name[:MAX_FIELD_CHARACTERS].strip().casefold(), value[:MAX_FIELD_CHARACTERS].strip()
        if key.startswith(_STATUS):
            # The vendor's own template lacks the "=": ``callstatus{status}`` arrives as the key ``callstatusBUSY``.
            status = _filled(name[:MAX_FIELD_CHARACTERS].strip()[len(_STATUS) :] + held)
        else:
            fields[key] = _filled(held)
    if not query:
        raise _garbled("holds no field")
    fields = {_NAMES.get(name, name): value for name, value in fields.items()}
    status = fields.get("status") if status is None else status
    if status is not None or "callduration" in fields:
        return _ended(fields, status or "")
    if "tuslama" in fields:
        return KeysPressed(_cleaned(fields["tuslama"]), _cleaned(fields.get("id", "")))
    if "caller" in fields or "called" in fields:
        caller, callee = _cleaned(fields.get("caller", "")), _cleaned(fields.get("called", ""))
        return CallStarted(_channel(fields), caller, callee)
    return None


def _ended(fields: dict[str, str], status: str) -> CallEnded:
    duration = maybe(wire.clock_span, fields.get("callduration"))
    raw = _cleaned(status)
    return CallEnded(
        CallRecord(
            call_id=_channel(fields),
            started_at=None,
            direction=Direction.UNKNOWN,
            caller=_cleaned(fields.get("caller", "")),
            callee=_cleaned(fields.get("called", "")),
            disposition=wire.disposition(raw),
            raw_disposition=raw,
            duration=duration,
        )
    )


def _channel(fields: dict[str, str]) -> str:
    found = maybe(key_of, fields.get("chan"))
    if not found:
        raise _garbled("does not name its call: its address needs chan={chanid}")
    return found


def _filled(value: str) -> str:
    """Returns the value, ``""`` where the PBX left a name in braces as it was."""
    return "" if value.startswith("{") and value.endswith("}") else value


def _cleaned(value: str) -> str:
    return text_of(value, limit=100)


def _garbled(said: str) -> ProviderError:
    return ProviderError(ErrorKind.GARBLED, f"A pushed event of {wire.TITLE} {said}.", operation=OPERATION)
