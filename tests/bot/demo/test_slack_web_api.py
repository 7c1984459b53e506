"""The local Slack's Web API, asked by the real client."""

import json
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.slack import LocalSlack
from bot.demo.slack.town import ALERTS, GENERAL, GUEST, MANAGER, PRIVATE, STRANGER
from bot.demo.slack.workspace import BOT_USER
from tests.deadlines import patient_slack


async def refusal(call: Any) -> Any:
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response


async def test_it_knows_its_own_token_alone(slack: LocalSlack, client: AsyncWebClient) -> None:
    told = await client.auth_test()
    assert (told["user_id"], told["team_id"]) == (BOT_USER, "T0KESTREL01")
    assert (await refusal(AsyncWebClient("", base_url=slack.api_url).auth_test()))["error"] == "not_authed"
    assert (await refusal(AsyncWebClient("xoxb-no", base_url=slack.api_url).auth_test()))["error"] == "invalid_auth"
    wrong = AsyncWebClient(slack.app_token, base_url=slack.api_url)
    assert (await refusal(wrong.auth_test()))["error"] == "not_allowed_token_type"
    slack.revoke(slack.bot_token)
    assert (await refusal(client.auth_test()))["error"] == "token_revoked"


async def test_it_refuses_a_method_that_slack_has_not(client: AsyncWebClient) -> None:
    assert (await refusal(client.api_call("chat.shout")))["error"] == "unknown_method"


async def test_it_takes_get_and_post_form_and_json(slack: LocalSlack) -> None:
    url, head = f"{slack.api_url}chat.postMessage", {"Authorization": f"Bearer {slack.bot_token}"}
    blocks = json.dumps([{"type": "divider"}])
    async with aiohttp.ClientSession() as http:
        for request in (
            http.get(url, params={"channel": ALERTS, "text": "get"}, headers=head),
            http.post(url, data={"channel": ALERTS, "text": "form", "blocks": blocks}, headers=head),
            http.post(url, data={"channel": ALERTS, "text": "token", "token": slack.bot_token}),
            http.post(url, json={"channel": ALERTS, "text": "json"}, headers=head),
        ):
            async with request as answer:
                assert (await answer.json())["ok"] is True
        async with http.post(url, data="{", headers=head | {"Content-Type": "application/json"}) as answer:
            assert (await answer.json())["error"] == "invalid_json"
    assert [m.text for m in slack.messages(ALERTS)] == ["get", "form", "token", "json"]


async def test_it_posts_where_slack_would(slack: LocalSlack, client: AsyncWebClient) -> None:
    by_name = await client.chat_postMessage(channel="#voip-alerts", text="hello")
    assert by_name["channel"] == ALERTS
    assert by_name["message"]["bot_id"]
    await client.chat_postMessage(channel=MANAGER, text="in person")
    assert [m.text for m in slack.messages("ivan")] == ["in person"]
    for channel, error in (
        ("#nowhere", "channel_not_found"), (GENERAL, "not_in_channel"), (PRIVATE, "channel_not_found"),
    ):  # fmt: skip
        assert (await refusal(client.chat_postMessage(channel=channel, text="x")))["error"] == error
    slack.archive("#voip-alerts")
    assert (await refusal(client.chat_postMessage(channel=ALERTS, text="x")))["error"] == "is_archived"
    slack.archive("#voip-alerts", False)
    slack.kick("#voip-alerts")
    assert (await refusal(client.chat_postMessage(channel=ALERTS, text="x")))["error"] == "not_in_channel"
    slack.invite("#boardroom")
    assert (await client.chat_postMessage(channel=PRIVATE, text="x"))["ok"]
    empty = refusal(client.api_call("chat.postMessage", json={"channel": PRIVATE}))
    assert (await empty)["error"] == "no_text"


async def test_it_gives_every_message_a_later_timestamp(slack: LocalSlack, client: AsyncWebClient) -> None:
    stamps = [(await client.chat_postMessage(channel=ALERTS, text="x"))["ts"] for _ in range(5)]
    assert stamps == sorted(set(stamps), key=float)


