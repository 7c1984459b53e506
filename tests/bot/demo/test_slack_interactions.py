"""Presses, forms and response URLs of the local Slack, with Bolt at the other end."""

from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.demo.slack import CannotDo, DemoView, LocalSlack
from bot.demo.slack.town import ALERTS, GENERAL, MANAGER
from tests.deadlines import patient_slack

ALERT = {"event_type": "a", "event_payload": {"incident": "i"}}


async def posted(client: AsyncWebClient, blocks: list[dict[str, Any]], **more: Any) -> Any:
    return await client.chat_postMessage(channel=ALERTS, text="x", blocks=blocks, **more)


async def test_it_brings_a_press_with_all_that_slack_sends(
    slack: LocalSlack, client: AsyncWebClient, bolt: AsyncApp, connect: Any, card: Any
) -> None:
    seen: list[dict[str, Any]] = []

    @bolt.action("ack")
    async def acknowledge(ack: Any, body: dict[str, Any]) -> None:
        seen.append(body)
        await ack()

    await connect(bolt)
    root = await posted(client, card("down"))
    await posted(client, card("still", ("Acknowledge", "ack"), value="i1"), thread_ts=root["ts"], reply_broadcast=True)
    item = slack.messages(ALERTS)[-1]
    done = await slack.press("ivan", item, "acknowledge")
    assert done.acked
    (body,) = seen
    assert body["type"] == "block_actions"
    assert body["container"] == {
        "type": "message", "message_ts": item.ts, "channel_id": ALERTS, "is_ephemeral": False,
        "thread_ts": root["ts"],
    }  # fmt: skip
    assert body["message"]["ts"] == item.ts
    assert "metadata" not in body["message"]
    assert body["channel"] == {"id": ALERTS, "name": "voip-alerts"}
    assert body["user"]["id"] == MANAGER
    (action,) = body["actions"]
    assert (action["action_id"], action["value"], action["type"]) == ("ack", "i1", "button")
    assert action["block_id"] == item.blocks[1]["block_id"]
    with pytest.raises(CannotDo, match="only 'Acknowledge'"):
        await slack.press("ivan", item, "Snooze")
    with pytest.raises(CannotDo, match="does not see"):
        await slack.press("greg", item, "Acknowledge")
    slack.delete(item)
    with pytest.raises(CannotDo, match="gone"):
        await slack.press("ivan", item, "Acknowledge")


async def test_it_tells_buttons_of_one_name_apart(
    slack: LocalSlack, client: AsyncWebClient, bolt: AsyncApp, connect: Any, card: Any
) -> None:
    seen: list[str] = []

    @bolt.action("mark")
    async def mark(ack: Any, action: dict[str, Any]) -> None:
        seen.append(action["value"])
        await ack()

    await connect(bolt)
    await posted(client, [*card("a", ("Mark", "mark"), value="1"), *card("b", ("Mark", "mark"), value="2")])
    item = slack.messages(ALERTS)[0]
    with pytest.raises(CannotDo, match="2 buttons"):
        await slack.press("ivan", item, "Mark")
    await slack.press("ivan", item, "Mark", value="2")
    await slack.press("ivan", item, "mark", block_id=item.blocks[1]["block_id"])
    assert seen == ["2", "1"]


async def test_it_asks_before_what_wants_to_be_confirmed(
    slack: LocalSlack, client: AsyncWebClient, bolt: AsyncApp, connect: Any, card: Any
) -> None:
    seen: list[str] = []

    @bolt.action("call")
    async def call(ack: Any) -> None:
        seen.append("called")
        await ack()

    await connect(bolt)
    words = {key: {"type": "plain_text", "text": key} for key in ("title", "text", "confirm", "deny")}
    await posted(client, card("a", ("Call now", "call"), confirm=words))
    item = slack.messages(ALERTS)[0]
    no = await slack.press("ivan", item, "Call now", sure=False)
    assert not no.sent
    assert no.asked is not None
    assert no.asked["title"]["text"] == "title"
    assert seen == []
    assert (await slack.press("ivan", item, "Call now")).acked
    assert seen == ["called"]


async def test_it_sends_what_was_chosen(
    slack: LocalSlack, client: AsyncWebClient, bolt: AsyncApp, connect: Any
) -> None:
    seen: list[Any] = []

    @bolt.action("snooze")
    async def snooze(ack: Any, action: dict[str, Any], body: dict[str, Any]) -> None:
        seen.append((action, body["state"]["values"]))
        await ack()

    await connect(bolt)
    options = [
        {"text": {"type": "plain_text", "text": words}, "value": value}
        for words, value in (("30 minutes", "30m"), ("2 hours", "2h"))
    ]
    menu = {"type": "static_select", "action_id": "snooze", "options": options,
            "placeholder": {"type": "plain_text", "text": "Snooze"}}  # fmt: skip
    await posted(client, [{"type": "actions", "block_id": "b", "elements": [menu]}])
    item = slack.messages(ALERTS)[0]
    await slack.press("ivan", item, "Snooze", option="2 hours")
    action, values = seen[0]
    assert action["selected_option"]["value"] == "2h"
    assert values["b"]["snooze"]["selected_option"]["value"] == "2h"
    with pytest.raises(CannotDo, match="30 minutes, 2 hours"):
        await slack.press("ivan", item, "Snooze", option="forever")


