"""The one way in for readings of an account: recorded, then published."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.alerts.kinds import Kind
from bot.alerts.model import Observed, Reading
from bot.readings.subscribers import Subscribers
from bot.settings import Settings
from bot.store import Store


@dataclass(frozen=True, slots=True)
class AcceptedReading:
    """A reading as it was recorded."""

    account: str
    kind: Kind
    reading: Reading


class Intake:
    """Accepts every reading, whoever made it: the poller, or an operation that read back what it changed.

    `subscribers` receive each once it is in the store.
    """

    def __init__(self, store: Store, settings: Callable[[], Settings]) -> None:
        self._store = store
        self._settings = settings
        self.subscribers: Subscribers[AcceptedReading] = Subscribers()

    async def accept(self, account: str, kind: Kind, reading: Reading) -> None:
        """Records a reading and publishes it.

        Raises `StoreError`: where it was not recorded, nobody has received it.
        """
        known = await self._store.record(account, kind, reading, keep=self._settings().history)
        if isinstance(reading, Observed) and known.observed is not None:
            reading = known.observed  # steadied: without mere jitter
        await self.subscribers.publish(AcceptedReading(account, kind, reading), f"{account} {kind}")
