"""The store of what must outlive a process: spoken to as Redis, shared by all replicas. It decides nothing."""

from bot.store.alert_states import AlertStates
from bot.store.audit import Audit, AuditRecord
from bot.store.automation_times import AutomationTimes
from bot.store.channel_ids import ChannelIds
from bot.store.connection import Clock
from bot.store.errors import StoreError, StoreUnavailable
from bot.store.given_up import GivenUpDeliveries, GivenUpDelivery
from bot.store.homes import Homes
from bot.store.leases import Leases
from bot.store.mqtt_places import MqttPlaces
from bot.store.operations import EXPIRED, Operations, PendingOperation
from bot.store.outbox import KEEP, Keep, Outbox
from bot.store.outbox_rows import AUTOMATION, MQTT, OUTLETS, SLACK, WEBHOOK, Delivered, OutboxRow
from bot.store.readings import Readings
from bot.store.replicas import Replicas
from bot.store.request_limits import RequestLimits
from bot.store.silences import Silence, Silences
from bot.store.step_executions import StepExecution, StepExecutions
from bot.store.versions import Versions

__all__ = [
    "AUTOMATION",
    "EXPIRED",
    "KEEP",
    "MQTT",
    "OUTLETS",
    "SLACK",
    "WEBHOOK",
    "AuditRecord",
    "Delivered",
    "GivenUpDelivery",
    "Keep",
    "OutboxRow",
    "PendingOperation",
    "Silence",
    "StepExecution",
    "Store",
    "StoreError",
    "StoreUnavailable",
]


class Store(
    Readings,
    AlertStates,
    Outbox,
    Leases,
    Replicas,
    Operations,
    Silences,
    Audit,
    ChannelIds,
    GivenUpDeliveries,
    AutomationTimes,
    StepExecutions,
    RequestLimits,
    Homes,
    MqttPlaces,
    Versions,
):
    """The store keeps everything. Every key starts with ``{ringwatch}:``; every state change is one step.

    Made with an address it asks nothing yet; at its first use, and until the server has been found good, it checks
    whether it can be trusted. Every method raises `StoreUnavailable` while the server does not answer, and `StoreError`
    where it cannot be used as it is.
    """

    @classmethod
    async def connect(cls, url: str, *, clock: Clock, owner: str | None = None) -> "Store":
        """Returns an open store whose server was checked; raises `StoreError`.

        `owner` names this process among the replicas.
        """
        store = cls(url, clock=clock, owner=owner)
        try:
            await store.ping()
        except StoreError:
            await store.close()
            raise
        return store
