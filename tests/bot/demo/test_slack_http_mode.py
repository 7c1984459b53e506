"""The local Slack's HTTP mode: signed requests to a real Bolt app behind aiohttp."""

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.slack import LocalSlack
from bot.demo.slack.town import ALERTS
from tests.deadlines import patient_slack


@pytest.fixture
async def served(slack: LocalSlack, bolt: AsyncApp) -> AsyncIterator[TestServer]:
    server = TestServer(bolt.web_app(path="/slack/events"))
    await server.start_server()
    slack.request_url = str(server.make_url("/slack/events"))
    yield server
    await server.close()


async def test_it_signs_what_it_sends(
    slack: LocalSlack,
    client: AsyncWebClient,
    bolt: AsyncApp,
    served: TestServer,
    card: Any,
    form: dict[str, Any],
) -> None:
    events: list[str] = []

    @bolt.command("/call")
    async def call(ack: Any, body: dict[str, Any]) -> None:
        await ack(text=f"+380 {body['text']} & co")

    @bolt.action("go")
    async def go(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=form)

    @bolt.view("call")
    async def submitted(ack: Any) -> None:
        await ack(response_action="errors", errors={"number": "no"})

    @bolt.event("app_mention")
    async def mention(event: dict[str, Any]) -> None:
        events.append(event["text"])

    done = await slack.command("ivan", "#general", "/call", "50 & <more>")
    assert [m.text for m in done.answers] == ["+380 50 & <more> & co"]
    await client.chat_postMessage(channel=ALERTS, text="x", blocks=card("x", ("Go", "go")))
    view = await (await slack.press("ivan", slack.messages(ALERTS)[0], "Go")).modal()
    assert (await slack.submit("ivan", view, {"Number": "1"})).errors == {"number": "no"}
    slack.say("ivan", "#voip-alerts", "@Ringwatch status")
    await slack.until(lambda: events)
    assert events == ["<@U0RINGWATCH> status"]


async def test_it_is_refused_with_a_wrong_or_old_signature(
    slack: LocalSlack, bolt: AsyncApp, served: TestServer, clock: Any
) -> None:
    @bolt.command("/call")
    async def call(ack: Any) -> None:
        await ack()

    assert (await slack.command("ivan", "#general", "/call")).acked
    slack.stage.signing_secret = "another"
    done = await slack.command("ivan", "#general", "/call")
    assert done.ack is not None
    assert done.ack.error == "http_client_error"
    old = LocalSlack(clock, wall=lambda: 1_000_000_000)
    headers = old.delivery.signed("token=x")
    url = str(slack.request_url)
    async with aiohttp.ClientSession() as http, http.post(url, data="token=x", headers=headers) as answer:
        assert answer.status == 401


async def test_it_sends_an_event_once_more_with_the_reason(clock: Any) -> None:
    seen: list[tuple[str, str, str]] = []

    async def fail(request: web.Request) -> web.Response:
        body = json.loads(await request.text())
        number = request.headers.get("X-Slack-Retry-Num", "")
        seen.append((body["event_id"], number, request.headers.get("X-Slack-Retry-Reason", "")))
        return web.Response(status=500)

    app = web.Application()
    app.router.add_post("/events", fail)
    async with TestServer(app) as server, patient_slack(clock) as slack:
        slack.request_url = str(server.make_url("/events"))
        slack.say("ivan", "#voip-alerts", "@Ringwatch status")
        await slack.until(lambda: len(seen) == 2)
        assert [(number, reason) for _, number, reason in seen] == [("", ""), ("1", "http_error")]
        assert seen[0][0] == seen[1][0]
        done = await slack.command("ivan", "#general", "/x")
        assert done.ack is not None
        assert done.ack.error == "http_service_error"


async def test_it_says_when_the_app_cannot_be_reached(slack: LocalSlack, served: TestServer) -> None:
    await served.close()
    done = await slack.command("ivan", "#general", "/x")
    assert done.ack is not None
    assert done.ack.error == "dispatch_failed"
    assert "dispatch_failed" in slack.ephemerals("ivan")[0].text
