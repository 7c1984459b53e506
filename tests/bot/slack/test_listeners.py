"""Commands, presses and forms over Socket Mode: acknowledged, answered once, or told why not."""

import asyncio
import json
from datetime import timedelta

import pytest

from bot.cards import Answer, Button, Card, Customer, Field, File, Form, Menu, Row, Section
from bot.demo.slack.town import AGENT, ALERTS, DIALLER, GENERAL, GUEST, STRANGER
from bot.slack.blocks import render
from bot.slack.blocks_text import Eyes
from providers.errors import ErrorKind, ProviderError
from providers.sdk.throttle import asking
from tests.deadlines import PATIENCE


async def test_it_acknowledges_at_once_and_answers_the_person_alone(front, slack, doing):
    released = asyncio.Event()

    async def run(context, request):
        await released.wait()
        return Answer(card=Card(f"Balance of {request.words} for {context.actor.user_id} asked by {asking.get()}"))

    async with front([doing("balance", run)]):
        done = await slack.command(AGENT, ALERTS, "/balance", "sales")
        assert done.acked
        assert slack.ephemerals(AGENT) == []
        released.set()
        told = await slack.ephemeral(AGENT, ALERTS, "Balance of sales")
        assert f"for {AGENT} asked by person" in told.text
        assert slack.messages(ALERTS) == []


async def test_it_refuses_what_it_has_no_room_for_and_says_so(front, slack, doing, monkeypatch):
    monkeypatch.setattr("bot.slack.listeners.MAX_TASKS", 2)
    released = asyncio.Event()

    async def run(context, request):
        await released.wait()
        return Answer(card=Card(f"Balance of {request.words}"))

    async with front([doing("balance", run)]):
        for words in ("one", "two"):
            assert (await slack.command(AGENT, ALERTS, "/balance", words)).acked
        third = await slack.command(AGENT, ALERTS, "/balance", "three")
        assert third.acked
        assert "try again in a minute" in (await third.answer()).text
        released.set()
        await slack.ephemeral(AGENT, ALERTS, "Balance of two")
        assert slack.ephemerals(AGENT, ALERTS, "Balance of three") == []


async def test_one_persons_hundreds_make_nobody_else_wait(front, slack, doing, monkeypatch):
    monkeypatch.setattr("bot.slack.listeners.MAX_TASKS_AT_ONCE", 20)
    released, under_way = asyncio.Event(), []

    async def run(context, request):
        if context.actor.user_id == AGENT:
            under_way.append(request.words)
            await released.wait()
        return Answer(card=Card(f"Balance of {request.words}"))

    async with front([doing("balance", run)]):
        for n in range(60):
            assert (await slack.command(AGENT, ALERTS, "/balance", f"n{n}")).acked
        await slack.command(DIALLER, ALERTS, "/balance", "mine")
        await slack.ephemeral(DIALLER, ALERTS, "Balance of mine")
        assert len(under_way) == 8
        released.set()
        await slack.ephemeral(AGENT, ALERTS, "Balance of n59")


async def test_it_gives_a_renamed_command_its_work_and_knows_the_old_name_too(front, slack, says):
    async with front([says("call", "Calling.")], slack={"commands": {"call": "dial"}}):
        for name in ("/dial", "/call"):
            done = await slack.command(AGENT, ALERTS, name, "123")
            await slack.until(lambda done=done: done.answers)
            assert "Calling." in done.answers[0].text


async def test_it_says_what_it_can_do_when_a_command_is_not_its_own(front, slack):
    async with front():
        done = await slack.command(AGENT, ALERTS, "/weather")
        assert done.acked
        told = await slack.ephemeral(AGENT, ALERTS, "/weather")
        assert "/pbx help" in told.text


@pytest.mark.parametrize("who", [GUEST, STRANGER])
async def test_it_refuses_guests_and_strangers_and_writes_it_down(front, slack, says, store, who):
    async with front([says("balance")]):
        await slack.command(who, "support", "/balance")
        told = await slack.ephemeral(who, "support", "not allowed")
        assert "only full members" in told.text
        record = (await store.audit_log(10))[0]
        assert (record.user, record.operation, record.outcome) == (who, "balance", "refused")


async def test_it_tells_a_provider_error_in_its_own_words(front, slack, doing):
    async def run(_context, _words):
        raise ProviderError(ErrorKind.RATE_LIMITED, "MoMVOIP asks to wait until 14:05.")

    async with front([doing("balance", run)]):
        await slack.command(AGENT, ALERTS, "/balance")
        assert await slack.ephemeral(AGENT, ALERTS, "MoMVOIP asks to wait until 14:05.")


async def test_it_makes_one_sentence_of_a_bug(front, slack, doing, caplog):
    async def run(_context, _words):
        raise RuntimeError("secret inner words")

    async with front([doing("balance", run)]):
        await slack.command(AGENT, ALERTS, "/balance")
        told = await slack.ephemeral(AGENT, ALERTS, "Something went wrong")
        assert "secret inner" not in told.text
        assert "Traceback" not in told.text


