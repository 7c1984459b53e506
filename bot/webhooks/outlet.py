"""Brings the changes of incidents to their alerts' addresses. It decides no words, and knows no Slack.

At least once, an incident's changes in their order: what may not have arrived is sent again under the same id.
Addresses and secrets are looked up when they are needed; neither is ever stored or logged.
"""

import asyncio
import contextlib
import hmac
from base64 import b64encode
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from random import Random
from typing import Protocol

import httpx
import structlog
from pydantic import SecretStr

from bot.notify.incident_message import NotificationContext
from bot.observability.metrics import Metrics
from bot.settings import Alert, Settings
from bot.settings.values import signing_key
from bot.store import OutboxRow, Store, StoreError
from bot.webhooks import payload
from providers.sdk.throttle import retry_after

log = structlog.get_logger(__name__)

DEADLINE = 10.0  # seconds for a request and its answer
LEASE = timedelta(seconds=20)  # outlasts a request; whoever takes over from a dead process waits for it
PATIENCE = timedelta(hours=24)  # how long after a change it is still tried
LONGEST = timedelta(minutes=5)  # between two tries
ASKED = timedelta(hours=1)  # the longest that a receiver is left alone because it asked for that
JITTER = 0.2  # each pause is so much shorter or longer, at most
SIDE_BY_SIDE = 4  # requests of one alert: a receiver that hangs holds up no other's
_LOOK_SECONDS = 0.5
_PAUSE_SECONDS = 2.0  # while the store is away