async def test_it_gives_metadata_only_when_asked(slack: LocalSlack, client: AsyncWebClient) -> None:
    metadata = {"event_type": "ringwatch_alert", "event_payload": {"alert": "low", "incident": "i1"}}
    await client.chat_postMessage(channel=ALERTS, text="x", metadata=metadata)
    plain = await client.conversations_history(channel=ALERTS)
    assert "metadata" not in plain["messages"][0]
    full = await client.conversations_history(channel=ALERTS, include_all_metadata=True)
    assert full["messages"][0]["metadata"] == metadata
    huge = {"event_type": "a", "event_payload": {"x": "y" * 9_000}}
    told = await refusal(client.chat_postMessage(channel=ALERTS, text="x", metadata=huge))
    assert told["error"] == "metadata_too_large"


async def test_it_keeps_metadata_over_an_edit_unless_told_otherwise(
    slack: LocalSlack, client: AsyncWebClient, card: Any
) -> None:
    first = {"event_type": "a", "event_payload": {"state": "firing"}}
    posted = await client.chat_postMessage(channel=ALERTS, text="x", blocks=card("one"), metadata=first)
    item = slack.messages(ALERTS)[0]
    await client.chat_update(channel=ALERTS, ts=posted["ts"], text="y", blocks=card("two"))
    assert (item.words, item.metadata, item.edits) == ("two", first, 1)
    assert item.edited_ts is not None
    second = {"event_type": "a", "event_payload": {"state": "resolved"}}
    await client.chat_update(channel=ALERTS, ts=posted["ts"], text="z", metadata=second)
    assert (item.blocks, item.text, item.metadata) == ([], "z", second)


async def test_it_edits_and_deletes_only_what_the_app_wrote(slack: LocalSlack, client: AsyncWebClient) -> None:
    theirs = slack.say("ivan", "#voip-alerts", "mine")
    told = await refusal(client.chat_update(channel=ALERTS, ts=theirs.ts, text="x"))
    assert told["error"] == "cant_update_message"
    assert (await refusal(client.chat_delete(channel=ALERTS, ts=theirs.ts)))["error"] == "cant_delete_message"
    assert (await refusal(client.chat_update(channel=ALERTS, ts="1.1", text="x")))["error"] == "message_not_found"
    posted = await client.chat_postMessage(channel=ALERTS, text="x")
    slack.delete(slack.messages(ALERTS)[-1])
    told = await refusal(client.chat_update(channel=ALERTS, ts=posted["ts"], text="y"))
    assert told["error"] == "message_not_found"
    again = await client.chat_postMessage(channel=ALERTS, text="again")
    await client.chat_delete(channel=ALERTS, ts=again["ts"])
    assert [m.text for m in slack.messages(ALERTS)] == ["mine"]
    kept = await client.chat_postMessage(channel=ALERTS, text="kept")
    slack.kick("#voip-alerts")
    told = await refusal(client.chat_update(channel=ALERTS, ts=kept["ts"], text="y"))
    assert told["error"] == "channel_not_found"


async def test_it_shows_a_broadcast_reply_in_both_places(slack: LocalSlack, client: AsyncWebClient) -> None:
    root = (await client.chat_postMessage(channel=ALERTS, text="root"))["ts"]
    await client.chat_postMessage(channel=ALERTS, text="quiet", thread_ts=root)
    loud = await client.chat_postMessage(channel=ALERTS, text="loud", thread_ts=root, reply_broadcast=True)
    assert loud["message"]["subtype"] == "thread_broadcast"
    history = (await client.conversations_history(channel=ALERTS))["messages"]
    assert [m["text"] for m in history] == ["loud", "root"]
    assert history[0]["root"]["text"] == "root"
    assert history[1]["reply_count"] == 2
    replies = (await client.conversations_replies(channel=ALERTS, ts=root))["messages"]
    assert [m["text"] for m in replies] == ["root", "quiet", "loud"]
    lost = refusal(client.chat_postMessage(channel=ALERTS, text="x", thread_ts="1.000001"))
    assert (await lost)["error"] == "thread_not_found"
    assert (await refusal(client.conversations_replies(channel=ALERTS, ts="1.1")))["error"] == "thread_not_found"


