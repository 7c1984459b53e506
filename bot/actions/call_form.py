"""The form of `/call`: a wrong number is refused in it, a good one is answered by the preview."""

from collections.abc import Mapping

from bot.call_policy import Allowed
from bot.cards import Answer, Card, Row, Section, Tone
from bot.dialog.action import Action
from bot.dialog.context import Context, Press
from bot.dialog.parsing import WordsError
from bot.operations.call import begin
from bot.operations.call_checks import evaluated
from bot.operations.call_plan import PlaceCallRequest
from providers.capabilities import SupportsPlaceCall


async def _run(context: Context, press: Press) -> Answer:
    request = PlaceCallRequest.of(press.value, press.fields.get("number", ""))
    try:
        return (await begin(context, request)).answer
    except WordsError as error:
        rows = tuple(Row(choice) for choice in error.choices)
        return Answer(Card(str(error), Tone.WARNING, (Section(rows, "You may mean"),) if rows else ()))


def _check(context: Context, fields: Mapping[str, str]) -> Mapping[str, str]:
    """Checks the rules alone; what needs a vendor or the store follows when it is submitted."""
    able = [able.account for able in context.accounts.supporting(SupportsPlaceCall)]
    verdict = evaluated(context, fields.get("number", ""), able)
    return {} if isinstance(verdict, Allowed) else {"number": verdict.sentence}


ACTION = Action("call_form", _run, _check)
