"""The custom data that announcement calls were given (`uf` of IEX-7), as IEX-3 hands it back. No I/O."""

from collections.abc import Sequence
from datetime import tzinfo

from providers.model import CallRecord, Rows, VendorTable

_MOST_HOURS = 720
_HEADER = ("Time", "Caller", "Called", "Result", "Custom data")


def hours_of(words: Sequence[str]) -> int | None:
    """Returns how many hours back, 24 unless it is said; None where the words are no number of hours."""
    if not words:
        return 24
    if len(words) > 1 or not (words[0].isascii() and words[0].isdecimal() and len(words[0]) <= 3):
        return None
    return int(words[0]) if 1 <= int(words[0]) <= _MOST_HOURS else None


def vendor_table(rows: Rows[tuple[CallRecord, str]], zone: tzinfo) -> VendorTable:
    """Returns the calls that have custom data, newest first."""
    given = [(call, data) for call, data in dict.fromkeys(rows) if data]
    given.sort(key=lambda pair: pair[0].started_at.timestamp() if pair[0].started_at else 0.0, reverse=True)
    told = tuple(
        (
            call.started_at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") if call.started_at else "",
            call.caller,
            call.callee,
            call.raw_disposition,
            data,
        )
        for call, data in given
    )
    return VendorTable(_HEADER, told, unreadable=rows.unreadable, customers=frozenset({1, 2}))
