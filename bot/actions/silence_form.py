"""The form of **Silence…**: as `/pbx silence` does it."""

from collections.abc import Mapping

from bot.cards import Answer
from bot.commands.silence import COMMAND
from bot.dialog.action import Action
from bot.dialog.context import Context, Press
from bot.dialog.request import Request
from bot.settings import parse_duration


async def _run(context: Context, press: Press) -> Answer:
    words = " ".join(press.fields.get(name, "") for name in ("target", "length", "why"))
    return await COMMAND.run(context, Request(words))


def _check(_context: Context, fields: Mapping[str, str]) -> Mapping[str, str]:
    try:
        parse_duration(fields.get("length", ""))
    except ValueError:
        return {"length": "Write it as 30m, 2h or 1d."}
    return {}


ACTION = Action("silence_form", _run, _check)
