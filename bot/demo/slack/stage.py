"""The parts that every endpoint of the local Slack needs: the workspace, the passes, the levers, the app's manifest."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.demo.slack.faults import Faults
from bot.demo.slack.passes import Passes
from bot.demo.slack.workspace import Workspace

QUIET_EVENTS = frozenset({"app_mention", "message.im", "app_home_opened"})


@dataclass(frozen=True, slots=True)
class SlashCommand:
    """One command as the manifest declares it."""

    command: str
    description: str = ""
    usage_hint: str = ""
    should_escape: bool = False


@dataclass(frozen=True, slots=True)
class DemoShortcut:
    """One shortcut as the manifest declares it; `kind` is message or global."""

    callback_id: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The rights of the app. `scopes` None: everything, there was no manifest; the same for `commands`.

    `functions` are the steps for Workflow Builder, as the manifest declares them.
    """

    commands: tuple[SlashCommand, ...] | None = None
    scopes: frozenset[str] | None = None
    events: frozenset[str] = QUIET_EVENTS
    home: bool = True
    messages_tab: bool = True
    interactive: bool = True
    shortcuts: tuple[DemoShortcut, ...] = ()
    functions: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, manifest: Mapping[str, Any] | None) -> "Manifest":
        """Parses Slack's app manifest, a dict; None: there is none."""
        if manifest is None:
            return cls()
        features, settings = manifest.get("features") or {}, manifest.get("settings") or {}
        commands = tuple(
            SlashCommand(
                item["command"],
                item.get("description", ""),
                item.get("usage_hint", ""),
                bool(item.get("should_escape", False)),
            )
            for item in features.get("slash_commands") or []
        )
        home = features.get("app_home") or {}
        scopes = (manifest.get("oauth_config") or {}).get("scopes") or {}
        return cls(
            commands,
            frozenset(scopes["bot"]) if "bot" in scopes else None,
            frozenset((settings.get("event_subscriptions") or {}).get("bot_events") or []),
            bool(home.get("home_tab_enabled", False)),
            bool(home.get("messages_tab_enabled", True)),
            bool((settings.get("interactivity") or {}).get("is_enabled", False)),
            tuple(
                DemoShortcut(item["callback_id"], item["name"], item["type"])
                for item in features.get("shortcuts") or []
            ),
            manifest.get("functions") or {},
        )

    def command(self, name: str) -> SlashCommand | None:
        """Returns the command of that name, or None; every name is one where there is no manifest."""
        if self.commands is None:
            return SlashCommand(name)
        return next((item for item in self.commands if item.command == name), None)

    def lacks(self, needed: tuple[str, ...]) -> bool:
        """Returns whether none of these scopes was granted."""
        return self.scopes is not None and bool(needed) and not self.scopes & set(needed)


@dataclass(slots=True)
class Stage:
    """The parts, together."""

    workspace: Workspace
    passes: Passes
    faults: Faults
    manifest: Manifest
    bot_token: str
    app_token: str
    signing_secret: str
    base_url: str = ""
    tickets: dict[str, bool] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)
    pace: float = 0.0
    last_post: dict[str, float] = field(default_factory=dict)

    def hurried(self, channel: str) -> bool:
        """Returns whether a post to this channel comes too soon after the last; notes it where it does not."""
        now = self.workspace.now()
        if self.pace and now - self.last_post.get(channel, -self.pace) < self.pace:
            return True
        self.last_post[channel] = now
        return False