async def test_it_pages_through_history(slack: LocalSlack, client: AsyncWebClient) -> None:
    stamps = [(await client.chat_postMessage(channel=ALERTS, text=str(n)))["ts"] for n in range(7)]
    seen: list[str] = []
    async for page in await client.conversations_history(channel=ALERTS, limit=3):
        assert len(page["messages"]) <= 3
        seen += [m["text"] for m in page["messages"]]
    assert seen == ["6", "5", "4", "3", "2", "1", "0"]
    after = await client.conversations_history(channel=ALERTS, oldest=stamps[2], limit=2)
    assert [m["text"] for m in after["messages"]] == ["4", "3"]
    assert after["has_more"] is True
    around = await client.conversations_history(channel=ALERTS, oldest=stamps[2], latest=stamps[4], inclusive=True)
    assert [m["text"] for m in around["messages"]] == ["4", "3", "2"]
    between = await client.conversations_history(channel=ALERTS, oldest=stamps[2], latest=stamps[4])
    assert [m["text"] for m in between["messages"]] == ["3"]
    told = await refusal(client.conversations_history(channel=ALERTS, cursor="nonsense"))
    assert told["error"] == "invalid_cursor"
    assert (await refusal(client.conversations_history(channel=ALERTS, limit=5000)))["error"] == "invalid_limit"
    assert (await refusal(client.conversations_history(channel=GENERAL)))["error"] == "not_in_channel"
    assert (await refusal(client.conversations_history(channel="#voip-alerts")))["error"] == "channel_not_found"


async def test_it_lists_where_the_app_is(slack: LocalSlack, client: AsyncWebClient) -> None:
    mine = await client.users_conversations(types="public_channel,private_channel")
    assert {c["name"] for c in mine["channels"]} == {"voip-alerts", "support", "managers"}
    every = await client.conversations_list(limit=2)
    assert every["response_metadata"]["next_cursor"]
    names = [c["name"] async for page in await client.conversations_list(limit=2) for c in page["channels"]]
    assert names == ["voip-alerts", "support", "managers", "general"]
    slack.archive("#managers")
    left = await client.users_conversations(types="public_channel", exclude_archived=True)
    assert {c["name"] for c in left["channels"]} == {"voip-alerts", "support"}
    joined = await client.conversations_join(channel=GENERAL)
    assert joined["channel"]["is_member"] is True
    assert BOT_USER in (await client.conversations_members(channel=GENERAL))["members"]


async def test_it_tells_guests_and_strangers_apart(client: AsyncWebClient) -> None:
    assert (await client.users_info(user=GUEST))["user"]["is_restricted"] is True
    stranger = (await client.users_info(user=STRANGER))["user"]
    assert stranger["is_stranger"] is True
    assert stranger["team_id"] != "T0KESTREL01"
    assert (await client.users_info(user=MANAGER))["user"]["is_restricted"] is False
    groups = (await client.usergroups_list(include_users=True))["usergroups"]
    users = (await client.usergroups_users_list(usergroup=groups[0]["id"]))["users"]
    assert users == groups[0]["users"]
    assert (await refusal(client.users_info(user="U0NOBODY001")))["error"] == "user_not_found"


async def test_it_grants_what_the_manifest_asks_for_and_no_more(clock: Any) -> None:
    manifest = {"oauth_config": {"scopes": {"bot": ["chat:write", "channels:history"]}}}
    async with patient_slack(clock, manifest=manifest) as slack:
        client = AsyncWebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[])
        metadata = {"event_type": "a", "event_payload": {}}
        await client.chat_postMessage(channel=ALERTS, text="x", metadata=metadata)
        told = await client.conversations_history(channel=ALERTS, include_all_metadata=True)
        assert "metadata" not in told["messages"][0]  # without metadata.message:read
        refused = await refusal(client.users_info(user=MANAGER))
        assert (refused["error"], refused["needed"]) == ("missing_scope", "users:read")
        assert refused.headers["x-oauth-scopes"] == "channels:history,chat:write"


