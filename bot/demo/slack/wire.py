"""Encodes what the workspace knows as Slack does: message, channel, person, view, file. It changes nothing."""

import copy
from typing import Any

from bot.demo.slack.workspace import (
    APP,
    BOT_ID,
    BOT_USER,
    DemoChannel,
    DemoFile,
    DemoPerson,
    DemoUserGroup,
    DemoView,
    Json,
    Message,
    Workspace,
)


def bot_profile(workspace: Workspace) -> Json:
    """Returns the app, as bots.info shows it, and nearly so each of its messages."""
    return {
        "id": BOT_ID,
        "app_id": APP,
        "user_id": BOT_USER,
        "name": workspace.app_name,
        "icons": {},
        "deleted": False,
        "updated": 1_700_000_000,
        "team_id": workspace.team_id,
    }


def message(workspace: Workspace, item: Message, *, metadata: bool = False, root: bool = True) -> Json:
    """Returns Slack's message object. Metadata stands in it only where it was asked for."""
    team = workspace.people[item.user].team_id if item.user in workspace.people else workspace.team_id
    body: Json = {"type": "message", "user": item.user, "ts": item.ts, "text": item.text, "team": team}
    if item.by_app:
        profile = bot_profile(workspace)
        profile.pop("user_id")
        body |= {"bot_id": BOT_ID, "app_id": APP, "bot_profile": profile}
    if item.blocks:
        body["blocks"] = copy.deepcopy(item.blocks)
    if item.attachments:
        body["attachments"] = copy.deepcopy(item.attachments)
    if item.thread_ts:
        body["thread_ts"] = item.thread_ts
        body["parent_user_id"] = _author(workspace, item.channel, item.thread_ts)
    if item.broadcast:
        body["subtype"] = "thread_broadcast"
    if item.edited_ts:
        body["edited"] = {"user": BOT_ID if item.by_app else item.user, "ts": item.edited_ts}
    if metadata and item.metadata:
        body["metadata"] = copy.deepcopy(item.metadata)
    if item.files:
        body["files"] = [file(workspace, workspace.files[name]) for name in item.files]
    if item.reactions:
        body["reactions"] = [
            {"name": name, "users": list(users), "count": len(users)} for name, users in item.reactions.items()
        ]
    replies = [] if item.only_for else workspace.replies(item.channel, item.ts)
    if replies and root:
        body |= {
            "thread_ts": item.ts,
            "reply_count": len(replies),
            "reply_users": sorted({reply.user for reply in replies}),
            "reply_users_count": len({reply.user for reply in replies}),
            "latest_reply": replies[-1].ts,
            "is_locked": False,
            "subscribed": False,
        }
        body.pop("parent_user_id", None)
    if item.broadcast and item.thread_ts and root:
        parent = workspace.board[item.channel].get(item.thread_ts)
        if parent is not None:
            body["root"] = message(workspace, parent, root=False)
    return body


def _author(workspace: Workspace, channel: str, ts: str) -> str:
    parent = workspace.board.get(channel, {}).get(ts)
    return parent.user if parent else ""


