"""The credit of an account where its balance does not report it: `user_details_get`, signed with the same key."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

from providers.errors import ErrorKind, ProviderError
from providers.model import Balance

_CREDIT_TTL = timedelta(hours=1)  # a credit changes by hand
_RETRY_AFTER = timedelta(minutes=5)
_RETRY_AFTER_REFUSAL = timedelta(days=1)  # a server that has no such method is not asked at every poll
_REFUSALS = frozenset(
    {ErrorKind.AUTH, ErrorKind.IP_BLOCKED, ErrorKind.NOT_FOUND, ErrorKind.REJECTED, ErrorKind.GARBLED}
)
_log = logging.getLogger(__name__)


class CreditTerms:
    """Credit and plan by MOR-4, kept for an hour. An error leaves what was known, and is logged."""

    def __init__(self, clock: Callable[[], datetime], ask: Callable[[], Awaitable[Balance]]) -> None:
        self._clock = clock
        self._ask = ask
        self._terms: Balance | None = None
        self._next_at: datetime | None = None

    async def completed(self, balance: Balance) -> Balance:
        """Returns the balance with its credit, and with its plan where it has none. MOR-4."""
        if balance.credit is not None:
            return balance
        now = self._clock()
        if self._next_at is None or now >= self._next_at:
            self._next_at = now + await self._renewed()
        if self._terms is None:
            return balance
        credit = self._terms.credit
        if credit is not None and credit != "unlimited" and credit.currency is None:
            credit = replace(credit, currency=balance.money.currency)
        return replace(balance, credit=credit, plan=balance.plan or self._terms.plan)

    async def _renewed(self) -> timedelta:
        """Asks, and returns for how long that will do."""
        try:
            self._terms = await self._ask()
        except ProviderError as error:
            _log.warning("the credit of the account is not known: %s", error.user_text)
            return _RETRY_AFTER_REFUSAL if error.kind in _REFUSALS else _RETRY_AFTER
        return _CREDIT_TTL
