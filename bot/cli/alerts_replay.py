"""`ringwatch alerts replay`: takes stored readings through an alert's rule, and reports in plain words.

Nothing is written, neither to the store nor to the configuration, and nobody is notified but who asked.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal

from bot.alerts.automation_state import Decision
from bot.alerts.kinds import Kind
from bot.alerts.model import Reading, Severity
from bot.app.wiring import rules
from bot.cli.store_session import joined, untouched
from bot.dialog.phrases import count
from bot.engine.evaluation import Rule
from bot.engine.replay import Raised, Replayed, replay, wanted
from bot.settings import Alert, Settings, find_alert, show_duration
from bot.settings.alert_keys import alert_table
from bot.settings.shapes import ScalarShape
from bot.store import Store
from bot.text.durations import span
from bot.watches.registry import watches

MAX_LISTED_RAISES = 30  # raises that are listed
START_TOLERANCE = timedelta(hours=1)  # a first reading so long after the beginning is mentioned
ATTRIBUTES = {"for": "hold", "hours": "calendar", "holidays": "calendar"}  # keys that are held under another name
SECRET = ScalarShape(secret=True)

History = Mapping[Kind, Sequence[Reading]]


async def replay_alert(
    settings: Settings,
    name: str,
    since: timedelta,
    *,
    clock: Callable[[], datetime],
    tried: Settings | None = None,
    values: Mapping[str, str] | None = None,
) -> str:
    """Returns what the alert would have raised in the time `since`, in words.

    `tried` is the configuration with these other `values` of the alert's keys, as typed: then that is reported first,
    and beside it the alert as configured. Raises `UnknownAlertError`, and `StoreError` where nothing can be read.
    """
    as_it_is = find_alert(settings, name)
    name = as_it_is.name
    runs = [_Run(as_it_is, _rules(settings, name), "It")]
    if tried is not None and values:
        other = find_alert(tried, name)
        runs = [
            _Run(other, _rules(tried, name), f"With {_typed(other, values)} it"),
            _Run(as_it_is, _rules(settings, name), f"As configured ({_configured(as_it_is, values)}) it"),
        ]
    now = clock()
    asked = _Asked(now - since, now, settings.timezone)
    histories = await _histories(settings, runs, asked)
    if not histories:
        return f"{name} watches no account, so there is nothing to replay."
    told = ["\n".join(_paragraph(account, runs, history, asked)) for account, history in histories.items()]
    return "\n\n".join([*told, f"Times are in {settings.timezone}. Presses and silences are not replayed."])


@dataclass(frozen=True, slots=True)
class _Asked:
    """The time that is asked for, and the zone in which times are shown."""

    since: datetime
    until: datetime
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class _Run:
    """An alert as it is to be replayed, by account. `title` tells it from the other one."""

    alert: Alert
    rules: Mapping[str, Rule]
    title: str


def _rules(settings: Settings, name: str) -> Mapping[str, Rule]:
    return {rule.policy.account: rule for rule in rules(settings, watches()) if rule.policy.alert == name}


async def _histories(settings: Settings, runs: Sequence[_Run], asked: _Asked) -> Mapping[str, History]:
    """Returns all that the replays take, by account: read once, and then the store is left."""
    begins: dict[str, dict[Kind, datetime]] = {}
    for run in runs:
        for account, rule in run.rules.items():
            here = begins.setdefault(account, {})
            for kind, begin in wanted(rule, asked.since).items():
                here[kind] = min(here.get(kind, begin), begin)
    if not begins or untouched(settings):
        return {account: {} for account in begins}
    async with joined(settings, lambda: asked.until, looks=True) as store:
        return {account: await _history(store, account, here, asked.until) for account, here in begins.items()}


async def _history(store: Store, account: str, begins: Mapping[Kind, datetime], now: datetime) -> History:
    return {kind: await store.history(account, kind, begin, now) for kind, begin in begins.items()}


# --- words


def _paragraph(account: str, runs: Sequence[_Run], history: History, asked: _Asked) -> Iterator[str]:
    found = [
        (run, replay(run.rules[account], history, asked.since, asked.until)) for run in runs if account in run.rules
    ]
    most = max((replayed for _, replayed in found), key=lambda replayed: replayed.readings)
    head = f"{runs[0].alert.name} on {account}, the last {_length(asked.until - asked.since)}"
    if most.first is None:
        yield f"{head}: there are no readings yet of what it needs, so nothing can be replayed."
        return
    seen = count(most.readings, "reading")
    if most.first - asked.since > START_TOLERANCE:
        seen += f", the first of {_when(most.first, asked.zone)}"
    yield f"{head} ({seen}{f', {most.blind:,} of them blind' if most.blind else ''}):"
    for run, replayed in found:
        yield from _written(run, replayed, asked.zone)


def _written(run: _Run, replayed: Replayed, zone: tzinfo) -> Iterator[str]:
    times = {0: "nothing", 1: "once", 2: "twice"}.get(len(replayed.raises), f"{len(replayed.raises):,} times")
    yield f"{run.title} would have raised {times}{':' if replayed.raises or replayed.standing else ''}"
    for raised in replayed.standing:
        over = "and still open" if raised.until is None else f"until {_when(raised.until, zone)}"
        yield f"  before that, {over}: {_what(raised, run.alert.severity)}"
    for raised in replayed.raises[:MAX_LISTED_RAISES]:
        lasted = "and still open" if raised.until is None else f"for {span(raised.until - raised.at)}"
        yield f"  {_when(raised.at, zone)} {lasted}: {_what(raised, run.alert.severity)}"
    if len(replayed.raises) > MAX_LISTED_RAISES:
        yield f"  … and {len(replayed.raises) - MAX_LISTED_RAISES:,} more"
    for decided in replayed.decisions[:MAX_LISTED_RAISES]:
        yield f"  {_when(decided.at, zone)} automation {decided.automation} {_DECIDED[decided.decision]}"
    if len(replayed.decisions) > MAX_LISTED_RAISES:
        yield f"  … and {len(replayed.decisions) - MAX_LISTED_RAISES:,} more decisions of automations"


_DECIDED = {
    Decision.ACT: "would have acted",
    Decision.DRY_RUN: "would have said what it would do (dry run)",
    Decision.OUTSIDE_HOURS: "would have been kept from acting, outside its hours",
    Decision.AT_MOST: "would have been kept from acting, by at_most",
}


def _what(raised: Raised, severity: Severity) -> str:
    """Returns its headline, which may hold a vendor's words: nothing but plain text of it reaches the terminal."""
    marks = [raised.severity.value] if raised.severity is not severity else []
    marks += ["flapping"] if raised.flapping else []
    return "".join(letter for letter in " · ".join([raised.because, *marks]) if letter.isprintable())


