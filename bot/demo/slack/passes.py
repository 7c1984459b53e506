"""The passes that Slack hands out and takes back but a few times: trigger ids and response URLs."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bot.demo.slack.workspace import Message, MethodRefused, Workspace

TRIGGER_SECONDS = 3.0
URL_SECONDS = 30 * 60
URL_USES = 5


@dataclass(slots=True)
class Trigger:
    """A trigger is good for one modal, for three seconds. `view` is the modal it was made in."""

    user: str
    made: float
    view: str | None = None
    used: bool = False
    opened: str | None = None


@dataclass(slots=True)
class ResponseUrl:
    """A response URL is good for five answers within thirty minutes, in one place, to one person."""

    path: str
    user: str
    channel: str
    made: float
    kind: str
    command: str | None = None
    source: str | None = None
    thread_ts: str | None = None
    uses: int = 0
    answers: list[Message] = field(default_factory=list)


class Passes:
    """All that were handed out. Triggers run on `monotonic`, response URLs on the workspace's clock."""

    def __init__(self, workspace: Workspace, monotonic: Callable[[], float]) -> None:
        self._workspace, self._monotonic = workspace, monotonic
        self.triggers: dict[str, Trigger] = {}
        self.urls: dict[str, ResponseUrl] = {}
        self._made = 0

    def trigger(self, user: str, view: str | None = None) -> str:
        """Returns a new trigger id."""
        self._made += 1
        name = f"{1_000_000 + self._made}.{self._made}.{secrets.token_hex(16)}"
        self.triggers[name] = Trigger(user, self._monotonic(), view)
        return name

    def exchange(self, name: str) -> Trigger:
        """Uses a trigger id, once; raises `MethodRefused`."""
        trigger = self.triggers.get(name)
        if trigger is None:
            raise MethodRefused("invalid_trigger_id")
        if trigger.used:
            raise MethodRefused("exchanged_trigger_id")
        if self._monotonic() - trigger.made > TRIGGER_SECONDS:
            raise MethodRefused("expired_trigger_id")
        trigger.used = True
        return trigger

    def response_url(self, kind: str, user: str, channel: str, **more: Any) -> ResponseUrl:
        """Returns a new response URL."""
        self._made += 1
        path = f"/{kind}/{self._workspace.team_id}/{self._made}/{secrets.token_urlsafe(18)}"
        url = ResponseUrl(path, user, channel, self._workspace.now(), kind, **more)
        self.urls[path] = url
        return url

    def use(self, path: str) -> ResponseUrl:
        """Counts a use. Raises `MethodRefused` when it is used up or too old."""
        url = self.urls.get(path)
        if url is None:
            raise MethodRefused("no_active_hooks")
        if self._workspace.now() - url.made > URL_SECONDS:
            raise MethodRefused("expired_url")
        if url.uses >= URL_USES:
            raise MethodRefused("used_url")
        url.uses += 1
        return url
