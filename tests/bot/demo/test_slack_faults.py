"""The levers of the local Slack: what goes wrong on demand, seen by the real client."""

import asyncio
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.slack import LocalSlack
from bot.demo.slack.town import ALERTS
from tests.deadlines import PATIENCE


async def test_it_limits_the_rate_as_often_as_it_was_told(slack: LocalSlack, client: AsyncWebClient) -> None:
    slack.fail("chat.postMessage", "ratelimit", times=2, retry_after=7)
    for _ in range(2):
        with pytest.raises(SlackApiError) as caught:
            await client.chat_postMessage(channel=ALERTS, text="x")
        assert caught.value.response.status_code == 429
        assert caught.value.response.headers["Retry-After"] == "7"
        assert caught.value.response["error"] == "ratelimited"
    await client.auth_test()
    await client.chat_postMessage(channel=ALERTS, text="x")
    assert slack.journal.count("chat.postMessage") == 3
    assert [m.text for m in slack.messages(ALERTS)] == ["x"]


async def test_it_takes_one_post_a_second_a_channel_where_it_shall(
    slack: LocalSlack, client: AsyncWebClient, clock: Any
) -> None:
    slack.pace_posts(1.0)
    await client.chat_postMessage(channel=ALERTS, text="first")
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=ALERTS, text="too soon")
    assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "1")
    await client.chat_postMessage(channel="#support", text="elsewhere")
    clock.advance(timedelta(seconds=1))
    await client.chat_postMessage(channel=ALERTS, text="second")
    assert [m.text for m in slack.messages(ALERTS)] == ["first", "second"]


async def test_it_is_honoured_by_the_clients_own_retry(slack: LocalSlack) -> None:
    handlers = [AsyncRateLimitErrorRetryHandler(max_retry_count=1)]
    client = AsyncWebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=handlers)  # type: ignore[arg-type]
    slack.fail("auth.test", "ratelimit", retry_after=0)
    assert (await client.auth_test())["ok"]


@pytest.mark.parametrize(("kind", "status"), [("error500", 500), ("error503", 503)])
async def test_it_fails_like_a_server(slack: LocalSlack, client: AsyncWebClient, kind: Any, status: int) -> None:
    slack.fail("*", kind)
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=ALERTS, text="x")
    assert caught.value.response.status_code == status
    assert slack.messages(ALERTS) == []


@pytest.mark.parametrize(("kind", "there"), [("cut", 0), ("lose_answer", 1)])
async def test_it_cuts_the_line_before_or_after(
    slack: LocalSlack, client: AsyncWebClient, kind: Any, there: int
) -> None:
    slack.fail("chat.postMessage", kind)
    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel=ALERTS, text="x")
    assert len(slack.messages(ALERTS)) == there
    await client.chat_postMessage(channel=ALERTS, text="y")
    assert slack.messages(ALERTS)[-1].text == "y"


async def test_it_shows_that_the_clients_default_posts_twice(slack: LocalSlack) -> None:
    careless = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
    slack.fail("chat.postMessage", "lose_answer")
    await careless.chat_postMessage(channel=ALERTS, text="x")
    assert len(slack.messages(ALERTS)) == 2


async def test_it_hangs_until_it_is_healed(slack: LocalSlack, client: AsyncWebClient) -> None:
    slack.fail("chat.postMessage", "hang")
    waiting = asyncio.create_task(client.chat_postMessage(channel=ALERTS, text="x"))
    await slack.until(lambda: not slack.stage.faults.waiting)
    await client.auth_test()
    assert not waiting.done()
    slack.heal()
    with pytest.raises(aiohttp.ClientError):
        await waiting
    assert slack.messages(ALERTS) == []


async def test_it_takes_a_post_late(slack: LocalSlack, client: AsyncWebClient) -> None:
    slack.fail("chat.postMessage", "late")
    waiting = asyncio.create_task(client.chat_postMessage(channel=ALERTS, text="x"))
    await slack.until(lambda: not slack.stage.faults.waiting)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert slack.messages(ALERTS) == []
    slack.land()
    assert (await slack.message(ALERTS)).text == "x"


async def test_it_does_not_wait_for_what_hangs_when_it_stops(clock: Any) -> None:
    slack = LocalSlack(clock)
    await slack.start()
    client = AsyncWebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[])
    slack.fail("auth.test", "hang")
    waiting = asyncio.create_task(client.auth_test())
    await slack.until(lambda: not slack.stage.faults.waiting)
    async with asyncio.timeout(PATIENCE):
        await slack.stop()
    with pytest.raises(aiohttp.ClientError):
        await waiting


async def test_it_fails_uploads_and_says_when_it_waited_in_vain(slack: LocalSlack, client: AsyncWebClient) -> None:
    slack.fail("files.upload", "error500")
    with pytest.raises(Exception, match="Failed to upload"):
        await client.files_upload_v2(channel=ALERTS, content=b"x", filename="a.txt")
    assert slack.files == []
    with pytest.raises(TimeoutError, match="'never' in #voip-alerts"):
        await slack.message("#voip-alerts", "never", within=0.05)
    with pytest.raises(ValueError, match="this machine alone"):
        await LocalSlack(slack.workspace.clock).start("0.0.0.0")
