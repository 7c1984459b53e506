"""Slack as a messenger: its Web API methods, its errors as the port's outcomes, Block Kit. It keeps no state.

What posts is sent once; what reads and edits may be repeated.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.alerts.model import MessageRef
from bot.notify.port import Outcome, OutgoingMessage, OutletLimits, OutletUnavailableError, SendFate, SendResult
from bot.observability.metrics import Metrics
from bot.settings import Settings
from bot.slack import lookup
from bot.slack.blocks import Rendered, render
from bot.slack.blocks_text import Eyes
from bot.slack.channels import Channels
from bot.slack.posting import DEADLINE, HeldOffError, PostError, Posting, RefusedError, UnclearError
from bot.store import SLACK, OutboxRow

log = structlog.get_logger(__name__)

LIMITS = OutletLimits(
    deadline=DEADLINE,
    first_pause=timedelta(seconds=0.5),
    longest_pause=timedelta(seconds=15),
    spacing=timedelta(seconds=1),
)
EDIT_DEADLINE = DEADLINE + timedelta(seconds=2)  # its repetition included
NOT_OURS = frozenset(
    {"channel_not_found", "not_in_channel", "is_archived", "is_inactive", "restricted_action", "no_permission"}
)
NO_THREAD = frozenset({"thread_not_found", "message_not_found", "invalid_thread_ts", "cannot_reply_to_message"})
_GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found"})
_CONTENT = frozenset(
    {
        "invalid_blocks",
        "invalid_blocks_format",
        "msg_blocks_too_long",
        "msg_too_long",
    }
)
_METADATA = ("invalid_metadata", "metadata_")  # how Slack's words begin where the metadata is refused
_DOUBLE = "This is told in an earlier message."
_COUNTED = {
    Outcome.DELIVERED: "done",
    Outcome.OBSOLETE: "done",
    Outcome.GIVEN_UP: "done",
    Outcome.WAITS: "waits",
    Outcome.DOUBT: "doubt",
    Outcome.FENCED: "fenced",
}


class SlackMessenger:
    """Posts, edits and finds alert messages. A place is a channel's id."""

    name = SLACK

    def __init__(
        self,
        posting: Posting,
        channels: Channels,
        settings: Callable[[], Settings],
        clock: Callable[[], datetime],
        metrics: Metrics | None = None,
    ) -> None:
        self.limits = LIMITS
        self._posting = posting
        self._channels = channels
        self._settings = settings
        self._clock = clock
        self._metrics = metrics

    def queue(self, row: OutboxRow) -> str:
        """Returns the row's channel as it is configured."""
        return row.channel

    def count(self, row: OutboxRow, outcome: Outcome) -> None:
        """Counts a try, and how long the row has waited once it is done."""
        if self._metrics is None or outcome not in _COUNTED:
            return
        self._metrics.deliveries.labels(row.notice.kind.value, _COUNTED[outcome]).inc()
        if outcome.settled:
            self._metrics.delivery_lag.observe(max(0.0, (self._clock() - row.created_at).total_seconds()))

    async def place(self, wanted: str, near: MessageRef | None = None) -> str | None:
        """Returns the channel of `near` while the bot is in it, else the wanted one, else `slack.channel`.

        Returns None where none of them is ours; raises `OutletUnavailableError`.
        """
        with _asking():
            if near is not None and await self._channels.has(near.channel):
                return near.channel
            return await self._channels.place(wanted)

    def place_of(self, ref: MessageRef) -> str:
        """Returns its channel."""
        return ref.channel

    async def send(self, outgoing: OutgoingMessage) -> SendResult:
        """Posts it by `chat.postMessage`, and returns its fate.

        Where Slack refuses the blocks, plain words are sent; where it refuses the thread, it is posted outside it;
        where it refuses the metadata, it goes without, and the row's id on the first block is what it is found by.
        """
        rendered, metadata = self._rendered(outgoing), outgoing.message.metadata
        parent = outgoing.reply_to
        thread = parent.ts if parent is not None and parent.channel == outgoing.place else None
        while True:
            try:
                answer = await self._post(outgoing, rendered, metadata, thread)
            except RefusedError as refused:
                if refused.code in _CONTENT and rendered.blocks != _bare(rendered, outgoing):
                    log.error("Slack refused a message's blocks: it is sent as plain words", code=refused.code)
                    rendered = replace(rendered, blocks=_bare(rendered, outgoing))
                elif metadata is not None and refused.code.startswith(_METADATA):
                    log.error("Slack refused a message's metadata: it is sent without", code=refused.code)
                    metadata, rendered = None, _marked(rendered, outgoing)
                elif thread is not None and refused.code in NO_THREAD:
                    thread = None
                else:
                    return self._failed(refused, outgoing.place)
            except PostError as error:
                return self._failed(error, outgoing.place)
            else:
                return SendResult(SendFate.DELIVERED, ref=MessageRef(str(answer.get("channel")), str(answer.get("ts"))))

    async def edit(self, ref: MessageRef, outgoing: OutgoingMessage) -> SendResult:
        """Edits it by `chat.update`, and returns its fate.

        Where Slack refuses the blocks, plain words are sent; where it refuses the metadata, it goes without.
        """
        rendered, metadata = self._rendered(outgoing), outgoing.message.metadata
        try:
            await self._update_as_taken(ref, outgoing, rendered, metadata)
        except RefusedError as refused:
            failed = self._failed(refused, ref.channel)
            return replace(failed, fate=SendFate.REFUSED) if refused.code in _GONE | NOT_OURS else failed
        except TimeoutError:
            return SendResult(SendFate.UNKNOWN, "Slack did not answer in time.")
        except PostError as error:
            return self._failed(error, ref.channel)
        return SendResult(SendFate.DELIVERED, ref=ref)

    async def find(self, outgoing: OutgoingMessage) -> list[MessageRef]:
        """Returns what earlier tries left: in the channel, in its thread, or in the default one, the oldest first.

        An incident's own message is known by its metadata, any other by the id of its first block; so is one whose
        metadata Slack has refused. Raises `OutletUnavailableError`.
        """
        row, parent = outgoing.row, outgoing.reply_to
        found: list[MessageRef] = []
        with _asking():
            default = await self._channels.find(self._settings().slack.channel)
            for channel in dict.fromkeys(place for place in (outgoing.place, default) if place is not None):
                thread = parent.ts if parent is not None and parent.channel == outgoing.place == channel else None
                try:
                    if outgoing.message.metadata is not None:
                        incident = row.notice.incident
                        found += await lookup.cards(self._posting, channel, incident, row.created_at, block_id=row.id)
                    else:
                        found += await lookup.marked(self._posting, channel, row.id, row.created_at, thread=thread)
                except RefusedError as refused:
                    if thread is None or refused.code not in NO_THREAD:
                        self._cannot_read(channel, refused)
        return sorted(found, key=lookup.age)

    async def point(self, double: MessageRef, first: MessageRef) -> None:
        """Edits the double to point to the first message; its metadata no longer name the incident."""
        link = await self.link(first)
        text = {"type": "mrkdwn", "text": f"<{link}|{_DOUBLE}>" if link else _DOUBLE}
        metadata = {"event_type": "ringwatch_double", "event_payload": {"of": first.ts}}
        try:
            await self._update(double, Rendered(_DOUBLE, [{"type": "section", "text": text}]), metadata)
        except (PostError, TimeoutError) as error:
            log.warning("a double could not be edited", error=str(error))

    async def link(self, ref: MessageRef) -> str:
        """Returns the permalink; where Slack refuses it, the address as Slack makes them; "" where neither is known."""
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
        """Returns the workspace's address, without a slash at its end; "" where it is not known."""
        try:
            answer = await self._posting.call(self._posting.again.auth_test())
        except PostError as error:
            log.info("the workspace's address is not known", error=str(error))
            return ""
        return str(answer.get("url") or "").rstrip("/")

    async def _post(
        self, outgoing: OutgoingMessage, rendered: Rendered, metadata: dict[str, Any] | None, thread: str | None
    ) -> dict[str, Any]:
        return await self._posting.call(
            self._posting.once.chat_postMessage(
                channel=outgoing.place,
                text=rendered.text,
                blocks=rendered.blocks,
                metadata=metadata,
                thread_ts=thread,
                reply_broadcast=True if thread and outgoing.message.aloud else None,
                unfurl_links=False,
                unfurl_media=False,
            )
        )

    async def _update_as_taken(
        self, ref: MessageRef, outgoing: OutgoingMessage, rendered: Rendered, metadata: dict[str, Any] | None
    ) -> None:
        """Edit it with all that Slack takes of it; raises what it refuses for any other reason."""
        while True:
            try:
                return await self._update(ref, rendered, metadata)
            except RefusedError as refused:
                bare = _bare(rendered, outgoing)
                if refused.code in _CONTENT and rendered.blocks != bare:
                    rendered = replace(rendered, blocks=bare)
                elif metadata is not None and refused.code.startswith(_METADATA):
                    metadata = None
                else:
                    raise

    async def _update(self, ref: MessageRef, rendered: Rendered, metadata: dict[str, Any] | None) -> None:
        async with asyncio.timeout(EDIT_DEADLINE.total_seconds()):
            await self._posting.call(
                self._posting.again.chat_update(
                    channel=ref.channel, ts=ref.ts, text=rendered.text, blocks=rendered.blocks, metadata=metadata
                )
            )

    def _rendered(self, outgoing: OutgoingMessage) -> Rendered:
        message, settings = outgoing.message, self._settings()
        eyes = Eyes(public=True, region=settings.calls.region, zone=settings.timezone)
        block_id = outgoing.row.id if message.metadata is None else None
        rendered = render(message.card, eyes, mentions=message.mention, block_id=block_id)
        return rendered if message.text is None else replace(rendered, text=message.text)

    def _failed(self, error: PostError, channel: str) -> SendResult:
        """Returns a failure's fate.

        A refusal is avoided by the next try: a channel that is not ours is not wanted again.
        """
        if isinstance(error, RefusedError) and error.code in NOT_OURS:
            self._channels.lost(channel)
        if isinstance(error, UnclearError):
            return SendResult(SendFate.UNKNOWN, str(error))
        return SendResult(SendFate.LATER, str(error), wait=error.wait if isinstance(error, HeldOffError) else None)

    def _cannot_read(self, channel: str, refused: RefusedError) -> None:
        """Takes a channel that cannot be read for one without anything to adopt; raises any other refusal."""
        if refused.code == "missing_scope":
            log.error("a channel cannot be read back: the app lacks a scope", channel=channel)
        elif refused.code in NOT_OURS:
            self._channels.lost(channel)
        else:
            raise refused


@contextlib.contextmanager
def _asking() -> Iterator[None]:
    """Raises Slack's failure to answer a question as the port has it."""
    try:
        yield
    except PostError as error:
        raise OutletUnavailableError(str(error), error.wait if isinstance(error, HeldOffError) else None) from error


def _marked(rendered: Rendered, outgoing: OutgoingMessage) -> Rendered:
    """The same with the row's id on its first block."""
    first, *rest = rendered.blocks
    return replace(rendered, blocks=[{**first, "block_id": outgoing.row.id}, *rest])


def _bare(rendered: Rendered, outgoing: OutgoingMessage) -> list[dict[str, Any]]:
    words = rendered.text[:2_900]
    return [{"type": "section", "block_id": outgoing.row.id, "text": {"type": "plain_text", "text": words}}]
