"""A line a minute of what goes on being wrong."""

import io
import json
import logging

import pytest
import structlog

from bot.observability import repeats
from bot.observability.logs import Redaction, configure
from bot.observability.repeats import Repeats
from tests.logs import configure_logs


@pytest.fixture
def lines(monkeypatch):
    """What has been logged since last asked, and a clock of seconds."""
    now, stream = [0.0], io.StringIO()
    monkeypatch.setattr("bot.observability.logs.Repeats", lambda: Repeats(lambda: now[0]))
    before = logging.getLogger().handlers[:]
    configure(Redaction(), stream=stream)

    def logged() -> list[dict]:
        found = [json.loads(line) for line in stream.getvalue().splitlines()]
        stream.truncate(0)
        stream.seek(0)
        return found

    yield now, logged
    logging.getLogger().handlers[:] = before
    configure_logs()


def test_an_hour_of_one_error_is_a_line_a_minute_that_counts(lines):
    now, logged = lines
    log = structlog.get_logger("bot.test")
    for second in range(3600):
        now[0] = float(second)
        log.warning("the outbox cannot be read", outlet="slack", error=f"timed out after {second}")
    found = logged()
    assert len(found) == 60
    assert "repeated" not in found[0]
    assert {line["repeated"] for line in found[1:]} == {59}


def test_other_accounts_and_other_events_are_lines_of_their_own(lines):
    _, logged = lines
    log = structlog.get_logger("bot.test")
    for account in ("a", "b"):
        log.warning("adapter failed", account=account)
        log.warning("poll failed", account=account)
    assert len(logged()) == 4


def test_what_is_no_warning_is_never_left_out(lines):
    _, logged = lines
    for _ in range(5):
        structlog.get_logger("bot.test").info("a message was posted")
    assert len(logged()) == 5


def test_a_librarys_own_lines_count_by_their_template(lines):
    _, logged = lines
    for n in range(500):
        logging.getLogger("somebody").warning("run of job %s skipped: maximum number of running instances", n)
    assert len(logged()) == 1


def test_it_remembers_no_more_than_it_says(monkeypatch):
    monkeypatch.setattr(repeats, "MAX_KNOWN_LINES", 10)
    made = Repeats(lambda: 0.0)
    for n in range(100):
        assert made.filter(logging.LogRecord("x", logging.WARNING, "", 0, f"event {n}", None, None))
    assert len(made._known) == 10
