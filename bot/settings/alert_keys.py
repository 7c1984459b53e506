"""Alerts: each one's keys by its watch, and the accounts that can feed it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from bot.alerts.hours import parse_hours
from bot.alerts.model import Calendar, Escalation, Workflow
from bot.call_policy import CallRules
from bot.settings.account_keys import ReadAccounts
from bot.settings.messages import MistakeCollector
from bot.settings.models import Account, Alert, AlertKeys
from bot.settings.problems import Kinds, did_you_mean, one_of
from bot.settings.shapes import MapShape, Shape, table_of
from bot.settings.tree import UNSET, Node, Path
from bot.settings.typed import as_meant, misspelt, read_own
from bot.settings.warnings import warn_of
from bot.watches import Watch, WatchKeys
from providers.vendor import Vendor

COMMON = table_of(AlertKeys)
ALWAYS = "daily 00:00-24:00"  # but for the holidays


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The accounts, vendors, watches, zone, channel and rules of calls that an alert or automation is read against."""

    accounts: ReadAccounts
    vendors: Mapping[str, Vendor]
    watches: Mapping[str, Watch]
    zone: ZoneInfo
    channel: str
    calls: CallRules


def alert_table(watch: str | None, watches: Mapping[str, Watch]) -> MapShape:
    """Returns what an alert with this watch may hold; of an unknown one (None), what any may."""
    fields: dict[str, Shape] = dict(COMMON.fields)
    for name in [watch] if watch is not None else watches:
        if name in watches:
            fields |= table_of(watches[name].keys).fields
    return MapShape(fields)


def read_alerts(values: Sequence[Any], around: Surroundings, mistakes: MistakeCollector) -> tuple[Alert, ...]:
    """Returns every alert that is valid and can be evaluated; the rest are mistakes or warnings."""
    found: dict[int, Alert] = {}
    names: dict[str, int] = {}
    for index, keys in enumerate(values):
        if not isinstance(keys, dict):
            continue  # told where the top level was read
        path: Path = ("alerts", index)
        _check_name(path, keys.get("name"), names, around, mistakes)
        alert = _Reader(path, keys, around, mistakes).read()
        if alert is not None:
            found[index] = alert
    warn_of(found, around.accounts.built, around.watches, mistakes)
    return tuple(found.values())


def _check_name(path: Path, name: Any, names: dict[str, int], around: Surroundings, mistakes: MistakeCollector) -> None:
    if not isinstance(name, str):
        return
    if name in names:
        mistakes.wrong(
            (*path, "name"),
            f"another alert is named {name} too, the {_ordinal(names[name])}",
            "names are given once",
        )
    elif name in around.accounts.names:
        mistakes.wrong(
            (*path, "name"),
            f"an account is named {name} too",
            "`silence` and `why` could not tell them apart",
        )
    names.setdefault(name, int(path[-1]))


def _ordinal(index: int) -> str:
    number = index + 1
    ending = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


