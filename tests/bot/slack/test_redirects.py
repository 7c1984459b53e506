"""Slack's own address is the end of every request: a redirect carries nothing on, and is never taken for a post."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.slack.posting import Posting, UnclearError

Clock = Any  # the fixture of tests/conftest.py


@dataclass
class Stranger:
    """Says yes to everything, as a captive portal does, and keeps what it gets."""

    url: str = ""
    got: list[str] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.got.append(f"{request.method} {request.path_qs} {await request.text()}")
        return web.json_response({"ok": True, "ts": "1763730000.000100", "channel": "C1", "upload_url": self.url})


@pytest.fixture
async def stranger() -> AsyncIterator[Stranger]:
    stranger = Stranger()
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", stranger.take)
    async with TestServer(app, host="localhost") as server:
        stranger.url = str(server.make_url("/"))
        yield stranger


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_it_follows_none_and_takes_none_for_a_post(stranger: Stranger, clock: Clock, status: int) -> None:
    asked: list[str] = []

    async def send_on(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=status, headers={"Location": stranger.url})

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", send_on)
    async with TestServer(app) as server:
        api = str(server.make_url("/api/"))
        async with Posting(token="xoxb-canary", api_url=api, clock=clock) as posting:
            tries = (
                lambda: posting.call(posting.once.chat_postMessage(channel="C1", text="canary words")),
                lambda: posting.call(posting.again.auth_test()),
                lambda: posting.call(posting.once.apps_connections_open(app_token="xapp-canary")),
                lambda: posting.respond(str(server.make_url("/commands/T1/1/canary")), {"text": "canary words"}),
            )
            for attempt in tries:
                with pytest.raises(UnclearError) as caught:
                    await attempt()
                assert "canary" not in f"{caught.value} {caught.value!r} {caught.value.__cause__!r}"
            assert posting.trouble == "Slack did not answer: RedirectedError."
    assert asked == ["/api/chat.postMessage", "/api/auth.test", "/api/apps.connections.open", "/commands/T1/1/canary"]
    assert stranger.got == []


async def test_an_upload_ends_where_slack_said(stranger: Stranger, clock: Clock) -> None:
    async def take(request: web.Request) -> web.Response:
        if request.path == "/upload":
            return web.Response(status=307, headers={"Location": stranger.url})
        return web.json_response({"ok": True, "upload_url": str(request.url.with_path("/upload")), "file_id": "F1"})

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", take)
    async with TestServer(app) as server:
        api = str(server.make_url("/api/"))
        async with Posting(token="xoxb-canary", api_url=api, clock=clock) as posting:
            with pytest.raises(UnclearError):
                await posting.upload("C1", name="a.wav", title="a call", content=b"canary", comment="")
    assert stranger.got == []