async def test_it_says_in_time_that_nothing_came(front, slack, doing):
    async def run(_context, _words):
        await asyncio.Event().wait()

    async with front([doing("balance", run)]) as made:
        made.listeners.patience = 0.1
        await slack.command(AGENT, ALERTS, "/balance")
        assert await slack.ephemeral(AGENT, ALERTS, "no answer in time")


async def test_it_waits_for_what_a_press_began(front, slack, doing):
    released = asyncio.Event()

    async def offer(_context, _words):
        return Answer(card=Card("Call?", controls=(Button("call_now", "Call now", "t1"),)))

    async def run(_context, press):
        await released.wait()
        return Answer(card=Card(f"Called {press.value}."), replace=True)

    async with front([doing("call", offer)], [doing("call_now", run)]) as made:
        await slack.command(AGENT, ALERTS, "/call")
        shown = await slack.ephemeral(AGENT, ALERTS, "Call?")
        made.listeners.patience = 0.1
        await slack.press(AGENT, shown, "call_now")
        assert await slack.ephemeral(AGENT, ALERTS, "takes longer")
        released.set()
        await slack.edited(shown, "Called t1.")


async def test_it_passes_a_menu_s_choice_and_the_message(front, slack, doing):
    got, both = [], asyncio.Event()

    async def offer(_context, _words):
        menu = Menu("snooze", "Snooze", (("30 minutes", "i1 30m"), ("2 hours", "i1 2h")))
        return Answer(card=Card("An alert", controls=(menu, Button("a", "One", "1"), Button("a", "Two", "2"))))

    async def run(_context, press):
        got.append(press)
        if len(got) == 2:
            both.set()
        return Answer()

    async with front([doing("alerts", offer)], [doing("snooze", run), doing("a", run)]):
        await slack.command(AGENT, ALERTS, "/alerts")
        shown = await slack.ephemeral(AGENT, ALERTS, "An alert")
        await slack.press(AGENT, shown, "snooze", option="2 hours")
        await slack.press(AGENT, shown, "Two")
        await asyncio.wait_for(both.wait(), PATIENCE)
        assert {(p.name, p.value) for p in got} == {("snooze", "i1 2h"), ("a", "2")}
        assert got[0].message.ts == shown.ts
        assert got[0].actor.channel_id == shown.channel


async def test_it_says_of_an_unknown_button_that_it_is_old(front, slack, doing):
    async def offer(_context, _words):
        return Answer(card=Card("Old", controls=(Button("gone", "Gone", "x"),)))

    async with front([doing("pbx", offer)]):
        await slack.command(AGENT, ALERTS, "/pbx")
        done = await slack.press(AGENT, await slack.ephemeral(AGENT, ALERTS, "Old"), "gone")
        assert done.acked
        assert await slack.ephemeral(AGENT, ALERTS, "older version")


async def test_it_shares_once_masked_with_its_age_and_for_half_an_hour(front, slack, doing, clock):
    async def run(_context, _words):
        rows = (Row(("Waiting: ", Customer("+442079460123")), Button("x", "X", "1")),)
        return Answer(card=Card("Queue of 3", body=(Section(rows),)), share=True)

    async with front([doing("queue", run)]):
        await slack.command(AGENT, GENERAL, "/queue")  # the bot is no member here
        shown = await slack.ephemeral(AGENT, GENERAL, "Queue of 3")
        assert "7946" in json.dumps(shown.blocks)
        clock.advance(timedelta(minutes=3))
        await slack.press(AGENT, shown, "Share")
        posted = await slack.message(GENERAL, "Queue of 3")
        assert "7946" not in json.dumps(posted.blocks) + posted.text
        assert f"<@{AGENT}>" in posted.text
        assert "3 min" in posted.text
        assert posted.buttons == []
        await slack.press(AGENT, shown, "Share")
        assert await slack.ephemeral(AGENT, GENERAL, "ask again")
        assert len(slack.messages(GENERAL)) == 1

        await slack.command(AGENT, GENERAL, "/queue")
        again = await slack.until(lambda: [m for m in slack.ephemerals(AGENT, GENERAL, "Queue of 3") if m is not shown])
        clock.advance(timedelta(minutes=31))
        await slack.press(AGENT, again[0], "Share")
        await slack.until(lambda: len(slack.ephemerals(AGENT, GENERAL, "ask again")) == 2)
        assert len(slack.messages(GENERAL)) == 1


