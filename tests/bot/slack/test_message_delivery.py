"""The outbox to Slack: one problem, one message, whatever dies."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from bot.alerts.model import AlertState, Facts, Incident, Member, Notification, NotificationKind, Severity
from bot.cards import Card, Tone
from bot.demo.slack.town import ALERTS, GENERAL, MANAGERS, SUPPORT
from bot.notify.dispatcher import Dispatcher
from bot.slack.channels import Channels
from bot.slack.messenger import SlackMessenger
from bot.slack.posting import Posting
from bot.store import OutboxRow
from tests.deadlines import PATIENCE

K = NotificationKind


@dataclass
class Told:
    """A message as it is loaded."""

    card: Card
    channel: str
    text: str | None = None
    metadata: dict | None = None
    mention: Sequence[str] = ()
    aloud: bool = True


@dataclass
class Engine:
    """Says of each incident what its `says` is now; None is obsolete."""

    says: dict[str, str | None] = field(default_factory=dict)
    channel: str = "#voip-alerts"
    state: str = "firing"

    async def message(self, row):
        incident = row.notice.incident
        words = self.says.get(incident, f"Problem {incident}.")
        if words is None:
            return None
        if row.notice.kind is K.CARD:
            payload = {"alert": row.alert, "account": row.account, "subjects": "x", "state": self.state}
            metadata = {"event_type": "ringwatch_alert", "event_payload": payload | {"incident": incident}}
            return Told(Card(words, Tone.WARNING), self.channel, metadata=metadata)
        return Told(Card(f"{row.notice.kind.value}: {words}"), row.channel, mention=("!here",))


class World:
    """A dispatcher over a real store and a local Slack; time moves by hand."""

    def __init__(self, slack, store, clock, posting, settings):
        self.slack, self.store, self.clock = slack, store, clock
        self.engine = Engine()
        self.posting = posting
        self.settings = settings
        self.channels, self.dispatcher = self.another(store)

    def another(self, store):
        channels = Channels(self.posting, lambda: "#voip-alerts", self.clock)
        self.messenger = SlackMessenger(self.posting, channels, lambda: self.settings, self.clock)
        parts = {"store": store, "notifications": self.engine, "clock": self.clock}
        return channels, Dispatcher([self.messenger], **parts)

    async def commit(self, incident, kind=K.CARD, *, urgent=True, severity=Severity.WARNING, channel="#voip-alerts"):
        """What the engine does: the state and its rows in one step."""
        now = self.clock()
        alert_state, version = await self.store.alert_state("low", incident)
        member = Member("x", Facts(), severity, now)
        made = Incident(id=incident, opened_at=now, members={"x": member}, severity=severity)
        row = OutboxRow(
            id=f"{incident}.{kind.value}",
            notice=Notification(kind, incident, "", urgent),
            alert="low",
            account=incident,
            channel=channel,
            severity=severity,
            created_at=now,
            due_at=now,
        )
        assert await self.store.commit(replace(alert_state, incidents={incident: made}), version, [row])
        return row

    async def rounds(self, seconds=0.0, step=1.0):
        """Let the dispatcher look, then so many seconds pass, looking at each."""
        await self.dispatcher.run_once()
        for _ in range(int(seconds / step)):
            self.clock.advance(timedelta(seconds=step))
            await self.dispatcher.run_once()

    def ours(self, incident="", channel=ALERTS):
        return self.slack.messages(channel, f"Problem {incident}" if incident else "")


@pytest.fixture
async def world(slack, store, clock, settings_of):
    async with Posting(token=slack.bot_token, api_url=slack.api_url, clock=clock) as posting:
        made = World(slack, store, clock, posting, settings_of(slack))
        yield made
        await made.dispatcher.stop(1.0)


async def test_it_posts_an_alert_with_its_metadata_and_remembers_where(world, store):
    await world.commit("i1")
    await world.rounds()
    (item,) = world.ours("i1")
    assert item.metadata["event_payload"]["incident"] == "i1"
    sent = await store.message("i1")
    assert (sent.ref.channel, sent.ref.ts) == (ALERTS, item.ts)
    assert sent.ref.permalink.startswith("http")
    assert await store.outbox_size() == 0


async def test_it_says_nothing_where_there_is_nothing_to_tell(world, store):
    world.engine.says["i1"] = None
    await world.commit("i1")
    await world.rounds()
    assert world.ours() == []
    assert await store.outbox_size() == 0


async def test_it_edits_in_place_at_once_then_every_fifteen_seconds(world):
    await world.commit("i1")
    await world.rounds()
    (item,) = world.ours()

    async def grows(words):
        world.engine.says["i1"] = words
        await world.commit("i1", urgent=False)
        await world.rounds(1)

    await grows("Grown once.")  # the first after the post
    assert "Grown once." in item.text
    await grows("Grown twice.")
    await grows("Grown thrice.")
    assert "Grown once." in item.text
    await world.rounds(15)
    assert "Grown thrice." in item.text
    assert item.edits == 2
    world.engine.says["i1"] = "Acknowledged."
    await world.commit("i1", urgent=True)  # a press
    await world.rounds()
    assert "Acknowledged." in item.text
    assert len(world.slack.messages(ALERTS)) == 1


@pytest.mark.parametrize("fault", ["lose_answer", "error500", "error503", "cut"])
async def test_it_posts_once_although_the_answer_was_lost(world, store, fault):
    world.slack.fail("chat.postMessage", fault)
    await world.commit("i1")
    await world.rounds()
    posted = len(world.ours())
    assert posted == (1 if fault == "lose_answer" else 0)
    await world.rounds(8)
    assert len(world.ours()) == posted  # the first request could still arrive
    await world.rounds(8)
    assert len(world.ours("i1")) == 1
    assert (await store.message("i1")).ref.ts == world.ours("i1")[0].ts
    assert await store.outbox_size() == 0


async def test_it_posts_once_although_slack_is_silent(world):
    world.messenger.limits = replace(world.messenger.limits, deadline=timedelta(seconds=0.2))
    world.slack.fail("chat.postMessage", "hang")
    await world.commit("i1")
    await world.rounds()
    assert world.ours() == []
    await world.rounds(6)
    assert len(world.ours("i1")) == 1


async def test_it_finds_a_lost_post_behind_many_others(world):
    world.slack.fail("chat.postMessage", "lose_answer")
    await world.commit("i1")
    await world.rounds()
    for n in range(250):
        world.slack.say("anna", ALERTS, f"chatter {n}")
    await world.rounds(15)
    assert len(world.ours("i1")) == 1


async def test_it_tells_of_the_present_in_a_message_that_it_adopts(world):
    world.slack.fail("chat.postMessage", "lose_answer")
    await world.commit("i1")
    await world.rounds()
    world.engine.says["i1"] = "Resolved meanwhile."
    await world.rounds(15)
    (item,) = world.slack.messages(ALERTS)
    assert "Resolved meanwhile." in item.text


async def test_it_lets_the_older_of_two_live_and_points_the_younger_to_it(world, store):
    world.slack.fail("chat.postMessage", "lose_answer")
    await world.commit("i1")
    await world.rounds()
    (older,) = world.ours()
    metadata = {"event_type": "ringwatch_alert", "event_payload": {"incident": "i1"}}
    await world.posting.call(world.posting.once.chat_postMessage(channel=ALERTS, text="Problem i1.", metadata=metadata))
    await world.rounds(15)
    assert (await store.message("i1")).ref.ts == older.ts
    _, younger = world.slack.messages(ALERTS)
    assert "earlier message" in younger.text
    assert older.ts.replace(".", "") in str(younger.blocks)
    assert younger.metadata["event_type"] != "ringwatch_alert"


async def test_it_waits_as_long_as_slack_asks_and_drops_nothing(world):
    world.slack.fail("chat.postMessage", "ratelimit", retry_after=7)
    await world.commit("i1")
    await world.commit("i2", severity=Severity.CRITICAL)
    await world.rounds(6)
    assert world.ours() == []
    await world.rounds(4)
    assert [m.metadata["event_payload"]["incident"] for m in world.ours()] == ["i2", "i1"]


async def test_it_posts_one_message_a_second_a_channel_critical_first(world):
    for n in range(4):
        await world.commit(f"w{n}")
    await world.commit("c", severity=Severity.CRITICAL)
    await world.commit("other", channel="#support")
    world.engine.channel = "#voip-alerts"
    await world.rounds()
    counts = [len(world.ours())]
    for _ in range(5):
        await world.rounds(1)
        counts.append(len(world.ours()))
    assert counts[:4] == [1, 2, 3, 4]
    assert world.ours()[0].metadata["event_payload"]["incident"] == "c"


async def test_it_edits_beside_a_queue_of_posts(world):
    await world.commit("i1")
    await world.rounds(1)
    (item,) = world.ours("i1")
    for n in range(5):
        await world.commit(f"w{n}", severity=Severity.CRITICAL)
    world.engine.says["i1"] = "Acknowledged."
    await world.commit("i1")
    await world.rounds()
    assert "Acknowledged." in item.text


async def test_it_replies_in_the_thread_and_in_the_channel_with_the_mention(world):
    await world.commit("i1", K.REMINDER)
    await world.commit("i1")
    await world.rounds(3)
    root, shown = world.slack.messages(ALERTS)
    (reply,) = world.slack.thread(root)
    assert reply.ts == shown.ts
    assert reply.broadcast
    assert "reminder" in reply.text
    assert "<!here>" in str(reply.blocks)
    assert reply.wakes
    assert reply.metadata is None
    assert reply.blocks[0]["block_id"] == "i1.reminder"


async def test_it_replies_once_although_the_answer_was_lost(world, store):
    await world.commit("i1")
    await world.rounds(1)
    world.slack.fail("chat.postMessage", "lose_answer")
    await world.commit("i1", K.REMINDER)
    await world.rounds(20)
    assert len(world.slack.thread(world.ours("i1")[0])) == 1
    assert await store.outbox_size() == 0


async def test_it_escalates_in_its_own_channel_once_and_edits_the_copy_at_the_end(world, store):
    await world.commit("i1")
    await world.rounds(1)
    world.slack.fail("chat.postMessage", "lose_answer")
    await world.commit("i1", K.ESCALATION_COPY, channel="#managers")
    await world.rounds(15)
    (copy,) = world.slack.messages(MANAGERS)
    assert (await store.message("i1:escalation")).ref.ts == copy.ts
    world.engine.says["i1"] = "it ended."
    await world.commit("i1", K.ESCALATION_END, channel="#managers")
    await world.rounds(1)
    assert "it ended." in copy.text
    assert len(world.slack.messages(MANAGERS)) == 1


async def test_it_posts_anew_once_what_a_person_deleted_and_says_so(world, store):
    await world.commit("i1")
    await world.rounds(1)
    first = world.ours()[0]
    first.deleted = True
    world.engine.says["i1"] = "Still there."
    await world.commit("i1")
    await world.rounds(3)
    (anew,) = world.slack.messages(ALERTS)
    assert "deleted" in anew.text
    assert anew.ts != first.ts
    anew.deleted = True
    await world.commit("i1")
    await world.rounds(5)
    assert world.slack.messages(ALERTS) == []
    assert await store.outbox_size() == 0


@pytest.mark.parametrize("word", ["edit_window_closed", "cant_update_message", "message_not_found"])
async def test_it_tells_each_state_once_more_where_no_edit_is_taken(world, store, word):
    await world.commit("i1")
    await world.rounds(1)
    for state in ("firing", "acknowledged", "acknowledged", "resolved", "resolved"):
        world.engine.state, world.engine.says["i1"] = state, f"It is {state}."
        world.slack.fail("chat.update", "refused", 9, word=word)
        await world.commit("i1")
        await world.rounds(20)
        world.slack.heal()
    told = [message.text for message in world.slack.messages(ALERTS)]
    assert len(told) == 4, told
    for state in ("firing", "acknowledged", "resolved"):
        assert sum(f"It is {state}." in text for text in told) == 1
    assert await store.outbox_size() == 0


async def test_the_last_words_of_an_escalation_are_posted_where_its_copy_cannot_be_edited(world, store):
    await world.commit("i1", K.ESCALATION_COPY, channel="#managers")
    await world.rounds(1)
    world.engine.says["i1"] = "it ended."
    world.slack.fail("chat.update", "refused", 9, word="edit_window_closed")
    await world.commit("i1", K.ESCALATION_END, channel="#managers")
    await world.rounds(5)
    assert len(world.slack.messages(MANAGERS, "it ended.")) == 1
    assert await store.outbox_size() == 0


@pytest.mark.parametrize("lever", ["archive", "kick"])
async def test_it_falls_back_where_the_channel_is_lost(world, lever):
    world.engine.channel = "#support"
    await world.commit("i0", channel="#support")
    await world.rounds(1)
    assert len(world.ours("i0", SUPPORT)) == 1
    getattr(world.slack, lever)(SUPPORT)
    await world.commit("i1", channel="#support")
    await world.rounds(35)
    assert len(world.ours("i1", ALERTS)) == 1
    assert "#support" in world.channels.problems()[0]
    world.engine.says["i0"] = "Problem i0 ended."
    await world.commit("i0", channel="#support")  # its own message is out of reach
    await world.rounds(5)
    assert len(world.slack.messages(ALERTS, "Problem i0 ended.")) == 1


async def test_it_does_not_post_where_it_was_not_invited(world):
    world.engine.channel = "#general"
    await world.commit("i1", channel="#general")
    await world.rounds(1)
    assert world.slack.messages(GENERAL) == []
    assert len(world.ours("i1", ALERTS)) == 1


async def test_it_delivers_everything_after_ten_minutes_of_silence_as_it_is_then(world, store):
    await world.commit("old")
    await world.rounds(1)
    (old,) = world.ours("old")
    world.posting.again = world.posting.once  # its repetitions take real seconds
    world.slack.fail("*", "cut", times=100_000)
    world.engine.says["old"] = "Grown."
    await world.commit("old")
    await world.commit("new")
    await world.rounds(300, step=30.0)
    world.engine.says["old"] = "Problem old resolved."
    await world.commit("old")
    await world.rounds(300, step=30.0)
    world.slack.heal()
    await world.rounds(30)
    assert "Problem old resolved." in old.text
    assert old.edits == 1
    assert len(world.ours("new")) == 1
    assert await store.outbox_size() == 0


@pytest.mark.parametrize("word", ["invalid_metadata_schema", "invalid_metadata_format", "metadata_too_large"])
async def test_it_posts_without_metadata_where_slack_refuses_them_and_finds_it_by_its_block(world, store, word):
    world.slack.fail("chat.postMessage", "refused", word=word)
    world.slack.fail("chat.postMessage", "lose_answer")
    await world.commit("i1")
    await world.rounds()
    (item,) = world.ours("i1")
    assert item.metadata is None
    assert item.blocks[0]["block_id"] == "i1.card"
    world.engine.says["i1"] = "Problem i1 is over."
    world.slack.fail("chat.update", "refused", word=word)  # the edit that follows the adoption
    await world.rounds(40)
    (item,) = world.ours("i1")
    assert "over" in item.text
    assert item.metadata is None
    assert await store.outbox_size() == 0


async def test_it_sends_plain_words_where_slack_refuses_the_blocks(world, monkeypatch):
    from bot.slack import messenger

    real = messenger.render

    def broken(*args, **kwargs):
        rendered = real(*args, **kwargs)
        return replace(rendered, blocks=[{"type": "nope"}])

    monkeypatch.setattr(messenger, "render", broken)
    await world.commit("i1")
    await world.rounds(1)
    assert len(world.ours("i1")) == 1


async def test_it_delivers_once_with_two_replicas(world, store, one_redis_url, clock):
    from bot.store import Store

    other_store = await Store.connect(one_redis_url, clock=clock, owner="there")
    # one_redis_url empties the server: what is committed comes after
    _, other = world.another(other_store)
    for n in range(3):
        await world.commit(f"i{n}")
    for _ in range(6):
        await asyncio.gather(world.dispatcher.run_once(), other.run_once())
        clock.advance(timedelta(seconds=1))
    for n in range(3):
        assert len(world.ours(f"i{n}")) == 1
    await other_store.close()


async def test_it_writes_nothing_once_its_lease_is_another_s(world, store, monkeypatch):
    """A replica that slept past its lease must not overwrite what the next one knows."""
    await world.commit("i1")
    real = world.posting.call

    async def slow(request):
        answer = await real(request)
        if "ts" in answer and "message" in answer:
            await store.release("deliver:i1", store.owner)
            await store.lease("deliver:i1", "there", timedelta(seconds=60))
        return answer

    monkeypatch.setattr(world.posting, "call", slow)
    await world.rounds()
    assert await store.message("i1") is None
    assert (await store.row("i1.card")).doubt_until is not None


async def test_it_runs_by_itself_and_stops_cleanly(world):
    world.dispatcher.start()
    await world.commit("i1")
    world.dispatcher.notify()
    await world.slack.message(ALERTS, "Problem i1")
    await world.dispatcher.stop(PATIENCE)
    assert all(loop.done() for loop in world.dispatcher._loops)


async def test_it_leaves_a_post_that_was_cut_off_by_the_end_in_doubt(world, store):
    world.slack.fail("chat.postMessage", "hang")
    world.dispatcher.start()
    await world.commit("i1")
    world.dispatcher.notify()
    await world.slack.until(lambda: not world.slack.stage.faults.waiting)
    await world.dispatcher.stop(0.1)
    row = await store.row("i1.card")
    assert row.doubt_until > world.clock()
    assert isinstance(row.created_at, datetime)
    assert isinstance((await store.alert_state("low", "i1"))[0], AlertState)


async def test_a_message_of_which_the_record_is_broken_backs_off_and_stops_no_other(world, store):
    await world.commit("i1")
    await store.ask("HSET", "{ringwatch}:message:i1", "card", b"{")
    await world.commit("i2")
    await world.rounds(3)
    assert len(world.ours("i2")) == 1
    assert (await store.row("i1.card")).attempts == 1