def channel(workspace: Workspace, item: DemoChannel, *, members: bool = False) -> Json:
    """Returns Slack's conversation object, as the app sees it."""
    if item.kind == "dm":
        return {
            "id": item.id, "created": item.created, "is_im": True, "is_archived": item.archived,
            "is_org_shared": False, "user": item.other, "is_user_deleted": False, "priority": 0,
            "context_team_id": workspace.team_id,
        }  # fmt: skip
    strangers = any(workspace.people[user].stranger for user in item.members if user in workspace.people)
    body: Json = {
        "id": item.id, "name": item.name, "name_normalized": item.name, "created": item.created,
        "is_channel": item.kind == "channel", "is_group": item.kind == "private",
        "is_private": item.kind == "private", "is_im": False, "is_mpim": False, "is_archived": item.archived,
        "is_general": item.name == "general", "unlinked": 0, "is_shared": strangers,
        "is_ext_shared": strangers, "is_org_shared": False, "pending_shared": [], "creator": "U0OWNER0001",
        "is_member": BOT_USER in item.members, "context_team_id": workspace.team_id, "previous_names": [],
        "topic": {"value": item.topic, "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }  # fmt: skip
    if members:
        body["num_members"] = len(item.members)
    return body


def person(workspace: Workspace, item: DemoPerson) -> Json:
    """Returns Slack's user object."""
    profile = {
        "title": item.title, "real_name": item.real_name, "real_name_normalized": item.real_name,
        "display_name": item.name, "display_name_normalized": item.name, "status_text": "",
        "status_emoji": "", "team": item.team_id,
    }  # fmt: skip
    body: Json = {
        "id": item.id, "team_id": item.team_id, "name": item.name, "real_name": item.real_name,
        "deleted": item.deleted, "color": item.color.lstrip("#"), "tz": item.tz, "tz_label": item.tz,
        "tz_offset": 7200, "profile": profile, "is_bot": item.bot, "is_app_user": False,
        "updated": 1_700_000_000,
    }  # fmt: skip
    if item.bot:
        profile |= {"api_app_id": APP, "bot_id": BOT_ID}
    if item.stranger:  # what is another company's to tell is left out
        body["is_stranger"] = True
        return body
    body |= {
        "is_admin": item.admin, "is_owner": item.owner, "is_primary_owner": item.owner,
        "is_restricted": item.restricted or item.ultra_restricted,
        "is_ultra_restricted": item.ultra_restricted, "is_email_confirmed": True,
    }  # fmt: skip
    return body


def group(workspace: Workspace, item: DemoUserGroup, *, users: bool = False, count: bool = False) -> Json:
    """Returns Slack's user-group object."""
    body: Json = {
        "id": item.id, "team_id": workspace.team_id, "is_usergroup": True, "name": item.name,
        "description": "", "handle": item.handle, "is_external": False, "date_create": 1_700_000_000,
        "date_update": 1_700_000_000, "date_delete": 0, "auto_type": None, "created_by": "U0OWNER0001",
        "updated_by": "U0OWNER0001", "deleted_by": None, "prefs": {"channels": [], "groups": []},
    }  # fmt: skip
    if users:
        body["users"] = list(item.users)
    if count:
        body["user_count"] = str(len(item.users))
    return body


def file(workspace: Workspace, item: DemoFile) -> Json:
    """Returns Slack's file object, with the fields that an app reads."""
    suffix = item.name.rpartition(".")[2].lower()
    kinds = {
        "wav": "audio/wav",
        "mp3": "audio/mpeg",
        "ogg": "audio/ogg",
        "csv": "text/csv",
        "txt": "text/plain",
    }
    kinds |= {"png": "image/png", "pdf": "application/pdf", "json": "application/json"}
    return {
        "id": item.id, "created": item.created, "timestamp": item.created, "name": item.name,
        "title": item.title or item.name, "mimetype": kinds.get(suffix, "application/octet-stream"),
        "filetype": suffix, "pretty_type": suffix.upper(), "user": BOT_USER, "user_team": workspace.team_id,
        "editable": False, "size": item.length, "mode": "hosted", "is_external": False, "is_public": False,
        "public_url_shared": False, "display_as_bot": False, "username": "", "alt_txt": item.alt_txt,
        "channels": list(item.channels), "groups": [], "ims": [], "comments_count": 0,
        "has_rich_preview": False, "file_access": "visible",
    }  # fmt: skip


def view(item: DemoView) -> Json:
    """Returns Slack's view object."""
    return copy.deepcopy(item.body)


def user_stub(item: DemoPerson) -> Json:
    """Returns the person who clicked, as it stands in an interaction."""
    return {"id": item.id, "username": item.name, "name": item.name, "team_id": item.team_id}


def channel_stub(item: DemoChannel) -> Json:
    """Returns the place of an interaction: DMs and private channels have no name there."""
    names = {"dm": "directmessage", "private": "privategroup"}
    return {"id": item.id, "name": names.get(item.kind, item.name)}


def with_ids(workspace: Workspace, blocks: list[Json]) -> list[Json]:
    """Returns the blocks as Slack gives them back: every block and element has an id, text objects their defaults."""
    blocks = copy.deepcopy(blocks)
    for block in blocks:
        if not block.get("block_id"):
            block["block_id"] = workspace.new_id("", 5)
        _fill(workspace, block)
    return blocks


PRESSABLE = ("button", "overflow", "checkboxes", "radio_buttons")


def _fill(workspace: Workspace, value: Any) -> None:
    if isinstance(value, list):
        for item in value:
            _fill(workspace, item)
    elif isinstance(value, dict):
        kind = str(value.get("type", ""))
        if kind == "plain_text":
            value.setdefault("emoji", True)
        elif kind == "mrkdwn":
            value.setdefault("verbatim", False)
        elif kind in PRESSABLE or kind.endswith(("_select", "picker", "_input")):
            value.setdefault("action_id", workspace.new_id("", 5))
        for item in value.values():
            _fill(workspace, item)
