"""Vendors' pushed events: checked, read by the account's adapter, and published whole."""

import hmac
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.observability.metrics import Metrics
from bot.readings.accounts import Accounts
from bot.readings.subscribers import Subscribers
from bot.settings import Settings
from bot.store import Store, StoreError
from providers.capabilities import SupportsEvents
from providers.errors import ErrorKind, ProviderError
from providers.events import CallEnded, Event

FLOOD_REQUESTS = 150  # requests an account may push within FLOOD_WINDOW; a busy dialler ends a call every few seconds
FLOOD_WINDOW = timedelta(seconds=10)
CALL_ID_TTL = timedelta(hours=1)  # a call's id keeps a replayed event from counting twice for so long

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PushedRequest:
    """One request at a vendor's webhook, as it came."""

    account: str
    token: str
    method: str
    query: tuple[tuple[str, str], ...]
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class PushAnswer:
    """The answer to a request: an HTTP status, and a word that is its body and the metric's label."""

    status: int
    word: str


@dataclass(frozen=True, slots=True)
class PushedEvent:
    """One event that was read, and its account."""

    account: str
    event: Event


NOT_FOUND = PushAnswer(404, "not found")


class VendorEvents:
    """Accepts the requests at vendors' webhooks; `subscribers` receive each event once.

    It holds nothing: an event that is lost is found by the next poll.
    """

    def __init__(
        self,
        *,
        settings: Callable[[], Settings],
        accounts: Callable[[], Accounts],
        store: Store,
        metrics: Metrics,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._accounts = accounts
        self._store = store
        self._metrics = metrics
        self._clock = clock
        self._arrivals: dict[str, deque[datetime]] = {}
        self._unknown: set[str] = set()
        self.subscribers: Subscribers[PushedEvent] = Subscribers()

    async def take(self, pushed: PushedRequest) -> PushAnswer:
        """Returns the answer to one request. Never raises for what a stranger can send."""
        account = self._settings().accounts.get(pushed.account)
        opened = self._accounts().opened.get(pushed.account)
        if account is None or opened is None or account.webhook_token is None:
            return NOT_FOUND
        told = pushed.token.encode("utf-8", "replace")
        if not hmac.compare_digest(account.webhook_token.get_secret_value().encode(), told):
            return NOT_FOUND
        if not isinstance(opened.provider, SupportsEvents):
            return NOT_FOUND
        answer = self._flooded(pushed.account) or await self._read(pushed, opened.provider)
        self._metrics.webhooks.labels(pushed.account, answer.word).inc()
        return answer

    def _flooded(self, account: str) -> PushAnswer | None:
        now = self._clock()
        arrivals = self._arrivals.setdefault(account, deque(maxlen=FLOOD_REQUESTS))
        if len(arrivals) == FLOOD_REQUESTS and now - arrivals[0] < FLOOD_WINDOW:
            return PushAnswer(429, "too many")
        arrivals.append(now)
        return None

    async def _read(self, pushed: PushedRequest, provider: SupportsEvents) -> PushAnswer:
        try:
            event = provider.read_event(
                method=pushed.method, query=pushed.query, content_type=pushed.content_type, body=pushed.body
            )
        except ProviderError as error:
            if error.kind is ErrorKind.AUTH:
                return NOT_FOUND
            log.info("pushed event could not be read", account=pushed.account, error=error.user_text)
            return PushAnswer(400, "unreadable")
        if event is None:
            self._log_unknown(pushed)
            return PushAnswer(200, "ignored")
        if await self._seen(pushed.account, event):
            return PushAnswer(200, "repeated")
        try:
            await self.subscribers.publish(PushedEvent(pushed.account, event), pushed.account)
        except StoreError as error:
            log.warning("pushed event not heard by all, the store is away", account=pushed.account, error=str(error))
        return PushAnswer(200, "ok")

    def _log_unknown(self, pushed: PushedRequest) -> None:
        """Say once an account that a push names nothing known: its template may use other names."""
        if pushed.account not in self._unknown:
            self._unknown.add(pushed.account)
            names = sorted({name[:40] for name, _ in pushed.query if name.isidentifier()})[:20]
            log.warning("pushed event names nothing that is known", account=pushed.account, fields=names)

    async def _seen(self, account: str, event: Event) -> bool:
        if not isinstance(event, CallEnded) or not event.call.call_id:
            return False
        try:
            return not await self._store.first_time(f"pushed:{account}:{event.call.call_id}", CALL_ID_TTL)
        except StoreError:
            return False  # a second poll does no harm
