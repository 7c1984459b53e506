"""The figures of a queue in which callers wait."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.alerts.model import Facts
from bot.watches.facts import known, length


@dataclass(frozen=True, slots=True)
class QueueWaitFacts(Facts):
    """Rounded as far as the message says it, so that mere jitter is no edit.

    `approx`: the longest wait is derived, not reported. `past`: of calls that ended, so nobody waits. `clears`: in what
    time nobody will wait any more. None is not known; a limit that is None is none of the alert's.
    """

    waiting: int
    longest: timedelta
    approx: bool = False
    waiting_above: int | None = None
    longest_wait_above: timedelta | None = None
    free: int | None = None
    unstaffed: bool = False
    past: bool = False
    clears: timedelta | None = None


def from_strings(old: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns version 1 of the facts from version 0, in which waits were seconds, and when it clears was in words."""
    new = known(old)
    for name in ("longest", "longest_wait_above"):
        if name in new:
            new[name] = timedelta(seconds=int(new[name]))
    if "clears" in new:
        new["clears"] = length(new["clears"])
    return new
