"""**Snooze**: this one message is silent until then, or until it gets worse."""

from datetime import UTC, datetime, time, timedelta

from bot.alerts.model import Snooze
from bot.cards import Answer, Card, Tone
from bot.dialog.action import Action
from bot.dialog.context import Context, Press
from bot.dialog.press_replies import unchanged

MORNING_HOUR = 8  # o'clock
WORSE, TOMORROW = "worse", "tomorrow"
_SPANS = {"30m": timedelta(minutes=30), "2h": timedelta(hours=2)}


async def _run(context: Context, press: Press) -> Answer:
    incident, _, choice = press.value.partition(" ")
    until = ends(context, choice)
    if until is None and choice != WORSE:
        return Answer(Card("This menu is from an older version: nothing was snoozed.", Tone.INFO))
    applied = await context.engine.apply(incident, Snooze(press.actor.user_id, until, context.clock()))
    return Answer() if applied.changed else unchanged(context, applied.incident, "snooze")


def ends(context: Context, choice: str) -> datetime | None:
    """Returns when a snooze of this choice is over; None for one without a time, or that is not known."""
    now = context.clock()
    if choice in _SPANS:
        return now + _SPANS[choice]
    if choice != TOMORROW:
        return None
    zone = context.settings.timezone
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(MORNING_HOUR), tzinfo=zone).astimezone(UTC)


ACTION = Action("snooze", _run)
