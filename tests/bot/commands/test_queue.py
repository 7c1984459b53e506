"""`/queue`: not told and nobody are two answers."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.alerts.kinds import Kind
from bot.alerts.model import Blind, Observed
from bot.cards import Tone
from bot.queues.clearing_rate import FORMULA
from bot.store import StoreUnavailable
from providers.errors import ErrorKind
from providers.model import Agent, AgentState, Queue, QueuedCall, Rows


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
    assert "Support · 2 waiting · longest 2 min 41 s · +380671112233 · 1 agent free" in shown.text
    assert "Sales · nobody waiting · 4 agents free" in shown.text
    assert "Night · who waits cannot be told" in shown.text
    assert "MoMVOIP does not tell" in shown.text


async def test_it_finds_a_queue_by_its_beginning(office, live):
    assert "Sales" not in (await office.type("/queue supp")).text
    assert "nobody waiting" in (await office.type("/queue on live")).text


# --- what the store adds

KEEP = timedelta(days=30)
OUT, FREE, TALKS, AWAY = AgentState.LOGGED_OUT, AgentState.AVAILABLE, AgentState.ON_CALL, AgentState.NOT_READY


def waiting(*calls, **more):
    callers = tuple(QueuedCall(str(call), "+380671112233", timedelta(seconds=161)) for call in calls)
    return Queue("2", "Support", callers, **more)


async def looked(office, *, minutes=8, **more):
    """One caller leaves Support each minute, and another comes; the last four wait now."""
    for minute in range(minutes):
        value = Rows((waiting(*range(minute, minute + 4), **more),))
        await office.store.record("live", Kind.QUEUES, Observed(value, office.clock()), keep=KEEP)
        office.clock.advance(timedelta(minutes=1))
    return Rows((waiting(*range(minutes, minutes + 4), **more),))


async def crew(office, *states, **more):
    agents = tuple(Agent(str(101 + n), state, state.value, **more) for n, state in enumerate(states))
    await office.store.record("live", Kind.AGENTS, Observed(Rows(agents), office.clock()), keep=KEEP)


async def test_it_says_when_the_queue_clears_at_the_present_pace(office, live):
    live.rows = await looked(office)
    shown = await office.type("/queue live")
    assert shown.lines[2] == (
        "Support · 4 waiting · longest 2 min 41 s · +380671112233"
        " · at the present pace the queue clears in about 4 min (rough)"
    )
    assert FORMULA in shown.lines


async def test_it_says_what_two_more_agents_would_do_where_it_knows_who_serves_the_queue(office, live):
    live.rows = await looked(office, members=("101", "102", "103", "104"))
    await crew(office, TALKS, TALKS, AWAY, OUT, FREE)
    shown = await office.type("/queue supp")
    assert "at the present pace the queue clears in about 4 min; 2 more agents → 2 min (rough)" in shown.text
    await crew(office, AWAY, AWAY, AWAY, OUT)
    assert "more agents" not in (await office.type("/queue supp")).text


async def test_it_gives_no_pace_where_too_little_was_seen(office, live):
    assert "pace" not in (await office.type("/queue live")).text.casefold()
    live.rows = await looked(office, minutes=4)
    assert "pace" not in (await office.type("/queue live")).text.casefold()


async def test_who_left_since_the_last_poll_counts_too(office, live):
    for calls in [(1, 2, 3), (2, 3), (2, 3), (2, 3), (2, 3)]:
        await office.store.record("live", Kind.QUEUES, Observed(Rows((waiting(*calls),)), office.clock()), keep=KEEP)
        office.clock.advance(timedelta(minutes=1))
    live.rows = Rows((waiting(3),))
    assert "clears in about 2.5 min" in (await office.type("/queue live")).text


async def test_what_left_while_it_was_blind_makes_no_pace(office, live):
    live.rows = await looked(office)
    trouble = Blind("It did not answer.", ErrorKind.UNAVAILABLE, office.clock())
    await office.store.record("live", Kind.QUEUES, trouble, keep=KEEP)
    office.clock.advance(timedelta(minutes=1))
    live.rows = Rows((waiting(98, 99),))
    assert "clears in about 2 min" in (await office.type("/queue live")).text


@pytest.mark.parametrize("question", ["history", "latest_reading"])
async def test_it_answers_without_the_store(office, live, question, monkeypatch):
    live.rows = await looked(office, members=("101",))
    await crew(office, OUT)

    asked = []

    async def away(*args):
        asked.append(args)
        raise StoreUnavailable("The store does not answer.")

    monkeypatch.setattr(office.store, question, away)
    shown = await office.type("/queue live")
    assert shown.verdict == "4 callers waiting, the longest for 2 min 41 s."
    assert "pace" not in shown.text.casefold()
    assert len(asked) == 1, "who is away is not asked again"


async def test_it_says_that_nobody_is_there_to_take_them(office, live):
    live.rows = await looked(office, members=("101", "102"))
    await crew(office, OUT, OUT, FREE)
    shown = await office.type("/queue live")
    assert shown.verdict == "4 callers waiting, the longest for 2 min 41 s. Nobody is signed in for Support."
    assert shown.card.tone is Tone.CRITICAL
    assert shown.lines[2].endswith(" · 0 agents free · nobody who could take the calls is signed in")
    assert "pace" not in shown.text.casefold()


async def test_nobody_known_to_be_there_is_not_nobody(office, live):
    live.rows = await looked(office, members=("101", "mobile"))
    await crew(office, OUT)
    shown = await office.type("/queue live")
    assert "signed in" not in shown.text
    assert shown.card.tone is Tone.WARNING
    office.clock.advance(timedelta(minutes=10))
    live.rows = Rows((waiting(1, members=("101",)),))
    assert "signed in" not in (await office.type("/queue live")).text


async def test_it_counts_who_is_free_among_those_who_serve_the_queue(office, live):
    live.rows = Rows((waiting(1, members=("101", "102")),))
    await crew(office, FREE, TALKS, FREE)
    assert "+380671112233 · 1 agent free" in (await office.type("/queue live")).text
    await crew(office, FREE, TALKS, label="registered")
    assert "· 1 agent signed in and not on a call" in (await office.type("/queue live")).text


async def test_who_was_free_a_while_ago_is_not_said_to_be_free_now(office, live):
    live.rows = Rows((waiting(1, members=("101",)),))
    await crew(office, FREE)
    office.clock.advance(timedelta(seconds=61))
    assert "free" not in (await office.type("/queue live")).text


async def test_it_says_who_is_free_on_the_account_where_nobody_tells_who_serves_which_queue(office, live):
    live.rows = Rows((waiting(1), Queue("1", "Sales", ())))
    await crew(office, FREE, TALKS, FREE, OUT)
    office.clock.advance(timedelta(seconds=20))
    told = "live (Live): who serves which queue is not told; on the whole account 2 agents free (20 s ago)."
    assert told in (await office.type("/queue live")).lines
    live.rows = Rows((Queue("1", "Sales", (), free_agents=1),))
    assert "whole account" not in (await office.type("/queue live")).text
