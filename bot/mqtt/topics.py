"""The topics under our prefix: how each is written, and which of those that a broker holds are ours. Pure."""

import re
from dataclasses import dataclass

from bot.alerts.kinds import Kind
from bot.settings.mqtt_keys import SERVICE
from bot.settings.values import NAME

KINDS = (Kind.BALANCE, Kind.AGENTS, Kind.QUEUES, Kind.NUMBERS)  # whose values are told
ONLINE, OFFLINE = "online", "offline"
POLLS = "polls"  # how an account's polls went, beside its kinds
BIRTH = "homeassistant/status"  # where Home Assistant says that it has started, whatever its discovery prefix is
_NAME = NAME.pattern
_TOLD = "|".join([*(kind.value for kind in KINDS), POLLS])


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics that begin with `root`. `discovery` is Home Assistant's prefix; None: it is told nothing."""

    root: str
    discovery: str | None = None

    @property
    def status(self) -> str:
        """Returns where it stands whether the service is there; the last will goes there too."""
        return f"{self.root}/status"

    @property
    def service(self) -> str:
        """Returns where the service's own figures stand: no account is called so."""
        return f"{self.root}/{SERVICE}"

    def kind(self, account: str, kind: Kind) -> str:
        """Returns where the values of a kind stand."""
        return f"{self.root}/{account}/{kind.value}"

    def kind_status(self, account: str, kind: Kind) -> str:
        """Returns where it stands whether a kind is seen."""
        return f"{self.kind(account, kind)}/status"

    def polls(self, account: str) -> str:
        """Returns where it stands how an account's polls went."""
        return f"{self.root}/{account}/{POLLS}"

    def alert(self, account: str, alert: str) -> str:
        """Returns where an alert on an account stands."""
        return f"{self.root}/{account}/alerts/{alert}"

    def alert_command(self, account: str, alert: str) -> str:
        """Returns where a press on an alert comes in."""
        return f"{self.alert(account, alert)}/set"

    def number_command(self, account: str, digits: str) -> str:
        """Returns where a caller ID's new status comes in."""
        return f"{self.root}/{account}/numbers/{digits}/set"

    @property
    def calls_command(self) -> str:
        """Returns where calls are paused and resumed."""
        return f"{self.root}/calls/set"

    @property
    def commands(self) -> tuple[str, ...]:
        """Returns the filters that let every command in, and nothing else."""
        return (self.alert_command("+", "+"), self.number_command("+", "+"), self.calls_command)

    def event(self, account: str) -> str:
        """Returns where the changes of an account's alerts are told, once each."""
        return f"{self.root}/{account}/event"

    def node(self, device: str) -> str:
        """Returns the id of a device: an account's, or the service's."""
        return f"{self.root}_{device}"

    def config(self, device: str) -> str:
        """Returns where Home Assistant finds a device; only where `discovery` is set."""
        return f"{self.discovery}/device/{self.node(device)}/config"

    @property
    def retained(self) -> tuple[str, ...]:
        """Returns the filters under which everything stands that a broker may hold of ours."""
        return (f"{self.root}/#", *([self.config_filter] if self.discovery is not None else []))

    @property
    def config_filter(self) -> str:
        """Returns the filter for the devices of everybody: no filter ends within a word."""
        return f"{self.discovery}/device/+/config"

    def device(self, topic: str) -> str | None:
        """Returns whose device is described there; None where that is not one of ours.

        Of two services whose roots begin alike neither takes the other's: an account's name holds no ``_``.
        """
        if self.discovery is None:
            return None
        found = re.fullmatch(rf"{re.escape(self.discovery)}/device/{re.escape(self.root)}_({_NAME})/config", topic)
        return found[1] if found is not None else None

    def ours(self, topic: str) -> bool:
        """Returns whether we may have left a retained message there. Where commands come in, others have."""
        if self.device(topic) is not None:
            return True
        told = rf"status|{SERVICE}|{_NAME}/(?:{_TOLD})(?:/status)?|{_NAME}/alerts/{_NAME}"
        return re.fullmatch(rf"{re.escape(self.root)}/(?:{told})", topic) is not None
