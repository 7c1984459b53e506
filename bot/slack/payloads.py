"""Reads Slack's payloads into our own types. It never raises on a payload of another shape."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from bot.alerts.model import MessageRef
from bot.dialog.context import Actor

Payload = dict[str, Any]

MAX_MESSAGE_CHARACTERS = 20_000
MAX_DEPTH_BLOCKS = 12


@dataclass(frozen=True, slots=True)
class Envelope:
    """The parts that every kind of request from a person has. `key` is the same for one delivery that comes twice."""

    actor: Actor
    key: str
    response_url: str
    trigger_id: str
    ephemeral: bool = False  # what was pressed is for this person's eyes: it may be replaced

    @property
    def private(self) -> bool:
        """Returns whether what was pressed is read by this person alone."""
        return self.ephemeral or self.actor.channel_id.startswith("D")


@dataclass(frozen=True, slots=True)
class Pressed:
    """One press: the action's name, its value, and the message that carries it (None: not known)."""

    name: str
    value: str
    message: MessageRef | None


def envelope(body: Payload) -> Envelope:
    """Returns who asks, and where an answer goes; "" for what the payload lacks."""
    user, channel = _map(body, "user"), _map(body, "channel")
    container, team = _map(body, "container"), _map(body, "team")
    urls = body.get("response_urls")
    first = urls[0] if isinstance(urls, list) and urls and isinstance(urls[0], dict) else {}
    actor = Actor(
        user_id=_text(body.get("user_id") or user.get("id")),
        channel_id=_text(body.get("channel_id") or channel.get("id") or container.get("channel_id")),
        team_id=_text(user.get("team_id") or body.get("team_id") or team.get("id")),
    )
    canonical = json.dumps(body, sort_keys=True, default=str)
    return Envelope(
        actor=actor,
        key=hashlib.sha256(canonical.encode("utf-8", "replace")).hexdigest(),
        response_url=_text(body.get("response_url") or first.get("response_url")),
        trigger_id=_text(body.get("trigger_id")),
        ephemeral=container.get("is_ephemeral") is True or (bool(container) and "message" not in body),
    )


def pressed(body: Payload) -> Pressed | None:
    """Returns the first action of a press; None where there is none. Slack sends one at a time."""
    actions = body.get("actions")
    if not isinstance(actions, list) or not actions or not isinstance(actions[0], dict):
        return None
    action = actions[0]
    value = action.get("value") or _map(action, "selected_option").get("value")
    return Pressed(name=_text(action.get("action_id")).partition(":")[0], value=_text(value), message=_message(body))


def remembered(view: Payload) -> tuple[str, str, str]:
    """Returns a form's value, and the response URL and the channel of the command that opened it."""
    try:
        kept = json.loads(view.get("private_metadata") or "{}")
    except (TypeError, ValueError):
        kept = {}
    if not isinstance(kept, dict):
        kept = {}
    return _text(kept.get("value")), _text(kept.get("response_url")), _text(kept.get("channel"))


def message_text(body: Payload) -> str:
    """Returns all words of the message that a shortcut was pressed at, those of its blocks and attachments too."""
    message = _map(body, "message")
    words = [text_in(message, "text"), *_words(message.get("blocks")), *_words(message.get("attachments"))]
    return "\n".join(dict.fromkeys(filter(None, words)))[:MAX_MESSAGE_CHARACTERS]


def _words(tree: object, depth: int = 0) -> list[str]:
    """Returns every text below a list of blocks, in their order."""
    if depth > MAX_DEPTH_BLOCKS:
        return []
    if isinstance(tree, list):
        return [word for item in tree for word in _words(item, depth + 1)]
    if not isinstance(tree, dict):
        return []
    found = [_text(tree.get(key)) for key in ("pretext", "title", "text", "fallback") if isinstance(tree.get(key), str)]
    nested = [word for value in tree.values() if isinstance(value, dict | list) for word in _words(value, depth + 1)]
    return [*found, *nested]


def text_in(tree: object, key: str) -> str:
    """Returns a text of a map; "" where there is none."""
    return _text(tree.get(key)) if isinstance(tree, dict) else ""


def is_for_bolt(body: Payload) -> bool:
    """Returns whether anybody may listen to this, and it says in words what it is: Bolt fails where it does not."""
    kind, view, actions = body.get("type"), _map(body, "view"), body.get("actions")
    if kind in ("view_submission", "view_closed"):
        return isinstance(view.get("callback_id"), str)
    if kind in ("message_action", "shortcut"):
        return isinstance(body.get("callback_id"), str)
    if kind == "block_actions":
        first = actions[0] if isinstance(actions, list) and actions else None
        return isinstance(first, dict) and isinstance(first.get("action_id"), str)
    return kind is None or kind in ("event_callback", "url_verification")


def _message(body: Payload) -> MessageRef | None:
    container, message = _map(body, "container"), _map(body, "message")
    channel = _text(container.get("channel_id") or _map(body, "channel").get("id"))
    ts = _text(container.get("message_ts") or message.get("ts"))
    return MessageRef(channel, ts) if channel and ts else None


def _map(body: Payload, key: str) -> Payload:
    found = body.get(key)
    return found if isinstance(found, dict) else {}


def _text(value: object) -> str:
    """Returns the words; half a surrogate pair, which nothing behind can write, becomes a question mark."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""
