"""Limits what is wrong for an hour to one line a minute, with how often it happened between."""

import logging
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import Any

REPEAT_INTERVAL_SECONDS = 60.0
MAX_KNOWN_LINES = 1000  # kinds of lines that are remembered, the latest

# What tells two lines of one event apart. Texts of errors do not: they hold addresses and times.
_IDENTITY = ("account", "kind", "alert", "outlet", "job", "channel", "operation", "incident")


class Repeats(logging.Filter):
    """Lets a warning or an error through once a minute; the next one says in `repeated` how many were left out."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._known: OrderedDict[tuple[Any, ...], tuple[float, int]] = OrderedDict()

    def filter(self, record: logging.LogRecord) -> bool:
        """Returns whether the record is logged. What is below a warning always is."""
        if record.levelno < logging.WARNING:
            return True
        told, now = record.msg, self._clock()
        fields = told if isinstance(told, dict) else {}
        key = (record.name, str(fields.get("event", told)), *(str(fields.get(name, "")) for name in _IDENTITY))
        since, left_out = self._known.pop(key, (float("-inf"), 0))
        if now - since < REPEAT_INTERVAL_SECONDS:
            self._known[key] = since, left_out + 1
            return False
        self._known[key] = now, 0
        if len(self._known) > MAX_KNOWN_LINES:
            self._known.popitem(last=False)
        if left_out and fields:
            fields["repeated"] = left_out
        return True
