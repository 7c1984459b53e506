"""Changes of incidents, as each format is given them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.alerts.model import Phase, Severity
from bot.notify.change_event import ChangeEvent

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
EVENT = ChangeEvent(
    alert="long-wait",
    account="helpdesk",
    watch="queue_wait",
    incident="long-wait.helpdesk.19aa6b0f400",
    change=2,
    state=Phase.FIRING,
    reason="opened",
    severity=Severity.CRITICAL,
    subjects=("Sales", "Support"),
    subjects_total=2,
    summary="Support on helpdesk: 6 callers waiting.",
    by=None,
    opened_at=NOON,
    changed_at=NOON + timedelta(minutes=4),
    resolved_at=None,
    test=False,
    link="https://example.slack.com/archives/C1/p1",
)


@pytest.fixture
def event():
    """`event(…)`: a change of a critical incident, firing, with two subjects and a link; other fields by name."""

    def make(**changes):
        return replace(EVENT, **changes)

    return make


@pytest.fixture
def resolved(event):
    """The same incident resolved after seven minutes."""
    over = NOON + timedelta(minutes=7)
    return event(state=Phase.RESOLVED, change=3, changed_at=over, resolved_at=over)


HOSTILE = "[click](https://evil.example) *b* <script> \ud800 \u202e " + "x" * 5_000


@pytest.fixture
def hostile(event):
    """An incident whose every word a vendor chose badly, with 200 subjects of 5,000 characters."""
    return event(
        summary=HOSTILE, reason=HOSTILE, subjects=tuple(f"{n} {HOSTILE}" for n in range(200)), subjects_total=999
    )
