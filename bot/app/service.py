"""The one place where things are put together: settings in, a service out that starts and stops."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta

import structlog
from pydantic import SecretStr

from bot.actions import actions
from bot.app.health import Health
from bot.app.heartbeat import Heartbeat
from bot.app.http_server import Web
from bot.app.scheduler import Scheduler
from bot.app.wiring import open_accounts, rules
from bot.commands import commands
from bot.dialog.context import Access, Actor, Context
from bot.engine.engine import Engine
from bot.observability.logs import Redaction
from bot.observability.metrics import Metrics
from bot.operations.recovery import Recovery
from bot.readings.accounts import Accounts
from bot.readings.poller import Poller
from bot.readings.vendor_events import VendorEvents
from bot.settings import Account, ConfigError, Loaded, Settings
from bot.slack.front import SlackFront
from bot.store import Store, StoreError
from bot.store.embedded import EmbeddedServer
from bot.store.throttle import StoreThrottle
from bot.watches import Watch
from bot.watches.registry import watches
from bot.webhooks.outlet import Webhooks
from providers.registry import vendors
from providers.sdk.throttle import parse_rate_limit
from providers.vendor import Vendor

SWEEP_SECONDS = 0.05  # how often it is looked whether a poll is due
ALIVE = timedelta(seconds=30)  # how long a replica counts as alive after its last word
RELOAD = "reload"
REPLICAS_WITHIN = 8.0  # seconds that a reload waits for the others
LOOK_AGAIN = 0.25
LONGEST_QUESTION = 30.0  # seconds
RESTART_KEYS = ("store", "data_dir", "http")

log = structlog.get_logger(__name__)


def catalogue() -> tuple[Mapping[str, Vendor], Mapping[str, Watch]]:
    """Every vendor and every watch that is here."""
    return vendors(), watches()


class Service:
    """The whole of Ringwatch but its command line. `read_again` gives the configuration anew, for a reload."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], datetime],
        redaction: Redaction | None = None,
        read_again: Callable[[], Loaded] | None = None,
    ) -> None:
        self.settings = settings
        self.metrics = Metrics()
        self._clock = clock
        self._redaction = redaction or Redaction()
        self._redaction.learn(secrets_of(settings))
        self._read_again = read_again
        self._vendors, self._watches = catalogue()
        self._server: EmbeddedServer | None = None
        self._reloading = asyncio.Lock()
        self._retiring: set[asyncio.Task[None]] = set()
        self._word: str | None = None  # the last one that was heeded; None: we have not looked yet
        self._unwatched = True  # ledgers without a rule may be left over from another configuration
        self.scheduler = Scheduler(clock)

    async def start(self) -> None:
        """Start everything; returns once it runs, whatever Slack, the vendors or a shared store do.

        Raises `StoreError` where the embedded store cannot be started, OSError where the address is taken.
        """
        await self._build(await self._store_url())
        if self._server is not None:
            await self.store.take_over()  # the data directory is locked: whoever held a lease here is dead
        with contextlib.suppress(StoreError):
            self._word = await self.store.called(RELOAD) or ""
            await self.store.alive(self.store.owner, ALIVE)  # from now on others count on us
        await self.web.start(self.settings.http.host, self.settings.http.port)
        await self.front.start()
        self.webhooks.start()
        self.scheduler.every(SWEEP_SECONDS, self._sweep, name="polls")
        self.scheduler.every(1.0, self._judge, name="alerts")
        self.scheduler.every(ALIVE.total_seconds() / 3, self._keep_house, name="housekeeping")
        self._beat()
        self.scheduler.start()
        log.info("ringwatch runs", port=self.web.port, accounts=len(self.accounts), alerts=len(self.settings.alerts))

    async def stop(self, within: float) -> None:
        """Take no new work, finish or hand over what is held, and stop, within so many seconds."""
        if not hasattr(self, "web"):  # it was never put together
            return
        log.info("ringwatch stops")
        await asyncio.gather(
            self.web.stop(),
            self.scheduler.stop(within / 3),
            self.poller.drain(within / 3),
            self.front.stop(within * 2 / 3),
            self.webhooks.stop(within / 3),
        )
        for task in self._retiring:
            task.cancel()
        await asyncio.gather(*self._retiring, return_exceptions=True)
        await _closed(self.accounts)
        await self._heartbeat.close()
        with contextlib.suppress(StoreError):
            await self.store.leave(self.store.owner)
        await self.store.close()
        if self._server is not None:
            await self._server.stop()

    async def _store_url(self) -> str:
        address = self.settings.store.get_secret_value()
        if address != "embedded":
            return address
        self._server = EmbeddedServer(self.settings.data_dir)
        return await self._server.start()

    async def _build(self, url: str) -> None:
        clock = self._clock
        self.store = Store(url, clock=clock)
        self.accounts = self._open(self.settings)
        self.engine = Engine(self.store, rules(self.settings, self._watches), clock, told=self._told)
        self.poller = Poller(
            settings=self.settings,
            accounts=self.accounts,
            store=self.store,
            engine=self.engine,
            metrics=self.metrics,
            clock=clock,
        )
        self.inbound = VendorEvents(
            settings=self.settings,
            accounts=self.accounts,
            store=self.store,
            poller=self.poller,
            metrics=self.metrics,
            clock=clock,
        )
        self.front = SlackFront(
            settings=lambda: self.settings,
            store=self.store,
            engine=self.engine,
            context=self._context,
            commands=commands(),
            actions=actions(),
            clock=clock,
            metrics=self.metrics,
        )
        self.webhooks = Webhooks(
            store=self.store,
            engine=self.engine,
            settings=lambda: self.settings,
            clock=clock,
            metrics=self.metrics,
        )
        self.recovery = Recovery(self.store, self.front.tell, clock)
        self.health = Health(
            store=self.store,
            slack=self.front.trouble,
            poller=self.poller,
            engine=self.engine,
            metrics=self.metrics,
            clock=clock,
        )
        self._heartbeat = Heartbeat(self._heartbeat_url, self.health.wrong)
        self.web = Web(
            slack=lambda: self.front.web_handler,
            inbound=self.inbound,
            metrics=self.metrics,
            checks=self.health.checks,
            warnings=self.health.warnings,
        )

    def _open(self, settings: Settings) -> Accounts:
        return open_accounts(settings, self._vendors, throttle=self._throttle, clock=self._clock)

    def _throttle(self, account: Account, vendor: Vendor) -> StoreThrottle:
        limit = account.rate_limit or (parse_rate_limit(vendor.rate_limit) if vendor.rate_limit else None)
        return StoreThrottle(self.store, account.name, vendor.title, limit, self._clock)

    def _context(self, actor: Actor, access: Access) -> Context:
        return Context(
            actor=actor,
            accounts=self.accounts,
            store=self.store,
            engine=self.engine,
            settings=self.settings,
            clock=self._clock,
            access=access,
            reload=self.reload_everywhere,
        )

    def _told(self) -> None:
        """There is something new to tell: at once, and not only when the outbox is looked at next."""
        self.front.wake()

    # --- what the clock calls

    async def _sweep(self) -> None:
        try:
            await self.poller.sweep()
        except StoreError as error:
            log.debug("no polls, the store is away", error=str(error))

    async def _judge(self) -> None:
        try:
            if self._unwatched:
                await self.engine.close_unwatched()
                self._unwatched = False
            await self.engine.tick(self._clock())
            self.health.judged()
            await self._heed()
        except StoreError as error:
            log.warning("alerts are paused, the store is away", error=str(error))

    async def _keep_house(self) -> None:
        await self.health.measure()
        try:
            await self.store.alive(self.store.owner, ALIVE)
            await self.recovery.tell(self._clock())
        except StoreError as error:
            log.debug("no housekeeping, the store is away", error=str(error))

    def _beat(self) -> None:
        """Have the heartbeat called as often as it is configured now."""
        if self.settings.heartbeat is not None:
            self.scheduler.every(self.settings.heartbeat.every.total_seconds(), self._heartbeat.beat, name="heartbeat")

    def _heartbeat_url(self) -> str | None:
        return self.settings.heartbeat.url if self.settings.heartbeat is not None else None

    # --- another configuration

    async def reload(self) -> str:
        """Read the configuration anew and apply it; the answer is a sentence. A bad file changes nothing."""
        if self._read_again is None:
            return "There is no configuration file to read again."
        async with self._reloading:
            try:
                loaded = await asyncio.to_thread(self._read_again)
            except ConfigError as error:
                log.error("configuration not applied", problems=str(error).splitlines())
                return f"Nothing was changed, the configuration is wrong: {error}"
            return await self._apply(loaded.settings)

    async def reload_everywhere(self) -> str:
        """Have every replica read its own file anew; the answer counts them."""
        word = await self.store.call_all(RELOAD)
        expected = await self.store.replicas() | {self.store.owner}
        answers: dict[str, str] = {}
        for _ in range(int(REPLICAS_WITHIN / LOOK_AGAIN)):
            answers = await self.store.answers(word)
            if expected <= answers.keys():
                break
            await asyncio.sleep(LOOK_AGAIN)
        told = " ".join(dict.fromkeys(answers.values()))
        return f"{len(answers)} of {len(expected)} replicas answered. {told}".strip()

    async def _heed(self) -> None:
        """Act on a word to all replicas that is new since we look; what was said before our start is not for us."""
        word = await self.store.called(RELOAD)
        if word is not None and word != self._word and self._word is not None:
            await self.store.answer(word, self.store.owner, await self.reload())
        self._word = word or ""

    @staticmethod
    async def _retire(accounts: Accounts) -> None:
        """Close adapters once no question that they were asked can still be under way."""
        try:
            await asyncio.sleep(LONGEST_QUESTION)
        finally:
            await _closed(accounts)

    async def _apply(self, new: Settings) -> str:
        old, before = self.settings, self.accounts
        self._redaction.learn([*secrets_of(old), *secrets_of(new)])
        kept = restart_needed(old, new)
        try:
            self.accounts = self._open(new)
        except Exception as error:  # an adapter's own mistake, which no check could foresee
            log.exception("configuration not applied")
            return f"Nothing was changed, an account cannot be opened: {type(error).__name__}; the log has more."
        self.settings = new
        self.poller.reload(new, self.accounts)
        self.inbound.reload(new, self.accounts)
        self.engine.replace(rules(new, self._watches))
        self._unwatched = True
        if new.heartbeat != old.heartbeat:
            self._beat()
        task = asyncio.create_task(self._retire(before))
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)
        note = f" A restart is needed for {', '.join(kept)}: as before until then." if kept else ""
        log.info("configuration applied", accounts=len(self.accounts), alerts=len(new.alerts), restart_needed=kept)
        return f"The configuration was read anew: {len(new.accounts)} accounts, {len(new.alerts)} alerts.{note}"