async def test_it_refuses_in_the_form_and_answers_where_the_command_was_typed(front, slack, doing):
    async def run(_context, _words):
        return Answer(form=Form("dial", "Call", "Call", (Field("number", "Number"),), value="v"))

    async def dial(context, press):
        return Answer(card=Card(f"Call {press.fields['number']} with {press.value} in {context.actor.channel_id}?"))

    def check(_context, fields):
        return {} if fields["number"].isdigit() else {"number": "That is no number."}

    async with front([doing("call", run)], [doing("dial", dial, check)]):
        done = await slack.command(AGENT, ALERTS, "/call")
        await slack.until(lambda: slack.modal(AGENT))
        form = slack.modal(AGENT)
        refused = await slack.submit(AGENT, form, {"Number": "abc"})
        assert refused.errors == {"number": "That is no number."}
        taken = await slack.submit(AGENT, form, {"Number": " 123 "})
        assert taken.ok
        assert await slack.ephemeral(AGENT, ALERTS, f"Call 123 with v in {ALERTS}?")
        assert len(done.answers) == 1


async def test_it_sends_a_file_to_the_person(front, slack, doing):
    async def run(_context, _words):
        return Answer(file=File("call.wav", "Call 7", b"RIFF", "Recorded"))

    async with front([doing("recording", run)]):
        await slack.command(AGENT, ALERTS, "/recording")
        assert await slack.ephemeral(AGENT, ALERTS, "direct messages")
        assert [f.content for f in slack.files] == [b"RIFF"]
        assert slack.messages(AGENT)


async def test_it_posts_an_answer_once_although_the_connection_breaks(front, slack, says):
    async with front([says("balance", "Only once.")]):
        slack.fail("hooks", "lose_answer")
        done = await slack.command(AGENT, ALERTS, "/balance")
        await slack.until(lambda: done.answers)
        await slack.settle()
        assert len(slack.ephemerals(AGENT, ALERTS, "Only once.")) == 1


async def test_it_does_a_repeated_envelope_once(front, slack, doing):
    times = []

    async def run(_context, _words):
        times.append(1)
        return Answer(card=Card("Done."))

    async with front([doing("balance", run)]) as made:
        payload = {
            "command": "/balance",
            "user_id": AGENT,
            "channel_id": ALERTS,
            "trigger_id": "1.2",
            "response_url": "",
        }
        made.listeners.command(dict(payload))
        made.listeners.command(dict(payload))
        await asyncio.gather(*made.listeners._running)
        made.listeners.command(payload | {"trigger_id": "1.3"})
        await asyncio.gather(*made.listeners._running)
        assert len(times) == 2


async def test_it_answers_without_its_store(front, slack, says, store):
    async with front([says("balance", "From the vendor.", share=True)]):
        await slack.command(AGENT, ALERTS, "/balance")
        await slack.ephemeral(AGENT, ALERTS, "From the vendor.")
        await store.close()
        store._redis.connection_pool.connection_kwargs["path"] = "/nowhere"
        await slack.command(AGENT, ALERTS, "/balance")
        await slack.until(lambda: len(slack.ephemerals(AGENT, ALERTS, "From the vendor.")) == 2)


async def test_it_tells_those_who_wait_that_it_stops(front, slack, doing):
    async def run(_context, _words):
        await asyncio.Event().wait()

    async with front([doing("balance", run)]) as made:
        await slack.command(AGENT, ALERTS, "/balance")
        await slack.until(lambda: made.listeners._running)
        await made.stop(1.0)
        assert await slack.ephemeral(AGENT, ALERTS, "restarting")


async def test_it_never_replaces_a_message_that_others_read(front, slack, doing, store, clock):
    async def run(_context, press):
        return Answer(card=Card(f"Mark {press.value}?"), replace=True)

    async with front(actions=[doing("mark_number", run)]) as made:
        rendered = render(Card("Number is spam", controls=(Button("mark_number", "Mark as active", "380"),)), Eyes())
        post = made._posting.once.chat_postMessage
        await made._posting.call(post(channel=ALERTS, text=rendered.text, blocks=rendered.blocks))
        alert = await slack.message(ALERTS, "Number is spam")
        await slack.press(AGENT, alert, "mark_number")
        assert await slack.ephemeral(AGENT, ALERTS, "Mark 380?")
        assert "Number is spam" in alert.text


async def test_it_waits_where_slack_asks_for_it_before_an_answer(front, slack, says):
    async with front([says("balance", "After a second.")]):
        slack.fail("hooks", "ratelimit", retry_after=1)
        await slack.command(AGENT, ALERTS, "/balance")
        assert await slack.ephemeral(AGENT, ALERTS, "After a second.")


async def test_it_reads_what_slack_made_of_the_words(front, slack, doing):
    got = []

    async def run(_context, request):
        got.append(request.words)
        return Answer(card=Card("Read."))

    async with front([doing("call", run)]):
        for text in ("<tel:+380501234567|+380 50 123 45 67> on A&amp;B", " 050\u00a0123 "):
            await slack.command(AGENT, ALERTS, "/call", text)
            await slack.ephemeral(AGENT, ALERTS, "Read.")
        await slack.until(lambda: len(slack.ephemerals(AGENT, ALERTS, "Read.")) == 2)
        assert got == ["+380 50 123 45 67 on A&B", "050 123"]
