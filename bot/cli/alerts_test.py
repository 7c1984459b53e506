"""`ringwatch alerts test NAME`: a marked test through the real path, beside a running service or without one.

Beside a service it commits the test and waits until that has delivered it. Without one it delivers the test itself,
and nothing else that waits: the rest, webhooks too, is the next service's.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from bot.alerts.model import Incident, MessageRef
from bot.app.wiring import rules
from bot.cli.store_session import EMBEDDED, joined
from bot.engine.engine import Engine
from bot.notify.contexts import NotificationContexts
from bot.notify.dispatcher import Dispatcher
from bot.settings import Alert, Settings, find_alert
from bot.slack.channels import Channels
from bot.slack.messenger import SlackMessenger
from bot.slack.posting import PostError, Posting
from bot.store import Delivered, Store, StoreError
from bot.store.embedded import running
from bot.watches.registry import watches

# In seconds.
DELIVERY_TIMEOUT_SECONDS = 30.0  # until it stands in Slack
LINK_TIMEOUT_SECONDS = 3.0  # from then on until its link is known
END_TIMEOUT_SECONDS = 10.0  # until its end is told
POLL_INTERVAL_SECONDS = 0.2
_QUESTION_TIMEOUT_SECONDS = 5.0
_STOP_GRACE_SECONDS = 2.0

NOTHING = "{} watches nothing: no account that is configured can feed it, so there is nothing to test."


class AlertTestError(Exception):
    """No test was delivered; `str()` is one sentence that says why."""


async def send_test_alert(settings: Settings, name: str, clock: Callable[[], datetime]) -> str:
    """Sends a test of the alert, and returns the sentence that says where it stands.

    Raises `UnknownAlertError`, `AlertTestError` where it does not stand in Slack, `StoreError` where the store cannot
    be used.
    """
    alert = find_alert(settings, name)
    if not alert.accounts:
        raise AlertTestError(NOTHING.format(alert.name))
    kept_by_a_service = settings.store.get_secret_value() == EMBEDDED and running(settings.data_dir) is not None
    token, api_url = settings.slack.bot_token.get_secret_value(), settings.slack.api_url
    async with (
        joined(settings, clock) as store,
        Posting(token=token, api_url=api_url, clock=clock) as posting,
    ):
        channels = Channels(posting, lambda: settings.slack.channel, clock)
        test = _AlertTest(settings, alert, clock, store, posting, channels, kept_by_a_service)
        return await test.delivered()


@dataclass(frozen=True, slots=True)
class _AlertTest:
    """One test under way. `beside`: the store is the one that a running service keeps for itself."""

    settings: Settings
    alert: Alert
    clock: Callable[[], datetime]
    store: Store
    posting: Posting
    channels: Channels
    beside: bool

    async def delivered(self) -> str:
        """Commits it and sees it delivered, by the service or, where none runs, by ourselves; returns the sentence."""
        engine = Engine(self.store, rules(self.settings, watches()), self.clock)
        served = await self._served()
        incident = await engine.test(self.alert.name, None)
        if incident is None:
            raise AlertTestError(NOTHING.format(self.alert.name))
        sent = await self._delivered_by_the_service(incident) if served else None
        alone = sent is None
        ref = (sent or await self._delivered_here(engine, incident)).ref
        ended = ", ended at once, as no service runs" if alone else ""
        link = f": {ref.permalink}" if ref.permalink else "."
        return f"The test of {self.alert.name} stands in {await self._place(ref)}{ended}{link}"

    async def _served(self) -> bool:
        """Returns whether a service is there to deliver it."""
        if self.settings.store.get_secret_value() == EMBEDDED:
            return self.beside
        return bool(await self.store.replicas())

    async def _delivered_by_the_service(self, incident: Incident) -> Delivered | None:
        """Returns its message, delivered by the service; None where the last replica is gone.

        Raises `AlertTestError`.
        """
        try:
            sent = await self._known(incident, lambda _: True, DELIVERY_TIMEOUT_SECONDS, unless=self._unserved)
            if sent is None and await self._served():
                raise AlertTestError(
                    f"The test of {self.alert.name} is committed, but was not delivered within "
                    f"{DELIVERY_TIMEOUT_SECONDS:.0f} s: is the service connected to Slack? See /readyz."
                )
            linked = sent and await self._known(incident, lambda sent: bool(sent.ref.permalink), LINK_TIMEOUT_SECONDS)
        except StoreError as error:
            raise AlertTestError(
                f"The test of {self.alert.name} is committed, and whether it was delivered is not known: {error}"
            ) from error
        return linked or sent

    async def _unserved(self) -> bool:
        return not await self._served()

    async def _delivered_here(self, engine: Engine, incident: Incident) -> Delivered:
        """Brings it to Slack and ends it. Whatever is cut off is the next service's to deliver."""
        dispatcher = Dispatcher(
            [SlackMessenger(self.posting, self.channels, lambda: self.settings, self.clock)],
            store=self.store,
            notifications=NotificationContexts(self.store, engine, self.clock),
            clock=self.clock,
        )
        try:
            try:
                sent = await self._known(incident, lambda _: True, DELIVERY_TIMEOUT_SECONDS, dispatcher)
            finally:
                await engine.end_test(incident.id)
            if sent is None:
                raise AlertTestError(
                    f"The test of {self.alert.name} is committed, but was not delivered within "
                    f"{DELIVERY_TIMEOUT_SECONDS:.0f} s: {self._reason()} The next service that starts tells it."
                )
            was = sent.edited_at
            ended = await self._known(incident, lambda sent: sent.edited_at != was, END_TIMEOUT_SECONDS, dispatcher)
        finally:
            await dispatcher.stop(_STOP_GRACE_SECONDS)
        return ended or sent

    async def _place(self, ref: MessageRef) -> str:
        """Returns the channel where it stands, as it is configured; where it had to go elsewhere, why."""
        default = self.settings.slack.channel
        wanted = self.alert.channel or default
        try:
            async with asyncio.timeout(_QUESTION_TIMEOUT_SECONDS):
                if await self.channels.find(wanted) == ref.channel:
                    return wanted
                if await self.channels.find(default) == ref.channel:
                    return f"{default} (the bot is not in {wanted})"
        except (PostError, TimeoutError):
            return ref.channel  # as good, and certain
        return ref.channel

    async def _known(
        self,
        incident: Incident,
        good: Callable[[Delivered], bool],
        within: float,
        dispatcher: Dispatcher | None = None,
        unless: Callable[[], Awaitable[bool]] | None = None,
    ) -> Delivered | None:
        """Returns its message once it is good, delivered by `dispatcher` or others.

        Returns None where it is not in time, or `unless` returns True. No pass of the dispatcher is cut off: what has
        left is waited for.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + within
        while True:
            if dispatcher is not None:
                await dispatcher.run_once(incident=incident.id)
            sent = await self.store.message(incident.id)
            if sent is not None and good(sent):
                return sent
            if loop.time() >= until or (unless is not None and await unless()):
                return None
            await asyncio.sleep(POLL_INTERVAL_SECONDS)

    def _reason(self) -> str:
        """Returns what Slack, or our not being invited, has to do with it."""
        found = [*self.channels.problems(), *([f"{self.posting.trouble}."] if self.posting.trouble else [])]
        return " ".join(found) or "Slack did not take it in time."
