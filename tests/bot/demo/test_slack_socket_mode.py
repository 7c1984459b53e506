"""The local Slack's Socket Mode, with Bolt's real handler at the other end."""

import asyncio
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.slack import LocalSlack
from bot.demo.slack.town import ALERTS, GENERAL, MANAGER, STRANGER
from tests.deadlines import patient_slack


async def test_it_brings_a_command_and_shows_the_ack(slack: LocalSlack, bolt: AsyncApp, connect: Any) -> None:
    seen: list[dict[str, Any]] = []

    @bolt.command("/balance")
    async def balance(ack: Any, command: dict[str, Any]) -> None:
        seen.append(command)
        await ack("42 USD")

    await connect(bolt)
    done = await slack.command("ivan", "#general", "/balance", "sales now")
    assert done.acked
    assert [m.text for m in slack.ephemerals("ivan", "#general")] == ["42 USD"]
    assert slack.ephemerals("anna") == []
    (body,) = seen
    assert body["text"] == "sales now"
    assert (body["user_id"], body["channel_id"], body["channel_name"]) == (MANAGER, GENERAL, "general")
    assert body["is_enterprise_install"] == "false"
    assert body["response_url"].startswith(slack.base_url)
    await slack.command("sam", "#support", "/balance")
    assert (seen[1]["user_id"], seen[1]["team_id"]) == (STRANGER, "T0PARTNER01")
    await slack.command("ivan", slack.dm("ivan").id, "/balance")
    assert seen[2]["channel_name"] == "directmessage"
    await slack.command("olena", "#boardroom", "/balance")
    assert seen[3]["channel_name"] == "privategroup"


async def test_it_shows_an_in_channel_answer_to_everybody(slack: LocalSlack, bolt: AsyncApp, connect: Any) -> None:
    @bolt.command("/balance")
    async def balance(ack: Any) -> None:
        await ack({"text": "for all", "response_type": "in_channel"})

    await connect(bolt)
    await slack.command("ivan", "#general", "/balance")
    (item,) = slack.messages(GENERAL)  # though the app is not in it
    assert (item.text, item.used, item.only_for) == ("for all", "/balance", None)


async def test_it_tells_the_person_when_nobody_answers(slack: LocalSlack, bolt: AsyncApp, connect: Any) -> None:
    @bolt.command("/silent")
    async def silent() -> None:
        return

    done = await slack.command("ivan", "#general", "/silent")
    assert done.ack is not None
    assert done.ack.error == "dispatch_failed"
    await connect(bolt)
    slack.delivery.patience = 0.2
    late = await slack.command("ivan", "#general", "/silent")
    assert late.ack is not None
    assert late.ack.error == "operation_timeout"
    told = slack.ephemerals("ivan", "#general")
    assert all(m.from_slack for m in told)
    assert "operation_timeout" in told[-1].text


async def test_it_gives_each_envelope_to_one_socket(slack: LocalSlack, client: AsyncWebClient, connect: Any) -> None:
    seen: list[tuple[int, str]] = []

    def app(number: int) -> AsyncApp:
        made = AsyncApp(client=client)

        @made.command("/n")
        async def count(ack: Any, command: dict[str, Any]) -> None:
            seen.append((number, command["text"]))
            await ack()

        return made

    for number in range(3):
        await connect(app(number))
    await slack.connected(3)
    await asyncio.gather(*(slack.command("ivan", "#general", "/n", str(n)) for n in range(12)))
    assert sorted(int(text) for _, text in seen) == list(range(12))
    assert {number for number, _ in seen} == {0, 1, 2}


async def test_it_breaks_and_refreshes_sockets_and_the_app_comes_back(
    slack: LocalSlack, bolt: AsyncApp, connect: Any
) -> None:
    @bolt.command("/n")
    async def answer(ack: Any) -> None:
        await ack()

    await connect(bolt)
    for lever in (slack.refresh_sockets, None):
        before = slack.sockets.open[0]
        if lever:
            await lever()
        else:
            slack.drop_sockets()
        await slack.until(lambda b=before: slack.sockets.open and b not in slack.sockets.open, 10)  # type: ignore[misc]
        assert (await slack.command("ivan", "#general", "/n")).acked
    assert slack.journal.count("apps.connections.open") == 3


