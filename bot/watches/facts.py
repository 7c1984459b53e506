"""A watch's facts on their way from finding to message, and up from what older versions stored."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, TypeVar

from bot.alerts.model import Facts, Member

F = TypeVar("F", bound=Facts)

# From the facts of one version, as a tree, to those of the next.
Upcast = Callable[[Mapping[str, Any]], Mapping[str, Any]]

_UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}


def facts_of(member: Member, kind: type[F]) -> F:
    """Returns a member's facts, which are of this kind; raises `TypeError` where they are another watch's."""
    if not isinstance(member.facts, kind):
        raise TypeError(f"the facts of {member.subject} are {type(member.facts).__name__}, not {kind.__name__}")
    return member.facts


def known(old: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what was known in version 0, in which "" stood for what was not."""
    return {name: value for name, value in old.items() if value != ""}


def length(words: str) -> timedelta:
    """Parses ``1 d 12 h`` or ``1.5 min``, which version 0 had in words, as a length."""
    return timedelta(
        **{_UNITS[unit]: float(count) for count, unit in re.findall(r"(?<![\d.])([\d.]+) (s|min|h|d)", words)}
    )