class _Reader:
    """Reads one alert."""

    def __init__(self, path: Path, keys: dict[str, Any], around: Surroundings, mistakes: MistakeCollector) -> None:
        self._path = path
        self._keys = keys
        self._around = around
        self._mistakes = mistakes

    def read(self) -> Alert | None:
        """Returns the alert; None where it is wrong."""
        before = len(self._mistakes.problems)
        common = self._common()
        calendar = self._calendar(common)
        word = self._keys.get("watch")
        watch = self._around.watches.get(word) if isinstance(word, str) else None
        if watch is None:
            self._without_watch(word)
            self._named_accounts(common)
            return None
        keys = self._own_keys(watch)
        accounts = self._accounts(common, watch, keys)
        channel = self._channel(common)
        if common is None or keys is None or accounts is None or len(self._mistakes.problems) > before:
            return None
        return Alert(
            name=common.name,
            watch=watch.name,
            accounts=accounts,
            channel=channel,
            keys=keys,
            severity=common.severity,
            hold=common.hold,
            keep=common.keep,
            repeat=common.repeat,
            calendar=calendar,
            mention=common.mention,
            escalate=_escalation(common),
            workflow=_workflow(common),
            webhook=common.webhook or (common.webhook_format.address if common.webhook_secret else None),
            webhook_format=common.webhook_format,
            webhook_secret=common.webhook_secret,
        )

    def _common(self) -> AlertKeys | None:
        try:
            return AlertKeys.model_validate({key: value for key, value in self._keys.items() if key in COMMON.fields})
        except ValidationError as error:
            self._mistakes.errors(error, self._path)
        return None

    def _calendar(self, common: AlertKeys | None) -> Calendar | None:
        """When it may speak. Hours that are none are told whatever else is wrong."""
        written = self._keys.get("hours")
        hours = common.hours if common is not None else written.strip() if isinstance(written, str) else None
        holidays = common.holidays if common is not None else None
        if not hours and holidays is None:
            return None
        place = (*self._path, "hours")
        try:
            return parse_hours(hours or ALWAYS, self._around.zone, holidays)
        except ValueError as error:
            self._mistakes.wrong(place, self._mistakes.found(place), self._mistakes.clean(str(error)))
        return None

    def _without_watch(self, word: Any) -> None:
        place = (*self._path, "watch")
        if isinstance(word, str) and word.strip():
            self._mistakes.wrong(place, self._mistakes.found(place), one_of(word, self._around.watches))
        misspelt(self._keys, alert_table(None, self._around.watches).fields, COMMON.fields, self._path, self._mistakes)

    def _own_keys(self, watch: Watch) -> WatchKeys | None:
        own = {key: value for key, value in self._keys.items() if key not in COMMON.fields}
        known = table_of(watch.keys).fields
        unset = [key for key in known if _unset(self._mistakes.node((*self._path, key)))]
        contradiction = watch.keys.contradiction({**dict.fromkeys(unset, ""), **as_meant(own, known)})
        if contradiction is not None and contradiction[0] not in unset:
            place = (*self._path, contradiction[0])
            self._mistakes.wrong(place, self._mistakes.found(place), contradiction[1])
        contradicted = contradiction is not None
        keys = read_own(watch.keys, own, self._path, self._mistakes, list(COMMON.fields), contradicted=contradicted)
        return None if contradicted else keys

    def _named_accounts(self, common: AlertKeys | None) -> list[str] | None:
        """Returns the accounts that the alert names and that can be opened; None where it names none."""
        written = self._keys.get("accounts")
        names = common.accounts if common is not None else written
        if not isinstance(names, list | tuple):
            return None
        accounts = self._around.accounts
        found: list[str] = []
        for index, one in enumerate(names):
            if not isinstance(one, str) or not one.strip():
                continue  # told with the common keys
            name = one.strip()
            place = (*self._path, "accounts", index)
            if name in accounts.built:
                found.append(name)
            elif name not in accounts.broken:
                self._mistakes.wrong(place, self._mistakes.found(place), did_you_mean(name, accounts.names))
        return list(dict.fromkeys(found))

    def _accounts(self, common: AlertKeys | None, watch: Watch, keys: WatchKeys | None) -> tuple[str, ...] | None:
        """Returns the accounts that feed it; None where it is left out."""
        named = self._named_accounts(common)
        chosen = named if named is not None else list(self._around.accounts.built)
        feeding: list[str] = []
        off: list[str] = []
        for name in chosen:
            account = self._around.accounts.built[name]
            refusal = self._refusal(account, watch, keys)
            if refusal is None:
                feeding.append(name)
            elif named is not None:
                self._mistakes.wrong(
                    (*self._path, "accounts"), f"{name} cannot feed {watch.name}: {refusal}", "leave it out"
                )
            elif refusal.endswith(_SWITCHED_OFF):
                off.append(f"{name}: {refusal}")
        if named is None and not feeding and off:
            self._mistakes.wrong(
                (*self._path, "watch"), f"no account can feed {watch.name}: {'; '.join(off)}", "switch it on"
            )
        elif not feeding and not self._around.accounts.broken:
            self._mistakes.warn(
                Kinds.WATCHES_NOTHING,
                (*self._path, "watch"),
                f"no account can feed {watch.name}, so this alert watches nothing",
            )
        return tuple(feeding)

    def _refusal(self, account: Account, watch: Watch, keys: WatchKeys | None) -> str | None:
        vendor = self._around.vendors[account.provider]
        for kind in watch.kinds:
            if kind not in account.poll:
                return vendor.cannot.get(kind, f"{vendor.title} cannot tell its {kind}").rstrip(".")
        if not all(issubclass(vendor.provider, capability) for capability in watch.needs):
            return f"{vendor.title} cannot tell what it needs"
        if watch.unfit is not None and keys is not None and (lack := watch.unfit(vendor.provider, keys)):
            return f"{vendor.title} {lack}"
        for kind in watch.kinds:
            if account.poll[kind] is None:
                return f"its poll of {kind} {_SWITCHED_OFF}"
        if account.poll and not any(account.poll.values()):
            return f"every poll of it {_SWITCHED_OFF}"
        return None if account.poll else f"{vendor.title} can tell nothing that is polled"

    def _channel(self, common: AlertKeys | None) -> str:
        if common is None:  # what is wrong with one that is written is told with the common keys
            channel = str(self._keys.get("channel", "")) or self._around.channel
        else:
            channel = common.channel or self._around.channel
        written = (self._mistakes.node(path) for path in ((*self._path, "channel"), ("slack", "channel")))
        if not channel and not any(_unset(node) for node in written):
            self._mistakes.wrong((*self._path, "channel"), "it has no channel", "set slack.channel, or one of its own")
        return channel


_SWITCHED_OFF = "is switched off"


def _unset(node: Node | None) -> bool:
    """Whether a value is written that could not be read: that is told already."""
    return node is not None and node.hidden == UNSET


def _escalation(common: AlertKeys) -> Escalation | None:
    if common.escalate is None:
        return None
    return Escalation(common.escalate.after, common.escalate.channel, common.escalate.mention)


def _workflow(common: AlertKeys) -> Workflow | None:
    workflow = common.workflow
    return None if workflow is None else Workflow(workflow.text, workflow.url, tuple(workflow.inputs.items()))
