"""The local Slack's memory: people, channels, messages, views, files. It never speaks to anybody."""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from bot.demo.slack.changes import Changes
from bot.demo.slack.journal import Journal

Json = dict[str, Any]

TEAM = "T0KESTREL01"
APP = "A0RINGWATCH"
BOT_USER = "U0RINGWATCH"
BOT_ID = "B0RINGWATCH"
SLACKBOT = "USLACKBOT"


class MethodRefused(Exception):  # noqa: N818 -- Slack's word for it is an answer, not an accident
    """Slack says no: the `error` of the answer, and what else stands in it."""

    def __init__(self, error: str, **extra: Any) -> None:
        super().__init__(error)
        self.error = error
        self.extra = extra


@dataclass(slots=True)
class DemoPerson:
    """Somebody with an account, ours or another company's."""

    id: str
    name: str
    real_name: str
    title: str = ""
    color: str = "#4a6fa5"
    team_id: str = TEAM
    restricted: bool = False
    ultra_restricted: bool = False
    stranger: bool = False
    bot: bool = False
    admin: bool = False
    owner: bool = False
    deleted: bool = False
    tz: str = "Europe/Kyiv"

    @property
    def kind(self) -> Literal["member", "guest", "stranger", "bot"]:
        """Returns what the person is here: a member, a guest, a stranger of another company, or a bot."""
        if self.bot:
            return "bot"
        if self.stranger:
            return "stranger"
        return "guest" if self.restricted or self.ultra_restricted else "member"


@dataclass(slots=True)
class DemoUserGroup:
    """A user group, `@handle`."""

    id: str
    handle: str
    name: str
    users: list[str]


@dataclass(slots=True)
class DemoChannel:
    """A conversation. `other` is the person at the other side of a DM with the app."""

    id: str
    name: str
    kind: Literal["channel", "private", "dm"] = "channel"
    topic: str = ""
    members: set[str] = field(default_factory=set)
    archived: bool = False
    other: str | None = None
    created: int = 0
    last_read: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Message:
    """A message. `only_for` is the one person who sees an ephemeral one; `key` is stable for a page."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    by_app: bool = False
    thread_ts: str | None = None
    broadcast: bool = False
    metadata: Json | None = None
    edited_ts: str | None = None
    show_edited: bool = False
    edits: int = 0
    reactions: dict[str, list[str]] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    only_for: str | None = None
    from_slack: bool = False
    used: str | None = None
    wakes: tuple[str, ...] = ()
    deleted: bool = False

    @property
    def key(self) -> str:
        """Returns its key, stable over edits."""
        return f"{'E:' if self.only_for else ''}{self.channel}:{self.ts}"

    @property
    def in_channel(self) -> bool:
        """Returns whether it is shown in the channel itself, not in a thread alone."""
        return self.broadcast or self.thread_ts in {None, self.ts}

    @property
    def elements(self) -> list[tuple[Json, Json]]:
        """Returns (block, element) of everything that can be pressed, in order."""
        return list(interactive(self.blocks))

    @property
    def buttons(self) -> list[str]:
        """Returns the words on the buttons and menus."""
        return [label(element) for _, element in self.elements]

    @property
    def words(self) -> str:
        """Returns all that a person reads in it: the blocks', or the text where there are none."""
        return "\n".join(texts(self.blocks)) if self.blocks else self.text


@dataclass(slots=True)
class DemoView:
    """A modal or a Home tab, for one person. `body` is Slack's view object."""

    user: str
    body: Json
    errors: dict[str, str] = field(default_factory=dict)
    open: bool = True

    @property
    def id(self) -> str:
        """Returns Slack's id of it."""
        return str(self.body["id"])

    @property
    def words(self) -> str:
        """Returns all that a person reads in it."""
        return "\n".join(texts([self.body]))

    @property
    def elements(self) -> list[tuple[Json, Json]]:
        """Returns (block, element) of everything that can be pressed or filled in, in order."""
        return list(interactive(self.body.get("blocks", [])))


@dataclass(slots=True)
class DemoFile:
    """A file: `content` is None until it is uploaded, `channels` empty until it is shared."""

    id: str
    name: str
    length: int
    title: str = ""
    alt_txt: str = ""
    content: bytes | None = field(default=None, repr=False)
    channels: list[str] = field(default_factory=list)
    thread_ts: str | None = None
    comment: str = ""
    created: int = 0


