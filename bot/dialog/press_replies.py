"""What a person reads who pressed on an alert and changed nothing. Otherwise the message itself says so."""

from bot.alerts.model import Incident, Phase
from bot.cards import Answer, Card, Line, Part, Tone, by_whom
from bot.dialog.context import Context
from bot.dialog.phrases import moment


def unchanged(context: Context, incident: Incident | None, what: str) -> Answer:
    """Returns an answer that says politely why `what` was not done; `incident` None: it is not known any more."""
    return Answer(Card(_sentence(context, incident, what), Tone.INFO))


def _sentence(context: Context, incident: Incident | None, what: str) -> Line:
    now = context.clock()
    if incident is None:
        return "This alert is not watched any more, or is long over: nothing to do."
    if incident.phase is Phase.RESOLVED:
        since: tuple[Part, ...] = ()
        if incident.resolved_at is not None:
            since = (" since ", moment(incident.resolved_at, now))
        return ("This alert is resolved already", *since, ".")
    if incident.phase is Phase.ACKNOWLEDGED and incident.acknowledged_by is not None:
        when: tuple[Part, ...] = ()
        if incident.acknowledged_at is not None:
            when = (" at ", moment(incident.acknowledged_at, now))
        return ("Already acknowledged by ", by_whom(incident.acknowledged_by), *when, ".")
    if incident.phase is Phase.SNOOZED:
        until = incident.snoozed_until
        return ("Already snoozed until ", moment(until, now) if until is not None else "it gets worse", ".")
    return f"There was nothing to {what}."
