"""Whether Slack takes tables and charts here. One refusal, and for a while everything goes out as lists."""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from bot.slack.posting import RefusedError

log = structlog.get_logger(__name__)

LISTS_FOR = timedelta(minutes=30)
REFUSALS = ("invalid_blocks", "invalid_blocks_format")


class DataSupport:
    """One for everything that this process renders."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._refused_at: datetime | None = None

    @property
    def shown(self) -> bool:
        """Returns whether tables and charts are tried."""
        at = self._refused_at
        return at is None or not timedelta() <= self._clock() - at < LISTS_FOR

    def refuses(self, refused: RefusedError, *, has_data: bool) -> bool:
        """Returns whether it is the tables or charts of a message that Slack refused, and notes it."""
        if not has_data or not any(word in refused.code for word in REFUSALS):
            return False
        if self.shown:
            log.warning("Slack refused a table or chart: for a while they go out as lists", code=refused.code)
        self._refused_at = self._clock()
        return True
