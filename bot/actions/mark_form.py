"""The form of **Mark a number…**: a wrong word is refused in it, a good one is answered by the preview of `/spam`."""

from collections.abc import Mapping

from bot.cards import Answer, Card, Tone
from bot.commands.spam.marking import Marking, prepare
from bot.dialog.action import Action
from bot.dialog.context import Context, Press
from bot.dialog.parsing import WordsError
from bot.text.phone_numbers import NotANumberError, plain, tidied
from providers.model import NumberStatus

_STATUSES = {status.value: status for status in (NumberStatus.ACTIVE, NumberStatus.SPAM)}


async def _run(context: Context, press: Press) -> Answer:
    status = _STATUSES.get(press.fields.get("status", "").casefold(), NumberStatus.SPAM)
    typed = Marking(tidied(press.fields.get("number", "")), status, press.fields.get("account") or None)
    try:
        return (await prepare(context, typed)).answer
    except WordsError as error:
        return Answer(Card(str(error), Tone.WARNING))


def _check(_context: Context, fields: Mapping[str, str]) -> Mapping[str, str]:
    refused = {}
    try:
        plain(fields.get("number", ""))
    except NotANumberError as why:
        refused["number"] = str(why)
    if fields.get("status", "").casefold() not in _STATUSES:
        refused["status"] = "A number is marked as active or as spam."
    return refused


ACTION = Action("mark_form", _run, _check)
