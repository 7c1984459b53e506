"""The configuration: one YAML file and the environment, as types. Asks nobody and opens nothing but files."""

from bot.settings.alert_lookup import UnknownAlertError, find_alert, find_alert_or_account
from bot.settings.load import Loaded, ManifestKeys, load, load_manifest_keys
from bot.settings.models import (
    Account,
    AgentLink,
    Alert,
    ApiKeys,
    Calls,
    HeartbeatKeys,
    Http,
    Mqtt,
    MqttAllowed,
    Settings,
    Slack,
)
from bot.settings.permissions import Permission
from bot.settings.problems import ConfigError, Problem
from bot.text.durations import parse_duration, show_duration

__all__ = [
    "Account",
    "AgentLink",
    "Alert",
    "ApiKeys",
    "Calls",
    "ConfigError",
    "HeartbeatKeys",
    "Http",
    "Loaded",
    "ManifestKeys",
    "Mqtt",
    "MqttAllowed",
    "Permission",
    "Problem",
    "Settings",
    "Slack",
    "UnknownAlertError",
    "find_alert",
    "find_alert_or_account",
    "load",
    "load_manifest_keys",
    "parse_duration",
    "show_duration",
]
