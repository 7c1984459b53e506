"""What a request whose answer was lost has left in Slack: found, and of two the younger points to the older.

It never posts anything new.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import structlog

from bot.alerts.model import MessageRef
from bot.slack import lookup
from bot.slack.blocks import Rendered
from bot.slack.channels import Channels
from bot.slack.posting import DEADLINE, PostError, Posting, RefusedError
from bot.store import Delivered, OutboxRow

log = structlog.get_logger(__name__)

NOT_OURS = frozenset(
    {"channel_not_found", "not_in_channel", "is_archived", "is_inactive", "restricted_action", "no_permission"}
)
NO_THREAD = frozenset({"thread_not_found", "message_not_found", "invalid_thread_ts", "cannot_reply_to_message"})
UPDATE_WITHIN = DEADLINE + timedelta(seconds=2)  # an edit, its repetition included
_DOUBLE = "This is told in an earlier message."


class Traces:
    """Looks where the last attempt may have gone: to its channel, or to the one that all falls back to."""

    def __init__(self, posting: Posting, channels: Channels, default: Callable[[], str]) -> None:
        self._posting = posting
        self._channels = channels
        self._default = default

    async def cards(self, row: OutboxRow, channel: str, *, but: frozenset[str]) -> list[MessageRef]:
        """An incident's own messages, the oldest first, those in `but` left out."""
        found: list[MessageRef] = []
        for place in await self._places(channel):
            try:
                found += await lookup.cards(self._posting, place, row.notice.incident, row.created_at)
            except RefusedError as refused:
                self._cannot_look(place, refused)
        return sorted((ref for ref in found if ref.ts not in but), key=lookup.age)

    async def marked(self, row: OutboxRow, channel: str, thread: str | None) -> list[MessageRef]:
        """The messages that carry this row's id, the oldest first."""
        found: list[MessageRef] = []
        for place in await self._places(channel):
            inside = thread if place == channel else None
            try:
                found += await lookup.marked(self._posting, place, row.id, row.created_at, thread=inside)
            except RefusedError as refused:
                if inside is None or refused.code not in NO_THREAD:
                    self._cannot_look(place, refused)
        return sorted(found, key=lookup.age)

    async def adopt(self, found: list[MessageRef]) -> Delivered:
        """The oldest lives on; a younger one is edited to point to it."""
        first, *doubles = found
        log.info("a message of ours was found and adopted", channel=first.channel, doubles=len(doubles))
        link = await self.link(first) if doubles else ""
        text = {"type": "mrkdwn", "text": f"<{link}|{_DOUBLE}>" if link else _DOUBLE}
        metadata = {"event_type": "ringwatch_double", "event_payload": {"of": first.ts}}
        for double in doubles:
            try:
                await self.update(double, Rendered(_DOUBLE, [{"type": "section", "text": text}]), metadata)
            except (PostError, TimeoutError) as error:
                log.warning("a double could not be edited", error=str(error))
        return Delivered(first, free_edit=True, edited_at=None)

    async def update(self, ref: MessageRef, rendered: Rendered, metadata: dict[str, Any] | None) -> None:
        """`chat.update`; it may be repeated."""
        async with asyncio.timeout(UPDATE_WITHIN.total_seconds()):
            await self._posting.call(
                self._posting.again.chat_update(
                    channel=ref.channel,
                    ts=ref.ts,
                    text=rendered.text,
                    blocks=rendered.blocks,
                    metadata=metadata,
                )
            )

    async def link(self, ref: MessageRef) -> str:
        """The permalink; where Slack refuses to tell it, the address as Slack makes them; "" where neither is known."""
        try:
            answer = await self._posting.call(
                self._posting.again.chat_getPermalink(channel=ref.channel, message_ts=ref.ts)
            )
        except RefusedError as refused:
            log.info("no permalink", error=str(refused))
            home = await self._home()
            return f"{home}/archives/{ref.channel}/p{ref.ts.replace('.', '')}" if home else ""
        except PostError as error:
            log.info("no permalink", error=str(error))
            return ""
        return str(answer.get("permalink") or "")

    async def _home(self) -> str:
        """The workspace's address, without a slash at its end."""
        try:
            answer = await self._posting.call(self._posting.again.auth_test())
        except PostError as error:
            log.info("the workspace's address is not known", error=str(error))
            return ""
        return str(answer.get("url") or "").rstrip("/")

    async def _places(self, channel: str) -> list[str]:
        default = await self._channels.find(self._default())
        return list(dict.fromkeys(place for place in (channel, default) if place is not None))

    def _cannot_look(self, channel: str, refused: RefusedError) -> None:
        """A channel that cannot be read holds nothing to adopt; any other refusal is passed on."""
        if refused.code == "missing_scope":
            log.error("a channel cannot be read back: the app lacks a scope", channel=channel)
        elif refused.code in NOT_OURS:
            self._channels.lost(channel)
        else:
            raise refused