def interactive(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Yields (block, element) of everything with an action id, nested blocks too."""
    for block in blocks:
        inner = [*block.get("elements", []), block.get("accessory"), block.get("element")]
        inner += block.get("actions", [])
        for element in inner:
            if isinstance(element, dict) and element.get("action_id"):
                yield block, element
        children = [child for child in block.get("child_blocks", []) if isinstance(child, dict)]
        if block.get("type") == "carousel":
            children += [child for child in block.get("elements", []) if isinstance(child, dict)]
        yield from interactive(children)


def label(element: Json) -> str:
    """Returns the words on a button, the placeholder of a menu."""
    text = element.get("text") or element.get("placeholder") or {}
    return str(text.get("text", "")) if isinstance(text, dict) else str(text)


def texts(value: Any) -> Iterator[str]:
    """Yields every piece of text in blocks, in reading order."""
    if isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key in {"text", "title", "caption", "label"} and isinstance(item, str):
                yield item
            elif isinstance(item, dict | list) and key not in {"state", "confirm"}:
                yield from texts(item)


class Workspace:
    """All that is so now in the local Slack."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.changes = Changes()
        self.journal = Journal(clock)
        self.team_id, self.team_name, self.domain = TEAM, "Kestrel Telesales", "kestrel"
        self.app_name = "Ringwatch"
        self.people: dict[str, DemoPerson] = {}
        self.groups: dict[str, DemoUserGroup] = {}
        self.channels: dict[str, DemoChannel] = {}
        self.board: dict[str, dict[str, Message]] = {}
        self.ephemeral: dict[str, Message] = {}
        self.views: dict[str, DemoView] = {}
        self.modals: dict[str, list[str]] = {}
        self.homes: dict[str, DemoView] = {}
        self.files: dict[str, DemoFile] = {}
        self.on_post: list[Callable[[Message], None]] = []
        self._last_tick = 0
        self._made = 0

    def now(self) -> float:
        """Returns the workspace's clock, in seconds since 1970."""
        return self.clock().timestamp()

    def ts(self) -> str:
        """Returns a new timestamp: unique, and later than every one before, whatever the clock does."""
        self._last_tick = max(self._last_tick + 1, int(self.now() * 1_000_000))
        return f"{self._last_tick // 1_000_000}.{self._last_tick % 1_000_000:06d}"

    def new_id(self, prefix: str, length: int = 10) -> str:
        """Returns an id as Slack would make one; the same run makes the same ids."""
        self._made += 1
        digest = hashlib.blake2s(f"{prefix}{self._made}".encode()).hexdigest().upper()
        return prefix + digest[:length]

    def person(self, user: str) -> DemoPerson:
        """Returns a person by id or name; raises `MethodRefused` (user_not_found) where there is none."""
        found = self.people.get(user) or next(
            (p for p in self.people.values() if p.name == user.removeprefix("@")), None
        )
        if found is None:
            raise MethodRefused("user_not_found")
        return found

    def channel(self, ref: str) -> DemoChannel:
        """Returns a channel by id or #name, whoever asks; raises `MethodRefused` (channel_not_found)."""
        found = self.channels.get(ref) or next(
            (c for c in self.channels.values() if c.name == ref.removeprefix("#") and c.kind != "dm"), None
        )
        if found is None:
            raise MethodRefused("channel_not_found")
        return found

    def dm(self, user: str) -> DemoChannel:
        """Returns the app's conversation with a person, opened where there was none."""
        for channel in self.channels.values():
            if channel.other == user:
                return channel
        made = DemoChannel(self.new_id("D"), "", "dm", members={user, BOT_USER}, other=user)
        made.created = int(self.now())
        self.channels[made.id] = made
        self.board[made.id] = {}
        self.changes.add("channels")
        return made

    def add_channel(self, channel: DemoChannel) -> DemoChannel:
        """Adds a new channel, and returns it."""
        self.channels[channel.id] = channel
        self.board.setdefault(channel.id, {})
        self.changes.add("channels")
        return channel

    def message(self, channel: str, ts: str) -> Message:
        """Returns a message that is there; raises `MethodRefused` (message_not_found)."""
        found = self.board.get(channel, {}).get(ts)
        if found is None or found.deleted:
            raise MethodRefused("message_not_found")
        return found

    def by_key(self, key: str) -> Message:
        """Returns a message by its key, ephemeral ones too; raises `MethodRefused`."""
        found = self.ephemeral.get(key)
        if found is not None and not found.deleted:
            return found
        channel, _, ts = key.partition(":")
        return self.message(channel, ts)

    def standing(self, channel: str) -> list[Message]:
        """Returns all messages of a channel that are not deleted, oldest first, replies included."""
        return [message for message in self.board.get(channel, {}).values() if not message.deleted]

    def replies(self, channel: str, root: str) -> list[Message]:
        """Returns the replies to a message, oldest first."""
        return [m for m in self.standing(channel) if m.thread_ts == root and m.ts != root]

    def sees(self, user: str, channel: DemoChannel) -> bool:
        """Returns whether a person finds the channel in their list."""
        if channel.kind == "dm":
            return channel.other == user
        return user in channel.members or (channel.kind == "channel" and self.people[user].kind == "member")

    def mentioned(self, text: str) -> set[str]:
        """Returns the user ids that Slack's marks in a text stand for; "!here" and its like as they are."""
        found = set(re.findall(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>", text))
        for group in re.findall(r"<!subteam\^(S[A-Z0-9]+)(?:\|[^>]*)?>", text):
            found |= set(self.groups[group].users) if group in self.groups else set()
        return found | {f"!{word}" for word in re.findall(r"<!(here|channel|everyone)(?:\|[^>]*)?>", text)}
