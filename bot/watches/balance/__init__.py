"""The watch `balance`: the money is below a line, will not last, or goes far faster than usual.

The balance is signed: an overdrawn account is below every line above its debt. How grave that is, and what to do, goes
by what is left, credit included; where that is not known, it is said and not guessed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from bot.alerts.kinds import Kind
from bot.alerts.model import Evaluation, Finding, Severity
from bot.forecast.about import about, lasts, why_unknown
from bot.forecast.outlook import Fate
from bot.forecast.spending import REACH, Spending
from bot.forecast.talk import minutes_left
from bot.text.durations import show_duration
from bot.text.money import exact, money, rough, rounded_price
from bot.watches import Clause, HistoryWindow, Setting, TooShort, Watch, WatchInput, WatchKeys
from bot.watches.balance.cases import BalanceEvaluation, Criterion, low, short, spent, view_of
from bot.watches.balance.facts import SHORT, SPIKE, BalanceFacts, from_strings
from bot.watches.balance.words import describe
from providers.capabilities import SupportsBalance
from providers.model import Balance

CRITICAL_HORIZON = timedelta(hours=2)
TODAY_HORIZON = timedelta(hours=18)  # up to here a time says enough without its day


class BalanceKeys(WatchKeys):
    """It holds when one of its conditions does; at least one must be given."""

    below: Decimal | None = Field(None, description="Holds below this amount, in the account's currency.")
    clear_above: Decimal | None = Field(None, description="Once raised, `below` is clear only above this amount.")
    runs_out_within: timedelta | None = Field(
        None,
        gt=timedelta(),
        description="Holds when the money is forecast to be gone, credit included, within that time. Once raised, it "
        "is clear when it lasts a fifth longer than that, and longer than that if a fifth more is spent, or longer "
        "than that by a top-up.",
    )
    spend_spike: Decimal | Literal["on"] | None = Field(
        None,
        description="Holds when the last 15 minutes cost more than this amount and far more than usual at that time "
        "of that day of the week. `on`: a fiftieth of a usual day. It takes five days of readings before it can.",
    )

    @field_validator("spend_spike", mode="plain")
    @classmethod
    def _least(cls, value: object) -> Decimal | Literal["on"] | None:
        if value is None:
            return None
        if value == "on":
            return "on"
        try:
            amount = Decimal(str(value))
        except InvalidOperation:
            amount = Decimal("NaN")
        if not (amount.is_finite() and amount > 0):
            raise ValueError("write an amount above 0, or on")
        return amount

    @classmethod
    def contradiction(cls, own: Mapping[str, Any]) -> tuple[str, str] | None:
        """Returns `clear_above`, and why, where it stands alone or is not above `below`; else None."""
        if "clear_above" in own and "below" not in own:
            return "clear_above", "it says when below is over, so below is needed too"
        try:
            below, clear = Decimal(str(own["below"])), Decimal(str(own["clear_above"]))
            right = clear > below
        except (KeyError, InvalidOperation):
            return None  # one of them is missing, or no number: not this mistake
        return None if right else ("clear_above", f"it must be above below, {below}")

    @model_validator(mode="after")
    def _some_rule(self) -> "BalanceKeys":
        if self.below is None and self.runs_out_within is None and self.spend_spike is None:
            raise ValueError("say when: below, runs_out_within, spend_spike, or several of them")
        if self.clear_above is not None and self.below is None:
            raise ValueError("clear_above needs below")
        return self


def evaluate(watch_input: WatchInput, keys: BalanceKeys) -> Evaluation:
    """Finds one subject: the account itself. It has one finding, whichever conditions hold."""
    view = view_of(watch_input, _least(keys))
    if view is None:
        return Evaluation(unknown=frozenset({watch_input.account}), memory=dict(watch_input.memory))
    cases = tuple(_cases(view, keys))
    held = [case for case in cases if case.holds]
    stay = [case.name for case in cases if case.holds or (case.holds is None and case.name in view.before)]
    memory = _memory(view, stay)
    if held:
        finding = Finding(
            watch_input.account,
            _facts(view, keys, held),
            severity=_severity(view, held),
            level=max(case.level for case in held),
        )
        return Evaluation(findings=(finding,), memory=memory)
    if stay:
        return Evaluation(unknown=frozenset({watch_input.account}), memory=memory)
    return Evaluation(ended={watch_input.account: _ending(view)} if view.known else {}, memory=memory)


def clauses(watch_input: WatchInput, keys: BalanceKeys) -> tuple[Clause, ...]:
    """Returns each condition that the alert has."""
    view = view_of(watch_input, _least(keys))
    if view is None:
        return (Clause(watch_input.account, "the balance cannot be read", None),)
    return tuple(Clause(watch_input.account, case.words, case.holds) for case in _cases(view, keys))


def sample(value: Any, _keys: BalanceKeys) -> str:
    """Returns the balance in words; "" for anything else."""
    return money(value.money.amount, value.money.currency) if isinstance(value, Balance) else ""


def _least(keys: BalanceKeys) -> Decimal | None:
    return keys.spend_spike if isinstance(keys.spend_spike, Decimal) else None


def _cases(view: BalanceEvaluation, keys: BalanceKeys) -> Iterator[Criterion]:
    if keys.below is not None:
        yield low(view, keys.below, keys.clear_above)
    if keys.runs_out_within is not None:
        yield short(view, keys.runs_out_within)
    if keys.spend_spike is not None:
        yield spent(view)


# --- what comes of it


def _memory(view: BalanceEvaluation, stay: Sequence[str]) -> dict[str, str]:
    memory = {"rate": str(view.rate), "priced": view.currency or ""} if view.rate is not None else {}
    if stay or view.known:
        memory |= {"holds": " ".join(stay), "since": view.since.isoformat()}
    if SPIKE in stay and view.spike is not None and not view.spike.holds:
        memory["calm"] = view.calm_since.isoformat()
    return memory


def _severity(view: BalanceEvaluation, held: list[Criterion]) -> Severity | None:
    """Returns critical by what is left, credit included, or by how soon a held alert runs out; None: as configured."""
    left, empty = view.forecast.left, view.forecast.empty
    if left is not None and left <= 0:
        return Severity.CRITICAL
    soon = empty is not None and empty - view.watch_input.now < CRITICAL_HORIZON
    return Severity.CRITICAL if soon and any(case.name == SHORT for case in held) else None


def _facts(view: BalanceEvaluation, keys: BalanceKeys, held: list[Criterion]) -> BalanceFacts:
    seen, now = view.forecast, view.watch_input.now
    topped = view.spending.topped_up(view.since)
    spike = view.spike if any(case.name == SPIKE for case in held) else None
    facts = BalanceFacts(
        amount=exact(view.balance.money.amount),
        left=_known(exact, seen.left) if seen.left != view.balance.money.amount else None,
        unlimited=seen.fate is Fate.NO_LIMIT,
        unknown=why_unknown(view.balance),
        currency=view.currency or None,
        below=keys.below,
        clear_above=keys.clear_above,
        within=keys.runs_out_within,
        holds=tuple(case.name for case in held),
        fate=seen.fate,
        by_hour=seen.by_hour,
        pace=_known(rough, seen.pace),
        usual=_known(rough, seen.usual),
        spent=_known(exact, seen.spent_today),
        charged=_known(exact, seen.charge),
        minutes=minutes_left(seen.left, view.rate) or None,
        rate=_known(rounded_price, view.rate),
        topped=exact(topped) if topped else None,
        topped_at=view.spending.top_ups[-1].at if topped else None,
        spike=None if spike is None else exact(spike.spent),
        line=None if spike is None else exact(spike.line),
        calm=spike is not None and not spike.holds,
    )
    if seen.empty is not None:
        facts = replace(
            facts,
            lasts=lasts(seen, now, view.watch_input.zone),
            empty=about(seen.empty, now),
            earliest=None if seen.earliest is None else about(seen.earliest, now),
            latest=None if seen.latest is None else about(seen.latest, now),
            today=seen.empty - now < TODAY_HORIZON,
        )
    if seen.top_up is not None and seen.shift_end is not None:
        end = seen.shift_end.astimezone(view.watch_input.zone)
        shift = view.shift_end is not None
        facts = replace(facts, top_up=seen.top_up, until=time(end.hour, end.minute), shift=shift)
    return facts


def _known(rounded: Callable[[Decimal], Decimal], amount: Decimal | None) -> Decimal | None:
    return None if amount is None else rounded(amount)


def _ending(view: BalanceEvaluation) -> str:
    left = view.money(view.balance.money.amount)
    topped = view.spending.topped_up(view.since)
    if topped:
        last = view.spending.top_ups[-1]
        more = " at" if topped == last.amount else ", the last at"
        more = f"{more} {view.watch_input.clock(last.at)}"
        return f"topped up by {view.money(topped)}{more}: {left} now"
    if view.before == {SPIKE} and view.spike is not None:
        return f"{view.money(view.spike.spent)} in the last 15 minutes"
    empty = view.forecast.empty
    return f"{left} now" + (f", and it lasts until about {view.about(empty)}" if SHORT in view.before and empty else "")


WINDOW = HistoryWindow(Kind.BALANCE, REACH, Spending)  # what was spent, whoever asks for it


def _past(keys: BalanceKeys) -> HistoryWindow:
    decides = keys.runs_out_within is not None or keys.spend_spike is not None
    return replace(WINDOW, decides=decides)


def _warnings(setting: Setting) -> Iterator[TooShort]:
    within = setting.keys.runs_out_within
    every = {account: polls.get(Kind.BALANCE) for account, polls in setting.polls.items()}
    slow = [f"{name} every {show_duration(poll)}" for name, poll in every.items() if poll and within and within <= poll]
    if slow:
        yield TooShort(
            "runs_out_within",
            f"the money may run out between two polls: the balance is asked of {', '.join(slow)}",
            "make it longer than that, or poll faster",
        )


WATCH = Watch(
    "balance",
    (Kind.BALANCE,),
    (SupportsBalance,),
    BalanceKeys,
    evaluate,
    describe,
    past=_past,
    clauses=clauses,
    sample=sample,
    also=(Kind.CALLS,),
    facts=BalanceFacts,
    upcasts=(from_strings,),
    warnings=_warnings,
)
