"""A change of the vendor's settings, in words after the topic: previewed, confirmed, sent once, never repeated."""

from bot.cards import Answer, Card, Row, Tone
from bot.dialog.context import Context
from bot.dialog.parsing import WordsError
from bot.dialog.vendor_offers import Change
from bot.operations.confirming import allowed, offer, within_policy, written
from bot.operations.plans import EDIT, VendorPlan
from bot.operations.previewing import RefusedError
from bot.text.phone_numbers import concealed, told
from providers.errors import ErrorKind, ProviderError


async def asked(context: Context, change: Change, words: tuple[str, ...]) -> Answer:
    """What will be changed, with **Confirm**; raises `WordsError` for words that the vendor does not take."""
    account, edit = change.able.account, change.edit
    refusal = await allowed(context, EDIT, account.name, f"{edit.topic} {edit.verb}")
    if refusal is not None:
        return Answer(Card(refusal, Tone.WARNING))
    try:
        what = change.able.provider.preview(edit.topic, edit.verb, words)
        dialled = change.able.provider.dials(edit.topic, edit.verb, words)
    except ProviderError as error:
        if error.kind is ErrorKind.BAD_REQUEST:
            usage = "" if change.usage in error.user_text else f" It is written: {change.usage}."
            raise WordsError(f"{error.user_text}{usage}") from error
        raise
    plan = VendorPlan(
        EDIT,
        account.name,
        account.title,
        what,
        f"{edit.topic} {edit.verb}: {concealed(what)}"[:200],
        words,
        context.actor.channel_id,
        edit.topic,
        edit.verb,
    )
    try:
        await within_policy(context, (dialled,) if dialled else ())
    except RefusedError as error:
        await written(context, EDIT, account.name, plan.target, f"refused: {error.rule}")
        return Answer(error.card)
    return await offer(context, plan, f"Change {edit.topic} on {account.label}?", (Row(told(what)),))
