"""Delivers messages to subscribers, one after another; a failure of one keeps none of the others from receiving."""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import structlog

from bot.store import StoreError

Message = TypeVar("Message")

log = structlog.get_logger(__name__)


class Subscribers(Generic[Message]):
    """The subscribers of one type of messages, in the order in which they came."""

    def __init__(self) -> None:
        self._hearers: dict[str, Callable[[Message], Awaitable[None]]] = {}
        self._failing: dict[tuple[str, str], set[str]] = {}  # (subscriber, kind of failure): of what it is failing

    def subscribe(self, name: str, hear: Callable[[Message], Awaitable[None]]) -> None:
        """Has `hear` called with each message from now on, after those who came earlier. `name` is for the log."""
        self._hearers[name] = hear

    async def publish(self, message: Message, about: str) -> None:
        """Passes the message to every subscriber in turn. `about` names its topic in the log: ``sales agents``.

        A failure is logged when its kind is new for the subscriber; again only once all went well in between. Raises
        `StoreError`, after all have received it, where a subscriber could not reach the store.
        """
        away: StoreError | None = None
        for name, hear in list(self._hearers.items()):
            try:
                await hear(message)
            except StoreError as error:
                away = away or error
            except Exception as error:  # a subscriber's own mistake keeps no other from hearing
                if self._begins_to_fail(name, about, error):
                    log.exception("a subscriber failed", subscriber=name, about=about)
            else:
                self._went_well(name, about)
        if away is not None:
            raise away

    def _begins_to_fail(self, name: str, about: str, error: Exception) -> bool:
        failing = self._failing.setdefault((name, type(error).__name__), set())
        begins = not failing
        failing.add(about)
        return begins

    def _went_well(self, name: str, about: str) -> None:
        for (subscriber, _), failing in self._failing.items():
            if subscriber == name:
                failing.discard(about)
