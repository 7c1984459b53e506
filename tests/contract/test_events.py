"""What a vendor pushes is read as what happened, and nothing is read from a stranger."""

from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from providers.capabilities import SupportsEvents
from providers.errors import ErrorKind, ProviderError
from providers.events import AgentAnswered, CallEnded, CallStarted, KeysPressed, LeadAnswered
from providers.model import Direction


async def pushed(played: Any, *events: Any) -> list[dict[str, Any]]:
    """What arrives at a real server when the sandbox pushes these: the arguments of `read_event`."""
    arrived: list[dict[str, Any]] = []

    async def hook(request: web.Request) -> web.Response:
        arrived.append(
            {
                "method": request.method,
                "query": list(request.query.items()),
                "content_type": request.headers.get("Content-Type", ""),
                "body": await request.read(),
            }
        )
        return web.json_response({})

    app = web.Application()
    app.router.add_route("*", "/hook", hook)
    async with TestServer(app) as server:
        played.sandbox.webhook_url = str(server.make_url("/hook"))
        for event in events:
            assert await played.sandbox.push(event) == 200
    return arrived


@pytest.fixture
async def played(play) -> Any:
    played = await play()
    if not isinstance(played.provider, SupportsEvents) or not hasattr(played.sandbox, "push"):
        pytest.skip(f"{played.vendor.title} pushes nothing")
    return played


def a_call(played: Any) -> Any:
    return next(c for c in played.world.calls if c.recorded and c.direction is Direction.OUTBOUND)


async def test_a_call_that_ended_is_read_as_it_was(played):
    true = a_call(played)
    (request,) = await pushed(played, CallEnded(true))
    event = played.provider.read_event(**request)
    assert isinstance(event, CallEnded)
    assert event.call.call_id == true.call_id
    assert event.call.disposition is true.disposition
    assert event.call.raw_disposition
    for known in ("started_at", "duration", "talk", "extension", "agent", "group"):
        assert getattr(event.call, known) in {getattr(true, known), None}


def pushing(played: Any, *events: type) -> None:
    """Skip where the vendor pushes other events than these."""
    if not set(events) <= set(getattr(played.sandbox, "pushes", (CallEnded, LeadAnswered, AgentAnswered))):
        pytest.skip(f"{played.vendor.title} pushes no such event")


async def test_what_the_dialler_reached_is_read_as_it_was(played):
    pushing(played, LeadAnswered, AgentAnswered)
    agent = played.world.agent("1105")
    lead = LeadAnswered("12025550177", "Max", played.world.now, "7")
    taken = AgentAnswered("1105", agent.name, "12025550177", played.world.now, agent.user_id)
    requests = await pushed(played, lead, taken)
    assert [played.provider.read_event(**request) for request in requests] == [lead, taken]


async def test_a_call_that_starts_and_keys_that_were_pressed_are_read_as_they_were(played):
    pushing(played, CallStarted, KeysPressed)
    started, keys = CallStarted("SIP/1105-0a1b", "12025550177", "1105"), KeysPressed("2", "order 7")
    requests = await pushed(played, started, keys)
    assert [played.provider.read_event(**request) for request in requests] == [started, keys]


async def test_a_pushed_event_with_another_key_is_refused_and_tells_no_key(played, play):
    (request,) = await pushed(played, CallEnded(a_call(played)))
    key = played.opening.settings.secrets()[0].encode()
    if key not in request["body"]:
        pytest.skip(f"{played.vendor.title} sends no key with its events")
    for other in (b"wrong", b""):
        with pytest.raises(ProviderError) as caught:
            played.provider.read_event(**{**request, "body": request["body"].replace(key, other)})
        assert caught.value.kind is ErrorKind.AUTH
        played.fit_to_show(caught.value.user_text)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"null", b"{", b"\xff\xfe\x00", b"a" * 2_000_000, b"[" * 9_000]
)
async def test_what_cannot_be_read_is_no_event(played, body: bytes):
    (request,) = await pushed(played, CallEnded(a_call(played)))
    with pytest.raises(ProviderError) as caught:
        played.provider.read_event(**{**request, "body": body, "query": []})
    assert caught.value.kind in {ErrorKind.GARBLED, ErrorKind.AUTH}
    played.fit_to_show(caught.value.user_text)
