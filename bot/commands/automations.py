"""`/pbx automations`: the rules that act, and when each last did."""

from bot.alerts.automations import Automation
from bot.cards import Answer, Card, Line, Part, Row, Section, Text, Tone
from bot.dialog.context import Context
from bot.dialog.parsing import command
from bot.dialog.phrases import ago, count, moment
from bot.dialog.request import Request
from bot.notify.automation_words import action_words
from bot.store.automation_times import LastDecision
from bot.text.durations import span


async def _run(context: Context, _request: Request) -> Answer:
    automations = context.settings.automations
    if not automations:
        return Answer(Card("No automation is configured.", Tone.INFO))
    last = await context.store.last_decisions()
    rows = tuple(
        row
        for automation in automations
        for row in (Row(_head(automation)), Row(_last(context, last.get(automation.name))))
    )
    verdict = f"{count(len(automations), 'automation')} configured."
    return Answer(Card(verdict, Tone.INFO, (Section(rows),)), share=True)


def _head(automation: Automation) -> Line:
    """What it waits for and does: ``rest · when spam-number is firing for 10 min: mark …``."""
    waits = f" · when {automation.alert} is {automation.state.value}"
    waits += f" and at least {automation.severity.value}" if automation.severity is not None else ""
    waits += f" for {span(automation.after)}" if automation.after else ""
    does = ", ".join(action_words(action) for action in automation.actions)
    return (Text(automation.name, bold=True), f"{waits}: {does}{' · dry run' if automation.dry_run else ''}")


def _last(context: Context, last: LastDecision | None) -> Line:
    if last is None:
        return "It has not come to anything yet."
    now = context.clock()
    acted: tuple[Part, ...] = ("It has not acted yet",)
    if last.acted_at is not None:
        acted = ("It last acted ", moment(last.acted_at, now), f" ({ago(now, last.acted_at)})")
    if last.acted_at == last.at:
        return acted
    return (*acted, "; last ", moment(last.at, now), f": {last.words}")


COMMAND = command(
    "automations",
    "The rules that act, and when each last did",
    "",
    "",
    _run,
    topic=True,
)
