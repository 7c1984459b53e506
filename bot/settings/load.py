"""Loads `Settings` from a file and the environment. All mistakes are reported at once."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, get_args
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError

from bot.settings.account_keys import ReadAccounts, account_table, lenient_poll, read_accounts
from bot.settings.alert_keys import Surroundings, alert_table, read_alerts
from bot.settings.automation_keys import read_automations
from bot.settings.deprecated import RENAMED, OldNames, Renamed
from bot.settings.environment import KNOWN, PASSED_OVER, PREFIX, Environment
from bot.settings.messages import MistakeCollector
from bot.settings.models import DEFAULT_POLL, ApiKeys, Calls, Command, Settings
from bot.settings.mqtt_keys import read_mqtt
from bot.settings.overrides import Overrides, overridden
from bot.settings.problems import ConfigError, Kinds, Problem, did_you_mean
from bot.settings.shapes import ListShape, MapShape, Shape, table_of
from bot.settings.sources import Configuration, Merged, merge
from bot.settings.text_checks import check_texts
from bot.settings.tree import UNSET, Node, Path
from bot.settings.values import CommandName, Zone
from bot.settings.warnings import warn_of_history
from bot.settings.yaml_tree import FileReader
from bot.watches import Watch
from providers.vendor import Vendor

DEFAULT_FILE = FilePath("ringwatch.yaml")
COMMANDS: tuple[Command, ...] = get_args(Command)
NO_FILE = "the environment"
_RENAMED = TypeAdapter[dict[Command, str]](dict[Command, CommandName])
_SWITCH = TypeAdapter[bool](bool)
_ZONE = TypeAdapter[ZoneInfo](Zone)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A valid configuration, and what is odd about it."""

    settings: Settings
    warnings: tuple[Problem, ...] = ()


def load(
    path: FilePath | None,
    environ: Mapping[str, str],
    vendors: Mapping[str, Vendor],
    watches: Mapping[str, Watch],
    overrides: Overrides | None = None,
    *,
    renamed: Sequence[Renamed] = RENAMED,
) -> Loaded:
    """Returns the configuration. `path` None: `$RINGWATCH_CONFIG`, then ``./ringwatch.yaml``.

    Without a file the environment may give everything. `overrides` come before both, where something is tried.
    `renamed` are the keys that may still stand under an old name. Raises `ConfigError` with every mistake.
    """
    mistakes, merged = _read(_reader(path, environ), environ, vendors, watches, overrides, renamed=renamed)
    mistakes.empty_strangers()
    if merged.error is not None:
        mistakes.errors(merged.error)
    settings = _settings(merged, vendors, watches, mistakes)
    check_texts(mistakes)
    if settings is None or mistakes.problems:
        told = {problem.key for problem in mistakes.problems}  # a value behind a # may be why another is missed
        comments = [one for one in mistakes.warnings if one.id == Kinds.COMMENT and one.key not in told]
        raise ConfigError([*mistakes.problems, *comments])
    return Loaded(settings, tuple(sorted(dict.fromkeys(mistakes.warnings), key=lambda problem: problem.order)))


@dataclass(frozen=True, slots=True)
class ManifestKeys:
    """The part of the configuration by which the app's manifest goes: every command's name, and the steps."""

    commands: Mapping[str, str]
    workflow_steps: bool


def load_manifest_keys(path: FilePath | None, environ: Mapping[str, str]) -> ManifestKeys:
    """Returns what the app's manifest goes by; nothing else is read, so no secret need be set.

    Without a file these are the defaults. Raises `ConfigError`.
    """
    mistakes, merged = _read(_reader(path, environ, needed=False), environ, {}, {})
    slack = _map(merged.values, "slack")
    mistakes.problems[:] = [
        one
        for one in mistakes.problems
        if one.key in {"", "slack"} or f"{one.key}.".startswith(("slack.commands.", "slack.workflow_steps."))
    ]
    renamed: dict[Command, str] = {}
    steps = False
    try:
        renamed = _RENAMED.validate_python(slack.get("commands", {}))
    except ValidationError as error:
        mistakes.errors(error, ("slack", "commands"))
    try:
        steps = _SWITCH.validate_python(slack.get("workflow_steps", False))
    except ValidationError as error:
        mistakes.errors(error, ("slack", "workflow_steps"))
    names = _command_names(renamed, mistakes)
    if mistakes.problems:
        raise ConfigError(mistakes.problems)
    return ManifestKeys(names, steps)


