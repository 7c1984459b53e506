"""Queues as people see them: one line a name."""

from datetime import timedelta

from bot.queues.lines import lines_of, wait
from providers.model import Queue, QueuedCall


def caller(seconds, *, approx=False):
    return QueuedCall(str(seconds), "", timedelta(seconds=seconds), approx)


def test_it_takes_queues_of_one_name_together():
    first = Queue("1", "Sales", (caller(5),), free_agents=1, members=("1", "2"))
    lines = lines_of([first, Queue("2", "Night", ()), Queue("3", "Sales", (caller(70, approx=True),), 2, ("2", "3"))])
    assert list(lines) == ["Sales", "Night"]
    sales = lines["Sales"]
    assert (len(sales.callers), sales.free, sales.members) == (2, 3, {"1", "2", "3"})
    assert wait(sales) == "≈ 1 min 10 s"


def test_what_one_of_them_cannot_tell_is_not_told():
    both = lines_of([Queue("1", "Sales", (caller(5),), 1, ("1",)), Queue("2", "Sales", None)])["Sales"]
    assert (both.told, both.free, both.members) == (False, None, None)
