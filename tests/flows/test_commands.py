"""Each command, door to door, in both of Slack's modes."""

from typing import Any

import pytest


async def ask(house: Any, command: str, text: str = "", user: str = "ivan") -> Any:
    done = await house.slack.command(user, "#general", command, text)
    assert done.acked
    return await done.answer()


async def test_it_answers_balance(house: Any) -> None:
    house.world.set_balance(111.74)
    answer = await ask(house, "/balance")
    assert "USD" in answer.words
    assert "sales" in answer.words


async def test_it_answers_agents_with_counts_first(house: Any) -> None:
    answer = await ask(house, "/agents")
    for agent in house.world.agents[:5]:
        assert agent.extension in answer.words


async def test_it_says_plainly_that_queues_cannot_be_told(house: Any) -> None:
    answer = await ask(house, "/queue")
    assert "MoMVOIP does not tell who waits" in answer.words
    assert "Voicenter" in answer.words


async def test_it_lists_caller_ids_with_the_spam_ones_first(house: Any) -> None:
    house.world.flag("17135550120")
    answer = await ask(house, "/spam")
    assert answer.words.index("17135550120") < answer.words.index("12025550111")


async def test_it_marks_a_number_after_a_question_and_reads_it_back(house: Any) -> None:
    answer = await ask(house, "/spam", "+1 202 555 0112")
    assert not house.world.status_changes
    done = await house.slack.press("ivan", answer, "Confirm")
    assert done.acked
    await house.slack.ephemeral("ivan", "#general", "now lists 12025550112 as spam (was active)")
    assert [(c.number, c.status.value) for c in house.world.status_changes] == [("12025550112", "spam")]


async def test_it_places_a_call_once_however_often_it_is_pressed(house: Any) -> None:
    preview = await ask(house, "/call", "(202) 555-0188")
    assert "1101" in preview.words
    first = await house.slack.press("ivan", preview, "Call now")
    await house.slack.until(lambda: house.world.placed_calls, what="the call")
    again = await house.slack.press("ivan", preview, "Call now") if preview.buttons else first
    assert again.acked
    await house.slack.ephemeral("ivan", "#general", "MoMVOIP")
    assert [c.destination for c in house.world.placed_calls] == ["12025550188"]


async def test_it_opens_a_form_without_a_number_and_previews_what_was_typed(house: Any) -> None:
    done = await house.slack.command("ivan", "#general", "/call", "")
    form = await done.modal()
    refused = await house.slack.submit("ivan", form, {"Number": "911"})
    assert not refused.ok
    assert refused.errors
    sent = await house.slack.submit("ivan", form, {"Number": "+1 202 555 0188"})
    assert sent.ok
    preview = await done.answer()
    assert "Call now" in str(preview.buttons) or "Call now" in preview.words
    assert not house.world.placed_calls


async def test_it_uploads_a_recording_to_the_person_who_asked(build: Any, mode: str) -> None:
    house = await build(mode, permissions={"recordings": ["U0MANAGER01"]})
    await house.open()
    call = next(c for c in reversed(house.world.calls) if c.recorded)
    done = await house.slack.command("ivan", "#general", "/pbx", f"recording {call.call_id}")
    assert done.acked
    await house.slack.until(lambda: house.slack.files, what="the file")
    assert house.slack.files[0].content.startswith(b"RIFF")
    refused = await ask(house, "/pbx", f"recording {call.call_id}", user="daria")
    assert "not allowed" in refused.words or "only" in refused.words


@pytest.mark.parametrize(
    "topic", ["calls", "stats", "users", "groups", "status", "alerts", "help", "balance", "agents", "queue", "spam"]
)
async def test_it_answers_every_topic(build: Any, topic: str) -> None:
    house = await build()
    await house.open()
    answer = await ask(house, "/pbx", topic)
    assert len(answer.words) > 30
    assert "went wrong" not in answer.words


async def test_it_shares_once_with_customers_masked(house: Any) -> None:
    answer = await ask(house, "/balance")
    shared = await house.slack.press("ivan", answer, "Share")
    assert shared.acked
    posted = await house.slack.message("#general", "USD")
    assert "as of" in posted.words
    await house.slack.press("ivan", answer, "Share")
    await house.slack.ephemeral("ivan", "#general", "ask again")
    assert len([m for m in house.slack.messages("#general") if "USD" in m.words]) == 1


@pytest.mark.parametrize("stranger", ["greg", "sam"])
async def test_it_tells_guests_and_strangers_nothing(house: Any, stranger: str) -> None:
    done = await house.slack.command(stranger, "#support", "/balance", "")
    answer = await done.answer()
    assert "not allowed" in answer.words.lower() or "only" in answer.words.lower()
    assert "USD" not in answer.words
