"""What vendors push: checked, read by the account's adapter, and taken as a reason to look at once."""

import hmac
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.alerts.model import Kind
from bot.observability.metrics import Metrics
from bot.readings.accounts import Accounts
from bot.readings.poller import Poller
from bot.settings import Settings
from bot.store import Store, StoreError
from providers.capabilities import SupportsEvents
from providers.errors import ErrorKind, ProviderError
from providers.model import AgentAnswered, CallEnded, CallStarted, Event, KeysPressed, LeadAnswered

FLOOD = 150  # requests an account may push within FLOOD_WINDOW; a busy dialler ends a call every few seconds
FLOOD_WINDOW = timedelta(seconds=10)
REMEMBERED = timedelta(hours=1)  # how long a call's id keeps a replayed event from counting twice

# A push is a hint, not the truth: it says which questions are worth asking now.
LOOK_AT: Mapping[type, tuple[Kind, ...]] = {
    CallEnded: (Kind.CALLS, Kind.AGENTS),
    LeadAnswered: (Kind.AGENTS,),
    AgentAnswered: (Kind.AGENTS,),
    CallStarted: (Kind.QUEUES, Kind.AGENTS),
    KeysPressed: (),
}

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pushed:
    """One request at a webhook."""

    account: str
    token: str
    method: str
    query: tuple[tuple[str, str], ...]
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is answered: a status and a word."""

    status: int
    word: str


NOT_FOUND = Verdict(404, "not found")


class VendorEvents:
    """The door for vendors' webhooks. It holds nothing: an event that is lost is found by the next poll."""

    def __init__(
        self,
        *,
        settings: Callable[[], Settings],
        accounts: Callable[[], Accounts],
        store: Store,
        poller: Poller,
        metrics: Metrics,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._accounts = accounts
        self._store = store
        self._poller = poller
        self._metrics = metrics
        self._clock = clock
        self._arrivals: dict[str, deque[datetime]] = {}

    async def take(self, pushed: Pushed) -> Verdict:
        """Judge one request. Never raises for what a stranger can send."""
        account = self._settings().accounts.get(pushed.account)
        opened = self._accounts().opened.get(pushed.account)
        if account is None or opened is None or account.webhook_token is None:
            return NOT_FOUND
        told = pushed.token.encode("utf-8", "replace")
        if not hmac.compare_digest(account.webhook_token.get_secret_value().encode(), told):
            return NOT_FOUND
        if not isinstance(opened.provider, SupportsEvents):
            return NOT_FOUND
        verdict = self._flooded(pushed.account) or await self._read(pushed, opened.provider)
        self._metrics.webhooks.labels(pushed.account, verdict.word).inc()
        return verdict

    def _flooded(self, account: str) -> Verdict | None:
        now = self._clock()
        arrivals = self._arrivals.setdefault(account, deque(maxlen=FLOOD))
        if len(arrivals) == FLOOD and now - arrivals[0] < FLOOD_WINDOW:
            return Verdict(429, "too many")
        arrivals.append(now)
        return None

    async def _read(self, pushed: Pushed, provider: SupportsEvents) -> Verdict:
        try:
            event = provider.read_event(
                method=pushed.method, query=pushed.query, content_type=pushed.content_type, body=pushed.body
            )
        except ProviderError as error:
            if error.kind is ErrorKind.AUTH:
                return NOT_FOUND
            log.info("pushed event could not be read", account=pushed.account, error=error.user_text)
            return Verdict(400, "unreadable")
        if event is None:
            return Verdict(200, "ignored")
        if await self._seen(pushed.account, event):
            return Verdict(200, "repeated")
        self._poller.nudge(pushed.account, *LOOK_AT[type(event)])
        return Verdict(200, "ok")

    async def _seen(self, account: str, event: Event) -> bool:
        if not isinstance(event, CallEnded) or not event.call.call_id:
            return False
        try:
            return not await self._store.first_time(f"pushed:{account}:{event.call.call_id}", REMEMBERED)
        except StoreError:
            return False  # looking twice does no harm
