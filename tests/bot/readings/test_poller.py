"""What a poll makes of an answer."""

from datetime import UTC, datetime, timedelta

from bot.alerts.kinds import finished_only
from providers.model import Disposition, QueueCall, Rows

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def call(queue: str, started: int, waited: int, talk: int | None) -> QueueCall:
    """`started` minutes ago; the rest in seconds."""
    return QueueCall(
        call_id=f"{queue}-{started}",
        queue=queue,
        caller="441632960001",
        started_at=NOW - timedelta(minutes=started),
        waited=timedelta(seconds=waited),
        disposition=Disposition.ANSWERED,
        raw_disposition="answered",
        talk=None if talk is None else timedelta(seconds=talk),
    )


def test_it_tells_the_longest_wait_of_the_calls_that_ended_in_the_last_quarter_of_an_hour() -> None:
    calls = (
        call("Sales", 20, 30, None),
        call("Sales", 20, 60, 600),
        call("Sales", 5, 10, 60),
        call("Support", 3, 7, None),
    )
    queues = {queue.name: queue for queue in finished_only(Rows(calls, unreadable=1), NOW)}
    assert queues["Sales"].waited == timedelta(seconds=60)  # it ended 9 minutes ago, though it began 20 ago
    assert queues["Support"].waited == timedelta(seconds=7)
    assert queues["Sales"].waiting is None


def test_it_forgets_a_wait_that_ended_earlier_but_not_its_queue() -> None:
    rows = finished_only(Rows((call("Sales", 40, 300, 60),)), NOW)
    assert [(queue.name, queue.waited) for queue in rows] == [("Sales", timedelta())]
