"""Sends a file that the vendor makes to the person who asked, and to nobody else."""

import re

from bot.cards import Answer, Card, File, Tone
from bot.dialog.context import Context
from bot.dialog.fan_out import ask_one
from bot.dialog.parsing import WordsError
from bot.readings.accounts import Able
from providers.capabilities import SupportsDocuments
from providers.errors import ErrorKind, ProviderError

_NAME = re.compile(r"[^0-9A-Za-z._-]+")


async def given(context: Context, able: Able[SupportsDocuments], topic: str, form: str, words: list[str]) -> Answer:
    """Returns the file for a direct message.

    Raises `WordsError` for words that the vendor does not take, else `ProviderError`.
    """
    try:
        document = await ask_one(able, lambda p: p.document(topic, form, words))
    except ProviderError as error:
        if error.kind is ErrorKind.BAD_REQUEST:
            raise WordsError(error.user_text) from error
        raise
    name = _NAME.sub("_", document.name).strip("._")[:100] or f"{topic}.{form}"
    title = f"{topic.capitalize()} of {able.account.name} ({form.upper()})"
    at = context.clock().astimezone(context.settings.timezone)
    comment = f"{title}, as of {at:%Y-%m-%d %H:%M}, as you asked."
    card = Card(f"{title}: the file is in your direct messages.", Tone.GOOD, context=(able.account.label,))
    return Answer(card, file=File(name, title, document.content, comment))
