"""Puts messages into channels, changes and removes them, and finds who is woken by it."""

import json
import re
from typing import Any

from bot.demo.slack import wire
from bot.demo.slack.validation import MESSAGE_CHARACTERS, METADATA_BYTES, check_blocks, size
from bot.demo.slack.workspace import (
    BOT_USER,
    SLACKBOT,
    DemoChannel,
    Json,
    Message,
    MethodRefused,
    Workspace,
)

TEXT_CHARACTERS = 40_000


def content(workspace: Workspace, args: Json) -> Json:
    """Returns what a message says, checked: text, blocks, attachments. Raises `MethodRefused` as Slack refuses."""
    blocks, attachments = args.get("blocks"), args.get("attachments") or []
    text = str(args.get("text") or "")
    if not text and not blocks and not attachments:
        raise MethodRefused("no_text")
    if blocks:
        if problems := check_blocks(blocks):
            told = [str(problem) for problem in problems]
            metadata = {"messages": [f"[ERROR] {line}" for line in told]}
            raise MethodRefused("invalid_blocks", errors=told, response_metadata=metadata)
        if size(blocks) > MESSAGE_CHARACTERS:
            raise MethodRefused("msg_blocks_too_long")
    return {
        "text": text[:TEXT_CHARACTERS],
        "blocks": wire.with_ids(workspace, blocks or []),
        "attachments": list(attachments),
    }


def checked_metadata(value: Any) -> Json | None:
    """Returns message metadata as Slack takes it; None for none."""
    if not value:
        return None
    if not isinstance(value, dict) or not isinstance(value.get("event_payload"), dict):
        raise MethodRefused("invalid_metadata_format")
    if not re.fullmatch(r"[A-Za-z0-9_]{1,255}", str(value.get("event_type", ""))):
        raise MethodRefused("invalid_metadata_format")
    if len(json.dumps(value).encode()) > METADATA_BYTES:
        raise MethodRefused("metadata_too_large")
    return {"event_type": value["event_type"], "event_payload": value["event_payload"]}


def post(
    workspace: Workspace,
    channel: DemoChannel,
    user: str,
    said: Json,
    *,
    thread_ts: str | None = None,
    broadcast: bool = False,
    metadata: Json | None = None,
    files: list[str] | None = None,
    used: str | None = None,
) -> Message:
    """Posts a new message, for everybody in the channel, and returns it."""
    item = Message(
        channel.id, workspace.ts(), user, said["text"], said.get("blocks", []), said.get("attachments", []),
        by_app=user == BOT_USER, thread_ts=thread_ts, broadcast=broadcast and thread_ts is not None,
        metadata=metadata, files=files or [], used=used,
    )  # fmt: skip
    workspace.board[channel.id][item.ts] = item
    item.wakes = tuple(sorted(woken(workspace, channel, item)))
    workspace.journal.note("post", item.words, user=user, channel=channel.id, message=item)
    workspace.changes.add("message", channel=channel.id, key=item.key, new=True)
    if thread_ts:
        workspace.changes.add("message", channel=channel.id, key=f"{channel.id}:{thread_ts}", new=False)
    for sleeper in item.wakes:
        workspace.journal.note("wake", item.text or item.words, user=sleeper, channel=channel.id, message=item)
        workspace.changes.add("notify", channel=channel.id, key=item.key, user=sleeper)
    workspace.changes.add("channels")
    for told in workspace.on_post:
        told(item)
    return item


def whisper(
    workspace: Workspace,
    channel: DemoChannel,
    user: str,
    said: Json,
    *,
    thread_ts: str | None = None,
    from_slack: bool = False,
) -> Message:
    """Posts a message that one person sees, and returns it. It wakes nobody."""
    item = Message(
        channel.id, workspace.ts(), SLACKBOT if from_slack else BOT_USER, said["text"],
        said.get("blocks", []), said.get("attachments", []), by_app=not from_slack, thread_ts=thread_ts,
        only_for=user, from_slack=from_slack,
    )  # fmt: skip
    workspace.ephemeral[item.key] = item
    kind = "slackbot" if from_slack else "ephemeral"
    workspace.journal.note(kind, item.words, user=user, channel=channel.id, message=item)
    workspace.changes.add("message", channel=channel.id, key=item.key, user=user, new=True)
    return item


