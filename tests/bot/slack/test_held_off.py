"""How long Slack asks us to wait: `Retry-After` as every other door reads it, within bounds."""

from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.slack.posting import HeldOffError, Posting

Clock = Any  # the fixture of tests/conftest.py


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        ("Sat, 21 Nov 2026 12:01:30 GMT", 90),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 1),
        ("0", 1),
        ("99999", 3600),
        ("soon", 1),
        (None, 1),
    ],
)
async def test_it_waits_as_long_as_slack_asks_a_second_to_an_hour(clock: Clock, header: str | None, seconds: int):
    async def refuse(request: web.Request) -> web.Response:
        headers = {} if header is None else {"Retry-After": header}
        return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", refuse)
    async with (
        TestServer(app) as server,
        Posting(token="xoxb-1", api_url=str(server.make_url("/api/")), clock=clock) as posting,
    ):
        with pytest.raises(HeldOffError) as held:
            await posting.call(posting.once.chat_postMessage(channel="C1", text="a"))
        assert held.value.wait == timedelta(seconds=seconds)
        with pytest.raises(HeldOffError) as held:
            await posting.respond(str(server.make_url("/hook")), {"text": "a"})
        assert held.value.wait == timedelta(seconds=seconds)