class Outcome(StrEnum):
    """What became of one try."""

    DELIVERED = "delivered"
    FAILED = "failed"  # tried again later
    GIVEN_UP = "given_up"
    MOOT = "moot"  # there is nobody, or nothing, to tell any more


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a try went, why, and how long the receiver asked to be left alone."""

    outcome: Outcome
    why: str = ""
    wait: timedelta = timedelta()


class Tellings(Protocol):
    """What the engine knows of a row."""

    async def telling(self, row: OutboxRow) -> NotificationContext | None:
        """All that is known now of what it tells; None where that is forgotten."""


class Webhooks:
    """The loop over the webhooks' lane. A line is an incident: its rows go one after another, lines side by side."""

    def __init__(
        self,
        *,
        store: Store,
        engine: Tellings,
        settings: Callable[[], Settings],
        clock: Callable[[], datetime],
        metrics: Metrics | None = None,
        chance: Random | None = None,
        deadline: float = DEADLINE,
    ) -> None:
        self._store = store
        self._engine = engine
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self._chance = chance or Random()  # noqa: S311  # it spreads tries, and keeps no secret
        self._deadline = deadline
        self._client = httpx.AsyncClient(
            headers={"User-Agent": "ringwatch"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            follow_redirects=False,
            timeout=deadline,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        )
        self._gates: dict[str, asyncio.Semaphore] = defaultdict(partial(asyncio.Semaphore, SIDE_BY_SIDE))
        self._lines: dict[str, asyncio.Task[None]] = {}
        self._woken = asyncio.Event()
        self._loop: asyncio.Task[None] | None = None
        self._stopping = False

    def start(self) -> None:
        """Begin to look. Needs a running event loop."""
        self._loop = asyncio.create_task(self._run())

    async def stop(self, grace: float) -> None:
        """Begin nothing new; what is under way has `grace` seconds. What is cut off is sent again another time."""
        self._stopping = True
        self._woken.set()
        running = [*self._lines.values(), *([self._loop] if self._loop is not None else [])]
        if running:
            _, late = await asyncio.wait(running, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._client.aclose()

    async def round(self) -> None:
        """One look at what is due, until every line is through. For callers without the loop."""
        await self._look()
        await asyncio.gather(*self._lines.values())

    async def _run(self) -> None:
        while not self._stopping:
            pause = _LOOK_SECONDS
            try:
                await self._look()
            except StoreError as error:
                log.debug("no webhooks, the store is away", error=str(error))
                pause = _PAUSE_SECONDS
            except Exception:  # it must outlive a bug in one look
                log.exception("a look at the webhooks failed")
                pause = _PAUSE_SECONDS
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._woken.wait()

    async def _look(self) -> None:
        """A row's id is its line's and the number of the change."""
        due: dict[str, int] = {}
        for row_id in await self._store.due_webhooks(self._clock()):
            name, _, change = row_id.rpartition(":")
            due[name] = max(due.get(name, 0), int(change))
        for name, last in due.items():
            if name not in self._lines and not self._stopping:
                rows = [f"{name}:{change}" for change in range(last + 1)]
                self._lines[name] = line = asyncio.create_task(self._line(rows))
                line.add_done_callback(partial(self._through, name))

    def _through(self, name: str, _line: asyncio.Task[None]) -> None:
        self._lines.pop(name, None)

    async def _line(self, rows: Sequence[str]) -> None:
        """One pass over an incident's rows. Whatever is due, the first that waits is told before it."""
        try:
            head = await self._store.first(rows)
            if head is not None:
                async with self._gates[head.alert]:
                    await self._leased(head.lease, rows)
        except StoreError as error:
            log.warning("a webhook could not be recorded", row=rows[-1], error=str(error))
        except Exception:  # one line that is broken must not stop the others
            log.exception("a webhook's line failed", row=rows[-1])

    async def _leased(self, lease: str, rows: Sequence[str]) -> None:
        try:
            while not self._stopping:
                token = await self._store.lease(lease, self._store.owner, LEASE)  # held anew for each row
                head = await self._store.first(rows) if token is not None else None
                if token is None or head is None:
                    return
                if head.due_at > self._clock():
                    await self._behind(head, rows, token)
                    return
                await self._record(head, token, await self._tell(head))
        finally:
            with contextlib.suppress(StoreError):
                await self._store.release(lease, self._store.owner)

    async def _behind(self, head: OutboxRow, rows: Sequence[str], token: int) -> None:
        """What comes after a row that waits is due when that is: it would only be looked at in vain."""
        for row_id in rows[rows.index(head.id) + 1 :]:
            later = await self._store.row(row_id)
            if later is not None and later.due_at < head.due_at:
                await self._store.postpone(later, token, head.due_at, failed=False)

    async def _tell(self, row: OutboxRow) -> Verdict:
        try:
            alert = next((a for a in self._settings().alerts if a.name == row.alert), None)
            if alert is None or alert.webhook is None:
                return Verdict(Outcome.MOOT, "the alert has no webhook any more")
            telling = await self._engine.telling(row)
            if telling is None:
                return Verdict(Outcome.MOOT, "its incident is forgotten")
            return await self._post(alert, alert.webhook, row, payload.body(row.notice, telling))
        except StoreError:
            raise
        except Exception as error:  # one that cannot be told must not stop the others, nor spin
            log.exception("a webhook failed", alert=row.alert, incident=row.notice.incident)
            return Verdict(Outcome.FAILED, type(error).__name__)

    async def _post(self, alert: Alert, url: str, row: OutboxRow, body: bytes) -> Verdict:
        """One request. Its status alone is read: nobody's words can be long, or do harm."""
        now = self._clock()
        headers = headers_of(row.id, now, body, alert.webhook_secret)
        try:
            async with (
                asyncio.timeout(self._deadline),
                self._client.stream("POST", url, content=body, headers=headers) as answer,
            ):
                status, asked = answer.status_code, answer.headers.get("retry-after", "")
        except (TimeoutError, httpx.TimeoutException):
            return Verdict(Outcome.FAILED, f"no answer within {self._deadline:g} s")
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            return Verdict(Outcome.FAILED, f"the connection failed: {type(error).__name__}")
        if 200 <= status < 300:
            return Verdict(Outcome.DELIVERED)
        said = f"the receiver answered {status}"
        if status == 410:
            return Verdict(Outcome.GIVEN_UP, said)
        return Verdict(Outcome.FAILED, said, asked_for(asked, now) if status in {429, 503} else timedelta())

    async def _record(self, row: OutboxRow, token: int, verdict: Verdict) -> None:
        """Settle it, or have it wait, the longer the more often it failed; its last try is a day after the change."""
        now, end = self._clock(), (row.notice.at or row.created_at) + PATIENCE
        names = {"alert": row.alert, "account": row.account, "incident": row.notice.incident}
        told = {**names, "change": row.notice.change, "why": verdict.why}
        outcome = verdict.outcome
        if outcome is Outcome.FAILED and now >= end:
            outcome = Outcome.GIVEN_UP
        if outcome is Outcome.FAILED:
            pause = min(LONGEST, timedelta(seconds=2.0 ** min(row.attempts, 10)))
            pause *= self._chance.uniform(1 - JITTER, 1 + JITTER)
            await self._store.postpone(row, token, min(now + max(pause, min(verdict.wait, ASKED)), end))
            tell = log.warning if row.attempts % 20 == 0 else log.debug  # an outage is no reason to fill a disk
            tell("a webhook waits", **told)
        else:
            await self._store.settle(row, token)
            if outcome is Outcome.GIVEN_UP:
                log.error("a webhook was given up", tries=row.attempts + 1, **told)
            elif outcome is Outcome.MOOT:
                log.info("a webhook is not sent", **told)
        if self._metrics is not None:
            self._metrics.webhook_deliveries.labels(row.alert, outcome.value).inc()


def headers_of(row_id: str, at: datetime, body: bytes, secret: SecretStr | None) -> dict[str, str]:
    """The headers of one try, as Standard Webhooks has them. Its id holds no full stop: those part what is signed."""
    told, stamp = row_id.replace(".", ":"), str(int(at.timestamp()))
    headers = {"Content-Type": "application/json", "webhook-id": told, "webhook-timestamp": stamp}
    if secret is not None:
        mark = hmac.digest(signing_key(secret.get_secret_value()), f"{told}.{stamp}.".encode() + body, "sha256")
        headers["webhook-signature"] = f"v1,{b64encode(mark).decode()}"
    return headers


def asked_for(text: str, now: datetime) -> timedelta:
    """How long a `Retry-After` asks to wait; nothing where it cannot be read or is over."""
    return max(timedelta(), retry_after(text, now) or timedelta())
