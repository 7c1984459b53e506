"""The call policy as it stands for one person now: pauses, the day's limit, who is rung first, the number."""

from collections.abc import Iterable
from datetime import date, datetime

from bot.alerts.kinds import Kind
from bot.call_policy import Allowed, Refused, cap_refusal, evaluate_call, is_emergency, may_be_extension
from bot.cards import Card, Customer, Line, Row, Text, Tone, by_whom
from bot.dialog.context import Context
from bot.dialog.fan_out import ask
from bot.dialog.parsing import one_that_can, region_of
from bot.dialog.phrases import moment
from bot.operations.declaration import RuleRefusedError
from bot.readings.accounts import OpenAccount
from bot.text.names import folded
from bot.text.phone_numbers import Number, country_name, tidied
from providers.capabilities import SupportsAgents


def no(rule: str, sentence: Line, account: str = "") -> RuleRefusedError:
    """Returns a refusal in one sentence, to be raised."""
    return RuleRefusedError(rule, Card(sentence, Tone.WARNING), account)


def misread(rule: str, sentence: str) -> RuleRefusedError:
    """Returns a refusal of words that mean nothing here, to be raised."""
    return RuleRefusedError(rule, Card(sentence, Tone.WARNING), misread=sentence)


def evaluated(context: Context, text: str, accounts: Iterable[OpenAccount]) -> Allowed | Refused:
    """Returns whether the rules allow a number that one of these accounts will call, read as at home on any of them."""
    homes = dict.fromkeys(region_of(context, account) for account in accounts) or (None,)
    found = [evaluate_call(text, context.settings.calls, home) for home in homes]
    return next((one for one in found if isinstance(one, Allowed)), found[0])


def allowed_number(context: Context, text: str, *accounts: OpenAccount) -> Number:
    """Returns the number, where the rules allow it on one of these accounts; raises `RuleRefusedError`."""
    verdict = evaluated(context, text, accounts)
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


async def known_or_allowed(context: Context, word: str, account: OpenAccount) -> str:
    """Returns a word for who is rung first, or where a call is led, as it may be sent: a known extension, else E.164.

    Known is what `agents` names for this account, and what is as short as its extensions, unless that is an emergency
    number which the account does not list. Raises `RuleRefusedError` for a number that the rules do not allow.
    """
    typed = tidied(word)
    links = context.settings.agents.values()
    if any(link.account == account.name and folded(link.agent) == folded(typed) for link in links):
        return typed
    if not may_be_extension(typed, account.vendor.extension_digits):
        return allowed_number(context, typed, account).e164
    if is_emergency(typed, region_of(context, account)) and typed not in await _listed(context, account):
        raise no(
            "emergency",
            f"{typed} is an emergency number and no extension of {account.label} that I know of; "
            "name it under “agents:” if it is one.",
            account.name,
        )
    return typed


async def _listed(context: Context, account: OpenAccount) -> set[str]:
    """Returns the extensions that the account lists; none where it cannot be asked: in doubt nothing is rung."""
    replies = await ask(
        context, SupportsAgents, lambda p: p.agents(), what="show agents", kind=Kind.AGENTS, within=[account]
    )
    return {agent.extension for told in replies.good for agent in told.value}


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
    return ("Calls are paused by ", by_whom(by), " since ", moment(at, context.clock()), words)
