"""Parses the words that people write behind a topic: periods, ids, fields. Never asks the time itself."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta, tzinfo

from providers.mor.wire import DAY
from providers.sdk.vendor_clock import Walls

_DAYS_AGO = {"today": 0, "yesterday": 1}
PERIOD = "FROM TO, each like 2026-11-20 or 2026-11-20T14:30 (or today, or yesterday)"


class WordsError(ValueError):
    """Words that mean nothing here; the text says how they are written."""


def period(words: Sequence[str], now: datetime, zone: tzinfo) -> Walls:
    """Returns two times on MOR's clock, without a zone; one word is that whole day. Raises `WordsError`."""
    if not 1 <= len(words) <= 2:
        raise WordsError(f"A period is written {PERIOD}.")
    since, whole = _time(words[0], now, zone)
    until, whole = _time(words[-1], now, zone) if len(words) == 2 else (since, whole)
    if whole:
        until += timedelta(days=1, seconds=-1)
    if until <= since:
        raise WordsError("The period ends before it begins.")
    return since, until


def _time(word: str, now: datetime, zone: tzinfo) -> tuple[datetime, bool]:
    """Returns a time, and whether it is a whole day."""
    if word.casefold() in _DAYS_AGO:
        today = datetime.combine(now.astimezone(zone).date(), time())
        return today - timedelta(days=_DAYS_AGO[word.casefold()]), True
    for pattern, whole in ((DAY, True), ("%Y-%m-%dT%H:%M", False), ("%Y-%m-%dT%H:%M:%S", False)):
        try:
            return datetime.strptime(word, pattern), whole  # noqa: DTZ007 - it is MOR's own wall
        except ValueError:
            continue
    raise WordsError(f"“{word}” is no time. A period is written {PERIOD}.")


def id_of(word: str, what: str) -> str:
    """Returns one of MOR's own ids; raises `WordsError`."""
    if not (word.isascii() and word.isdigit() and len(word) <= 18):
        raise WordsError(f"“{word}” is no id of {what}: it is MOR's own number of it, as in 17.")
    return word
