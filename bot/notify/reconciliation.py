"""Finds and adopts what a request whose answer was lost has left at a messenger. It posts nothing."""

from collections.abc import Collection

import structlog

from bot.notify.port import Messenger, OutgoingMessage
from bot.store import Delivered

log = structlog.get_logger(__name__)


class Reconciliation:
    """Searches the messenger before a row in doubt is posted again."""

    def __init__(self, messenger: Messenger) -> None:
        self._messenger = messenger

    async def adopt(self, outgoing: OutgoingMessage, *, but: Collection[str] = ()) -> Delivered | None:
        """Returns the message that an earlier try has posted, those named in `but` left out; None where there is none.

        Of two the older lives on, and the younger is edited to point to it. Raises `OutletUnavailableError`.
        """
        found = [ref for ref in await self._messenger.find(outgoing) if ref.id not in but]
        if not found:
            return None
        first, *doubles = found
        log.info("a message of ours was found and adopted", place=outgoing.place, doubles=len(doubles))
        for double in doubles:
            await self._messenger.point(double, first)
        return Delivered(first, free_edit=True, edited_at=None)
