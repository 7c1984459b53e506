"""`/queue`: not told and nobody are two answers."""

from dataclasses import replace
from datetime import timedelta

import pytest

from providers.model import Queue, QueuedCall, Rows


async def test_it_says_that_momvoip_cannot_tell_and_who_can(office):
    shown = await office.type("/queue")
    assert "cannot be shown" in shown.verdict
    assert "Voicenter" in shown.verdict
    assert "MoMVOIP does not tell who waits" in shown.text
    assert "nobody" not in shown.text.casefold()
    assert office.vendor.asked == []


async def test_it_says_the_same_of_a_named_account(office):
    assert "Voicenter" in (await office.type("/queue sales")).verdict
    assert "no account or queue “nope”" in (await office.type("/queue nope")).verdict


@pytest.fixture
def live(office):
    """A second account that shows queues."""

    class Live:
        rows = Rows(
            (
                Queue("1", "Sales", (), free_agents=4),
                Queue(
                    "2",
                    "Support",
                    (
                        QueuedCall("a", "+380671112233", timedelta(seconds=161)),
                        QueuedCall("b", "+380671112234", timedelta(seconds=5)),
                    ),
                    free_agents=1,
                ),
                Queue("3", "Night", None),
            )
        )

        async def close(self):
            pass

        async def queues(self):
            return self.rows

    office.opened["live"] = replace(office.opened["sales"], name="live", title="Live", provider=Live())
    return Live


async def test_it_shows_who_waits_and_how_long(office, live):
    shown = await office.type("/queue")
    assert shown.verdict == "2 callers waiting, the longest for 2 min 41 s."
    assert "Support (live): 2 waiting, longest 2 min 41 s (+380671112233) · 1 agent free" in shown.text
    assert "Sales (live): nobody waiting · 4 agents free" in shown.text
    assert "Night (live): who waits cannot be told" in shown.text
    assert "MoMVOIP does not tell" in shown.text


async def test_it_finds_a_queue_by_its_beginning(office, live):
    assert "Sales" not in (await office.type("/queue supp")).text
    assert "nobody waiting" in (await office.type("/queue on live")).text
