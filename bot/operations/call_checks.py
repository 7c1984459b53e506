"""The call policy as it stands for one person now: pauses, the day's limit, the number. It asks no vendor."""

from datetime import date, datetime

from bot.cards import Card, Customer, Line, Person, Row, Text, Tone
from bot.dialog.context import Context
from bot.dialog.parsing import one_that_can
from bot.dialog.phrases import moment
from bot.operations.call_policy import Allowed, cap_refusal, evaluate_call
from bot.operations.declaration import RuleRefusedError
from bot.readings.accounts import OpenAccount
from bot.text.phone_numbers import Number, country_name


def no(rule: str, sentence: Line, account: str = "") -> RuleRefusedError:
    """Returns a refusal in one sentence, to be raised."""
    return RuleRefusedError(rule, Card(sentence, Tone.WARNING), account)


def misread(rule: str, sentence: str) -> RuleRefusedError:
    """Returns a refusal of words that mean nothing here, to be raised."""
    return RuleRefusedError(rule, Card(sentence, Tone.WARNING), misread=sentence)


def allowed_number(context: Context, text: str) -> Number:
    """Returns the number, where the rules allow it; raises `RuleRefusedError`."""
    verdict = evaluate_call(text, context.settings.calls)
    if isinstance(verdict, Allowed):
        return verdict.number
    if verdict.malformed:
        raise misread(verdict.rule, verdict.sentence)
    raise no(verdict.rule, verdict.sentence)


async def may_call_now(context: Context) -> int:
    """Returns how many calls the person placed today.

    Raises `RuleRefusedError` while calls are paused or at the day's limit, and `StoreError`.
    """
    paused = await context.store.calls_paused()
    if paused is not None:
        raise no("paused", _paused(context, *paused))
    limit = context.settings.calls.per_user_per_day
    placed = await context.store.calls_today(context.actor.user_id, today(context))
    capped = cap_refusal(placed, limit)
    if capped is not None:
        raise no("per_user_per_day", capped)
    return placed


async def within_policy(context: Context, numbers: tuple[str, ...]) -> tuple[Number, ...]:
    """Returns the numbers, where calls may be placed now and each one may be called; raises `RuleRefusedError`."""
    if not numbers:
        return ()
    await may_call_now(context)
    return tuple(allowed_number(context, number) for number in numbers)


def account_that_can(context: Context, name: str, capability: type[object], what: str) -> OpenAccount:
    """Returns the account of that name, for "" the only one that can.

    Raises `ProviderError`, or `WordsError` for several.
    """
    if not name:
        return one_that_can(context, list(context.accounts), capability, what)
    context.accounts.require(name, capability, what)
    return context.accounts.opened[name]


def today(context: Context) -> date:
    """Returns the day whose calls are counted, in the configured zone."""
    return context.clock().astimezone(context.settings.timezone).date()


def number_row(lead: str, number: Number) -> Row:
    """Returns a row with one number that will be called, and its country."""
    return Row((Text(lead, bold=True), Customer(number.e164), f" · {country_name(number.country)}"))


def placed_row(context: Context, placed: int) -> Row:
    """Returns a row that says how many of today's calls are used."""
    limit = context.settings.calls.per_user_per_day
    return Row((Text("Your calls today: ", bold=True), f"{placed} of {limit}"))


def _paused(context: Context, by: str, at: datetime) -> Line:
    words = f". An administrator resumes them with {context.slash('pbx')} resume calls."
    return ("Calls are paused by ", Person(by), " since ", moment(at, context.clock()), words)