def _read(
    reader: FileReader | None,
    environ: Mapping[str, str],
    vendors: Mapping[str, Vendor],
    watches: Mapping[str, Watch],
    overrides: Overrides | None = None,
    *,
    renamed: Sequence[Renamed] = RENAMED,
) -> tuple[MistakeCollector, Merged]:
    old_names = OldNames(renamed)
    names = OldNames(renamed).replaced(reader.names()) if reader is not None else Node({}, NO_FILE)
    existing: dict[Path, list[str]] = {
        ("accounts",): _keys(names, "accounts"),
        ("agents",): _keys(names, "agents"),
        ("api", "tokens"): _keys(names, "api", "tokens"),
    }
    environment = Environment(old_names.variables(environ), _shape(names, Node({}, ""), vendors, watches), existing)
    _forget_strangers(environment, names, vendors)
    file = old_names.replaced(reader.tree(environment.given)) if reader is not None else names
    given = old_names.replaced(environment.tree)
    tried: list[Problem] = []
    if overrides and given.at(("alerts",)) is not None:
        given, tried = overridden(given, overrides, watches)
    elif overrides:
        file, tried = overridden(file, overrides, watches)
    mistakes = MistakeCollector(given, file, _shape(file, given, vendors, watches))
    mistakes.problems += [*old_names.problems, *environment.problems, *(reader.problems if reader is not None else ())]
    mistakes.problems += tried
    mistakes.warnings += [*old_names.warnings, *environment.warnings, *(reader.warnings if reader is not None else ())]
    return mistakes, merge(given, file)


def _keys(tree: Node, *path: str) -> list[str]:
    node = tree.at(path)
    return list(node.value) if node is not None and isinstance(node.value, Mapping) else []


def _shape(file: Node, environment: Node, vendors: Mapping[str, Vendor], watches: Mapping[str, Watch]) -> MapShape:
    """Returns what may stand where, for the accounts and alerts that are named."""
    accounts: dict[str, Shape] = {}
    for name in dict.fromkeys([*_keys(file, "accounts"), *_keys(environment, "accounts")]):
        accounts[name] = account_table(_text(("accounts", name, "provider"), environment, file), vendors)
    alerts: dict[int, Shape] = {}
    node = environment.at(("alerts",)) or file.at(("alerts",))
    for index in range(len(node.value) if node is not None and isinstance(node.value, list) else 0):
        alerts[index] = alert_table(_text(("alerts", index, "watch"), environment, file), watches)
    top = table_of(Configuration)
    return MapShape(
        {
            **top.fields,
            "accounts": MapShape(accounts, open=account_table(None, vendors)),
            "alerts": ListShape(alert_table(None, watches), alerts),
        }
    )


def _text(path: Path, *trees: Node) -> str | None:
    for tree in trees:
        node = tree.at(path)
        if node is not None and isinstance(node.value, str):
            return node.value
    return None


def _forget_strangers(environment: Environment, names: Node, vendors: Mapping[str, Vendor]) -> None:
    """Warns of variables for accounts that there are not, and for keys that the account's vendor has not."""
    tree = environment.tree
    for path in sorted(environment.given, key=len):
        if len(path) < 3 or path[0] != "accounts" or path not in environment.given:
            continue
        account = path[:2]
        provider = _text((*account, "provider"), tree, names)
        whole = environment.given & {account[:1], account}
        if provider is None and names.at(account) is None and not whole:
            environment.forget(account)
        elif path[2] not in account_table(provider, vendors).fields:
            environment.forget(path)


def _reader(path: FilePath | None, environ: Mapping[str, str], *, needed: bool = True) -> FileReader | None:
    """Returns the reader of the file; None where there is none and none is needed."""
    named = environ.get("RINGWATCH_CONFIG")
    explicit = path if path is not None else FilePath(named) if named else None
    if explicit is not None:
        return FileReader(explicit, environ)
    if DEFAULT_FILE.exists() or (needed and not _configured(environ)):
        return FileReader(DEFAULT_FILE, environ)
    return None


def _configured(environ: Mapping[str, str]) -> bool:
    return any(
        value and name.startswith(PREFIX) and name not in KNOWN and not name.startswith(PASSED_OVER)
        for name, value in environ.items()
    )


