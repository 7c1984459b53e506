"""An `agent_offline` alert that can never be raised: nothing of an absence is carried over a closing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from bot.alerts.model import Calendar
from bot.text.durations import show_duration
from bot.watches import Setting, TooShort

_ANY_MONDAY = datetime(2026, 6, 1, tzinfo=UTC)
_SEARCH_WINDOW = timedelta(weeks=3)  # a zone's change of clocks, or a holiday, may fall into one of them


def warnings(setting: Setting) -> Iterator[TooShort]:
    """Yields one warning where `for` is not shorter than the longest opening."""
    if setting.calendar is None or not setting.hold:
        return
    longest = _longest_opening(setting.calendar)
    if setting.hold >= longest:
        yield TooShort(
            "for",
            f"no opening of its hours is longer than {show_duration(longest)}, and an absence ends with it",
            "so it is never raised: make it shorter",
        )


def _longest_opening(calendar: Calendar) -> timedelta:
    longest, at = timedelta(), _ANY_MONDAY
    while at < _ANY_MONDAY + _SEARCH_WINDOW:
        opening = calendar.opening(at)
        if opening is not None:
            longest = max(longest, opening.end - opening.start)
        following = calendar.next_opening(at)
        if following is None:
            break
        at = following
    return longest
