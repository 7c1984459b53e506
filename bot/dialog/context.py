"""The context of a command or a press: who asks, and what it may use. Knows no Slack, never asks the time itself."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from bot.alerts.model import MessageRef
from bot.cards import Line
from bot.dialog.limits import QuestionLimits
from bot.settings import Permission

if TYPE_CHECKING:
    from bot.engine.engine import Engine
    from bot.readings.accounts import Accounts
    from bot.readings.intake import Intake
    from bot.settings import Settings
    from bot.store import Store


@dataclass(frozen=True, slots=True)
class Actor:
    """The person who asks, and the channel: Slack ids."""

    user_id: str
    channel_id: str
    team_id: str = ""


class Access(Protocol):
    """Access decides who may. Reading is checked before a command or an action runs; the rest is theirs to ask."""

    async def refusal(
        self, actor: Actor, permission: Permission, *, operation: str = "", account: str = "", target: str = ""
    ) -> Line | None:
        """Returns None where the person may, else the sentence to answer ("You are not allowed to …").

        The sentence is fit for a verdict. A refusal is written into the audit here; `operation`, `account` and `target`
        say what was tried.
        """

    async def may(self, actor: Actor, permission: Permission) -> bool:
        """Returns the same without a record in the audit: whether a button is worth showing."""


class ReadOnlyAccess:
    """The access of whoever may read alone: nothing that changes anything is offered, or passes."""

    async def refusal(
        self, actor: Actor, permission: Permission, *, operation: str = "", account: str = "", target: str = ""
    ) -> Line | None:
        """Returns None for reading, else a sentence."""
        return None if permission is Permission.READ else "You are not allowed to do that: this is for reading alone."

    async def may(self, actor: Actor, permission: Permission) -> bool:
        """Returns whether it is reading."""
        return permission is Permission.READ


@dataclass(frozen=True, slots=True)
class Context:
    """All that a command or an action may use, made anew for each. `reload` None: this process cannot reload."""

    actor: Actor
    accounts: "Accounts"
    store: "Store"
    engine: "Engine"
    intake: "Intake"
    settings: "Settings"
    clock: Callable[[], datetime]
    access: Access
    limits: QuestionLimits = field(default_factory=QuestionLimits)  # one for all commands of the process
    slack_problems: Callable[[], list[str]] = list  # channels that the bot cannot post to, a sentence each
    mqtt: Callable[[], tuple[str, bool] | None] = lambda: None  # how its connection is, and whether that is wrong
    reload: Callable[[], Awaitable[str]] | None = None  # passed on to every replica; the sentence counts them

    def slash(self, name: str) -> str:
        """Returns how a command is typed in this workspace: ``/dial`` for ``call`` where it was renamed."""
        renamed: dict[str, str] = {str(known): other for known, other in self.settings.slack.commands.items()}
        return f"/{renamed.get(name, name).lstrip('/')}"


@dataclass(frozen=True, slots=True)
class Press:
    """One press of a button, one choice in a menu, or one submitted form.

    `value` is the button's, the chosen option's or the form's; `fields` are a form's inputs by name. `message` is the
    message that carries the button, None for a form.
    """

    name: str
    value: str
    actor: Actor
    fields: Mapping[str, str] = field(default_factory=dict)
    message: MessageRef | None = None
