"""Opens, changes, stacks and closes modals and Home tabs, with Slack's checks."""

import json

from bot.demo.slack import wire
from bot.demo.slack.checking import PayloadProblem
from bot.demo.slack.validation import VIEW_CHARACTERS, check_view
from bot.demo.slack.workspace import APP, BOT_ID, DemoView, Json, MethodRefused, Workspace

MAX_STACKED_VIEWS = 3


def checked(view: object) -> Json:
    """Returns a view that Slack takes; raises `MethodRefused` with every problem named."""
    problems = check_view(view)
    if problems or not isinstance(view, dict):
        raise refused(problems)
    if len(json.dumps(view)) > VIEW_CHARACTERS:
        raise MethodRefused("view_too_large")
    return view


def refused(problems: list[PayloadProblem]) -> MethodRefused:
    """Returns Slack's answer to a view that is wrong."""
    return MethodRefused(
        "invalid_arguments", response_metadata={"messages": [f"[ERROR] {problem}" for problem in problems]}
    )


def made(workspace: Workspace, user: str, view: Json, *, previous: DemoView | None = None) -> DemoView:
    """Returns a new view, not yet shown."""
    name = workspace.new_id("V")
    body = _body(workspace, view) | {
        "id": name,
        "hash": f"{workspace.ts()}.{name[-4:].lower()}",
        "root_view_id": previous.body["root_view_id"] if previous else name,
        "previous_view_id": previous.id if previous else None,
        "state": {"values": {}},
        "team_id": workspace.team_id,
        "app_id": APP,
        "app_installed_team_id": workspace.team_id,
        "bot_id": BOT_ID,
    }
    external = body["external_id"]
    if external and any(v.open and v.body["external_id"] == external for v in workspace.views.values()):
        raise MethodRefused("duplicate_external_id")
    item = DemoView(user, body)
    workspace.views[name] = item
    return item


def _body(workspace: Workspace, view: Json) -> Json:
    modal = view["type"] == "modal"
    return {
        "type": view["type"],
        "title": view.get("title") or {"type": "plain_text", "text": "View Title", "emoji": True},
        "submit": view.get("submit") if modal else None,
        "close": view.get("close") if modal else None,
        "blocks": wire.with_ids(workspace, view["blocks"]),
        "private_metadata": view.get("private_metadata") or "",
        "callback_id": view.get("callback_id") or "",
        "external_id": view.get("external_id") or "",
        "clear_on_close": bool(view.get("clear_on_close", False)),
        "notify_on_close": bool(view.get("notify_on_close", False)),
    }


def show(workspace: Workspace, item: DemoView, *, push: bool = False) -> None:
    """Puts it before the person: on top of what is open, or instead of it."""
    stack = workspace.modals.setdefault(item.user, [])
    if push and len(stack) >= MAX_STACKED_VIEWS:
        raise MethodRefused("push_limit_reached")
    if not push:
        for name in stack:
            workspace.views[name].open = False
        stack.clear()
    stack.append(item.id)
    workspace.journal.note("modal", item.words, user=item.user, view=item)
    workspace.changes.add("modals", user=item.user)


def change(workspace: Workspace, item: DemoView, view: Json, known_hash: str = "") -> DemoView:
    """Changes an open view, and returns it. What was typed stays where block and action ids stay."""
    if not item.open:
        raise MethodRefused("not_found")
    if known_hash and known_hash != item.body["hash"]:
        raise MethodRefused("hash_conflict")
    item.body |= _body(workspace, view) | {"hash": f"{workspace.ts()}.{item.id[-4:].lower()}"}
    item.errors = {}
    here = {block["block_id"] for block in item.body["blocks"]}
    values = item.body["state"]["values"]
    item.body["state"]["values"] = {name: value for name, value in values.items() if name in here}
    workspace.journal.note("modal", item.words, user=item.user, view=item)
    workspace.changes.add("modals", user=item.user)
    return item


def close(workspace: Workspace, item: DemoView, *, everything: bool = False) -> list[DemoView]:
    """Closes it, and what lies on top of it; returns the views that are closed now."""
    stack = workspace.modals.get(item.user, [])
    place = 0 if everything else stack.index(item.id) if item.id in stack else len(stack)
    gone = [workspace.views[name] for name in stack[place:]]
    del stack[place:]
    for view in gone:
        view.open = False
    workspace.changes.add("modals", user=item.user)
    return gone


def find(workspace: Workspace, view_id: str, external_id: str = "") -> DemoView:
    """Returns an open view by either id; raises `MethodRefused`."""
    for item in workspace.views.values():
        if item.open and (item.id == view_id or (external_id and item.body["external_id"] == external_id)):
            return item
    raise MethodRefused("not_found")


def publish(workspace: Workspace, user: str, view: Json, known_hash: str = "") -> DemoView:
    """Publishes a person's Home tab, and returns it."""
    before = workspace.homes.get(user)
    if before and known_hash and known_hash != before.body["hash"]:
        raise MethodRefused("hash_conflict")
    item = made(workspace, user, view)
    if before:
        before.open = False
        item.body["id"] = item.body["root_view_id"] = before.id
        workspace.views[before.id] = item
    workspace.homes[user] = item
    workspace.journal.note("home", item.words, user=user, view=item)
    workspace.changes.add("home", user=user)
    return item
