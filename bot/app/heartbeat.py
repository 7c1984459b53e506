"""Sends a request to a dead man's switch outside while all is well, so that silence itself is an alarm."""

from collections.abc import Awaitable, Callable

import httpx
import structlog

log = structlog.get_logger(__name__)


class Heartbeat:
    """Sends a heartbeat while `wrong` returns None. `url` is asked at each beat; None: nobody is to be notified."""

    def __init__(self, url: Callable[[], str | None], wrong: Callable[[], Awaitable[str | None]]) -> None:
        self._url = url
        self._wrong = wrong
        self._client = httpx.AsyncClient(timeout=10, follow_redirects=False)
        self._failing = False

    async def beat(self) -> None:
        """Sends one heartbeat; leaves it out, and logs that once, while something is wrong or nobody answers."""
        url = self._url()
        if url is None:
            return
        reason = await self._wrong()
        if reason is None:
            try:
                (await self._client.get(url)).raise_for_status()
            except httpx.HTTPError as error:
                reason = f"the heartbeat's address answered with {type(error).__name__}"
        if reason and not self._failing:
            log.warning("heartbeat left out", why=reason)
        elif self._failing and not reason:
            log.info("heartbeat goes on")
        self._failing = reason is not None

    async def close(self) -> None:
        """Closes the connection."""
        await self._client.aclose()
