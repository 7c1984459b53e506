"""The clocks of tests and benchmarks: one that is moved by hand, one that runs and can be moved."""

from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)  # a Saturday


class HandClock:
    """The time, moved by hand: call it for what it says."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, span: timedelta) -> datetime:
        """Let so much time pass; returns what it says then."""
        self.now += span
        return self.now


class RunningClock:
    """Real time, and what a test has skipped of it."""

    def __init__(self) -> None:
        self.skipped = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.skipped

    def advance(self, span: timedelta) -> datetime:
        """Let so much time have passed; returns what it says then."""
        self.skipped += span
        return self()