async def _closed(accounts: Accounts) -> None:
    for outcome in await asyncio.gather(*(a.provider.close() for a in accounts), return_exceptions=True):
        if isinstance(outcome, Exception):
            log.warning("an adapter could not be closed", error=type(outcome).__name__)


def restart_needed(old: Settings, new: Settings) -> list[str]:
    """The keys that differ and that only a restart applies."""
    keys = [name for name in RESTART_KEYS if getattr(old, name) != getattr(new, name)]
    tokens = ("bot_token", "app_token", "signing_secret", "api_url")
    return keys + [f"slack.{name}" for name in tokens if getattr(old.slack, name) != getattr(new.slack, name)]


def secrets_of(settings: Settings) -> list[str]:
    """Every secret value of the configuration."""
    found = [settings.store.get_secret_value()] if settings.store.get_secret_value() != "embedded" else []
    found.extend(_revealed(getattr(settings.slack, name) for name in type(settings.slack).model_fields))
    for account in settings.accounts.values():
        found.extend(account.vendor.secrets())
        found.extend(_revealed([account.webhook_token]))
    for alert in settings.alerts:
        found.extend(
            part for secret in _revealed([alert.webhook_secret]) for part in (secret, secret.removeprefix("whsec_"))
        )
        found.extend([alert.webhook] if alert.webhook else [])
    if settings.heartbeat is not None:
        found.append(settings.heartbeat.url)
    return found


def _revealed(values: object) -> Iterator[str]:
    for value in values if isinstance(values, (list, Iterator)) else ():
        if isinstance(value, SecretStr) and value.get_secret_value():
            yield value.get_secret_value()
