"""The Slack app's manifest for the commands as configured. Pure: asks nobody, needs no secret.

It subscribes to the events that somebody here listens to, and to no other: Slack wants to reach the address at once.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

import yaml

from bot.dialog.action import Action, Shortcut
from bot.dialog.step import REPLY, Parameter, Step
from bot.slack.home import EVENT as HOME_OPENED
from bot.slack.workflow_steps import EVENT

REQUEST_PATH = "/slack/events"
SCOPES = (
    "channels:history",  # posts are searched for before they are repeated, and read back
    "channels:read",  # a #name becomes an id; where the bot was invited
    "chat:write",
    "commands",
    "files:write",  # recordings
    "groups:history",
    "groups:read",
    "im:write",  # the outcome of a call whose process died goes to the person
    "metadata.message:read",
    "usergroups:read",  # who may, by user group
    "users:read",  # guests may nothing
)
_MAX_SHORTCUT_CHARACTERS = 24
_MAX_SHORTCUT_DESCRIPTION_CHARACTERS = 150
_MAX_SUMMARY_CHARACTERS = 2000
_MAX_HINT_CHARACTERS = 1000


class Described(Protocol):
    """A command as far as the manifest shows it; a topic of ``/pbx`` is no slash command of its own."""

    @property
    def name(self) -> str:
        """Returns our name for it."""

    @property
    def summary(self) -> str:
        """Returns what it does, in one line."""

    @property
    def usage(self) -> str:
        """Returns the words after the name."""

    @property
    def topic(self) -> bool:
        """Returns whether it is typed as ``/pbx NAME`` alone."""


def manifest(
    commands: Iterable[Described],
    names: Mapping[str, str],
    *,
    actions: Iterable[Action] = (),
    steps: Iterable[Step] = (),
    url: str | None = None,
) -> dict[str, Any]:
    """Returns the manifest by Slack's schema. `names` renames commands; `url` is ``https://HOST`` for HTTP mode.

    Of `actions` the shortcuts are listed. `steps`: those of Workflow Builder, where they are switched on. Raises
    `ValueError` for a `url` that Slack would not take.
    """
    address = None if url is None else request_url(url)
    offered = list(steps)
    place = {name: index for index, name in enumerate(names)}
    ours = [one for one in commands if not one.topic]
    ours.sort(key=lambda one: (place.get(one.name, len(place)), one.name))
    request = {} if address is None else {"request_url": address}
    return {
        "_metadata": {"major_version": 2},
        "display_information": {
            "name": "Ringwatch",
            "description": "Know before the money, the numbers or the people run out, and fix it in Slack.",
            "background_color": "#1f2d3d",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": "ringwatch", "always_online": True},
            "shortcuts": [_shortcut(one.name, one.shortcut) for one in actions if one.shortcut is not None],
            "slash_commands": [_slash(one, names.get(one.name, one.name), address) for one in ours],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {**request, "bot_events": [HOME_OPENED, *([EVENT] if offered else [])]},
            "interactivity": {"is_enabled": True, **request},
            "org_deploy_enabled": bool(offered),
            "socket_mode_enabled": address is None,
            "token_rotation_enabled": False,
            **({"function_runtime": "remote"} if offered else {}),
        },
        **({"functions": {step.name: _function(step) for step in offered}} if offered else {}),
    }


def _shortcut(name: str, shortcut: Shortcut) -> dict[str, Any]:
    return {
        "name": shortcut.words[:_MAX_SHORTCUT_CHARACTERS],
        "type": shortcut.kind.value,
        "callback_id": name,
        "description": shortcut.description[:_MAX_SHORTCUT_DESCRIPTION_CHARACTERS],
    }


def _function(step: Step) -> dict[str, Any]:
    return {
        "title": step.title,
        "description": step.description,
        "input_parameters": _parameters(step.inputs),
        "output_parameters": _parameters((*step.outputs, *REPLY)),
    }


def _parameters(parameters: Iterable[Parameter]) -> dict[str, Any]:
    listed = list(parameters)
    return {
        "properties": {
            one.name: {"type": one.type.value, "title": one.title, "description": one.description} for one in listed
        },
        "required": [one.name for one in listed if one.needed],
    }


def _slash(command: Described, name: str, address: str | None) -> dict[str, Any]:
    slash: dict[str, Any] = {"command": f"/{name}"}
    if address is not None:
        slash["url"] = address
    slash["description"] = command.summary[:_MAX_SUMMARY_CHARACTERS]
    if command.usage:
        slash["usage_hint"] = command.usage[:_MAX_HINT_CHARACTERS]
    return {**slash, "should_escape": False}


def manifest_yaml(tree: Mapping[str, Any]) -> str:
    """Returns a manifest as YAML, to paste where Slack asks for it."""
    text: str = yaml.safe_dump(tree, sort_keys=False, allow_unicode=True, width=110)
    return text


def request_url(url: str) -> str:
    """Returns the address to which Slack sends its requests. Raises `ValueError` with a sentence."""
    try:
        parts = urlsplit(url)
        right = parts.scheme == "https" and bool(parts.hostname) and parts.username is None and parts.port != 0
    except ValueError:
        right = False
    if not right or parts.query or parts.fragment:
        raise ValueError("--url is https://HOST, as Slack reaches it from outside")
    path = parts.path.rstrip("/")
    return f"https://{parts.netloc}{path if path.endswith(REQUEST_PATH) else path + REQUEST_PATH}"
