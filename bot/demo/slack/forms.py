"""A form's way to the app and back: the payload of a submission, and what the ack does to the modals."""

from bot.demo.slack import views, wire
from bot.demo.slack.stage import Stage
from bot.demo.slack.workspace import APP, DemoPerson, DemoView, Json, MethodRefused, Workspace


def payload(stage: Stage, kind: str, person: DemoPerson, item: DemoView) -> Json:
    """Returns view_submission or view_closed."""
    body: Json = {
        "type": kind,
        "team": {"id": person.team_id, "domain": stage.workspace.domain},
        "user": wire.user_stub(person),
        "api_app_id": APP,
        "token": "local-verification-token",
        "view": wire.view(item),
        "is_enterprise_install": False,
        "enterprise": None,
    }
    if kind == "view_closed":
        return body | {"is_cleared": False}
    return body | {
        "trigger_id": stage.passes.trigger(person.id, item.id),
        "response_urls": _urls(stage, person, item),
    }


def _urls(stage: Stage, person: DemoPerson, item: DemoView) -> list[Json]:
    found: list[Json] = []
    for block, element in item.elements:
        if not element.get("response_url_enabled"):
            continue
        held = item.body["state"]["values"].get(block["block_id"], {}).get(element["action_id"], {})
        channel = held.get("selected_conversation") or held.get("selected_channel")
        if channel:
            url = stage.passes.response_url("app", person.id, channel)
            found.append(
                {
                    "block_id": block["block_id"],
                    "action_id": element["action_id"],
                    "channel_id": channel,
                    "response_url": f"{stage.base_url}{url.path}",
                }
            )
    return found


def apply(workspace: Workspace, item: DemoView, answer: Json) -> str:
    """Does what the app's ack says; returns the error that the person reads where Slack cannot, else ""."""
    action = answer.get("response_action")
    try:
        if action is None:
            views.close(workspace, item)
        elif action == "errors":
            return _mark(workspace, item, answer.get("errors"))
        elif action == "clear":
            views.close(workspace, item, everything=True)
        elif action == "update":
            views.change(workspace, item, views.checked(answer.get("view")))
        elif action == "push":
            new = views.made(workspace, item.user, views.checked(answer.get("view")), previous=item)
            views.show(workspace, new, push=True)
        else:
            return "invalid_response_action"
    except MethodRefused as refusal:
        return refusal.error
    return ""


def _mark(workspace: Workspace, item: DemoView, errors: object) -> str:
    inputs = {block["block_id"] for block in item.body["blocks"] if block.get("type") == "input"}
    if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
        return "invalid_errors"  # Slack shows errors under inputs alone
    item.errors = {str(key): str(value) for key, value in errors.items()}
    workspace.changes.add("modals", user=item.user)
    return ""


def dismissed(workspace: Workspace, item: DemoView, *, everything: bool) -> list[DemoView]:
    """Closes it; returns the views whose app wants to hear of it."""
    return [view for view in views.close(workspace, item, everything=everything) if view.body["notify_on_close"]]
