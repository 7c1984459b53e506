"""Acme PBX, a vendor of its own package: it tells a balance and the caller IDs, and nothing else."""

from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from providers.model import Balance, Money, NumberStatus, PhoneNumber, Rows
from providers.sdk.answers import Answers
from providers.sdk.exchange import Request
from providers.sdk.http import VendorHttp
from providers.sdk.lenient import money_of, text_of
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


VENDOR = Vendor(
    slug="acme",
    title=TITLE,
    settings=AcmeSettings,
    open=Acme,
    provider=Acme,
    cannot={kind: f"Acme does not tell {kind}" for kind in ("agents", "queues", "calls")},
)
