"""The watch `account_down`: a kind that an account is polled for cannot be read. It watches the account itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.alerts.kinds import Kind
from bot.alerts.model import Evaluation, Facts, Finding, Incident, LatestReading
from bot.cards import Row
from bot.watches import Clause, Summary, Watch, WatchInput, WatchKeys, worst_first
from bot.watches.facts import facts_of

FAILED_POLLS = 2  # in a row without a readable answer


class AccountDownKeys(WatchKeys):
    """The watch has no keys of its own."""


@dataclass(frozen=True, slots=True)
class AccountDownFacts(Facts):
    """The kinds that cannot be read now, those read since it began, and those hidden at any time in it.

    `blind` are the first, `seen` the second, `hidden` the third; `error` is the outage's first error, a sentence.
    """

    blind: tuple[Kind, ...]
    seen: tuple[Kind, ...]
    error: str
    hidden: tuple[Kind, ...]


def from_strings(old: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns version 1 of the facts from version 0, in which the kinds were words."""
    kinds = {name: old[name].split(", ") if old.get(name) else [] for name in ("blind", "seen", "hidden")}
    return {**kinds, "hidden": kinds["hidden"] or kinds["blind"], "error": old["error"]}


def evaluate(watch_input: WatchInput, _keys: AccountDownKeys) -> Evaluation:
    """Finds one subject: the account. It is clear when every kind that had failed twice has been read again.

    Each kind more that cannot be read makes it worse. Remembered of an outage are its first error, which later ones
    ("it is left alone for now") only follow, and every kind that it has hidden.
    """
    failed = {
        kind: latest_reading for kind, latest_reading in watch_input.latest_readings.items() if latest_reading.failures
    }
    down = {kind: latest_reading for kind, latest_reading in failed.items() if _down(latest_reading)}
    if not down:
        return Evaluation(ended={watch_input.account: "answers are read again"})
    began = min(
        latest_reading.blind_since for latest_reading in down.values() if latest_reading.blind_since is not None
    )
    first = min((s.blind for s in down.values() if s.blind is not None), key=lambda blind: blind.at)
    hidden = {*watch_input.memory.get("hidden", "").split(", "), *(kind.value for kind in down)}
    facts = AccountDownFacts(
        blind=_ordered(down),
        seen=_ordered(
            kind
            for kind, latest_reading in watch_input.latest_readings.items()
            if kind not in failed and _seen(latest_reading, began)
        ),
        error=watch_input.memory.get("error") or first.error,
        hidden=tuple(kind for kind in Kind if kind.value in hidden),
    )
    finding = Finding(watch_input.account, facts, since=began, level=len(down) - 1)
    return Evaluation(findings=(finding,), memory={"error": facts.error, "hidden": _words(facts.hidden)})


def _down(latest_reading: LatestReading) -> bool:
    return latest_reading.failures >= FAILED_POLLS


def _seen(latest_reading: LatestReading, since: datetime) -> bool:
    """Returns whether it has been read since the outage began: a reading before that says nothing of it."""
    return latest_reading.observed is not None and latest_reading.observed.at >= since


def clauses(watch_input: WatchInput, _keys: AccountDownKeys) -> tuple[Clause, ...]:
    """Returns, for each kind, how its last polls went, as `evaluate` counts them."""
    kinds = [kind for kind in Kind if kind in watch_input.latest_readings]
    return worst_first(
        Clause(
            watch_input.account,
            f"{k.value}: {_polls(watch_input, watch_input.latest_readings[k])}",
            _down(watch_input.latest_readings[k]),
        )
        for k in kinds
    )


def _polls(watch_input: WatchInput, latest_reading: LatestReading) -> str:
    if latest_reading.blind is None or latest_reading.blind_since is None:
        return (
            f"read at {watch_input.clock(latest_reading.observed.at)}"
            if latest_reading.observed is not None
            else "not asked yet"
        )
    since = watch_input.clock(latest_reading.blind_since)
    if not _down(latest_reading):
        return f"1 poll failed at {since}, and {FAILED_POLLS} in a row would count. {latest_reading.blind.error}"
    return f"{latest_reading.failures} polls in a row failed since {since}. {latest_reading.blind.error}"


def _ordered(kinds: Iterable[Kind]) -> tuple[Kind, ...]:
    """Returns the kinds in the order of the configuration."""
    wanted = set(kinds)
    return tuple(kind for kind in Kind if kind in wanted)


def _words(kinds: Iterable[Kind]) -> str:
    return ", ".join(kind.value for kind in kinds)


def describe(incident: Incident, account: str) -> Summary:
    """Describes what cannot be seen, what still can, and the vendor's reason."""
    facts = facts_of(next(iter(incident.members.values())), AccountDownFacts)
    if not incident.open:
        return Summary(f"{account} could not be read: no {_words(facts.hidden)}")
    blind = _words(facts.blind)
    seen = f"Still seen: {_words(facts.seen)}." if facts.seen else "Nothing else of it has been read since."
    held = "Alerts that need it are held as they are until it is read again."
    return Summary(
        headline=f"{account} cannot be read: no {blind}",
        rows=(Row(facts.error), Row(f"Cannot be seen: {blind}. {seen} {held}")),
        todo="Look whether the vendor is down, or the account's address and credentials have changed.",
    )


WATCH = Watch(
    "account_down",
    (),
    (),
    AccountDownKeys,
    evaluate,
    describe,
    clauses=clauses,
    facts=AccountDownFacts,
    upcasts=(from_strings,),
)
