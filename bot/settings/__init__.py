"""The configuration: one YAML file and the environment, as types. Asks nobody and opens nothing but files."""

from bot.settings.alert_lookup import UnknownAlertError, find_alert, find_alert_or_account
from bot.settings.load import Loaded, load, load_command_names
from bot.settings.models import (
    Account,
    AgentLink,
    Alert,
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
    "Calls",
    "ConfigError",
    "HeartbeatKeys",
    "Http",
    "Loaded",
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
    "load_command_names",
    "parse_duration",
    "show_duration",
]
