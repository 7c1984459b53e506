"""The dead man's switch is asked at its own address, which is a secret, and at no other."""

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from structlog.testing import capture_logs

from bot.app.heartbeat import Heartbeat


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_it_follows_no_redirect(status: int) -> None:
    asked: list[str] = []
    elsewhere: list[str] = []

    async def stranger(request: web.Request) -> web.Response:
        elsewhere.append(str(request.url))
        return web.Response()

    other = web.Application()
    other.router.add_route("*", "/{rest:.*}", stranger)
    async with TestServer(other, host="localhost") as away:

        async def switch(request: web.Request) -> web.Response:
            asked.append(request.path)
            return web.Response(status=status, headers={"Location": str(away.make_url(request.path))})

        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", switch)
        async with TestServer(app) as here:

            async def nothing() -> str | None:
                return None

            heartbeat = Heartbeat(lambda: str(here.make_url("/canary-path")), nothing)
            with capture_logs() as said:
                await heartbeat.beat()
            await heartbeat.close()
    assert asked == ["/canary-path"]
    assert elsewhere == []
    assert [line["event"] for line in said] == ["heartbeat left out"]
    assert "canary" not in str(said)
