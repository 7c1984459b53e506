"""Somebody with a token, who reads the API and speaks MCP."""

import json
from typing import Any

import aiohttp

TOKEN, OTHER = "grafana-0123456789abcdef", "claude-0123456789abcdef"
ON = {"api": {"tokens": {"grafana": TOKEN, "claude": OTHER}}}
BEARER = {"Authorization": f"Bearer {TOKEN}"}


class Client:
    """Somebody with a token, at one of a house's services."""

    def __init__(self, house: Any, service: Any = None) -> None:
        self.house = house
        self.base = f"http://127.0.0.1:{(service or house.services[0]).web.port}"

    async def get(self, path: str, headers: Any = None, method: str = "GET") -> tuple[int, Any, Any]:
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, f"{self.base}{path}", headers=BEARER if headers is None else headers) as answer,
        ):
            text = await answer.text()
            read = json.loads(text) if text and answer.content_type == "application/json" else None
            return answer.status, read, answer.headers

    async def mcp(self, message: Any, headers: Any = None, **more: str) -> tuple[int, Any]:
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        sent = {**(BEARER if headers is None else headers), "Content-Type": "application/json", **more}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.base}/mcp", data=body, headers=sent) as answer,
        ):
            text = await answer.text()
            return answer.status, json.loads(text) if answer.content_type == "application/json" else None

    async def ask(self, method: str, **params: Any) -> Any:
        """The answer to a request, with its status."""
        return await self.mcp({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})

    async def call(self, tool: str, **arguments: Any) -> Any:
        params = {"name": tool, "arguments": arguments}
        status, answer = await self.mcp({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
        assert status == 200
        return answer["result"]


async def first(house: Any, what: str, ready: Any) -> Any:
    """The first row, once it is as `ready` wants it."""
    client = Client(house)
    for _ in range(50):
        _, answer, _ = await client.get(f"/api/v1/{what}")
        (row,) = answer[what]
        if ready(row):
            return row
        house.again.clear()
        await house.again.wait()
    raise AssertionError(row)
