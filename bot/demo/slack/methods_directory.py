"""The methods auth.*, users.*, usergroups.*, team.*, bots.* and apps.*: who is there, and the way in."""

import secrets

from bot.demo.slack import wire
from bot.demo.slack.call import Call, Method
from bot.demo.slack.workspace import APP, BOT_ID, BOT_USER, Json, MethodRefused


def auth_test(call: Call) -> Json:
    """Answers auth.test."""
    workspace = call.stage.workspace
    return {
        "url": f"https://{workspace.domain}.slack.com/",
        "team": workspace.team_name,
        "user": workspace.people[BOT_USER].name,
        "team_id": workspace.team_id,
        "user_id": BOT_USER,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


def open_connection(call: Call) -> Json:
    """Answers apps.connections.open: a WebSocket URL with a ticket that is good once."""
    ticket = secrets.token_hex(16)
    call.stage.tickets[ticket] = True
    base = call.stage.base_url.replace("http", "ws", 1)
    return {"url": f"{base}/link/?ticket={ticket}&app_id={APP}"}


def user_info(call: Call) -> Json:
    """Answers users.info."""
    person = call.stage.workspace.people.get(call.need("user"))
    if person is None:
        raise MethodRefused("user_not_found")
    return {"user": wire.person(call.stage.workspace, person)}


def user_list(call: Call) -> Json:
    """Answers users.list."""
    workspace = call.stage.workspace
    page, metadata = call.page(list(workspace.people.values()), default=1000)
    members = [wire.person(workspace, person) for person in page]
    return {"members": members, "cache_ts": int(workspace.now()), "response_metadata": metadata}


def user_by_email(call: Call) -> Json:
    """Answers users.lookupByEmail: everybody's is name@kestrel.example."""
    name, _, host = call.need("email").partition("@")
    for person in call.stage.workspace.people.values():
        if person.name == name and host == "kestrel.example":
            return {"user": wire.person(call.stage.workspace, person)}
    raise MethodRefused("users_not_found")


def group_list(call: Call) -> Json:
    """Answers usergroups.list."""
    users, count = call.flag("include_users"), call.flag("include_count")
    groups = call.stage.workspace.groups.values()
    return {"usergroups": [wire.group(call.stage.workspace, item, users=users, count=count) for item in groups]}


def group_users(call: Call) -> Json:
    """Answers usergroups.users.list."""
    group = call.stage.workspace.groups.get(call.need("usergroup"))
    if group is None:
        raise MethodRefused("no_such_subteam")
    return {"users": list(group.users)}


def team_info(call: Call) -> Json:
    """Answers team.info."""
    workspace = call.stage.workspace
    return {
        "team": {
            "id": workspace.team_id,
            "name": workspace.team_name,
            "domain": workspace.domain,
            "url": f"https://{workspace.domain}.slack.com/",
            "email_domain": "kestrel.example",
            "icon": {"image_default": True},
            "is_verified": False,
        }
    }


def bot_info(call: Call) -> Json:
    """Answers bots.info."""
    if call.text("bot", BOT_ID) != BOT_ID:
        raise MethodRefused("bot_not_found")
    profile = wire.bot_profile(call.stage.workspace)
    profile.pop("team_id")
    return {"bot": profile}


METHODS = {
    "auth.test": Method(auth_test),
    "apps.connections.open": Method(open_connection, of="app"),
    "users.info": Method(user_info, ("users:read",)),
    "users.list": Method(user_list, ("users:read",)),
    "users.lookupByEmail": Method(user_by_email, ("users:read.email",)),
    "usergroups.list": Method(group_list, ("usergroups:read",)),
    "usergroups.users.list": Method(group_users, ("usergroups:read",)),
    "team.info": Method(team_info, ("team:read",)),
    "bots.info": Method(bot_info, ("users:read",)),
}
