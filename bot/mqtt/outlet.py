"""The changes of alerts as events on the broker: once each, in their order, unless they are old. It keeps nothing.

What may not have arrived is sent again; `incident` and `change` say that it is the same.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from bot.mqtt.broker import BrokerError
from bot.mqtt.incidents import event_payload
from bot.mqtt.states import encoded
from bot.mqtt.topics import Topics
from bot.notify.port import Outcome, Outgoing, OutletLimits, SendFate, SendResult
from bot.observability.metrics import Metrics
from bot.settings import Settings
from bot.store import MQTT, OutboxRow

MAX_AGE = timedelta(hours=1)  # an older change is no news: how the alert stands is told anyway
LIMITS = OutletLimits(
    deadline=timedelta(seconds=8),
    first_pause=timedelta(seconds=0.1),  # nothing is tried while there is no connection
    longest_pause=timedelta(seconds=5),
    chronological=True,
)
_COUNTED = {
    Outcome.DELIVERED: "delivered",
    Outcome.WAITS: "failed",  # tried again later
    Outcome.OBSOLETE: "obsolete",
    Outcome.GIVEN_UP: "given_up",
}


class EventLine(Protocol):
    """The connection to the broker, as far as an event needs it."""

    @property
    def ready(self) -> bool:
        """Returns whether an event would be heard."""

    def knows(self, account: str) -> bool:
        """Returns whether the broker has been told of this account."""

    async def publish(self, topic: str, payload: bytes) -> None:
        """Sends one message that nobody keeps. Raises `BrokerError`."""


class MqttOutlet:
    """Tells each change once, where the alert's account is."""

    name = MQTT

    def __init__(
        self,
        *,
        line: EventLine,
        settings: Callable[[], Settings],
        clock: Callable[[], datetime],
        metrics: Metrics | None = None,
        limits: OutletLimits = LIMITS,
    ) -> None:
        self.limits = limits
        self._line = line
        self._settings = settings
        self._clock = clock
        self._metrics = metrics

    @property
    def ready(self) -> bool:
        """Returns whether an event would be heard; without a broker rows that are left over are taken away."""
        return self._settings().mqtt is None or self._line.ready

    def queue(self, row: OutboxRow) -> str:
        """Returns the account: its events come in the order of the changes."""
        return row.account

    def count(self, row: OutboxRow, outcome: Outcome) -> None:
        """Counts a try under its alert and outcome."""
        if self._metrics is not None and outcome in _COUNTED:
            self._metrics.mqtt_events.labels(row.alert, _COUNTED[outcome]).inc()

    async def send(self, outgoing: Outgoing) -> SendResult:
        """Sends it, and returns its fate; OBSOLETE where it is an hour old, or there is no such account any more."""
        row, settings = outgoing.row, self._settings()
        mqtt = settings.mqtt
        if mqtt is None or row.account not in settings.accounts:
            return SendResult(SendFate.OBSOLETE, "nobody is told of this account by MQTT any more")
        if self._clock() - (row.notice.at or row.created_at) >= MAX_AGE:
            return SendResult(SendFate.OBSOLETE, "it is an hour old")
        if not self._line.knows(row.account):
            return SendResult(SendFate.LATER, "the broker has not been told of this account yet")
        payload = encoded(event_payload(row.notice, outgoing.context, names=mqtt.names))
        try:
            await self._line.publish(Topics(mqtt.topic).event(row.account), payload)
        except BrokerError as error:
            return SendResult(SendFate.UNKNOWN, error.about(mqtt))
        return SendResult(SendFate.DELIVERED)
