"""`/queue` where a vendor tells finished calls only, and several accounts side by side."""

from dataclasses import replace
from datetime import timedelta

import pytest

from providers.errors import ErrorKind, ProviderError
from providers.model import Disposition, QueueCall, Rows


class Afterwards:
    """Finished queue calls alone."""

    def __init__(self, clock):
        self.clock, self.trouble, self.since = clock, None, None
        rows = [("answered", 34, "Sales", 5)] * 9 + [("abandoned", 50, "Sales", 10)] * 3
        rows += [("timedout", 250, "Night", 20), ("answered", 1, "Sales", 90)]
        kinds = {
            "answered": Disposition.ANSWERED,
            "abandoned": Disposition.ABANDONED,
            "timedout": Disposition.TIMED_OUT,
        }
        self.rows = tuple(
            QueueCall(
                str(n), queue, "+380671112233", clock() - timedelta(minutes=ago), timedelta(seconds=wait), kinds[w], w
            )
            for n, (w, wait, queue, ago) in enumerate(rows)
        )

    async def close(self):
        pass

    async def queue_calls(self, since):
        self.since = since
        if self.trouble:
            raise self.trouble
        return Rows(self.rows)


@pytest.fixture
def cloud(office, clock):
    made = Afterwards(clock)
    office.opened["cloud"] = replace(office.opened["sales"], name="cloud", title="VoIPcloud", provider=made)
    return made


async def test_it_says_that_it_shows_finished_calls_and_the_last_hours_figures(office, cloud, clock):
    shown = await office.type("/queue cloud")
    assert (
        shown.verdict == "Who waits now is not told. 13 finished queue calls in the last hour, 9 answered, 3 abandoned."
    )
    assert "cloud (VoIPcloud), the last hour: finished calls only: who waits now is not told" in shown.lines
    sales = next(line for line in shown.lines if line.startswith("Sales:"))
    assert "12 offered · 9 answered · ASA 34 s · abandoned 3 of 12 · service level 0 of 12 in 20 s" in sales
    night = next(line for line in shown.lines if line.startswith("Night:"))
    assert "1 timed out" in night
    assert "ASA –" in night
    assert "answered in time / (offered − short abandons)" in shown.text
    assert cloud.since == clock() - timedelta(hours=1)
    assert shown.answer.share


async def test_it_finds_a_queue_of_the_last_hour_by_its_beginning(office, cloud):
    shown = await office.type("/queue nIg")
    assert "Night:" in shown.text
    assert "Sales:" not in shown.text
    assert "Queues: Sales and Night" in (await office.type("/queue zzz")).verdict


async def test_it_shows_live_queues_and_the_last_hour_side_by_side(office, branch, cloud):
    shown = await office.type("/queue")
    assert shown.verdict.startswith("1 caller waiting, the longest for ≈ 3 min 20 s. 13 finished queue calls")
    assert "Support · 1 waiting · longest ≈ 3 min 20 s · +380671112233 · 1 agent free · branch" in shown.text
    assert "Sales: 12 offered" in shown.text
    assert "sales (MoMVOIP): MoMVOIP does not tell who waits" in shown.text
    assert "branch (IEXPBX) can." in shown.text


async def test_one_account_that_fails_is_a_line(office, branch, cloud):
    cloud.trouble = ProviderError(ErrorKind.UNAVAILABLE, "VoIPcloud did not answer.")
    shown = await office.type("/queue")
    assert "cloud (VoIPcloud): VoIPcloud did not answer." in shown.text
    assert any(line.startswith("Support · ") and line.endswith(" · branch") for line in shown.lines)
    assert "not known" in (await office.type("/queue cloud")).verdict


async def test_nobody_waits_is_said_only_where_it_is_told(office, branch):
    branch.waiting = ()
    assert (await office.type("/queue branch")).verdict == "Nobody is waiting."
    branch.waiting = None
    assert (await office.type("/queue branch")).verdict == "Who waits cannot be told."


async def test_it_says_that_no_call_ended(office, cloud):
    cloud.rows = ()
    shown = await office.type("/queue cloud")
    assert "no queue call ended in the last hour" in shown.text
    assert "0 finished queue calls" in shown.verdict