async def test_it_uploads_a_file_in_three_steps(slack: LocalSlack, client: AsyncWebClient) -> None:
    await client.files_upload_v2(channel=ALERTS, content=b"RIFF", filename="call.wav", title="The call")
    (item,) = slack.files
    assert (item.content, item.title, item.channels) == (b"RIFF", "The call", [ALERTS])
    assert slack.messages(ALERTS)[-1].files == [item.id]
    url = (await client.files_getUploadURLExternal(filename="a.txt", length=3))["upload_url"]
    async with aiohttp.ClientSession() as http:
        async with http.post(url, data=b"four") as answer:
            assert answer.status == 400
        async with http.post(url, data=b"abc") as answer:
            assert answer.status == 404  # good once
    told = await refusal(client.files_completeUploadExternal(files=[{"id": "F0", "title": "x"}]))
    assert told["error"] == "file_not_found"


async def test_it_tells_who_would_be_woken(slack: LocalSlack, client: AsyncWebClient, card: Any) -> None:
    async def wakes(text: str, **more: Any) -> set[str]:
        await client.chat_postMessage(channel=ALERTS, text="fallback", blocks=card(text), **more)
        found = max(slack.workspace.standing(ALERTS), key=lambda m: float(m.ts)).wakes
        return {slack.workspace.people[user].name for user in found}

    everybody = {"olena", "ivan", "daria", "vadym", "anna"}
    assert await wakes("quiet") == set()
    assert await wakes("<!here> now") == everybody
    assert await wakes(f"<@{MANAGER}>") == {"ivan"}
    assert await wakes("<!subteam^S0ONCALL001>") == {"vadym", "daria"}
    assert await wakes("&lt;!channel&gt; said the vendor") == set()
    assert await wakes(f"<@{GUEST}> is not in this channel") == set()
    root = slack.messages(ALERTS)[0].ts
    assert await wakes("<!here> in a thread", thread_ts=root) == set()
    assert await wakes("<!here> shown in the channel", thread_ts=root, reply_broadcast=True) == everybody
    await client.chat_update(channel=ALERTS, ts=root, text="x", blocks=card("<!here>"))
    assert len(slack.wakes("ivan")) == 3


async def test_it_reacts_once_and_links_to_a_message(slack: LocalSlack, client: AsyncWebClient) -> None:
    ts = (await client.chat_postMessage(channel=ALERTS, text="x"))["ts"]
    await client.reactions_add(channel=ALERTS, timestamp=ts, name="eyes")
    told = await refusal(client.reactions_add(channel=ALERTS, timestamp=ts, name="eyes"))
    assert told["error"] == "already_reacted"
    link = (await client.chat_getPermalink(channel=ALERTS, message_ts=ts))["permalink"]
    assert link.endswith(f"/archives/{ALERTS}/p{ts.replace('.', '')}")


async def test_it_opens_a_dm_once(slack: LocalSlack, client: AsyncWebClient) -> None:
    first = await client.conversations_open(users=MANAGER)
    second = await client.conversations_open(users=MANAGER)
    assert first["channel"]["id"] == second["channel"]["id"]
    assert second["already_open"] is True
    assert (await refusal(client.conversations_open(users="U0NOBODY001")))["error"] == "user_not_found"
    told = await client.chat_postEphemeral(channel=ALERTS, user=MANAGER, text="psst")
    assert slack.ephemerals("ivan")[0].ts == told["message_ts"]
    outside = refusal(client.chat_postEphemeral(channel=ALERTS, user=GUEST, text="psst"))
    assert (await outside)["error"] == "user_not_in_channel"
