"""The methods views.* and blocks.validate: the app's modals and Home tabs, and whether Slack would take them."""

from bot.demo.slack import views, wire
from bot.demo.slack.call import Call, Method, invalid
from bot.demo.slack.checking import PayloadProblem
from bot.demo.slack.validation import check_blocks, check_view
from bot.demo.slack.workspace import Json, MethodRefused


def _view(call: Call, kind: str) -> Json:
    view = call.json("view", "invalid_arguments")
    if view is None:
        raise invalid("missing required field: view")
    checked = views.checked(view)
    if checked["type"] != kind:
        raise invalid(f"must be of type {kind} [json-pointer:/view/type]")
    return checked


def open_view(call: Call) -> Json:
    """Answers views.open."""
    view = _view(call, "modal")
    trigger = call.stage.passes.exchange(call.need("trigger_id"))
    item = views.made(call.stage.workspace, trigger.user, view)
    views.show(call.stage.workspace, item)
    trigger.opened = item.id
    return {"view": wire.view(item)}


def push_view(call: Call) -> Json:
    """Answers views.push: on top of the modal in which the trigger was made."""
    view, workspace = _view(call, "modal"), call.stage.workspace
    trigger = call.stage.passes.exchange(call.need("trigger_id"))
    below = workspace.views.get(trigger.view or "")
    if below is None or not below.open:
        raise invalid("trigger_id was not made in a modal")
    item = views.made(workspace, trigger.user, view, previous=below)
    views.show(workspace, item, push=True)
    trigger.opened = item.id
    return {"view": wire.view(item)}


def update_view(call: Call) -> Json:
    """Answers views.update."""
    view, workspace = _view(call, "modal"), call.stage.workspace
    item = views.find(workspace, call.text("view_id"), call.text("external_id"))
    return {"view": wire.view(views.change(workspace, item, view, call.text("hash")))}


def publish_view(call: Call) -> Json:
    """Answers views.publish."""
    view, workspace = _view(call, "home"), call.stage.workspace
    if not call.stage.manifest.home:
        raise MethodRefused("not_enabled")
    user = workspace.people.get(call.need("user_id"))
    if user is None:
        raise invalid("invalid `user_id`")
    return {"view": wire.view(views.publish(workspace, user.id, view, call.text("hash")))}


def validate(call: Call) -> Json:
    """Answers blocks.validate: exactly one of blocks, message, view."""
    given = [key for key in ("blocks", "message", "view") if call.args.get(key) is not None]
    if len(given) != 1:
        raise invalid("provide exactly one of `blocks`, `message` or `view`")
    value = call.json(given[0], "invalid_arguments")
    problems: list[PayloadProblem] = []
    if given[0] == "view":
        problems = check_view(value)
    elif given[0] == "message":
        blocks = value.get("blocks", []) if isinstance(value, dict) else value
        problems = check_blocks(blocks, "message")
    else:
        problems = check_blocks(value, "message", "")
    if problems:
        told = [{"pointer": p.pointer, "code": p.code, "message": p.message} for p in problems]
        raise MethodRefused(f"invalid_{given[0]}", errors=told)
    return {}


METHODS = {
    "views.open": Method(open_view),
    "views.push": Method(push_view),
    "views.update": Method(update_view),
    "views.publish": Method(publish_view),
    "blocks.validate": Method(validate),
}
