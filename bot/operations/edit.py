"""Changes the vendor's settings, in words after the topic: previewed, confirmed, sent once."""

from dataclasses import dataclass

from bot.cards import Row
from bot.dialog.context import Context
from bot.dialog.parsing import WordsError
from bot.operations.call_checks import allowed_number, may_call_now, no
from bot.operations.declaration import Operation, Preview, RuleRefusedError
from bot.operations.vendor_plan import Outcomes, VendorPlan, interrupted_card, small, told
from bot.readings.accounts import OpenAccount
from bot.settings import Permission
from bot.text.phone_numbers import Number, tidied
from providers.capabilities import SupportsEdits
from providers.errors import ErrorKind, ProviderError
from providers.masking import concealed, masked
from providers.model import CallResult

_MAX_TARGET_CHARACTERS = 200  # characters in the audit


@dataclass(frozen=True, slots=True)
class EditRequest:
    """A requested change, in the vendor's words after topic and verb. `usage` says how they are written."""

    account: str
    topic: str
    verb: str
    words: tuple[str, ...]
    usage: str = ""


def _subject(request: EditRequest) -> tuple[str, str]:
    return request.account, f"{request.topic} {request.verb}"


async def _prepare(context: Context, request: EditRequest) -> Preview[VendorPlan]:
    """Returns the preview; raises `WordsError` for words that the vendor does not take."""
    provider = context.accounts.require(request.account, SupportsEdits, "change settings")
    account, topic, verb = context.accounts.opened[request.account], request.topic, request.verb
    try:
        words = await _allowed(context, account, provider, request)
        what = provider.preview(topic, verb, words)
    except ProviderError as error:
        if error.kind is ErrorKind.BAD_REQUEST:
            usage = "" if request.usage in error.user_text else f" It is written: {request.usage}."
            raise WordsError(f"{error.user_text}{usage}") from error
        raise
    target = _target(topic, verb, what)
    channel = context.actor.channel_id
    plan = VendorPlan(account.name, account.title, what, target, words, channel, topic, verb)
    return Preview(plan, f"Change {topic} on {account.label}?", (Row(told(what)),), small=small(plan))


async def _allowed(
    context: Context, account: OpenAccount, provider: SupportsEdits, request: EditRequest
) -> tuple[str, ...]:
    """Returns the words with their outside number as the call policy read it: no vendor reads it another way then."""
    words = request.words
    found = provider.number_words(request.topic, request.verb, words)
    if found is None:
        return words
    before, text, after = words[: found.first], " ".join(words[found.first : found.end]), words[found.end :]
    try:
        if found.called:
            await may_call_now(context)
        number = _number(context, account, text, called=found.called)
    except RuleRefusedError as error:
        target = _target(request.topic, request.verb, " ".join((*before, masked(text), *after)))
        raise error.about(account.name, target) from None
    return (*before, number.e164, *after)


def _number(context: Context, account: OpenAccount, text: str, *, called: bool) -> Number:
    """Returns the number; one that is kept, not called, may be written as vendors list it: abroad, and without +."""
    try:
        return allowed_number(context, text, account)
    except RuleRefusedError as error:
        if called or error.rule != "invalid" or tidied(text).startswith(("+", "0")):
            raise
        return allowed_number(context, f"+{tidied(text)}", account)


def _target(topic: str, verb: str, what: str) -> str:
    return f"{topic} {verb}: {concealed(what)}"[:_MAX_TARGET_CHARACTERS]


async def _check(context: Context, plan: VendorPlan) -> None:
    """Asks the call policy again, where the change has an outside number."""
    account = context.accounts.opened[plan.account]
    if not isinstance(account.provider, SupportsEdits):
        return
    request = EditRequest(plan.account, plan.topic, plan.verb, plan.words)
    if await _allowed(context, account, account.provider, request) != plan.words:
        raise no("changed", "The number is read otherwise now, and nothing was done: ask again.")


async def _send(context: Context, plan: VendorPlan) -> CallResult:
    provider = context.accounts.require(plan.account, SupportsEdits, "change settings")
    return await provider.edit(plan.topic, plan.verb, plan.words)


OPERATION = EDIT = Operation(
    name="vendor_edit",
    permission=Permission.VENDOR_EDIT,
    subject=_subject,
    prepare=_prepare,
    check=_check,
    send=_send,
    outcome_card=Outcomes(
        "accepted the change",
        "The change may or may not have been made.",
        "Look at how it stands before asking again.",
    ).card,
    interrupted_card=interrupted_card,
    pack=VendorPlan.pack,
    unpack=VendorPlan.unpack,
)
