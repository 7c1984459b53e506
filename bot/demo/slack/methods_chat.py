"""The methods chat.* and reactions.*: what the app writes."""

from bot.demo.slack import posting, wire
from bot.demo.slack.call import Call, Method
from bot.demo.slack.workspace import BOT_USER, DemoChannel, Json, Message, MethodRefused


def _place(call: Call) -> DemoChannel:
    """Returns where to post: an id, a #name, or a person, whose DM is opened."""
    workspace, ref = call.stage.workspace, call.need("channel")
    if ref in workspace.people:
        return workspace.dm(ref)
    channel = workspace.channel(ref)
    if BOT_USER not in channel.members:
        if channel.kind == "private":
            raise MethodRefused("channel_not_found")
        if "chat:write.public" not in (call.stage.manifest.scopes or ()):
            raise MethodRefused("not_in_channel")
    if channel.archived:
        raise MethodRefused("is_archived")
    return channel


def _thread(call: Call, channel: DemoChannel) -> str | None:
    ts = call.text("thread_ts")
    if not ts:
        return None
    workspace = call.stage.workspace
    root = workspace.board[channel.id].get(ts)
    if root is None or (root.deleted and not workspace.replies(channel.id, ts)):
        raise MethodRefused("thread_not_found")
    return root.thread_ts or ts


def _said(call: Call) -> Json:
    blocks = call.json("blocks", "invalid_blocks_format")
    if blocks is not None and not isinstance(blocks, list):
        raise MethodRefused("invalid_blocks_format")
    said = {"text": call.text("text"), "blocks": blocks, "attachments": call.json("attachments")}
    return posting.content(call.stage.workspace, said)


def post_message(call: Call) -> Json:
    """Answers chat.postMessage."""
    workspace, channel = call.stage.workspace, _place(call)
    said = _said(call)
    metadata = posting.checked_metadata(call.json("metadata", "invalid_metadata_format"))
    if call.stage.hurried(channel.id):
        raise MethodRefused("ratelimited")
    item = posting.post(
        workspace,
        channel,
        BOT_USER,
        said,
        thread_ts=_thread(call, channel),
        broadcast=call.flag("reply_broadcast"),
        metadata=metadata,
    )
    told = wire.message(workspace, item, metadata=True)
    return {"channel": channel.id, "ts": item.ts, "message": told}


def _own(call: Call, error: str) -> Message:
    channel = call.channel()
    if BOT_USER not in channel.members:
        raise MethodRefused("channel_not_found")
    item = call.stage.workspace.message(channel.id, call.need("ts"))
    if not item.by_app:
        raise MethodRefused(error)
    if channel.archived:
        raise MethodRefused("is_inactive")
    return item


def update(call: Call) -> Json:
    """Answers chat.update: text without blocks takes the blocks away; metadata stays unless given ({} takes it)."""
    workspace, item = call.stage.workspace, _own(call, "cant_update_message")
    kept = call.args.get("blocks") is None and not call.text("text")
    said = {"text": item.text, "blocks": item.blocks, "attachments": item.attachments} if kept else _said(call)
    metadata = call.json("metadata", "invalid_metadata_format")
    checked = None if metadata is None else posting.checked_metadata(metadata) or {}
    posting.edit(workspace, item, said, metadata=checked)
    if call.flag("reply_broadcast") and item.thread_ts:
        item.broadcast = True
    told = wire.message(workspace, item, metadata=True)
    told.pop("ts")
    return {"channel": item.channel, "ts": item.ts, "text": item.text, "message": told}


def delete(call: Call) -> Json:
    """Answers chat.delete."""
    item = _own(call, "cant_delete_message")
    posting.remove(call.stage.workspace, item)
    return {"channel": item.channel, "ts": item.ts}


def post_ephemeral(call: Call) -> Json:
    """Answers chat.postEphemeral."""
    workspace, channel = call.stage.workspace, _place(call)
    user = workspace.people.get(call.need("user"))
    if user is None or user.id not in channel.members:
        raise MethodRefused("user_not_in_channel")
    item = posting.whisper(workspace, channel, user.id, _said(call), thread_ts=_thread(call, channel))
    return {"message_ts": item.ts}


def permalink(call: Call) -> Json:
    """Answers chat.getPermalink: it leads to our own page."""
    workspace, channel = call.stage.workspace, call.channel()
    item = workspace.message(channel.id, call.need("message_ts"))
    link = f"{call.stage.base_url}/archives/{channel.id}/p{item.ts.replace('.', '')}"
    if item.thread_ts and item.thread_ts != item.ts:
        link += f"?thread_ts={item.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def react(call: Call) -> Json:
    """Answers reactions.add."""
    workspace, channel = call.stage.workspace, call.channel()
    item, name = workspace.message(channel.id, call.need("timestamp")), call.need("name").strip(":")
    users = item.reactions.setdefault(name, [])
    if BOT_USER in users:
        raise MethodRefused("already_reacted")
    users.append(BOT_USER)
    workspace.changes.add("message", channel=channel.id, key=item.key, new=False)
    return {}


METHODS = {
    "chat.postMessage": Method(post_message, ("chat:write",)),
    "chat.update": Method(update, ("chat:write",)),
    "chat.delete": Method(delete, ("chat:write",)),
    "chat.postEphemeral": Method(post_ephemeral, ("chat:write",)),
    "chat.getPermalink": Method(permalink),
    "reactions.add": Method(react, ("reactions:write",)),
}
