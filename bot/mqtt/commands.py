"""What comes in from a broker, as a command: which one, or none. Pure; who carries it out is `bot.mqtt.presses`."""

import re
from dataclasses import dataclass
from datetime import timedelta

from bot.mqtt.topics import Topics
from bot.settings import MqttAllowed, parse_duration
from bot.settings.values import NAME
from providers.model import NumberStatus

ACKNOWLEDGE, UNACKNOWLEDGE, SNOOZE = "acknowledge", "unacknowledge", "snooze"
PAUSE, RESUME = "pause", "resume"
MAX_COMMAND_CHARACTERS = 64  # characters of a command
_NAME = NAME.pattern
MAX_SNOOZE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class AlertCommand:
    """A press on an alert. `lasts` None: no snooze."""

    account: str
    alert: str
    verb: str
    lasts: timedelta | None = None

    @property
    def needs(self) -> MqttAllowed:
        """Returns what must be allowed for it."""
        return MqttAllowed.SNOOZE if self.verb == SNOOZE else MqttAllowed.ACKNOWLEDGE

    @property
    def target(self) -> str:
        """Returns what it is done to, for the audit."""
        return self.alert


@dataclass(frozen=True, slots=True)
class MarkCommand:
    """A new status for the caller ID with these digits."""

    account: str
    digits: str
    status: NumberStatus

    @property
    def verb(self) -> str:
        """Returns its word for the audit."""
        return f"mark {self.status.value}"

    @property
    def needs(self) -> MqttAllowed:
        """Returns what must be allowed for it."""
        return MqttAllowed.MARK_NUMBERS

    @property
    def target(self) -> str:
        """Returns what it is done to, for the audit: a number of ours."""
        return self.digits


@dataclass(frozen=True, slots=True)
class CallsCommand:
    """Nobody places calls from now on, or everybody may again."""

    paused: bool

    account: str = ""
    target: str = ""

    @property
    def verb(self) -> str:
        """Returns its word for the audit, as `/pbx` writes it."""
        return f"{PAUSE if self.paused else RESUME} calls"

    @property
    def needs(self) -> MqttAllowed:
        """Returns what must be allowed for it."""
        return MqttAllowed.PAUSE_CALLS


MqttCommand = AlertCommand | MarkCommand | CallsCommand


def read_command(topics: Topics, topic: str, payload: bytes) -> MqttCommand | None:
    """Returns the command in a message; None where it cannot be read, or there is none of these words there."""
    words = _words(payload)
    if not words:
        return None
    if topic == topics.calls_command:
        return CallsCommand(words == [PAUSE]) if words in ([PAUSE], [RESUME]) else None
    place = re.fullmatch(rf"{re.escape(topics.root)}/({_NAME})/(alerts|numbers)/({_NAME}|[0-9]{{1,20}})/set", topic)
    if place is None:
        return None
    account, what, name = place.groups()
    return _alert(account, name, words) if what == "alerts" else _mark(account, name, words)


def _words(payload: bytes) -> list[str]:
    if len(payload) > MAX_COMMAND_CHARACTERS:
        return []
    try:
        return payload.decode("ascii").lower().split()
    except UnicodeDecodeError:
        return []


def _alert(account: str, alert: str, words: list[str]) -> AlertCommand | None:
    if not NAME.fullmatch(alert):
        return None
    if words in ([ACKNOWLEDGE], [UNACKNOWLEDGE]):
        return AlertCommand(account, alert, words[0])
    if len(words) != 2 or words[0] != SNOOZE:
        return None
    try:
        lasts = parse_duration(words[1])
    except ValueError:
        return None
    return AlertCommand(account, alert, SNOOZE, lasts) if timedelta() < lasts <= MAX_SNOOZE else None


def _mark(account: str, digits: str, words: list[str]) -> MarkCommand | None:
    statuses = {status.value: status for status in (NumberStatus.ACTIVE, NumberStatus.SPAM)}
    if len(words) != 1 or words[0] not in statuses or not re.fullmatch("[0-9]+", digits):
        return None
    return MarkCommand(account, digits, statuses[words[0]])
