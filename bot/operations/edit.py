"""Changes the vendor's settings, in words after the topic: previewed, confirmed, sent once."""

from dataclasses import dataclass

from bot.cards import Row
from bot.dialog.context import Context
from bot.dialog.parsing import WordsError
from bot.operations.call_checks import within_policy
from bot.operations.declaration import Operation, Preview, RuleRefusedError
from bot.operations.vendor_plan import Outcomes, VendorPlan, interrupted_card, small
from bot.settings import Permission
from bot.text.phone_numbers import concealed, told
from providers.capabilities import SupportsEdits
from providers.errors import ErrorKind, ProviderError
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
        what = provider.preview(topic, verb, request.words)
        dialled = provider.dials(topic, verb, request.words)
    except ProviderError as error:
        if error.kind is ErrorKind.BAD_REQUEST:
            usage = "" if request.usage in error.user_text else f" It is written: {request.usage}."
            raise WordsError(f"{error.user_text}{usage}") from error
        raise
    target = f"{topic} {verb}: {concealed(what)}"[:_MAX_TARGET_CHARACTERS]
    try:
        await within_policy(context, (dialled,) if dialled else ())
    except RuleRefusedError as error:
        raise error.about(account.name, target) from None
    channel = context.actor.channel_id
    plan = VendorPlan(account.name, account.title, what, target, request.words, channel, topic, verb)
    return Preview(plan, f"Change {topic} on {account.label}?", (Row(told(what)),), small=small(plan))


async def _check(context: Context, plan: VendorPlan) -> None:
    """Asks the call policy again, where the change has a number called."""
    provider = context.accounts.opened[plan.account].provider
    if isinstance(provider, SupportsEdits):
        number = provider.dials(plan.topic, plan.verb, plan.words)
        await within_policy(context, (number,) if number else ())


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
