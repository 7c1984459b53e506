"""No credential travels where a vendor's address does not point: whatever is asked, a redirect ends there."""

import re
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

import providers
from providers.errors import ProviderError
from providers.model import AgentState, CallRequest, NumberStatus

STATUSES = (301, 302, 303, 307, 308)


@dataclass
class Place:
    """A server that keeps what it gets. `sends_to`: every request is sent there, by `status`."""

    status: int = 302
    sends_to: str = ""
    url: str = ""
    got: list[str] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        body = (await request.read()).decode(errors="replace")
        self.got.append(f"{request.method} {request.path_qs} {dict(request.headers)} {body}")
        if self.sends_to:
            return web.Response(status=self.status, headers={"Location": self.sends_to + request.path_qs.lstrip("/")})
        return web.json_response({"status": "success", "balance": "1"})


async def _serve(place: Place, host: str) -> TestServer:
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", place.take)
    server = TestServer(app, host=host)
    await server.start_server()
    place.url = str(server.make_url("/"))
    return server


@pytest.fixture
async def places() -> AsyncIterator[tuple[Place, Place]]:
    """The vendor's host, which sends everybody on, and a stranger's with another name."""
    here, stranger = Place(), Place()
    servers = [await _serve(stranger, "localhost"), await _serve(here, "127.0.0.1")]
    here.sends_to = stranger.url
    yield here, stranger
    for server in servers:
        await server.close()


async def _everything(played: Any) -> int:
    """Ask and do all that this vendor offers and that needs no object of its own; how many that were."""
    now, hour = played.clock(), played.clock().replace(hour=played.clock().hour - 1)
    agent = next(a for a in played.world.agents if a.state is AgentState.AVAILABLE)
    arguments: dict[str, tuple[Any, ...]] = {
        "balance": (), "numbers": (), "agents": (), "queues": (), "users": (), "groups": (), "status": (),
        "active_calls": (), "agent": ("1101",), "agent_calls": ("1101",), "calls": (hour, now),
        "agent_stats": (hour, now), "queue_calls": (hour,),
        "place_call": (CallRequest(agent, "+12025550177"),),
        "set_number_status": (played.world.numbers[3].number, NumberStatus.SPAM),
    }  # fmt: skip
    asked = 0
    for name, given in arguments.items():
        ask = getattr(played.provider, name, None)
        if ask is not None:
            asked += 1
            with suppress(ProviderError):  # a call is told as unknown, the rest as this
                await ask(*given)
    return asked


@pytest.mark.parametrize("status", STATUSES)
async def test_nothing_follows_a_redirect_to_a_stranger(play: Any, places: tuple[Place, Place], status: int) -> None:
    here, stranger = places
    here.status = status
    played = await play()
    keys = played.keys(here.url)
    assert any(re.match(re.escape(here.url), value) for value in keys.values())
    await played.open_with(dict(keys))
    assert await _everything(played) >= 2
    assert here.got, "the vendor's own host was asked"
    assert stranger.got == []


def test_vendors_have_one_door_to_the_network() -> None:
    """A client that an adapter opened by itself would have rules of its own about redirects."""
    clients = re.compile(r"AsyncClient\(|ClientSession\(|httpx\.(get|post|request|Client)|urlopen|import requests")
    folder = Path(providers.__file__ or "").parent
    found = {
        str(file.relative_to(folder))
        for file in folder.rglob("*.py")
        if clients.search(file.read_text(encoding="utf-8")) and "sandbox" not in str(file)
    }
    assert found == {"sdk/http.py"}