def edit(workspace: Workspace, item: Message, said: Json, *, metadata: Json | None = None) -> Message:
    """Changes a message, and returns it. Edits wake nobody. `metadata` {} takes it away, None keeps it."""
    item.text, item.blocks = said["text"], said["blocks"]
    item.attachments = said.get("attachments", item.attachments)
    item.edits += 1
    item.edited_ts = f"{int(workspace.now())}.000000"
    item.show_edited = not item.blocks
    if metadata is not None:
        item.metadata = metadata or None
    workspace.journal.note("edit", item.words, user=item.user, channel=item.channel, message=item)
    workspace.changes.add("message", channel=item.channel, key=item.key, user=item.only_for or "", new=False)
    return item


def remove(workspace: Workspace, item: Message) -> None:
    """Deletes the message; a thread below it stays."""
    item.deleted = True
    workspace.journal.note("delete", item.words, user=item.user, channel=item.channel, message=item)
    workspace.changes.add("removed", channel=item.channel, key=item.key, user=item.only_for or "")
    if item.thread_ts and item.thread_ts != item.ts:
        workspace.changes.add("message", channel=item.channel, key=f"{item.channel}:{item.thread_ts}", new=False)


def woken(workspace: Workspace, channel: DemoChannel, item: Message) -> set[str]:
    """Returns whose phone would ring: direct messages, mentions of members, and those who follow the thread."""
    people = {
        user for user in channel.members
        if user in workspace.people and not workspace.people[user].bot and user != item.user
    }  # fmt: skip
    if channel.kind == "dm":
        return people
    shown = "\n".join(mention_texts(item.blocks)) if item.blocks else item.text
    marks = workspace.mentioned(shown)
    found = marks & people
    if item.in_channel and marks & {"!here", "!channel", "!everyone"}:
        found |= people
    if item.thread_ts and item.thread_ts != item.ts:
        found |= followers(workspace, channel, item.thread_ts) & people
    return found


def followers(workspace: Workspace, channel: DemoChannel, root: str) -> set[str]:
    """Returns who follows a thread: who wrote in it, or was mentioned in it."""
    parent = workspace.board[channel.id].get(root)
    items = [*([parent] if parent else []), *workspace.replies(channel.id, root)]
    found = {item.user for item in items}
    for item in items:
        found |= workspace.mentioned("\n".join(mention_texts(item.blocks)) if item.blocks else item.text)
    return {name for name in found if not name.startswith("!")}


def mention_texts(blocks: list[Json]) -> list[str]:
    """Returns the words in blocks where Slack reads marks: mrkdwn, markdown and rich text, never plain text."""
    found: list[str] = []

    def walk(value: Any) -> None:
        if isinstance(value, list):
            for inner in value:
                walk(inner)
        elif isinstance(value, dict):
            kind = value.get("type")
            if kind == "mrkdwn" or (kind == "markdown" and "text" in value):
                found.append(str(value.get("text", "")))
            elif kind == "user":
                found.append(f"<@{value.get('user_id')}>")
            elif kind == "usergroup":
                found.append(f"<!subteam^{value.get('usergroup_id')}>")
            elif kind == "broadcast":
                found.append(f"<!{value.get('range')}>")
            for key, inner in value.items():
                if key != "confirm":
                    walk(inner)

    walk(blocks)
    return found


def search(items: list[Message], words: str) -> list[Message]:
    """Returns the messages in which a person would read these words (case is ignored)."""
    low = words.lower()
    return [item for item in items if low in item.words.lower() or low in item.text.lower()]
