"""Acme backwards: the simulated call centre answers as Acme would. Never imported by the adapter."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from providers.model import NumberStatus
from providers.sdk.simulation.faults import faulty
from providers.sdk.simulation.sandbox import VendorSandbox
from providers.sdk.simulation.world import World


class AcmeSandbox:
    """The same words backwards."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.faults: dict[str, str] = {}

    def app(self) -> web.Application:
        """What speaks Acme's wire."""
        token = sandbox_settings(self.world, "")["token"]
        app = web.Application(
            middlewares=[faulty(_operation, self.faults, secrets=(token,), down=lambda: self.world.out), self._door]
        )
        app.router.add_get("/balance", self._balance)
        app.router.add_get("/numbers", self._numbers)
        return app

    @web.middleware
    async def _door(self, request: web.Request, handler: Any) -> web.StreamResponse:
        token = sandbox_settings(self.world, "")["token"]
        if request.headers.get("Authorization") != f"Bearer {token}":
            return web.json_response({"error": "wrong token"}, status=401)
        answer: web.StreamResponse = await handler(request)
        return answer

    async def _balance(self, _request: web.Request) -> web.Response:
        self.world.advance()
        return web.json_response({"left": str(self.world.balance.money.amount)})

    async def _numbers(self, _request: web.Request) -> web.Response:
        words = {NumberStatus.ACTIVE: "ok", NumberStatus.DISABLED: "off", NumberStatus.SPAM: "SPAM"}
        return web.json_response([{"number": n.number, "state": words[n.status]} for n in self.world.numbers])


def _operation(request: web.Request) -> str:
    return {"/balance": "ACM-1", "/numbers": "ACM-2"}.get(request.path, "")


def sandbox_settings(world: World, base_url: str) -> Mapping[str, str]:
    """The keys of the sandbox's account."""
    return {"token": f"acme+token/{world.seed}", "base_url": base_url}


SANDBOX = VendorSandbox(AcmeSandbox, sandbox_settings)
