"""`/readyz`, asked over HTTP, whatever its questions do."""

import asyncio
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from bot.app.http_server import Web
from bot.observability.metrics import Metrics
from tests.deadlines import PATIENCE


async def well() -> None:
    return None


async def hangs() -> Any:
    await asyncio.Event().wait()


async def ready(checks: Any, warnings: Any) -> tuple[int, dict[str, Any]]:
    inbound: Any = None  # no vendor pushes here
    web = Web(slack=lambda: None, inbound=inbound, metrics=Metrics(), checks=checks, warnings=warnings)
    async with (
        TestServer(web.app()) as server,
        aiohttp.ClientSession() as session,
        session.get(server.make_url("/readyz")) as response,
    ):
        return response.status, await response.json()


async def test_a_warning_is_named_and_leaves_it_ready() -> None:
    async def warned() -> list[str]:
        return ["low-balance on sales cannot be judged"]

    status, body = await ready({"store": well}, warned)
    assert status == 200
    assert body == {
        "status": "ready",
        "checks": {"store": "ok"},
        "warnings": ["low-balance on sales cannot be judged"],
    }


async def test_what_is_wrong_and_what_is_odd_are_told_together() -> None:
    async def away() -> str:
        return "The store does not answer."

    async def warned() -> list[str]:
        return ["odd"]

    status, body = await ready({"store": away, "slack": well}, warned)
    assert status == 503
    assert body["checks"] == {"store": "The store does not answer.", "slack": "ok"}
    assert (body["status"], body["warnings"]) == ("not ready", ["odd"])


async def test_it_answers_in_time_though_nothing_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.app.http_server.READY_TIMEOUT_SECONDS", 0.2)
    async with asyncio.timeout(PATIENCE):
        status, body = await ready({"store": hangs, "polls": hangs}, hangs)
    assert status == 503
    assert "did not answer within" in body["checks"]["store"]
    assert "could not be found out" in body["warnings"][0]
