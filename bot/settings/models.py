"""The configuration as types: its sections, and what the bot is given. No secret shows in a repr."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from bot.alerts.automations import Automation
from bot.alerts.kinds import Kind
from bot.alerts.model import EVENT_FIELDS, Calendar, Escalation, Severity, Workflow
from bot.settings.closed_days import Holidays
from bot.settings.values import (
    ApiUrl,
    Blocked,
    Channel,
    CommandName,
    Currency,
    Duration,
    EventField,
    Interval,
    Limit,
    Mention,
    Name,
    PositiveDuration,
    Region,
    Trimmed,
    WebhookToken,
    WebUrl,
    WorkflowUrl,
    Zone,
    routing_key,
    webhook_secret,
)
from bot.settings.webhook_formats import WebhookFormat
from bot.watches import WatchKeys
from providers.sdk.throttle import RateLimit
from providers.vendor import VendorSettings

# Each can be given another name; all that is asked by /pbx alone cannot.
Command = Literal["balance", "call", "agents", "queue", "spam", "pbx"]

_WRONG = object()  # stands for a key that is wrong, which has been said

UTC = ZoneInfo("UTC")
DEFAULT_POLL: Mapping[Kind, timedelta] = {kind: kind.definition.default_interval for kind in Kind}


class ConfigSection(BaseModel):
    """A map of the file with known keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, validate_by_name=True)


class Http(ConfigSection):
    """Where Ringwatch listens: Slack in HTTP mode, vendors' webhooks, health and metrics."""

    host: Trimmed = Field("127.0.0.1", description="The address to listen on; 0.0.0.0 for all.")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(3000, description="0 takes any that is free.")


class Slack(ConfigSection):
    """The Slack app. One of `app_token` and `signing_secret` is needed, both may be."""

    bot_token: SecretStr = Field(description="The bot user's token, xoxb-….")
    app_token: SecretStr | None = Field(None, description="The app-level token, xapp-…: Socket Mode.")
    signing_secret: SecretStr | None = Field(None, description="HTTP mode at /slack/events.")
    api_url: ApiUrl = Field("https://slack.com/api/", description="Where Slack's Web API is.")
    channel: Channel = Field(
        "",
        description='Where alerts go unless they say otherwise: an id or a "#name"; the bot must be invited.',
    )
    commands: dict[Command, CommandName] = Field(
        {},
        description="Other names for the slash commands: {call: dial} where there is a /call already.",
    )
    workflow_steps: bool = Field(
        False, description="Steps for Slack's Workflow Builder, also in `ringwatch manifest`; needs a paid plan."
    )


class AgentLink(ConfigSection):
    """Which agent a Slack user is, for /call."""

    account: Trimmed = Field(description="The account that the agent belongs to.")
    agent: Trimmed = Field(description="The agent's extension there.")


class Calls(ConfigSection):
    """The rules for placing calls."""

    confirm: bool = Field(True, description="Show who will be called, and ask, before a call is placed.")
    region: Region | None = Field(None, description="The country in which a number without + is read, such as UA.")
    countries: tuple[Region, ...] = Field(
        default_factory=lambda data: (data["region"],) if data.get("region") else (),
        description="Which may be called; emergency, premium and satellite never. Default: the region.",
    )
    blocked: tuple[Blocked, ...] = Field(
        (), description='Numbers that are never called; prefixes end in *: "+380900*".'
    )
    per_user_per_day: Annotated[int, Field(ge=0)] = Field(30, description="How many calls a person may place a day.")


class HeartbeatKeys(ConfigSection):
    """An address that is requested while all is well."""

    url: WebUrl = Field(repr=False, description="The address of a dead man's switch outside.")
    every: PositiveDuration = Field(timedelta(minutes=1), description="How often.")


class ApiKeys(ConfigSection):
    """The read API and MCP; without this section there is neither."""

    tokens: dict[Name, SecretStr] = Field({}, description="Who may read, each with a token of its own: {grafana: …}.")


class EscalateKeys(ConfigSection):
    """Who is told when nobody has acknowledged."""

    after: Duration = Field(description="How long after the raise.")
    channel: Channel | None = Field(None, description="Its own channel.")
    mention: tuple[Mention, ...] = Field((), description="Who is woken.")


class WorkflowKeys(ConfigSection):
    """A button of Slack's that starts a workflow, beside the alert's own."""

    text: Annotated[Trimmed, Field(max_length=75)] = Field(description="What stands on the button.")
    url: WorkflowUrl = Field(description="The workflow's link: https://slack.com/shortcuts/…")
    inputs: dict[Trimmed, EventField] = Field(
        {}, description=f"The workflow's inputs, each with what fills it: {', '.join(EVENT_FIELDS)}."
    )


