"""Alerts that are valid and cannot do what they were written for: each is a warning. Mistakes are told elsewhere."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import combinations

from bot.alerts.model import Calendar, Kind
from bot.settings.durations import show_duration
from bot.settings.messages import Teller
from bot.settings.models import Account, Alert
from bot.settings.problems import Kinds
from bot.settings.tree import Path
from bot.watches import Watch

_ANY_MONDAY = datetime(2026, 6, 1, tzinfo=UTC)
_WEEKS = 3


def warn_of(alerts: Mapping[int, Alert], accounts: Mapping[str, Account], teller: Teller) -> None:
    """Tell what each alert contradicts. `alerts` are by their place in the list."""
    for index, alert in alerts.items():
        path: Path = ("alerts", index)
        _escalates_to_nobody(path, alert, teller)
        _over_before_it_is_told(path, alert, accounts, teller)
        _never_long_enough(path, alert, teller)
    for (_, first), (index, second) in combinations(alerts.items(), 2):
        shared = [name for name in second.accounts if name in first.accounts]
        if shared and _said(first) == _said(second):
            teller.warn(
                Kinds.TOLD_TWICE,
                ("alerts", index),
                f"it tells the same of {', '.join(shared)} as {first.name}, in the same channel",
                "so everything is told twice: leave one out",
            )


def warn_of_history(
    history: timedelta, alerts: tuple[Alert, ...], watches: Mapping[str, Watch], teller: Teller
) -> None:
    """Tell which alerts look further back than readings are kept."""
    for alert in alerts:
        ask = watches[alert.watch].past
        past = ask(alert.keys) if ask is not None and _forecasts(alert) else None
        if past is not None and past.reach > history:
            teller.warn(
                Kinds.TOO_SHORT,
                ("history",),
                f"{alert.name} looks {show_duration(past.reach)} back, readings are kept for {show_duration(history)}",
                f"so it judges by less than it could: {show_duration(past.reach)} or more is needed",
            )


def _forecasts(alert: Alert) -> bool:
    """Whether what was read before decides, and does not merely tell more."""
    return any(getattr(alert.keys, key, None) is not None for key in ("runs_out_within", "spend_spike"))


def _said(alert: Alert) -> tuple[object, ...]:
    """All that decides when it is told, and where. Another `for` is another stage."""
    return alert.watch, alert.keys, alert.channel, alert.webhook, alert.calendar, alert.hold


def _escalates_to_nobody(path: Path, alert: Alert, teller: Teller) -> None:
    step = alert.escalate
    if step is not None and not step.mention and step.channel in {None, alert.channel}:
        teller.warn(
            Kinds.POINTLESS,
            (*path, "escalate"),
            "it mentions nobody and goes to the alert's own channel, so it reaches nobody else",
            "give it a mention, or another channel",
        )


def _over_before_it_is_told(path: Path, alert: Alert, accounts: Mapping[str, Account], teller: Teller) -> None:
    within = getattr(alert.keys, "runs_out_within", None)
    polls = {name: accounts[name].poll.get(Kind.BALANCE) for name in alert.accounts}
    slow = [
        f"{name} every {show_duration(every)}" for name, every in polls.items() if every and within and within <= every
    ]
    if slow:
        teller.warn(
            Kinds.TOO_SHORT,
            (*path, "runs_out_within"),
            f"the money may run out between two polls: the balance is asked of {', '.join(slow)}",
            "make it longer than that, or poll faster",
        )


def _never_long_enough(path: Path, alert: Alert, teller: Teller) -> None:
    """Nothing of an absence is carried over a closing, so it must last within one opening."""
    if alert.watch != "agent_offline" or alert.calendar is None or not alert.hold:
        return
    longest = _longest_opening(alert.calendar)
    if alert.hold >= longest:
        teller.warn(
            Kinds.TOO_SHORT,
            (*path, "for"),
            f"no opening of its hours is longer than {show_duration(longest)}, and an absence ends with it",
            "so it is never raised: make it shorter",
        )


def _longest_opening(calendar: Calendar) -> timedelta:
    """Of a few weeks: a zone's change of clocks, or a holiday, may fall into one."""
    longest, at = timedelta(), _ANY_MONDAY
    while at < _ANY_MONDAY + timedelta(weeks=_WEEKS):
        opening = calendar.opening(at)
        if opening is not None:
            longest = max(longest, opening.end - opening.start)
        following = calendar.next_opening(at)
        if following is None:
            break
        at = following
    return longest
