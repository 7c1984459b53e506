"""`/readyz`, asked over HTTP, whatever its questions do."""

import asyncio
import errno
import io
import logging
import re
import socket
from typing import Any

import aiohttp
import pytest
import structlog
from aiohttp.test_utils import TestServer

from bot.app.http_server import Web, _not_listening
from bot.observability.logs import Redaction, configure
from bot.observability.metrics import Metrics
from tests.deadlines import PATIENCE


async def well() -> None:
    return None


async def no_warnings() -> list[str]:
    return []


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


@pytest.mark.parametrize(
    ("host", "said"),
    [
        (
            "127.0.0.1",
            "http.port: {port} on 127.0.0.1 is in use by another program; stop that one, or give another port.",
        ),
        ("203.0.113.7", "http.host: 203.0.113.7 is no address of this machine; give 127.0.0.1, or 0.0.0.0 for all."),
        (
            "no-such-host.invalid",
            "http.host: no-such-host.invalid is no address of this machine; give 127.0.0.1, or 0.0",
        ),
    ],
)
async def test_where_it_cannot_listen_it_names_the_key(host: str, said: str) -> None:
    inbound: Any = None
    web = Web(slack=lambda: None, inbound=inbound, metrics=Metrics(), checks={}, warnings=warnless)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"^{re.escape(said.format(port=port))}"):
            await web.start(host, port)
    await web.stop()


def test_a_port_that_is_kept_for_root_is_said_so() -> None:
    assert _not_listening(PermissionError(errno.EACCES, "Permission denied"), "127.0.0.1", 80) == (
        "http.port: this user may not listen on 80; give one from 1024 on."
    )


async def warnless() -> list[str]:
    return []


async def test_malformed_http_logs_no_customers_number() -> None:
    stream, root = io.StringIO(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    inbound: Any = None
    web = Web(slack=lambda: None, inbound=inbound, metrics=Metrics(), checks={}, warnings=no_warnings)
    sent = (
        b"GET /hooks/x/y?caller=380671234567 HTTP/9\r\n\r\n",
        b"POST /hooks/%2B380671234567 HTTP/1.1\r\nContent-Length: 380671234567x\r\n\r\n",
        b"caller: 067 123 45 67\r\n\r\n",
        b"GET / HTTP/1.1\r\nX 067-123-45-67\r\n\r\n",
    )
    try:
        configure(Redaction(), stream=stream, level=logging.DEBUG)
        async with TestServer(web.app()) as server:
            for raw in sent:
                reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
                writer.write(raw)
                assert b" 400 " in (await reader.read(400)).split(b"\r\n")[0]
                writer.close()
    finally:
        root.handlers[:], root.level = handlers, level
        structlog.reset_defaults()
    assert "380671234567" not in stream.getvalue()
    assert not re.search(r"67\D{0,2}123", stream.getvalue())
    assert "hooks" in stream.getvalue()  # something was logged
