"""Who could take the calls of a queue, as far as the latest reading of the agents shows.

Pure; not known is not nobody.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from bot.alerts.model import LatestReading
from bot.queues.lines import Line
from providers.model import Agent, AgentState, Rows

AGENTS_MAX_AGE = timedelta(minutes=5)  # an older reading of who was signed in says nothing of now

Crew = Sequence[Agent]


def crew(latest_reading: LatestReading | None, members: Collection[str] | None, now: datetime) -> Crew | None:
    """Returns the agents who serve a queue; all of the account's where `members` is None, not reported.

    Returns None where they are not wholly known now: a reading older than five minutes, a list cut short, a member who
    is in no list.
    """
    observed = latest_reading.observed if latest_reading is not None and latest_reading.blind is None else None
    rows = observed.value if observed is not None and now - observed.at <= AGENTS_MAX_AGE else None
    if not isinstance(rows, Rows) or rows.unreadable:
        return None
    wanted = None if members is None else frozenset(members)
    serving = [agent for agent in rows if wanted is None or agent.extension in wanted]
    whole = wanted is None or wanted <= {agent.extension for agent in serving}
    return serving if serving and whole else None


def unstaffed(serving: Crew | None) -> bool | None:
    """Returns whether none of them is signed in; None where that cannot be known.

    All busy is not nobody: then callers wait.
    """
    if serving is None:
        return None
    if any(agent.signed_in for agent in serving):
        return False
    return True if all(agent.signed_in is False for agent in serving) else None


def unattended(line: Line, agents: LatestReading | None, now: datetime) -> bool | None:
    """Returns whether callers wait in it and none who could take them is signed in; None where that cannot be known."""
    if line.callers and not line.free:
        return unstaffed(crew(agents, line.members, now))
    return False if line.callers or line.told or line.past else None


def able(serving: Crew | None) -> int | None:
    """Returns how many of them take calls now: signed in and not away; None where that cannot be known of any one."""
    if serving is None or any(agent.signed_in is None for agent in serving):
        return None
    return len({a.extension for a in serving if a.signed_in and a.state is not AgentState.NOT_READY})


def free(serving: Crew) -> list[Agent]:
    """Returns those who could take a call this moment."""
    return [agent for agent in serving if agent.signed_in and agent.state is AgentState.AVAILABLE]
