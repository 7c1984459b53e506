"""The description of the watch `queue_wait`: who waits in which queue, by what it was measured, and when it clears."""

from datetime import timedelta

from bot.alerts.model import Incident
from bot.cards import Row, Text
from bot.queues.clearing_rate import about
from bot.text.durations import span
from bot.watches import Summary
from bot.watches.facts import facts_of
from bot.watches.queue_wait.facts import QueueWaitFacts


def describe(incident: Incident, account: str) -> Summary:
    """Describes who waits in which queue, by what it was measured, and when it clears."""
    members = incident.affected or tuple(incident.members.values())
    found = {member.subject: facts_of(member, QueueWaitFacts) for member in members}
    worst = max(found.values(), key=lambda facts: facts.longest)
    where = f"{members[0].subject} on {account}" if len(found) == 1 else f"{len(found)} queues on {account}"
    longest = _longest(worst)
    if not incident.open:
        return Summary(f"callers waited in {where}, the longest for {longest} at the last")
    if worst.past:
        return Summary(
            headline=f"{where}: callers waited, the longest for {longest} in the last 15 minutes",
            rows=tuple(_past_row(queue, facts) for queue, facts in found.items()),
            todo="Look at who is signed in, and call back who gave up: this is told after the calls ended.",
        )
    nobody = [queue for queue, facts in found.items() if facts.unstaffed]
    count = sum(facts.waiting for facts in found.values())
    alone = ", and nobody is signed in" if len(nobody) == len(found) else ""
    return Summary(
        headline=f"{where}: {callers(count)} waiting, the longest for {longest}{alone}",
        rows=tuple(_row(queue, facts) for queue, facts in found.items()),
        todo=_todo(nobody, all_of_them=bool(alone)),
    )


def callers(count: int) -> str:
    """Returns ``1 caller``, ``3 callers``."""
    return f"{count} caller{'' if count == 1 else 's'}"


def _todo(nobody: list[str], *, all_of_them: bool) -> str:
    if not nobody:
        return "Send more agents, or call back later."
    where = "" if all_of_them else f" for {', '.join(nobody)}"
    return f"Have agents sign in{where}: nobody takes these calls."


def _row(queue: str, facts: QueueWaitFacts) -> Row:
    count = f"{facts.waiting} waiting" + _above(facts.waiting_above)
    parts = [count, f"longest {_longest(facts)}" + _above(facts.longest_wait_above)]
    if facts.unstaffed:
        parts.append("nobody is signed in")
    elif facts.free is not None:
        parts.append(f"{facts.free} free")
    if facts.clears is not None:
        parts.append(f"clears in about {about(facts.clears)} at the present pace")
    return Row((Text(queue, bold=True), f" · {' · '.join(parts)}"))


def _past_row(queue: str, facts: QueueWaitFacts) -> Row:
    return Row((Text(queue, bold=True), f" · waited {_longest(facts)}{_above(facts.longest_wait_above)}"))


def _above(limit: int | timedelta | None) -> str:
    if limit is None:
        return ""
    return f" (alert above {span(limit) if isinstance(limit, timedelta) else limit})"


def _longest(facts: QueueWaitFacts) -> str:
    return ("≈ " if facts.approx else "") + span(facts.longest)
