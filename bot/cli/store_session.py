"""The store of a command line beside the service: the running one's, or for so long a server of our own on its data."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime

from bot.settings import Settings
from bot.store import Store
from bot.store.embedded import EmbeddedServer, running

EMBEDDED = "embedded"


@asynccontextmanager
async def joined(settings: Settings, clock: Callable[[], datetime], *, looks: bool = False) -> AsyncIterator[Store]:
    """Yields the store that the configuration names. `looks`: it is only read.

    Raises `StoreError` where it cannot be used.
    """
    async with AsyncExitStack() as stack:
        address: str | None = settings.store.get_secret_value()
        if address == EMBEDDED:
            address = running(settings.data_dir)
        if address is None:
            address = await stack.enter_async_context(EmbeddedServer(settings.data_dir))
        store = Store(address, clock=clock, looks=looks)
        stack.push_async_callback(store.close)
        yield store


def untouched(settings: Settings) -> bool:
    """Returns whether nothing can be stored yet: no service has ever made the data directory."""
    return settings.store.get_secret_value() == EMBEDDED and not settings.data_dir.exists()
