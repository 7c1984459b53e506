"""What a command or a press gets: who asks, what it may use. Knows no Slack, never asks the time itself."""

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
    """Who asks, and where: Slack ids."""

    user_id: str
    channel_id: str
    team_id: str = ""


class Access(Protocol):
    """Who may. Reading is checked before a command or an action runs; the rest is theirs to ask."""

    async def refusal(
        self, actor: Actor, permission: Permission, *, operation: str = "", account: str = "", target: str = ""
    ) -> Line | None:
        """None: may. Else the sentence to answer ("You are not allowed to …: only … may"), fit for a verdict.

        A refusal is written into the audit here; `operation`, `account` and `target` say what was tried.
        """

    async def may(self, actor: Actor, permission: Permission) -> bool:
        """The same question without a word in the audit: whether a button is worth showing."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a command or an action may use, made anew for each."""

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
    reload: Callable[[], Awaitable[str]] | None = None  # passed on to every replica; the sentence counts them

    def slash(self, name: str) -> str:
        """How a command is typed in this workspace: ``/dial`` for ``call`` where it was renamed."""
        renamed: dict[str, str] = {str(known): other for known, other in self.settings.slack.commands.items()}
        return f"/{renamed.get(name, name).lstrip('/')}"


@dataclass(frozen=True, slots=True)
class Press:
    """One press of a button, one choice in a menu, or one submitted form.

    `value` is the button's, the chosen option's or the form's; `fields` are a form's inputs by name.
    `message` is the message that carries the button, None for a form.
    """

    name: str
    value: str
    actor: Actor
    fields: Mapping[str, str] = field(default_factory=dict)
    message: MessageRef | None = None
