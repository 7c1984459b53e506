"""Knows where the bot may post: the channels it is a member of. It never posts where it cannot read back."""

import asyncio
import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.slack.posting import PostError, Posting
from bot.store import Store, StoreError

log = structlog.get_logger(__name__)

LIST_MAX_AGE = timedelta(minutes=1)
MISS_INTERVAL = timedelta(seconds=30)  # at most so often a name that is not there makes us ask again
_ID = re.compile(r"[CG][A-Z0-9]{6,}")


class Channels:
    """The bot's own channels, by id and by name, asked of Slack anew when they are a minute old.

    With a `store`, a name that was found once is known by its id: a channel that is renamed is still the one meant,
    as long as no other is called so.
    """

    def __init__(
        self,
        posting: Posting,
        default: Callable[[], str],
        clock: Callable[[], datetime],
        store: Store | None = None,
    ) -> None:
        self._store = store
        self._ids: dict[str, str] | None = None  # name in lower case -> id, as the store has it
        self._posting = posting
        self._default = default
        self._clock = clock
        self._names: dict[str, str] = {}  # id -> name
        self._asked_at: datetime | None = None
        self._asking = asyncio.Lock()
        self._missing: dict[str, str] = {}

    def problems(self) -> list[str]:
        """Returns the channels that were wanted and are not ours, a sentence each."""
        return list(self._missing.values())

    async def place(self, wanted: str) -> str | None:
        """Returns the id of the channel to post to: the wanted one, else `slack.channel`; None where neither is ours.

        Raises `PostError` where Slack cannot be asked.
        """
        found = await self.find(wanted)
        if found is not None:
            return found
        default = self._default()
        return None if _same(wanted, default) else await self.find(default)

    async def find(self, wanted: str) -> str | None:
        """Returns the id of a channel that the bot is in, by id or #name; None, noted for `problems`, where it is not.

        Raises `PostError` where Slack cannot be asked.
        """
        await self._refresh(LIST_MAX_AGE)
        found = self._read_channels(wanted)
        if found is None:
            await self._refresh(MISS_INTERVAL)
            found = self._read_channels(wanted)
        if found is not None:
            self._missing.pop(wanted, None)
            await self._remember(wanted, found)
            return found
        found = await self._renamed(wanted)
        if found is not None:
            now = f"#{self._names[found]}"
            self._missing[wanted] = f"{wanted} is called {now} now: write that name in the configuration."
        elif wanted not in self._missing:
            self._missing[wanted] = self._sentence(wanted)
            log.warning("a channel is not ours", channel=wanted)
        return found

    async def has(self, channel_id: str) -> bool:
        """Returns whether the bot is in this channel; a miss is not noted as a problem. Raises `PostError`."""
        await self._refresh(LIST_MAX_AGE)
        return channel_id in self._names

    async def review(self, wanted: Iterable[str]) -> list[str]:
        """Finds all channels of the configuration, and returns the problems.

        What is not wanted any more is forgotten.
        """
        names = set(wanted)
        for name in set(self._missing) - names:
            del self._missing[name]
        await self._forget({_name(name) for name in names})
        for name in sorted(names):
            await self.find(name)
        return self.problems()

    def lost(self, channel_id: str) -> None:
        """Notes that Slack refused a post there: not ours any more, until it is listed again."""
        self._names.pop(channel_id, None)

    def _read_channels(self, wanted: str) -> str | None:
        word = wanted.strip()
        if word in self._names:
            return word
        if _ID.fullmatch(word):
            return None
        name = word.removeprefix("#").casefold()
        if not name:
            return None
        return next((i for i, known in self._names.items() if known.casefold() == name), None)

    async def _known_ids(self) -> dict[str, str]:
        """The ids that the store remembers; none while it is away, and then it is asked again."""
        if self._ids is None and self._store is not None:
            try:
                self._ids = await self._store.channel_ids()
            except StoreError as error:
                log.warning("the channels' ids are not known", error=str(error))
        return self._ids or {}

    async def _renamed(self, wanted: str) -> str | None:
        """The channel of ours that was called so when it was last seen by that name."""
        found = (await self._known_ids()).get(_name(wanted))
        return found if found in self._names else None

    async def _remember(self, wanted: str, channel_id: str) -> None:
        known = await self._known_ids()
        if self._store is None or self._ids is None or wanted == channel_id or known.get(_name(wanted)) == channel_id:
            return
        try:
            await self._store.remember_channels({_name(wanted): channel_id}, set())
        except StoreError as error:
            log.warning("a channel's id could not be remembered", channel=wanted, error=str(error))
        else:
            self._ids[_name(wanted)] = channel_id

    async def _forget(self, wanted: set[str]) -> None:
        """Forget the names that the configuration has no longer."""
        over = set(await self._known_ids()) - wanted
        if self._store is None or self._ids is None or not over:
            return
        try:
            await self._store.remember_channels({}, over)
        except StoreError as error:
            log.warning("channels' names could not be forgotten", error=str(error))
        else:
            self._ids = {name: known for name, known in self._ids.items() if name in wanted}

    def _sentence(self, wanted: str) -> str:
        default = self._default()
        where = "alerts for it cannot be posted" if _same(wanted, default) else f"its alerts go to {default}"
        return f"The bot is not in {wanted} (not invited, archived or renamed): {where}. Invite it there."

    async def _refresh(self, older_than: timedelta) -> None:
        async with self._asking:
            if self._asked_at is not None and self._clock() - self._asked_at < older_than:
                return
            try:
                self._names = await self._ask()
            except PostError:
                if self._asked_at is None:
                    raise
                # what was ours a minute ago very likely is; a post that fails shows it
                log.warning("the list of channels could not be read anew")
            self._asked_at = self._clock()

    async def _ask(self) -> dict[str, str]:
        names: dict[str, str] = {}
        cursor = ""
        while True:
            answer = await self._posting.call(
                self._posting.again.users_conversations(
                    types="public_channel,private_channel",
                    exclude_archived=True,
                    limit=200,
                    cursor=cursor or None,
                )
            )
            names |= {str(c["id"]): str(c.get("name") or "") for c in answer.get("channels") or () if _usable(c)}
            cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return names


def _usable(channel: Any) -> bool:
    return isinstance(channel, dict) and bool(channel.get("id")) and not channel.get("is_archived")


def _same(one: str, other: str) -> bool:
    return _name(one) == _name(other)


def _name(wanted: str) -> str:
    return wanted.strip().removeprefix("#").casefold()
