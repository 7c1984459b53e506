"""Durations: as people write them in a configuration (`15s`, `2h`), and as they read them (`2 min 41 s`)."""

import re
from datetime import timedelta

_WRITTEN = re.compile(r"([0-9]{1,9})([smhd])")
_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
MAX_DURATION = timedelta(days=3650)
ALLOWED = "a duration such as 15s, 5m, 2h or 1d"


def parse_duration(text: object) -> timedelta:
    """Returns the duration that is written. Raises `ValueError` with a sentence that says how to write one."""
    if isinstance(text, timedelta):
        return text
    match = _WRITTEN.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f"write {ALLOWED}")
    length = int(match[1]) * _UNITS[match[2]]
    if length > MAX_DURATION:
        raise ValueError(f"write {ALLOWED}, {MAX_DURATION.days}d at most")
    return length


def show_duration(length: timedelta) -> str:
    """Returns the shortest way to write it; parts of a second are dropped."""
    seconds = int(length.total_seconds())
    for letter in "dhm":
        unit = int(_UNITS[letter].total_seconds())
        if seconds and seconds % unit == 0:
            return f"{seconds // unit}{letter}"
    return f"{seconds}s"


def span(length: timedelta) -> str:
    """Returns it in words, in two units: ``45 s``, ``2 min 41 s``, ``1 h 5 min``, ``3 d 4 h``; ``0 s`` below zero."""
    seconds = max(0, int(length.total_seconds()))
    for size, unit, part, small in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if seconds >= size:
            rest = seconds % size // part
            return f"{seconds // size} {unit} {rest} {small}" if rest else f"{seconds // size} {unit}"
    return f"{seconds} s"
