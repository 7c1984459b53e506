"""A test of an alert: offered with its button, sent through the real path. For administrators."""

from bot.cards import Answer, Button, Card, Channel, Confirm, Part, Row, Section, Tone
from bot.dialog.context import Context
from bot.settings import Alert, Permission
from bot.store import AuditRecord

OPERATION = "test alert"


def button(context: Context, alert: Alert) -> Button:
    """Returns the button **Send a test**, with its question."""
    ask = (
        f"A message marked TEST goes to {_channel(context, alert)} and to whom {alert.name} mentions. Nothing is wrong."
    )
    return Button("test_alert", "Send a test", alert.name, confirm=Confirm("Send a test", ask, "Send it"))


async def offer(context: Context, alert: Alert) -> Answer:
    """Returns what a test does, with its button; or why this person may not."""
    refusal = await context.access.refusal(context.actor, Permission.ADMIN, operation=OPERATION, target=alert.name)
    if refusal is not None:
        return Answer(Card(refusal, Tone.WARNING))
    verdict = ("A test of ", alert.name, " goes to ", _place(context, alert), ", as it would be told in earnest.")
    rows = (Row("It is marked TEST, changes nothing of what the alert watches, and ends by itself."),)
    return Answer(Card(verdict, Tone.INFO, (Section(rows),), controls=(button(context, alert),)))


async def sent(context: Context, name: str) -> Answer:
    """Commits the click on the button, and returns where the test goes. The dispatcher delivers it."""
    refusal = await context.access.refusal(context.actor, Permission.ADMIN, operation=OPERATION, target=name[:40])
    if refusal is not None:
        return Answer(Card(refusal, Tone.WARNING))
    alert = next((alert for alert in context.settings.alerts if alert.name == name), None)
    if alert is None:
        return Answer(Card(f"There is no alert {name[:40]} any more: nothing was sent.", Tone.INFO))
    incident = await context.engine.test(alert.name, context.actor.user_id)
    if incident is None:
        return Answer(Card(f"{alert.name} watches nothing, so there is nothing to test.", Tone.WARNING))
    actor, now = context.actor, context.clock()
    await context.store.audit(AuditRecord(now, actor.user_id, OPERATION, "", alert.name, "sent", actor.channel_id))
    verdict = ("A test of ", alert.name, " is on its way to ", _place(context, alert), ".")
    return Answer(Card(verdict, Tone.GOOD))


def _channel(context: Context, alert: Alert) -> str:
    return alert.channel or context.settings.slack.channel


def _place(context: Context, alert: Alert) -> Part:
    channel = _channel(context, alert)
    return channel if channel.startswith("#") else Channel(channel)
