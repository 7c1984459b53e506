"""The methods conversations.* and users.conversations: where the app is, and what was said there."""

from bot.demo.slack import wire
from bot.demo.slack.call import HISTORY, READ, Call, Method, cursor_of, uncursor
from bot.demo.slack.workspace import BOT_USER, DemoChannel, Json, Message, MethodRefused

KINDS = {"public_channel": "channel", "private_channel": "private", "im": "dm", "mpim": "mpim"}


def _wanted(call: Call, channels: list[DemoChannel]) -> Json:
    names = call.text("types", "public_channel").replace(" ", "").split(",")
    if not set(names) <= set(KINDS):
        raise MethodRefused("invalid_types")
    kinds = {KINDS[name] for name in names}
    for kind in sorted(kinds & set(READ)):
        call.scope(READ[kind])
    chosen = [c for c in channels if c.kind in kinds and not (call.flag("exclude_archived") and c.archived)]
    page, metadata = call.page(chosen)
    return {
        "channels": [wire.channel(call.stage.workspace, item, members=True) for item in page],
        "response_metadata": metadata,
    }


def listing(call: Call) -> Json:
    """Answers conversations.list: every public channel, and the private ones that the app is in."""
    channels = call.stage.workspace.channels.values()
    return _wanted(call, [c for c in channels if c.kind == "channel" or BOT_USER in c.members])


def of_user(call: Call) -> Json:
    """Answers users.conversations: where the app itself is, or a person (then only what the app may know)."""
    user = call.text("user", BOT_USER)
    call.stage.workspace.person(user)
    channels = call.stage.workspace.channels.values()
    known = [c for c in channels if c.kind == "channel" or BOT_USER in c.members]
    return _wanted(call, [c for c in known if user in c.members])


def info(call: Call) -> Json:
    """Answers conversations.info."""
    channel = call.channel()
    call.scope(READ[channel.kind])
    members = call.flag("include_num_members")
    return {"channel": wire.channel(call.stage.workspace, channel, members=members)}


def members(call: Call) -> Json:
    """Answers conversations.members."""
    channel = call.channel()
    call.scope(READ[channel.kind])
    page, metadata = call.page(sorted(channel.members))
    return {"members": list(page), "response_metadata": metadata}


def join(call: Call) -> Json:
    """Answers conversations.join: public channels alone."""
    channel = call.channel()
    if channel.kind != "channel":
        raise MethodRefused("method_not_supported_for_channel_type")
    if channel.archived:
        raise MethodRefused("is_archived")
    extra: Json = {}
    if BOT_USER in channel.members:
        extra = {
            "warning": "already_in_channel",
            "response_metadata": {"warnings": ["already_in_channel"]},
        }
    channel.members.add(BOT_USER)
    call.stage.workspace.changes.add("channels")
    return {"channel": wire.channel(call.stage.workspace, channel), **extra}


def open_dm(call: Call) -> Json:
    """Answers conversations.open: the DM with one person."""
    workspace = call.stage.workspace
    if call.text("channel"):
        channel = call.channel()
        return {"channel": {"id": channel.id}, "no_op": True, "already_open": True}
    users = [user for user in call.need("users").split(",") if user]
    if len(users) != 1:
        raise MethodRefused("method_not_supported_for_channel_type")
    person = workspace.people.get(users[0])
    if person is None:
        raise MethodRefused("user_not_found")
    if person.bot:
        raise MethodRefused("cannot_dm_bot")
    if person.deleted:
        raise MethodRefused("user_disabled")
    there = any(item.other == person.id for item in workspace.channels.values())
    channel = workspace.dm(person.id)
    full = wire.channel(workspace, channel) if call.flag("return_im") else {"id": channel.id}
    return {"channel": full, "no_op": there, "already_open": there}


def _readable(call: Call) -> DemoChannel:
    channel = call.channel()
    call.scope(HISTORY[channel.kind])
    if BOT_USER not in channel.members:
        raise MethodRefused("not_in_channel")
    return channel


def _between(call: Call, items: list[Message]) -> list[Message]:
    """Returns those newer than `oldest` and older than `latest`; both included with `inclusive`."""
    oldest, latest = _moment(call, "oldest"), _moment(call, "latest")
    both = call.flag("inclusive")

    def inside(item: Message) -> bool:
        at = _ticks(item.ts)
        late = latest is None or at < latest or (both and at == latest)
        return late and (oldest is None or at > oldest or (both and at == oldest))

    return [item for item in items if inside(item)]


def _ticks(ts: str) -> int:
    seconds, _, fraction = ts.partition(".")
    return int(seconds) * 1_000_000 + int((fraction + "000000")[:6])


def _moment(call: Call, key: str) -> int | None:
    value = call.text(key)
    if not value or value == "now":
        return None
    try:
        return _ticks(value)
    except ValueError as problem:
        raise MethodRefused(f"invalid_ts_{key}") from problem


def _told(call: Call, items: list[Message]) -> list[Json]:
    scopes = call.stage.manifest.scopes
    granted = scopes is None or "metadata.message:read" in scopes
    metadata = call.flag("include_all_metadata") and granted
    return [wire.message(call.stage.workspace, item, metadata=metadata) for item in items]


def history(call: Call) -> Json:
    """Answers conversations.history: newest first; with `oldest` alone, the page closest to `oldest`."""
    channel, limit = _readable(call), call.number("limit", 100, 999)
    there = [item for item in call.stage.workspace.standing(channel.id) if item.in_channel]
    items = _between(call, there)
    forward = bool(call.text("oldest")) and not call.text("latest")
    items = items if forward else items[::-1]
    if cursor := call.text("cursor"):
        edge = _ticks(uncursor(cursor, "next_ts"))
        items = [i for i in items if (_ticks(i.ts) >= edge if forward else _ticks(i.ts) <= edge)]
    page, rest = items[:limit], items[limit:]
    answer: Json = {
        "messages": _told(call, sorted(page, key=lambda item: _ticks(item.ts), reverse=True)),
        "has_more": bool(rest),
        "pin_count": 0,
        "channel_actions_ts": None,
        "channel_actions_count": 0,
    }
    if rest:
        answer["response_metadata"] = {"next_cursor": cursor_of("next_ts", rest[0].ts)}
    return answer


def replies(call: Call) -> Json:
    """Answers conversations.replies: the root first, on every page, then the replies, oldest first."""
    channel, limit = _readable(call), call.number("limit", 1000, 1000)
    workspace, ts = call.stage.workspace, call.need("ts")
    root = workspace.board[channel.id].get(ts)
    below = workspace.replies(channel.id, ts)
    if root is None or (root.deleted and not below):
        raise MethodRefused("thread_not_found")
    items = _between(call, below)
    if cursor := call.text("cursor"):
        edge = _ticks(uncursor(cursor, "next_ts"))
        items = [item for item in items if _ticks(item.ts) >= edge]
    page, rest = items[:limit], items[limit:]
    first = [] if root.deleted else [root]
    answer: Json = {"messages": _told(call, [*first, *page]), "has_more": bool(rest)}
    if rest:
        answer["response_metadata"] = {"next_cursor": cursor_of("next_ts", rest[0].ts)}
    return answer


METHODS = {
    "conversations.list": Method(listing),
    "conversations.info": Method(info),
    "conversations.open": Method(open_dm, ("im:write",)),
    "conversations.members": Method(members),
    "conversations.join": Method(join, ("channels:join",)),
    "conversations.history": Method(history),
    "conversations.replies": Method(replies),
    "users.conversations": Method(of_user),
}
