"""The API on an office, over real HTTP."""

import io
import json
from types import SimpleNamespace

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from bot.api.server import Api
from bot.app.http_server import MAX_BODY_BYTES
from bot.dialog.context import ReadOnlyAccess

TOKEN = "0123456789abcdef-of-a-test"


@pytest.fixture
async def api(office):
    """`await api(body, **headers)` posts to /mcp, `await api.get(path)` reads; each minute is another one."""
    made = Api(
        tokens=lambda: {"test": SecretStr(TOKEN)},
        context=lambda client: office.context(f"api {client}", "", access=ReadOnlyAccess()),
        store=office.store,
        clock=office.clock,
    )
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    app.router.add_route("*", "/{path:.*}", made.handle)
    server = TestServer(app)
    await server.start_server()

    async def ask(method, path, headers, body=None):
        sent = {"Authorization": f"Bearer {TOKEN}", **headers}
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, server.make_url(path), data=body and io.BytesIO(body), headers=sent) as answer,
        ):
            text = await answer.text()
            return SimpleNamespace(
                status=answer.status, headers=answer.headers, text=text, json=json.loads(text) if text else None
            )

    async def post(body, **headers):
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await ask("POST", "/mcp", {"Content-Type": "application/json", **headers}, sent)

    yield SimpleNamespace(
        post=post, get=lambda path, **headers: ask("GET", path, headers), ask=ask, context=office.context
    )
    await server.close()
