"""What IVR and masked calls share: how numbers are typed, which account calls, and the preview. It places none."""

from dataclasses import dataclass

from bot.cards import Answer, Card, Customer, Row, Text, Tone
from bot.dialog.context import Context
from bot.dialog.parsing import WordsError, account_and_rest, one_that_can
from bot.dialog.unsupported import OFFERS, nobody_here
from bot.operations.call_policy import Allowed, judge
from bot.operations.confirming import allowed, offer, within_policy, written
from bot.operations.plans import VendorPlan
from bot.operations.previewing import RefusedError, today
from bot.readings.accounts import OpenAccount
from bot.text.phone_numbers import country_name, masked

_PHONE = frozenset("0123456789+()-.\u2010\u2011\u2012\u2013\u00a0\u202f")


@dataclass(frozen=True, slots=True)
class Wish:
    """What was typed: the numbers as they were written, and what is left for the vendor."""

    deed: str
    numbers: tuple[str, ...]
    rest: tuple[str, ...] = ()


def looks_like_a_number(word: str) -> bool:
    """Whether a word can stand in a phone number."""
    return bool(word) and set(word) <= _PHONE


def run_of_numbers(words: list[str]) -> int:
    """How many of the first words are pieces of a phone number."""
    return next((at for at, word in enumerate(words) if not looks_like_a_number(word)), len(words))


async def answered(context: Context, capability: type[object], deed: str, words: str) -> Answer:
    """The preview with **Confirm**, or the refusal, written down. `deed` is the topic as well."""
    if not context.accounts.supporting(capability):
        return Answer(Card(nobody_here(context, deed), Tone.INFO))
    typed = account_and_rest(context, words)
    wish = read(deed, typed.rest)
    target = ", ".join(masked(number) for number in wish.numbers)
    refusal = await allowed(context, deed, typed.accounts[0].name if typed.named else "", target)
    if refusal is not None:
        return Answer(Card(refusal, Tone.WARNING))
    account = one_that_can(context, typed.accounts, capability, OFFERS[deed].what)
    try:
        numbers = await within_policy(context, wish.numbers)
    except RefusedError as error:
        await written(context, deed, account.name, target, f"refused: {error.rule}")
        return Answer(error.card)
    if len(set(numbers)) < len(numbers):
        raise WordsError("Both numbers are the same.")
    return await _offer(context, account, wish, numbers)


def read(deed: str, words: str) -> Wish:
    """Sort the words of one deed; raises `WordsError`."""
    pieces = words.split()
    if deed == "mask":
        return Wish(deed, _two(words))
    at = run_of_numbers(pieces)
    if not at:
        raise WordsError("Which number is to be called? It stands first.")
    return Wish(deed, (" ".join(pieces[:at]),), tuple(pieces[at:]))


def _two(words: str) -> tuple[str, str]:
    """Two numbers: each one word, the second with its +, or ``and`` between them."""
    pieces = ["and" if word.casefold() in {"and", "with", "to", "&", "/"} else word for word in words.split()]
    ands = [at for at, word in enumerate(pieces) if word == "and"]
    plus = [at for at, word in enumerate(pieces) if word.startswith(("+", "(+")) and at]
    if len(ands) == 1:
        first, second = pieces[: ands[0]], pieces[ands[0] + 1 :]
    elif not ands and len(pieces) == 2:
        first, second = pieces[:1], pieces[1:]
    elif not ands and len(plus) == 1:
        first, second = pieces[: plus[0]], pieces[plus[0] :]
    else:
        first, second = [], []
    if not first or not second:
        raise WordsError("Two numbers are needed; where they are written with spaces, put “and” between them.")
    return " ".join(first), " ".join(second)


async def _offer(context: Context, account: OpenAccount, wish: Wish, numbers: tuple[str, ...]) -> Answer:
    rules, rows = context.settings.calls, []
    for at, number in enumerate(numbers):
        verdict = judge(number, rules)
        where = f" · {country_name(verdict.number.country)}" if isinstance(verdict, Allowed) else ""
        lead = "Call: " if len(numbers) == 1 else ("First: ", "Second: ")[at]
        rows.append(Row((Text(lead, bold=True), Customer(number), where)))
    if wish.rest:
        rows.append(Row((Text("With: ", bold=True), " ".join(wish.rest))))
    if len(numbers) == 2:
        rows.append(Row("Neither sees the other's number"))
        what, question = f"Connect {numbers[0]} and {numbers[1]}", f"Connect these two numbers through {account.name}?"
    else:
        what = f"IVR call to {numbers[0]}{' with ' if wish.rest else ''}{' '.join(wish.rest)}"
        question = f"Place this IVR call through {account.name}?"
    placed = await context.store.calls_today(context.actor.user_id, today(context))
    rows.append(Row((Text("Your calls today: ", bold=True), f"{placed} of {rules.per_user_per_day}")))
    plan = VendorPlan(
        wish.deed,
        account.name,
        account.title,
        what,
        ", ".join(masked(number) for number in numbers),
        (*numbers, *wish.rest),
        context.actor.channel_id,
    )
    return await offer(context, plan, question, tuple(rows))
