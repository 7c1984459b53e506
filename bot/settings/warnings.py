"""Alerts that are valid and cannot do what they were written for: each is a warning.

Mistakes are reported elsewhere.
"""

from collections.abc import Mapping
from datetime import timedelta
from itertools import combinations

from bot.settings.messages import MistakeCollector
from bot.settings.models import Account, Alert
from bot.settings.problems import Kinds
from bot.settings.tree import Path
from bot.text.durations import show_duration
from bot.watches import Setting, Watch


def warn_of(
    alerts: Mapping[int, Alert],
    accounts: Mapping[str, Account],
    watches: Mapping[str, Watch],
    mistakes: MistakeCollector,
) -> None:
    """Warns of what each alert contradicts. `alerts` are by their place in the list."""
    for index, alert in alerts.items():
        path: Path = ("alerts", index)
        _escalates_to_nobody(path, alert, mistakes)
        find_fault = watches[alert.watch].warnings
        if find_fault is not None:
            polls = {name: accounts[name].poll for name in alert.accounts}
            for found in find_fault(Setting(alert.keys, alert.hold, alert.calendar, polls)):
                mistakes.warn(Kinds.TOO_SHORT, (*path, found.key), found.text, found.hint)
    for (_, first), (index, second) in combinations(alerts.items(), 2):
        shared = [name for name in second.accounts if name in first.accounts]
        if shared and _said(first) == _said(second):
            mistakes.warn(
                Kinds.TOLD_TWICE,
                ("alerts", index),
                f"it tells the same of {', '.join(shared)} as {first.name}, in the same channel",
                "so everything is told twice: leave one out",
            )


def warn_of_history(
    history: timedelta, alerts: tuple[Alert, ...], watches: Mapping[str, Watch], mistakes: MistakeCollector
) -> None:
    """Warns of the alerts that need older readings than are kept."""
    for alert in alerts:
        ask = watches[alert.watch].past
        past = ask(alert.keys) if ask is not None else None
        if past is not None and past.decides and past.reach > history:
            mistakes.warn(
                Kinds.TOO_SHORT,
                ("history",),
                f"{alert.name} looks {show_duration(past.reach)} back, readings are kept for {show_duration(history)}",
                f"so it judges by less than it could: {show_duration(past.reach)} or more is needed",
            )


def _said(alert: Alert) -> tuple[object, ...]:
    """Returns all that decides when it is notified, and where. Another `for` is another stage."""
    return alert.watch, alert.keys, alert.channel, alert.webhook, alert.calendar, alert.hold


def _escalates_to_nobody(path: Path, alert: Alert, mistakes: MistakeCollector) -> None:
    step = alert.escalate
    if step is not None and not step.mention and step.channel in {None, alert.channel}:
        mistakes.warn(
            Kinds.POINTLESS,
            (*path, "escalate"),
            "it mentions nobody and goes to the alert's own channel, so it reaches nobody else",
            "give it a mention, or another channel",
        )
