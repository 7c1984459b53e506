"""The watch `balance`: the money is below a line. Signed: an overdrawn account is below every line above its debt."""

from decimal import Decimal

from bot.alerts.model import Finding, Incident, Judgement, Kind, Severity
from bot.cards import Row, Text
from bot.watches import Scene, Story, Watch, WatchKeys
from providers.capabilities import SupportsBalance
from providers.model import Balance


class BalanceKeys(WatchKeys):
    """`below` raises; it is clear at `below` again, or only above `clear_above` where that is given."""

    below: Decimal
    clear_above: Decimal | None = None


def judge(scene: Scene, keys: BalanceKeys) -> Judgement:
    """One subject: the account itself."""
    observed = scene.sights[Kind.BALANCE].observed
    balance = observed.value if observed is not None else None
    if not isinstance(balance, Balance):
        return Judgement(unknown=frozenset({scene.account}))
    amount, currency = balance.money.amount, balance.money.currency or scene.currency
    stays = keys.clear_above is not None and scene.account in scene.raised and amount <= keys.clear_above
    if amount >= keys.below and not stays:
        return Judgement(ended={scene.account: f"{money(amount, currency)} now"})
    facts = {
        "amount": _digits(amount),
        "currency": currency or "",
        "below": str(keys.below),
        "clear_above": "" if keys.clear_above is None else str(keys.clear_above),
    }
    severity = Severity.CRITICAL if amount < 0 else None
    return Judgement(findings=(Finding(scene.account, facts, severity=severity),))


def describe(incident: Incident, account: str) -> Story:
    """The figure first, then what it was measured by."""
    facts = next(iter(incident.members.values())).facts
    amount, currency = Decimal(facts["amount"]), facts["currency"] or None
    left = money(amount, currency)
    if not incident.open:
        return Story(f"balance of {account} was low, {left} at the last")
    clear = f", clear above {facts['clear_above']}" if facts["clear_above"] else ""
    overdrawn = amount < 0
    return Story(
        headline=f"{account} is overdrawn: {left}" if overdrawn else f"Balance of {account} is low: {left}",
        rows=(Row(("Balance ", Text(left, bold=True), f" · alert below {facts['below']}{clear}")),),
        todo="Top up now: calls may already fail." if overdrawn else "Top up before calls stop.",
    )


def money(amount: Decimal, currency: str | None) -> str:
    """``−12.40 USD``: two places at least, thousands apart, a true minus sign, no currency guessed."""
    return _digits(amount, ",").replace("-", "−") + (f" {currency}" if currency else "")


def _digits(amount: Decimal, thousands: str = "") -> str:
    exponent = amount.as_tuple().exponent
    places = max(2, -exponent if isinstance(exponent, int) else 2)
    return f"{amount:{thousands}.{min(places, 4)}f}"


WATCH = Watch("balance", (Kind.BALANCE,), (SupportsBalance,), BalanceKeys, judge, describe)
