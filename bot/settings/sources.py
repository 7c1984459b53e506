"""The file and the environment as sources of pydantic-settings: the environment comes first and wins."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from bot.alerts.kinds import Kind
from bot.settings.automation_keys import AutomationKeys
from bot.settings.models import AgentLink, ApiKeys, Calls, HeartbeatKeys, Http, Slack
from bot.settings.mqtt_keys import MqttKeys
from bot.settings.permissions import PermissionKey
from bot.settings.tree import Node
from bot.settings.values import Interval, Name, PositiveDuration, SlackId, StoreAddress, UserId, Zone


class Configuration(BaseSettings):
    """The top level. Accounts and alerts are typed later, by their vendor and their watch."""

    model_config = SettingsConfigDict(
        env_prefix="RINGWATCH_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    timezone: Zone = Field(ZoneInfo("UTC"), description="Used to show and to schedule.")
    store: StoreAddress = Field(
        SecretStr("embedded"),
        repr=False,
        description="`embedded`: our own, in `data_dir`; redis://…, rediss://… or unix://… shares one.",
    )
    data_dir: Path = Field(Path("ringwatch-data"), description="What the embedded store keeps.")
    history: PositiveDuration = Field(
        timedelta(days=30), description="How long readings are kept, for forecasts, `why` and replay."
    )
    http: Http = Field(default_factory=Http)
    slack: Slack
    poll: dict[Kind, Interval] = Field({}, description="How often each kind is asked; `off` leaves one out.")
    accounts: dict[Name, dict[str, Any]] = Field({}, repr=False)
    agents: dict[UserId, AgentLink] = Field({})
    permissions: dict[PermissionKey, tuple[SlackId, ...]] = Field({}, description="Who may, by Slack ids.")
    calls: Calls = Field(default_factory=Calls)
    alerts: list[dict[str, Any]] = Field([], repr=False)
    automations: tuple[AutomationKeys, ...] = Field((), description="Rules that act.")
    heartbeat: HeartbeatKeys | None = Field(None)
    api: ApiKeys | None = Field(None)
    mqtt: MqttKeys | None = Field(None)

    @field_validator("heartbeat", mode="before")
    @classmethod
    def _without_address(cls, value: Any) -> Any:
        """Returns None where there is no address: ``{url: ${HEARTBEAT_URL:-}, every: 1m}``."""
        return None if isinstance(value, dict) and value.keys() <= {"every"} else value


class TreeSource(PydanticBaseSettingsSource):
    """One tree of texts. What the environment gives has been left out of the file's before."""

    def __init__(self, settings_cls: type[BaseSettings], tree: Node) -> None:
        super().__init__(settings_cls)
        self._tree = tree

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Returns the value of one top-level key."""
        node = self._tree.at((field_name,))
        return (node.plain() if node is not None else None), field_name, False

    def __call__(self) -> dict[str, Any]:
        """Returns everything that is set, unknown keys too: those are an error."""
        plain = self._tree.plain()
        return plain if isinstance(plain, dict) else {}


class _Listening(PydanticBaseSettingsSource):
    """Stands behind the others, gives nothing and keeps what they gave together."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Returns nothing."""
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Returns nothing."""
        return {}


@dataclass(frozen=True, slots=True)
class Merged:
    """The values of all sources together; `configuration` None where it is not valid, and `error` says why."""

    values: dict[str, Any]
    configuration: Configuration | None
    error: ValidationError | None


class _Sourced(Configuration):
    """Reads the sources that it is made with, the first of which wins, and nothing else."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return tuple(cast(InitSettingsSource, init_settings).init_kwargs["sources"])


def merge(environment: Node, file: Node) -> Merged:
    """Returns both trees as one configuration."""
    last = _Listening(_Sourced)
    given: dict[str, Any] = {"sources": (TreeSource(_Sourced, environment), TreeSource(_Sourced, file), last)}
    configuration, problem = None, None
    try:
        configuration = _Sourced(**given)
    except ValidationError as error:
        problem = error
    return Merged(dict(last.current_state), configuration, problem)