async def test_it_uses_a_ticket_up_even_when_it_refuses_the_handshake(slack: LocalSlack) -> None:
    opener = AsyncWebClient(slack.app_token, base_url=slack.api_url)
    slack.refuse_handshakes(1)
    url = (await opener.apps_connections_open(app_token=slack.app_token))["url"]
    async with aiohttp.ClientSession() as http:
        for status in (503, 403, 403):
            with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
                await http.ws_connect(url)
            assert caught.value.status == status
        fresh = (await opener.apps_connections_open(app_token=slack.app_token))["url"]
        async with http.ws_connect(fresh) as ws:
            hello = await ws.receive_json()
            assert (hello["type"], hello["num_connections"]) == ("hello", 1)
    await slack.until(lambda: not slack.sockets.open)


async def test_it_sends_an_eleventh_socket_away(slack: LocalSlack) -> None:
    opener = AsyncWebClient(slack.app_token, base_url=slack.api_url)
    kept = []
    async with aiohttp.ClientSession() as http:
        for number in range(11):
            url = (await opener.apps_connections_open(app_token=slack.app_token))["url"]
            kept.append(await http.ws_connect(url))
            first = await kept[-1].receive_json()
            assert first["type"] == ("hello" if number < 10 else "disconnect")
    await slack.until(lambda: not slack.sockets.open)


async def test_it_tells_the_app_what_people_write(clock: Any) -> None:
    events = ["app_mention", "message.channels", "message.im", "app_home_opened", "member_joined_channel"]
    manifest = {
        "settings": {"event_subscriptions": {"bot_events": events}},
        "features": {"app_home": {"home_tab_enabled": True}},
    }
    async with patient_slack(clock, manifest=manifest) as slack:
        opener = AsyncWebClient(slack.app_token, base_url=slack.api_url)
        url = (await opener.apps_connections_open(app_token=slack.app_token))["url"]
        async with aiohttp.ClientSession() as http, http.ws_connect(url) as ws:
            await ws.receive_json()

            async def event() -> dict[str, Any]:
                envelope = await ws.receive_json()
                await ws.send_json({"envelope_id": envelope["envelope_id"]})
                assert envelope["type"] == "events_api"
                assert envelope["payload"]["type"] == "event_callback"
                return dict(envelope["payload"]["event"], shared=envelope["payload"]["is_ext_shared_channel"])

            slack.say("ivan", "#voip-alerts", "@Ringwatch queue")
            both = {(await event())["type"], (await event())["type"]}
            assert both == {"message", "app_mention"}
            slack.say("ivan", slack.dm("ivan").id, "help")
            direct = await event()
            assert (direct["channel_type"], direct["user"]) == ("im", MANAGER)
            slack.say("ivan", "#general", "the app is not here")
            slack.say("sam", "#support", "hello")
            foreign = await event()
            assert (foreign["user_team"], foreign["shared"]) == ("T0PARTNER01", True)
            slack.open_home("ivan")
            assert (await event())["tab"] == "home"
            slack.invite("#general")
            assert (await event())["type"] == "member_joined_channel"
            slack.delivery.patience = 0.2  # for an ack that does not come
            slack.say("ivan", "#voip-alerts", "unheard")
            envelope = await ws.receive_json()
            again = await ws.receive_json()  # not acknowledged: it comes once more, and says so
            assert (envelope["retry_attempt"], again["retry_attempt"]) == (0, 1)
            assert again["payload"]["event_id"] == envelope["payload"]["event_id"]


async def test_it_offers_only_the_manifests_commands(clock: Any) -> None:
    commands = [{"command": "/balance", "description": "Balances", "should_escape": True}]
    async with patient_slack(clock, manifest={"features": {"slash_commands": commands}}) as slack:
        done = await slack.command("ivan", "#voip-alerts", "/balanse")
        assert done.refused == "invalid_command"
        assert not done.sent
        assert slack.escaped("to @anna in #general") == "to <@U0AGENT0001|anna> in <#C0GENERAL01|general>"
        client = AsyncWebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[])
        await client.chat_postMessage(channel=ALERTS, text="x")
