"""HTTP mode: what Slack has signed is acknowledged, what it has not is refused; and whether we are connected."""

import hashlib
import hmac
import io
import json
import time
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr

from bot.demo.slack.town import AGENT, ALERTS

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
COMMAND = {"command": "/balance", "text": "", "user_id": AGENT, "channel_id": ALERTS, "team_id": "T0KESTREL01"}


def signed(secret, body, at=None, **headers):
    at = str(int(time.time()) if at is None else at)
    digest = hmac.new(secret.encode(), b"v0:" + at.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={digest}", **headers}


@pytest.fixture
async def served(front, slack, says):
    async with front([says("balance", "From HTTP.")], mode="http") as made:
        app = web.Application(client_max_size=1024 * 1024)
        app.router.add_post("/slack/events", made.web_handler)
        async with TestClient(TestServer(app)) as client:
            slack.request_url = str(client.make_url("/slack/events"))
            yield made, client


async def test_it_answers_a_signed_command(served, slack):
    done = await slack.command(AGENT, ALERTS, "/balance")
    assert done.acked
    assert await slack.ephemeral(AGENT, ALERTS, "From HTTP.")


async def post(client, body, headers):
    answer = await client.post("/slack/events", data=body, headers=headers)
    return answer.status, await answer.text()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda h: {**h, "X-Slack-Signature": "v0=" + "0" * 64},
        lambda h: {**h, "X-Slack-Signature": "nonsense"},
        lambda h: {k: v for k, v in h.items() if k != "X-Slack-Signature"},
        lambda h: {k: v for k, v in h.items() if k != "X-Slack-Request-Timestamp"},
        lambda h: {**h, "X-Slack-Request-Timestamp": "soon"},
    ],
)
async def test_it_refuses_what_slack_has_not_signed(served, slack, spoil):
    _, client = served
    body = urlencode(COMMAND).encode()
    assert (await post(client, body, spoil(signed(slack.signing_secret, body, **FORM))))[0] == 401
    assert slack.ephemerals(AGENT) == []


@pytest.mark.parametrize("stamp", ["9" * 300, "-" + "9" * 300, "1e9", "٣", " ", "", "nan"])
async def test_a_time_stamp_that_is_none_is_not_signed(served, stamp):
    _, client = served
    headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": "v0=" + "0" * 64, "Content-Type": "x/y"}
    assert (await post(client, b"{}", headers))[0] == 401


@pytest.mark.parametrize("off", [-301, 310])
async def test_it_refuses_a_stale_signature(served, slack, off):
    _, client = served
    body = urlencode(COMMAND).encode()
    headers = signed(slack.signing_secret, body, at=int(time.time()) + off, **FORM)
    assert (await post(client, body, headers))[0] == 401


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "application/x-www-form-urlencoded"),
        (b"payload=not+json", "application/x-www-form-urlencoded"),
        (b"[" * 50_000, "application/json"),
        (b'{"a":' * 50_000, "application/json"),
        (b"payload=" + b"%5B" * 50_000, "application/x-www-form-urlencoded"),
        (b"payload=[1]", "application/x-www-form-urlencoded"),
        (b"payload=%7B%22type%22%3A%22dialog_submission%22%7D", "application/x-www-form-urlencoded"),
        (b"payload=%7B%22type%22%3A%22block_actions%22%7D", "application/x-www-form-urlencoded"),
        (
            b"payload=%7B%22type%22%3A%22view_submission%22%2C%22view%22%3A%5B%5D%7D",
            "application/x-www-form-urlencoded",
        ),
        (b"command=%2Fnothing", "application/x-www-form-urlencoded"),
        (b'{"type":"event_callback","event":{"type":"app_mention","user":"U1"}}', "application/json"),
        (b"{broken", "application/json"),
        (b"[]", "application/json"),
        (b'"word"', "application/json"),
        (b"\xff\xfe", "application/octet-stream"),
    ],
)
async def test_it_acknowledges_whatever_slack_has_signed(served, slack, body, kind):
    _, client = served
    headers = signed(slack.signing_secret, body, **{"Content-Type": kind})
    assert (await post(client, body, headers))[0] == (401 if body == b"\xff\xfe" else 200)


async def test_it_takes_a_payload_for_one_even_beside_a_command(served, slack):
    _, client = served
    body = b"payload=%7B%7D&" + urlencode(COMMAND).encode()
    assert (await post(client, body, signed(slack.signing_secret, body, **FORM)))[0] == 200
    later = await slack.command(AGENT, ALERTS, "/balance")
    await slack.until(lambda: later.answers)
    assert len(slack.ephemerals(AGENT)) == 1


async def test_it_answers_one_delivery_once_though_it_comes_twice(served, slack):
    _, client = served
    body = urlencode({**COMMAND, "trigger_id": "1.2.3"}).encode()
    headers = signed(slack.signing_secret, body, **FORM)
    for _ in range(2):
        assert (await post(client, body, headers))[0] == 200
    later = await slack.command(AGENT, ALERTS, "/balance")
    await slack.until(lambda: later.answers and len(slack.ephemerals(AGENT)) >= 2)
    assert len(slack.ephemerals(AGENT)) == 2


async def test_it_answers_slack_s_challenge(served, slack):
    _, client = served
    body = json.dumps({"type": "url_verification", "challenge": "abc123"}).encode()
    status, text = await post(client, body, signed(slack.signing_secret, body, **{"Content-Type": "application/json"}))
    assert status == 200
    assert "abc123" in text


async def test_it_refuses_a_body_above_a_megabyte(served, slack):
    _, client = served
    body = b"x" * (1024 * 1024 + 1)
    headers = signed(slack.signing_secret, body, **FORM)
    assert (await post(client, io.BytesIO(body), headers))[0] == 413


async def test_it_has_no_door_without_a_signing_secret(front):
    async with front(mode="socket") as made:
        assert made.web_handler is None


async def test_it_takes_both_ways_at_once(front, slack, says):
    async with front([says("balance", "Both.")], mode="both") as made:
        done = await slack.command(AGENT, ALERTS, "/balance")
        await slack.until(lambda: done.answers)
        app = web.Application()
        app.router.add_post("/slack/events", made.web_handler)
        async with TestClient(TestServer(app)) as client:
            slack.request_url = str(client.make_url("/slack/events"))
            over_http = await slack.command(AGENT, ALERTS, "/balance")
            assert over_http.acked
            await slack.until(lambda: over_http.answers)


async def test_it_is_connected_while_the_web_api_answers(served, slack, clock):
    made, _ = served
    assert await made.connected() == (True, "")
    asked = slack.journal.count("auth.test")
    assert await made.connected() == (True, "")
    assert slack.journal.count("auth.test") == asked  # heard a moment ago
    await slack.stop()
    assert await made.connected() == (True, "")
    clock.advance(timedelta(seconds=16))
    connected, reason = await made.connected()
    assert not connected
    assert "Slack cannot be reached" in reason or "Slack did not answer" in reason


async def test_it_is_not_connected_where_slack_refuses_our_token(front, slack):
    async with front(mode="http", slack={"bot_token": SecretStr("xoxb-wrong")}) as made:
        connected, reason = await made.connected()
        assert not connected
        assert "invalid_auth" in reason
        assert "xoxb" not in reason