class AlertKeys(ConfigSection):
    """The keys that every alert takes, beside its watch's own."""

    name: Name = Field(description="Its name: up to 32 lower-case letters, digits and hyphens.")
    watch: Trimmed = Field(description="The rule, see below.")
    accounts: tuple[Trimmed, ...] | None = Field(None, description="Which are watched. Default: all that can feed it.")
    channel: Channel | None = Field(None, description="Where it goes. Default: `slack.channel`.")
    severity: Severity = Field(Severity.WARNING, description="How bad it is.")
    hold: Duration = Field(timedelta(), alias="for", description="How long it must hold before it is raised.")
    keep: Duration = Field(timedelta(), description="How long it must be clear before it is resolved.")
    repeat: tuple[PositiveDuration, ...] = Field(
        (), description="Gaps between reminders while it is not acknowledged; the last one repeats."
    )
    hours: Trimmed | None = Field(
        None,
        description='When it may raise, remind and escalate: "mon-fri 09:00-18:00". Default: always.',
    )
    holidays: Holidays | None = Field(
        None,
        description="A country code, `PL`, or one with a part of the country, `DE-BY`: those days are closed.",
    )
    mention: tuple[Mention, ...] = Field((), description="Who is woken when it is raised and reminded.")
    escalate: EscalateKeys | None = Field(None, description="Who is told when nobody has acknowledged.")
    workflow: WorkflowKeys | None = Field(None, description="A button that starts a workflow of Slack's.")
    webhook: WebUrl | None = Field(
        None, repr=False, description="An address that gets a JSON POST at each change of phase."
    )
    webhook_format: WebhookFormat = Field(
        WebhookFormat.RINGWATCH,
        description="In whose words, see docs/webhooks.md; `pagerduty` needs no `webhook`.",
    )
    webhook_secret: SecretStr | None = Field(
        None,
        validate_default=True,
        description="Signs those posts: 24 to 64 random bytes as base64, with or without `whsec_` before it. "
        "With `webhook_format: pagerduty` the routing key.",
    )

    @field_validator("webhook_format")
    @classmethod
    def _is_posted_somewhere(cls, form: WebhookFormat, info: ValidationInfo) -> WebhookFormat:
        if form.address is None and info.data.get("webhook", _WRONG) is None:
            raise ValueError("there is no webhook that it could be posted to: give that too, or take this out")
        return form

    @field_validator("webhook_secret")
    @classmethod
    def _fits_the_format(cls, secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        form = info.data.get("webhook_format")
        if form is not None and form.takes_routing_key:
            if secret is None:
                raise ValueError(f"webhook_format: {form} needs it: the routing key, 32 letters and digits")
            return routing_key(secret)
        if secret is None:
            return None
        if info.data.get("webhook", _WRONG) is None:
            raise ValueError("there is no webhook whose posts it could sign: give that too, or take this out")
        return webhook_secret(secret)


class AccountKeys(ConfigSection):
    """The keys that every account takes, beside its vendor's own."""

    provider: Trimmed = Field(description="The vendor.")
    timezone: Zone | None = Field(None, description="The zone of the vendor's clock.")
    currency: Currency | None = Field(None, description="Where the vendor names none.")
    region: Region | None = Field(
        None,
        description="The country in which numbers without + are read and shown there. Default: that of its "
        "`timezone`, else that of its vendor, else `calls.region`.",
    )
    poll: dict[Kind, Interval] = Field(
        {}, description="Other intervals than the top-level `poll`; `off` switches one off."
    )
    rate_limit: Limit | None = Field(None, description="How many requests the vendor allows: 100/15m.")
    webhook_token: WebhookToken | None = Field(None, description="The last part of /hooks/ACCOUNT/WEBHOOK_TOKEN.")


@dataclass(frozen=True, slots=True)
class Account:
    """One account as it is polled: `poll` has the kinds it can tell, None where one is switched off."""

    name: str
    provider: str
    vendor: VendorSettings
    timezone: ZoneInfo | None = None
    currency: str | None = None
    poll: Mapping[Kind, timedelta | None] = field(default_factory=dict)
    rate_limit: RateLimit | None = None
    webhook_token: SecretStr | None = None
    region: str | None = None  # its own, its zone's or its vendor's


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert, its channel and its accounts resolved."""

    name: str
    watch: str
    accounts: tuple[str, ...]
    channel: str
    keys: WatchKeys
    severity: Severity = Severity.WARNING
    hold: timedelta = timedelta()
    keep: timedelta = timedelta()
    repeat: tuple[timedelta, ...] = ()
    calendar: Calendar | None = None
    mention: tuple[str, ...] = ()
    escalate: Escalation | None = None
    workflow: Workflow | None = None
    webhook: str | None = field(default=None, repr=False)  # such an address is a secret of its own
    webhook_format: WebhookFormat = WebhookFormat.RINGWATCH
    webhook_secret: SecretStr | None = None


class MqttAllowed(StrEnum):
    """What `mqtt.allow` may list: each is something that whoever may write to the broker may then do."""

    ACKNOWLEDGE = "acknowledge"
    SNOOZE = "snooze"
    MARK_NUMBERS = "mark_numbers"
    PAUSE_CALLS = "pause_calls"


@dataclass(frozen=True, slots=True)
class Mqtt:
    """The broker, and how we are found on it. `discovery` None: topics alone."""

    host: str
    port: int
    encrypted: bool
    username: str | None = None
    password: SecretStr | None = None
    topic: str = "ringwatch"
    ca: Path | None = None
    discovery: str | None = "homeassistant"
    names: bool = False
    allow: frozenset[MqttAllowed] = frozenset()

    @property
    def address(self) -> str:
        """Returns how sentences name the broker: ``broker.example.com:8883``."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole configuration, checked."""

    slack: Slack
    timezone: ZoneInfo = UTC
    store: SecretStr = field(default_factory=lambda: SecretStr("embedded"))
    data_dir: Path = Path("ringwatch-data")
    history: timedelta = timedelta(days=30)
    http: Http = field(default_factory=Http)
    poll: Mapping[Kind, timedelta | None] = field(default_factory=lambda: dict(DEFAULT_POLL))
    accounts: Mapping[str, Account] = field(default_factory=dict)
    agents: Mapping[str, AgentLink] = field(default_factory=dict)
    permissions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    calls: Calls = field(default_factory=Calls)
    alerts: tuple[Alert, ...] = ()
    automations: tuple[Automation, ...] = ()
    heartbeat: HeartbeatKeys | None = None
    api: ApiKeys | None = None
    mqtt: Mqtt | None = None
