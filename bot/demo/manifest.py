"""The app's manifest with all that Ringwatch has: every command, shortcut and workflow step."""

from typing import Any

from bot.actions import shortcuts
from bot.commands import commands
from bot.slack.manifest import manifest
from bot.steps import steps


def whole_manifest() -> dict[str, Any]:
    """Returns the manifest, for Socket Mode, with the commands under their own names."""
    return manifest(commands().values(), {}, actions=shortcuts(), steps=steps().values())
