"""MoMVOIP's pushed events (MOM-9a, 9b, 9c). Trusts nobody who does not send our own key along."""

import hmac
from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import Any

from providers.errors import ErrorKind, ProviderError
from providers.events import AgentAnswered, CallEnded, Event, LeadAnswered
from providers.momvoip import wire
from providers.sdk.errors import ErrorMapping
from providers.sdk.lenient import UnfitError, key_of, maybe, text_of, time_of
from providers.sdk.lenient_json import UnreadableError, read_json
from providers.sdk.text import decode

OPERATION = "MOM-9"
MAX_BODY_BYTES = 1_000_000  # bytes


def read_event(
    body: bytes,
    content_type: str,
    *,
    key: str,
    zone: tzinfo,
    currency: str | None,
    verdicts: ErrorMapping,
    conceal: Callable[[str], str],
) -> Event | None:
    """Returns the event; None for one that we do not know. Raises AUTH or GARBLED."""
    if len(body) > MAX_BODY_BYTES:
        raise _garbled(verdicts, "is too large (over 1 MB)")
    text = decode(body, content_type)
    try:
        value = read_json(text, curly=True).value
    except UnreadableError as error:
        raise _unread(verdicts, f"cannot be read ({error.damage})", keyed=key in text) from error
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, Mapping):
        raise _unread(verdicts, "is not one event", keyed=key in text)
    if not _is_ours(value.get("apikey"), key):
        raise _stranger(verdicts)
    row = {name: conceal(m) if isinstance(m, str) else m for name, m in value.items() if name != "apikey"}
    try:
        return _event(row, zone, currency)
    except UnfitError as error:
        raise _garbled(verdicts, "lacks a field that can be read") from error


def _is_ours(sent: object, key: str) -> bool:
    """Compares in constant time; a key of digits may come as a number."""
    text = str(sent) if isinstance(sent, str | int) and not isinstance(sent, bool) else ""
    return hmac.compare_digest(text.encode("utf-8", "replace"), key.encode("utf-8", "replace"))


def _event(row: Mapping[str, Any], zone: tzinfo, currency: str | None) -> Event | None:
    match (maybe(text_of, row.get("event")) or "").casefold():
        case "call_end":
            return CallEnded(wire.call(row, zone, currency))
        case "dialer_lead_answer":
            return LeadAnswered(
                lead=key_of(row.get("lead_phone")),
                name=maybe(text_of, row.get("lead_name")) or None,
                at=maybe(lambda start: time_of(start, zone), row.get("start")),
                campaign=maybe(key_of, row.get("company_id")),
            )
        case "dialer_agent_answer":
            return AgentAnswered(
                extension=key_of(row.get("user_exten")),
                agent=maybe(text_of, row.get("user_login")) or None,
                lead=key_of(row.get("lead_phone")),
                at=maybe(lambda start: time_of(start, zone), row.get("start")),
                user_id=maybe(key_of, row.get("user_id")),
            )
    return None


def _unread(verdicts: ErrorMapping, said: str, *, keyed: bool) -> ProviderError:
    """Returns an error by which nobody without the key learns that this address is one of ours."""
    return _garbled(verdicts, said) if keyed else _stranger(verdicts)


def _stranger(verdicts: ErrorMapping) -> ProviderError:
    text = f"A pushed event of {verdicts.title} came with a wrong key, or with none."
    return ProviderError(ErrorKind.AUTH, text, operation=OPERATION)


def _garbled(verdicts: ErrorMapping, said: str) -> ProviderError:
    return ProviderError(ErrorKind.GARBLED, f"A pushed event of {verdicts.title} {said}.", operation=OPERATION)
