"""Searches a channel for what may have been posted before. It reads, and never changes anything."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any

from bot.alerts.model import MessageRef
from bot.notify.metadata import EVENT_TYPE
from bot.slack.posting import Posting

MARGIN = timedelta(hours=2)  # between our clock, which may have been an hour wrong, and Slack's

Message = dict[str, Any]


async def cards(posting: Posting, channel: str, incident: str, since: datetime, *, block_id: str) -> list[MessageRef]:
    """Returns the messages whose metadata name this incident, or whose first block carries this id, the oldest first.

    Raises `PostError`.
    """

    def ours(message: Message) -> bool:
        metadata = message.get("metadata") or {}
        payload = metadata.get("event_payload") or {}
        named = metadata.get("event_type") == EVENT_TYPE and payload.get("incident") == incident
        return named or _marks(message, block_id)

    return await _found(_history(posting, channel, since), channel, ours)


async def marked(
    posting: Posting, channel: str, block_id: str, since: datetime, *, thread: str | None = None
) -> list[MessageRef]:
    """Returns the messages whose first block carries this id, in a thread or in the channel, the oldest first.

    Raises `PostError`.
    """

    def ours(message: Message) -> bool:
        return _marks(message, block_id)

    pages = _replies(posting, channel, thread) if thread is not None else _history(posting, channel, since)
    return await _found(pages, channel, ours)


def _marks(message: Message, block_id: str) -> bool:
    blocks = message.get("blocks") or [{}]
    return bool(blocks[0].get("block_id") == block_id)


async def _found(messages: AsyncIterator[Message], channel: str, ours: Callable[[Message], bool]) -> list[MessageRef]:
    stamps = {str(message["ts"]) async for message in messages if message.get("ts") and ours(message)}
    return sorted((MessageRef(channel, ts) for ts in stamps), key=age)


async def _history(posting: Posting, channel: str, since: datetime) -> AsyncIterator[Message]:
    cursor: str | None = None
    oldest = f"{(since - MARGIN).timestamp():.6f}"
    while True:
        answer = await posting.call(
            posting.again.conversations_history(
                channel=channel, oldest=oldest, include_all_metadata=True, limit=200, cursor=cursor
            )
        )
        for message in answer.get("messages") or ():
            yield message
        cursor = _next(answer)
        if cursor is None:
            return


async def _replies(posting: Posting, channel: str, thread: str) -> AsyncIterator[Message]:
    cursor: str | None = None
    while True:
        answer = await posting.call(
            posting.again.conversations_replies(channel=channel, ts=thread, limit=200, cursor=cursor)
        )
        for message in answer.get("messages") or ():
            yield message
        cursor = _next(answer)
        if cursor is None:
            return


def _next(answer: dict[str, Any]) -> str | None:
    return str((answer.get("response_metadata") or {}).get("next_cursor") or "") or None


def age(ref: MessageRef) -> tuple[int, str]:
    """Returns the key by which messages sort by when Slack took them."""
    whole, _, rest = ref.ts.partition(".")
    return (int(whole) if whole.isdigit() else 0, rest)
