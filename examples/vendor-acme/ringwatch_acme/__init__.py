"""Acme PBX, a vendor of its own package: it tells a balance and the caller IDs, and nothing else."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web
from pydantic import SecretStr

from providers.model import Balance, Money, NumberStatus, PhoneNumber, Rows
from providers.sdk.answers import Answers
from providers.sdk.exchange import Request
from providers.sdk.http import VendorHttp
from providers.sdk.lenient import money_of, text_of
from providers.sdk.simulation.faults import faulty
from providers.sdk.simulation.world import World
from providers.vendor import Opening, Vendor, VendorSettings

TITLE = "Acme"


class AcmeSettings(VendorSettings):
    """An Acme account: `base_url` is its host."""

    token: SecretStr


class Acme:
    """An opened Acme account."""

    def __init__(self, opening: Opening) -> None:
        settings = opening.settings
        if not isinstance(settings, AcmeSettings):
            raise TypeError("these are not the keys of an Acme account")
        self._token = settings.token.get_secret_value()
        self._currency = opening.currency
        self._http = VendorHttp(
            title=TITLE,
            base_url=settings.base_url or "https://api.acme.example/",
            secrets=settings.secrets(),
            throttle=opening.throttle,
            clock=opening.clock,
        )
        self._answers = Answers(self._http.verdicts)

    async def close(self) -> None:
        """Give back connections."""
        await self._http.close()

    async def balance(self) -> Balance:
        """ACM-1."""
        value = await self._answers.json(await self._ask("ACM-1", "balance"), "ACM-1")
        return self._answers.one(value, "ACM-1", "a balance", self._balance)

    async def numbers(self) -> Rows[PhoneNumber]:
        """ACM-2."""
        rows, _ = await self._answers.rows(await self._ask("ACM-2", "numbers"), "ACM-2", "numbers", _number)
        return rows

    def _balance(self, row: Mapping[str, Any]) -> Balance:
        return Balance(Money(money_of(row["left"]), self._currency))

    async def _ask(self, operation: str, path: str) -> Any:
        request = Request(operation, path, method="GET", headers={"Authorization": f"Bearer {self._token}"})
        return await self._http.ask(request)


def _number(row: Mapping[str, Any]) -> PhoneNumber:
    word = text_of(row["state"])
    known = {"ok": NumberStatus.ACTIVE, "off": NumberStatus.DISABLED, "spam": NumberStatus.SPAM}
    return PhoneNumber(text_of(row["number"]), known.get(word.casefold(), NumberStatus.UNKNOWN), word)


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


VENDOR = Vendor(
    slug="acme",
    title=TITLE,
    settings=AcmeSettings,
    open=Acme,
    provider=Acme,
    sandbox=AcmeSandbox,
    sandbox_settings=sandbox_settings,
    cannot={kind: f"Acme does not tell {kind}" for kind in ("agents", "queues", "calls")},
)