def _settings(
    merged: Merged, vendors: Mapping[str, Vendor], watches: Mapping[str, Watch], mistakes: MistakeCollector
) -> Settings | None:
    values, configuration = merged.values, merged.configuration
    accounts = read_accounts(_map(values, "accounts"), lenient_poll(values.get("poll")), vendors, mistakes)
    channel = _map(values, "slack").get("channel")
    calls = configuration.calls if configuration is not None else Calls()
    channel = channel if isinstance(channel, str) else ""
    around = Surroundings(accounts, vendors, watches, _zone(values), channel, calls)
    listed = values.get("alerts")
    alerts = read_alerts(listed if isinstance(listed, list) else [], around, mistakes)
    agents = _agents(_map(values, "agents"), accounts, mistakes)
    _check_modes(_map(values, "slack"), mistakes)
    _command_names(_renamed(values), mistakes)
    if configuration is None:
        return None
    _check_api(configuration.api, mistakes)
    warn_of_history(configuration.history, alerts, watches, mistakes)
    return Settings(
        timezone=configuration.timezone,
        store=configuration.store,
        data_dir=configuration.data_dir.expanduser(),
        history=configuration.history,
        http=configuration.http,
        slack=configuration.slack,
        poll={**DEFAULT_POLL, **configuration.poll},
        accounts=accounts.built,
        agents={user: link for user, link in configuration.agents.items() if user in agents},
        permissions={str(name): who for name, who in configuration.permissions.items()},
        calls=configuration.calls,
        alerts=alerts,
        automations=read_automations(configuration.automations, alerts, around, mistakes),
        heartbeat=configuration.heartbeat,
        api=configuration.api,
        mqtt=read_mqtt(configuration.mqtt, mistakes),
    )


def _check_api(api: ApiKeys | None, mistakes: MistakeCollector) -> None:
    """Says where two clients have one token: whose requests they were could not be told."""
    if api is None:
        return
    if not api.tokens:
        hint = "give each client one: tokens: {grafana: …}"
        mistakes.warn(Kinds.POINTLESS, ("api",), "it has no tokens, so nobody can read it", hint)
    owners: dict[str, str] = {}
    for name, token in api.tokens.items():
        owner = owners.setdefault(token.get_secret_value(), name)
        if owner != name:
            hint = "give each client one of its own"
            mistakes.wrong(("api", "tokens", name), f"it is the token of {owner} too", hint)


def _map(values: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = values.get(key)
    return value if isinstance(value, dict) else {}


def _zone(values: Mapping[str, Any]) -> ZoneInfo:
    """Returns the top-level zone; UTC where it is wrong, which is a mistake elsewhere."""
    try:
        return _ZONE.validate_python(values.get("timezone", "UTC"))
    except ValidationError:
        return ZoneInfo("UTC")


def _agents(values: Mapping[str, Any], accounts: ReadAccounts, mistakes: MistakeCollector) -> set[str]:
    """Returns the Slack users whose account is there."""
    found = set()
    for user, link in values.items():
        name = link.get("account") if isinstance(link, dict) else None
        place: Path = ("agents", user, "account")
        if not isinstance(name, str) or not name.strip() or name in accounts.broken:
            continue  # told already
        if name in accounts.built:
            found.add(user)
        else:
            mistakes.wrong(place, mistakes.found(place), did_you_mean(name, accounts.names))
    return found


def _check_modes(slack: Mapping[str, Any], mistakes: MistakeCollector) -> None:
    unset = [mistakes.node(("slack", key)) for key in ("app_token", "signing_secret")]
    if not slack or slack.get("app_token") or slack.get("signing_secret"):
        return
    if any(node is not None and node.hidden == UNSET for node in unset):
        return  # told already, with the variable's name
    mistakes.wrong(
        ("slack",),
        "neither app_token nor signing_secret is set",
        "one is needed: app_token for Socket Mode, signing_secret for HTTP",
    )


def _renamed(values: Mapping[str, Any]) -> dict[Command, str]:
    """The names that are given to commands, as far as they are valid: the rest is told elsewhere."""
    found: dict[Command, str] = {}
    for command, name in _map(_map(values, "slack"), "commands").items():
        with suppress(ValidationError):
            found |= _RENAMED.validate_python({command: name})
    return found


def _command_names(renamed: Mapping[Command, str], mistakes: MistakeCollector) -> dict[str, str]:
    names: dict[str, str] = {command: renamed.get(command, command) for command in COMMANDS}
    for command in renamed:
        others = [other for other in COMMANDS if other != command and names[other] == names[command]]
        if others:
            said = f"/{names[command]} is the name of {others[0]} too"
            mistakes.wrong(("slack", "commands", command), said, "each command needs a name of its own")
    return names