def _when(at: datetime, zone: tzinfo) -> str:
    """Returns ``Mon 16 Nov 10:02``."""
    here = at.astimezone(zone)
    return f"{here:%a} {here.day} {here:%b %H:%M}"


def _length(length: timedelta) -> str:
    """Returns ``7 days``, ``36 hours``; of one alone the unit: ``the last day``."""
    for unit in ("days", "hours", "minutes", "seconds"):
        number, rest = divmod(length, timedelta(**{unit: 1}))
        if number and not rest:
            return f"{number:,} {unit}" if number > 1 else unit[:-1]
    return span(length)


def _typed(alert: Alert, values: Mapping[str, str]) -> str:
    """Returns what is tried: ``for 5m, without keep``."""
    table = alert_table(alert.watch, watches())
    said = [
        f"without {key}" if not text else f"another {key}" if table.under(key) == SECRET else f"{key} {text}"
        for key, text in values.items()
    ]
    return ", ".join(said)


def _configured(alert: Alert, keys: Iterable[str]) -> str:
    """Returns what the alert has for these keys, in the same words."""
    return ", ".join(_value(alert, key) for key in keys)


def _value(alert: Alert, key: str) -> str:
    holder = alert.keys if key in type(alert.keys).model_fields else alert
    value = getattr(holder, ATTRIBUTES.get(key, key), None)
    shown = [_shown(one) for one in (value if isinstance(value, tuple) else (value,))]
    if value is None or not shown:
        return f"without {key}"
    if None in shown or alert_table(alert.watch, watches()).under(key) == SECRET:
        return f"its own {key}"
    listed = ", ".join(one for one in shown if one is not None)
    return f"{key} [{listed}]" if isinstance(value, tuple) else f"{key} {listed}"


def _shown(value: object) -> str | None:
    """Returns one value as it is written; None where it cannot be shown so."""
    if isinstance(value, timedelta):
        return show_duration(value)
    return str(value) if isinstance(value, str | int | Decimal) else None
