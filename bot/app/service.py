"""The one place where things are put together: settings in, a service out that starts and stops."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING

import structlog

from bot.actions import actions
from bot.app.configuration import LiveConfiguration
from bot.app.health import Health
from bot.app.heartbeat import Heartbeat
from bot.app.http_server import RequestHandler, Web
from bot.app.liveness import Liveness
from bot.app.replica_commands import ReplicaCommand
from bot.app.scheduler import Scheduler, unless_away
from bot.app.wiring import intake, open_accounts, rules, told_everything
from bot.automations.outlet import AutomationAccess, AutomationOutlet
from bot.commands import commands
from bot.dialog.context import Access, Actor, Context, ReadOnlyAccess
from bot.dialog.limits import QuestionLimits
from bot.engine.engine import Engine
from bot.notify.contexts import NotificationContexts
from bot.notify.dispatcher import Dispatcher
from bot.observability.logs import Redaction
from bot.observability.metrics import Metrics
from bot.operations.recovery import Recovery
from bot.readings.accounts import Accounts
from bot.readings.poller import Poller
from bot.readings.vendor_events import VendorEvents
from bot.settings import Account, Loaded, Settings
from bot.slack.slack_app import SlackApp
from bot.steps import steps
from bot.steps.executions import StepRunner
from bot.store import StepExecution, Store, StoreError
from bot.store.embedded import EmbeddedServer
from bot.store.throttle import StoreThrottle
from bot.watches import Watch
from bot.watches.registry import watches
from bot.webhooks.outlet import WebhookOutlet
from providers.registry import vendors
from providers.sdk.throttle import parse_rate_limit
from providers.vendor import Vendor

if TYPE_CHECKING:
    from bot.api.server import Api
    from bot.mqtt.bridge import MqttBridge

HOME_LOOK_SECONDS = 2.0  # between two looks at who has the Home tab open
SWEEP_SECONDS = 0.05  # between two checks whether a poll is due
HEARTBEAT_TTL = timedelta(seconds=30)  # after its last heartbeat a replica counts as alive for so long

log = structlog.get_logger(__name__)


def catalogue() -> tuple[Mapping[str, Vendor], Mapping[str, Watch]]:
    """Returns every vendor and every watch that is installed, each by name."""
    return vendors(), watches()


class Service:
    """The whole of Ringwatch but its command line, on a store. `open` finds the store and makes one.

    `server` is the store's own server, where it is ours to stop. `read_again` gives the configuration anew. `steady`
    counts seconds and is never set, as `clock` may be.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        *,
        clock: Callable[[], datetime],
        steady: Callable[[], float] = monotonic,
        server: EmbeddedServer | None = None,
        redaction: Redaction | None = None,
        read_again: Callable[[], Loaded] | None = None,
    ) -> None:
        self._clock = clock
        self._server = server
        self._vendors, self._watches = catalogue()
        self._unwatched = True  # alert states without a rule may be left over from another configuration
        self._limits = QuestionLimits()
        self._api: Api | None = None
        self.metrics = Metrics()
        self.scheduler = Scheduler(clock)
        self.store = store
        self.configuration = LiveConfiguration(
            settings,
            open_accounts=self._open,
            applied=self._applied,
            redaction=redaction or Redaction(),
            read_again=read_again,
        )
        self.reloads = ReplicaCommand(store, "reload", self.reload)
        self.engine = Engine(
            store,
            rules(settings, self._watches),
            clock,
            told=self._deliver_now,
            outlets=told_everything(settings),
        )
        self.intake = intake(store, self.configuration.settings, self.engine)
        self.poller = Poller(
            settings=self.configuration.settings,
            accounts=self.configuration.accounts,
            store=store,
            intake=self.intake,
            metrics=self.metrics,
            clock=clock,
            steady=steady,
        )
        self.inbound = VendorEvents(
            settings=self.configuration.settings,
            accounts=self.configuration.accounts,
            store=store,
            metrics=self.metrics,
            clock=clock,
        )
        self.inbound.subscribers.subscribe("polling", self.poller.hear)
        self.slack = SlackApp(
            settings=self.configuration.settings,
            store=store,
            context=self._context,
            commands=commands(),
            actions=actions(),
            clock=clock,
            metrics=self.metrics,
            pressed=self._deliver_now,
            step=self._begin_step,
        )
        self.steps = StepRunner(
            steps=steps(),
            store=store,
            context=self.slack.context,
            workflows=self.slack.workflows,
            clock=clock,
        )
        self.automations = AutomationOutlet(store=store, engine=self.engine, context=self._automation, clock=clock)
        self.webhooks = WebhookOutlet(settings=self.configuration.settings, clock=clock, metrics=self.metrics)
        self.dispatcher = Dispatcher(
            [self.slack.messenger, self.webhooks, self.automations],
            store=store,
            notifications=NotificationContexts(store, self.engine, clock),
            clock=clock,
        )
        self.mqtt: MqttBridge | None = None
        self._mqtt_changes: set[asyncio.Task[None]] = set()
        if settings.mqtt is not None:
            self._bridge()
        self._load_api(settings)
        self.recovery = Recovery(store, self.slack.notify, clock)
        self.health = Health(
            store=store,
            slack=self.slack.trouble,
            poller=self.poller,
            engine=self.engine,
            reload_failure=lambda: self.configuration.failure,
            nowhere=self.slack.nowhere,
            metrics=self.metrics,
            clock=clock,
            steady=steady,
        )
        self.liveness = Liveness(self.metrics)
        self._heartbeat = Heartbeat(self._heartbeat_url, self.health.wrong)
        self.web = Web(
            slack=lambda: self.slack.web_handler,
            api=self._api_handler,
            inbound=self.inbound,
            metrics=self.metrics,
            checks=self.health.checks,
            warnings=self.health.warnings,
        )

    @classmethod
    async def open(
        cls,
        settings: Settings,
        *,
        clock: Callable[[], datetime],
        steady: Callable[[], float] = monotonic,
        redaction: Redaction | None = None,
        read_again: Callable[[], Loaded] | None = None,
    ) -> "Service":
        """Returns the service on the configured store, which runs from now on; nothing else does before `start`.

        Raises `StoreError` where the embedded store cannot be started.
        """
        server, address = None, settings.store.get_secret_value()
        if address == "embedded":
            server = EmbeddedServer(settings.data_dir)
            address = await server.start()
        try:
            store = Store(address, clock=clock, problem=lambda: server.problem if server is not None else None)
            return cls(
                settings,
                store,
                clock=clock,
                steady=steady,
                server=server,
                redaction=redaction,
                read_again=read_again,
            )
        except BaseException:
            if server is not None:
                await server.stop()
            raise

    @property
    def settings(self) -> Settings:
        """Returns the settings in force."""
        return self.configuration.settings()

    async def start(self) -> None:
        """Starts everything; returns once it runs, whatever Slack, the vendors or a shared store do.

        Raises `StoreError` where the embedded store fails, `OSError` where the address is taken.
        """
        if self._server is not None:
            await self.store.take_over()  # the data directory is locked: whoever held a lease here is dead
        with contextlib.suppress(StoreError):
            await self.reloads.begin()
            await self.store.alive(self.store.owner, HEARTBEAT_TTL)  # from now on others count on us
        await self.web.start(self.settings.http.host, self.settings.http.port)
        await self.slack.start()
        self.dispatcher.start()
        if self.mqtt is not None:
            self.mqtt.start()
        self.scheduler.every(SWEEP_SECONDS, unless_away(self.poller.sweep, "polls"), name="polls")
        self.scheduler.every(1.0, self._evaluate, name="alerts")
        self.scheduler.every(1.0, unless_away(self.steps.look, "workflow steps"), name="workflow steps")
        homes = unless_away(self.slack.homes.look, "Home tabs")
        self.scheduler.every(HOME_LOOK_SECONDS, homes, name="Home tabs")
        self.scheduler.every(HEARTBEAT_TTL.total_seconds() / 3, self._keep_house, name="housekeeping")
        self._beat()
        self.scheduler.start()
        self.liveness.start()
        accounts, alerts = len(self.configuration.accounts()), len(self.settings.alerts)
        log.info("ringwatch runs", port=self.web.port, accounts=accounts, alerts=alerts)

    async def stop(self, within: float) -> None:
        """Takes no new work, finishes or hands over what is held, and stops, within so many seconds."""
        log.info("ringwatch stops")
        self.liveness.stop()
        await asyncio.gather(
            self.web.stop(),
            self.scheduler.stop(within / 3),
            self.poller.drain(within / 3),
            self.slack.stop(within * 2 / 3),
            self.steps.stop(within / 3),
            self.dispatcher.stop(within / 3),
            self._leave_mqtt(),
        )
        await self.slack.close()
        await self.webhooks.close()
        await self.configuration.close()
        await self._heartbeat.close()
        with contextlib.suppress(StoreError):
            await self.store.leave(self.store.owner)
        await self.store.close()
        if self._server is not None:
            await self._server.stop()

    async def _leave_mqtt(self) -> None:
        await asyncio.gather(*self._mqtt_changes, return_exceptions=True)
        if self.mqtt is not None:
            await self.mqtt.stop()

    async def reload(self) -> str:
        """Reads the configuration anew and applies it here; returns a sentence. A bad file changes nothing."""
        return await self.configuration.reload()

    def _open(self, settings: Settings) -> Accounts:
        return open_accounts(settings, self._vendors, throttle=self._throttle, clock=self._clock)

    def _throttle(self, account: Account, vendor: Vendor) -> StoreThrottle:
        limit = account.rate_limit or (parse_rate_limit(vendor.rate_limit) if vendor.rate_limit else None)
        return StoreThrottle(self.store, account.name, vendor.title, limit, self._clock)

    def _automation(self, actor: Actor) -> Context:
        return self._context(actor, AutomationAccess())

    def _context(self, actor: Actor, access: Access) -> Context:
        return Context(
            actor=actor,
            accounts=self.configuration.accounts(),
            store=self.store,
            engine=self.engine,
            intake=self.intake,
            settings=self.settings,
            clock=self._clock,
            access=access,
            limits=self._limits,
            mqtt=lambda: self.mqtt.told() if self.mqtt is not None else None,
            reload=self.reloads.broadcast,
        )

    def _bridge(self) -> "MqttBridge":
        """Makes what speaks to a broker. Nothing of it is imported before one is configured."""
        from bot.mqtt.bridge import MqttBridge  # noqa: PLC0415

        self.mqtt = MqttBridge(
            store=self.store,
            engine=self.engine,
            settings=self.configuration.settings,
            accounts=self.configuration.accounts,
            context=self._context,
            clock=self._clock,
            metrics=self.metrics,
        )
        self.dispatcher.serve(self.mqtt.outlet)
        self.intake.subscribers.subscribe("mqtt", self.mqtt.hear)
        return self.mqtt

    def _change_mqtt(self, old: Settings, new: Settings) -> None:
        bridge = self.mqtt
        if bridge is None and new.mqtt is None:
            return
        task = asyncio.create_task((bridge or self._bridge()).change(old.mqtt, new.mqtt))
        self._mqtt_changes.add(task)
        task.add_done_callback(self._mqtt_changes.discard)

    def _deliver_now(self) -> None:
        """Has the dispatcher deliver at once, and not only at its next reading of the outbox; the broker too."""
        self.dispatcher.notify()
        if self.mqtt is not None:
            self.mqtt.connection.notify()

    def _api_handler(self) -> RequestHandler | None:
        """Returns the read API; None where it is switched off."""
        return self._api.handle if self._api is not None and self.settings.api is not None else None

    def _load_api(self, settings: Settings) -> None:
        """Makes the read API where it is configured. Nothing of it is imported before."""
        if settings.api is None or self._api is not None:
            return
        from bot.api.server import Api  # noqa: PLC0415

        self._api = Api(
            tokens=lambda: self.settings.api.tokens if self.settings.api is not None else {},
            context=lambda client: self._context(Actor(f"api {client}", ""), ReadOnlyAccess()),
            store=self.store,
            clock=self._clock,
        )

    def _begin_step(self, execution: StepExecution) -> None:
        if not self.settings.slack.workflow_steps:
            execution = replace(
                execution, error="Workflow steps are switched off here: slack.workflow_steps is not set."
            )
        self.steps.begin(execution)

    # --- what the clock calls

    async def _evaluate(self) -> None:
        try:
            if self._unwatched:
                await self.engine.close_unwatched()
                self._unwatched = False
            await self.engine.tick(self._clock())
            self.health.evaluated()
            await self.reloads.look()
        except StoreError as error:
            log.warning("alerts are paused, the store is away", error=str(error))

    async def _keep_house(self) -> None:
        await self.health.measure()
        try:
            await self.store.alive(self.store.owner, HEARTBEAT_TTL)
            await self.recovery.report(self._clock())
        except StoreError as error:
            log.debug("no housekeeping, the store is away", error=str(error))

    def _beat(self) -> None:
        """Schedules the heartbeat as often as it is configured now."""
        if self.settings.heartbeat is not None:
            self.scheduler.every(self.settings.heartbeat.every.total_seconds(), self._heartbeat.beat, name="heartbeat")

    def _heartbeat_url(self) -> str | None:
        return self.settings.heartbeat.url if self.settings.heartbeat is not None else None

    def _applied(self, old: Settings, new: Settings) -> None:
        self.engine.replace(rules(new, self._watches), told_everything(new))
        self._change_mqtt(old, new)
        self._load_api(new)
        for account in old.accounts.keys() - new.accounts.keys():
            self.metrics.forget(account)
        self._unwatched = True
        if new.heartbeat != old.heartbeat:
            self._beat()