async def test_it_takes_answers_at_the_response_url(slack: LocalSlack, bolt: AsyncApp, connect: Any, card: Any) -> None:
    @bolt.command("/balance")
    async def balance(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        hook = AsyncWebhookClient(body["response_url"], retry_handlers=[])
        told = await hook.send(text="card", blocks=card("42 USD", ("Share", "share")))
        assert (told.status_code, told.body) == (200, "ok")

    bodies: list[dict[str, Any]] = []

    @bolt.action("share")
    async def share(ack: Any, body: dict[str, Any]) -> None:
        bodies.append(body)
        await ack()
        hook = AsyncWebhookClient(body["response_url"], retry_handlers=[])
        await hook.send(text="42 USD for all", response_type="in_channel")
        await hook.send(text="shared", replace_original=True)

    await connect(bolt)
    done = await slack.command("ivan", "#general", "/balance")
    answer = await done.answer()
    assert (answer.words, answer.only_for) == ("42 USD\nShare", MANAGER)
    with pytest.raises(CannotDo):
        await slack.press("anna", answer, "Share")
    pressed = await slack.press("ivan", answer, "Share")
    await pressed.answer(2)
    assert [m.text for m in slack.messages(GENERAL)] == ["42 USD for all"]
    assert (answer.text, answer.blocks, answer.only_for) == ("shared", [], MANAGER)
    assert "message" not in bodies[0]
    assert bodies[0]["container"]["is_ephemeral"] is True


async def test_it_counts_and_ages_response_urls(
    slack: LocalSlack, clock: Any, client: AsyncWebClient, bolt: AsyncApp, connect: Any, card: Any
) -> None:
    @bolt.command("/n")
    async def answer(ack: Any) -> None:
        await ack()

    await connect(bolt)
    done = await slack.command("ivan", "#general", "/n")
    hook = AsyncWebhookClient(done.response_url, retry_handlers=[])
    assert [(await hook.send(text=str(n))).status_code for n in range(6)] == [200] * 5 + [404]
    assert len(slack.ephemerals("ivan")) == 5
    old = await slack.command("ivan", "#general", "/n")
    clock.advance(timedelta(minutes=31))
    told = await AsyncWebhookClient(old.response_url, retry_handlers=[]).send(text="late")
    assert (told.status_code, "expired_url" in told.body) == (404, True)
    bad = await slack.command("ivan", "#general", "/n")
    told = await AsyncWebhookClient(bad.response_url, retry_handlers=[]).send(blocks=[{"type": "nope"}])
    assert (told.status_code, "invalid_blocks" in told.body) == (400, True)
    await posted(client, card("a", ("Go", "go")))
    item = slack.messages(ALERTS)[0]
    slack.delivery.patience = 0.2  # nobody answers a press
    pressed = await slack.press("ivan", item, "Go")
    await AsyncWebhookClient(pressed.response_url, retry_handlers=[]).send(delete_original=True)
    assert slack.messages(ALERTS) == []


async def opened(slack: LocalSlack, bolt: AsyncApp, connect: Any, form: dict[str, Any]) -> DemoView:
    @bolt.command("/call")
    async def call(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=form)

    await connect(bolt)
    return await (await slack.command("ivan", "#general", "/call")).modal()


async def test_it_opens_and_submits_a_form(
    slack: LocalSlack, bolt: AsyncApp, connect: Any, form: dict[str, Any]
) -> None:
    seen: list[Any] = []

    @bolt.view("call")
    async def submitted(ack: Any, view: dict[str, Any]) -> None:
        seen.append(view)
        value = view["state"]["values"]["number"]["v"]["value"]
        await (ack() if value.startswith("+") else ack(response_action="errors", errors={"number": "No number."}))

    view = await opened(slack, bolt, connect, form)
    assert slack.modal("ivan") is view
    assert (await slack.submit("ivan", view)).errors == {"number": "Please complete this required field."}
    assert seen == []  # Slack's own page refused
    assert (await slack.submit("ivan", view, {"Number": "abc"})).errors == {"number": "No number."}
    assert view.errors == {"number": "No number."}
    with pytest.raises(CannotDo, match="no field"):
        await slack.submit("ivan", view, {"Colour": "red"})
    assert (await slack.submit("ivan", view, {"number": "+380501112233"})).ok
    assert slack.modal("ivan") is None
    assert (seen[-1]["private_metadata"], seen[-1]["callback_id"]) == ("kept", "call")
    with pytest.raises(CannotDo, match="closed"):
        await slack.submit("ivan", view, {"number": "+1"})


async def test_it_stacks_updates_and_closes_forms(
    slack: LocalSlack, bolt: AsyncApp, client: AsyncWebClient, connect: Any, form: dict[str, Any]
) -> None:
    closed: list[dict[str, Any]] = []
    second = form | {"callback_id": "second", "notify_on_close": True}

    @bolt.view("call")
    async def push(ack: Any) -> None:
        await ack(response_action="push", view=second)

    @bolt.view("second")
    async def over(ack: Any) -> None:
        await ack(response_action="clear")

    @bolt.view_closed("second")
    async def gone(ack: Any, body: dict[str, Any]) -> None:
        closed.append(body)
        await ack()

    first = await opened(slack, bolt, connect, form)
    await slack.submit("ivan", first, {"Number": "1"})
    top = slack.modal("ivan")
    assert top is not None
    assert (top.body["previous_view_id"], top.body["root_view_id"]) == (first.id, first.id)
    await slack.close("ivan", top)
    assert closed[0]["view"]["id"] == top.id
    assert slack.modal("ivan") is first
    with pytest.raises(SlackApiError, match="not_found"):
        await client.views_update(view_id=top.id, view=form)
    with pytest.raises(SlackApiError, match="hash_conflict"):
        await client.views_update(view_id=first.id, view=form, hash="old")
    await client.views_update(view_id=first.id, view=form, hash=first.body["hash"])
    await slack.submit("ivan", first, {"Number": "1"})
    top = slack.modal("ivan")
    assert top is not None
    await slack.submit("ivan", top, {"Number": "2"})
    assert slack.modal("ivan") is None


async def test_it_says_so_when_a_form_gets_no_answer(
    slack: LocalSlack, bolt: AsyncApp, connect: Any, form: dict[str, Any]
) -> None:
    @bolt.view("call")
    async def wrong(ack: Any) -> None:
        await ack(response_action="errors", errors={"nowhere": "x"})

    view = await opened(slack, bolt, connect, form)
    assert (await slack.submit("ivan", view, {"Number": "1"})).error == "invalid_errors"
    slack.drop_sockets()
    assert (await slack.submit("ivan", view, {"Number": "1"})).error == "dispatch_failed"
    assert slack.modal("ivan") is view


async def test_it_takes_a_trigger_once_and_for_three_seconds(
    slack: LocalSlack, clock: Any, bolt: AsyncApp, client: AsyncWebClient, connect: Any, form: dict[str, Any]
) -> None:
    @bolt.command("/call")
    async def call(ack: Any) -> None:
        await ack()

    await connect(bolt)
    trigger = (await slack.command("ivan", "#general", "/call")).trigger_id
    with pytest.raises(SlackApiError, match=r"invalid_arguments"):
        await client.views_open(trigger_id=trigger, view=form | {"title": {"type": "plain_text", "text": "x" * 25}})
    await client.views_open(trigger_id=trigger, view=form)
    with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
        await client.views_open(trigger_id=trigger, view=form)
    late = (await slack.command("ivan", "#general", "/call")).trigger_id
    clock.advance(timedelta(seconds=2.9))
    in_time = (await slack.command("ivan", "#general", "/call")).trigger_id
    await client.views_open(trigger_id=late, view=form)
    clock.advance(timedelta(seconds=3.1))
    with pytest.raises(SlackApiError, match="expired_trigger_id"):
        await client.views_open(trigger_id=in_time, view=form)


async def test_it_keeps_a_home_tab_for_each_person(
    slack: LocalSlack, client: AsyncWebClient, bolt: AsyncApp, connect: Any, card: Any
) -> None:
    seen: list[dict[str, Any]] = []

    @bolt.action("go")
    async def go(ack: Any, body: dict[str, Any]) -> None:
        seen.append(body)
        await ack()

    await connect(bolt)
    await client.views_publish(user_id=MANAGER, view={"type": "home", "blocks": card("Hello", ("Go", "go"))})
    home = slack.home("ivan")
    assert home is not None
    assert slack.home("anna") is None
    await slack.press("ivan", home, "Go")
    assert seen[0]["container"] == {"type": "view", "view_id": home.id}
    assert "response_url" not in seen[0]
    await client.views_publish(user_id=MANAGER, view={"type": "home", "blocks": card("Again")})
    again = slack.home("ivan")
    assert again is not None
    assert (again.words.split("\n")[-1], again.id) == ("Again", home.id)


async def test_it_brings_no_press_to_an_app_whose_manifest_wants_none(clock: Any, card: Any) -> None:
    async with patient_slack(clock, manifest={"settings": {"interactivity": {"is_enabled": False}}}) as slack:
        client = AsyncWebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[])
        await posted(client, card("a", ("Go", "go")))
        done = await slack.press("ivan", slack.messages(ALERTS)[0], "Go")
        assert (done.sent, done.refused) == (False, "not_interactive")


async def test_it_cuts_an_answer_at_the_response_url_too(slack: LocalSlack, bolt: AsyncApp, connect: Any) -> None:
    @bolt.command("/n")
    async def answer(ack: Any) -> None:
        await ack()

    await connect(bolt)
    done = await slack.command("ivan", "#general", "/n")
    slack.fail("hooks", "lose_answer")
    with pytest.raises(aiohttp.ClientError):
        await AsyncWebhookClient(done.response_url, retry_handlers=[]).send(text="done all the same")
    assert [m.text for m in done.answers] == ["done all the same"]
