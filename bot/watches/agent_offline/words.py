"""The description of the watch `agent_offline`: who is gone and since when, and whether they went together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.alerts.model import Facts, Incident, Member
from bot.cards import Row, Text, When
from bot.watches import Summary
from bot.watches.facts import facts_of, known

MASS_MIN_AGENTS = 5  # who went together, to ask about the PBX


@dataclass(frozen=True, slots=True)
class AgentOfflineFacts(Facts):
    """The facts of an agent.

    `total`: how many were at work where too many went at once for chance; None: they did not.
    """

    name: str | None = None
    group: str | None = None
    total: int | None = None


def from_strings(old: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns version 1 of the facts from version 0, in which `mass` stood beside `total` and said the same."""
    new = known(old)
    return new if new.pop("mass", "") else {name: value for name, value in new.items() if name != "total"}


def describe(incident: Incident, account: str) -> Summary:
    """Describes who is gone and since when; a mass change asks about the PBX, for as long as half of them are gone."""
    everyone = tuple(incident.members.values())
    members = incident.affected or everyone
    if not incident.open:
        who = _agent(members[0]) if len(members) == 1 else f"{len(members)} agents"
        return Summary(f"{who} on {account} {'was' if len(members) == 1 else 'were'} offline")
    together = len(everyone) >= MASS_MIN_AGENTS and any(_facts(m).total is not None for m in everyone)
    mass = together and any(_facts(m).total is not None for m in members)
    return Summary(
        headline=_together_still(everyone, len(members), account, mass=mass) if together else _apart(members, account),
        rows=tuple(_row(member) for member in members),
        todo="Look at the PBX and the line before you call the agents." if mass else "Ask whether they are on a break.",
    )


def named(name: str | None, extension: str) -> str:
    """Returns ``Max (1101)``, or the extension alone."""
    return f"{name} ({extension})" if name and name != extension else extension


def _together_still(everyone: Sequence[Member], here: int, account: str, *, mass: bool) -> str:
    """Returns what stays true of those who went together while they come back one by one."""
    count, at_work = len(everyone), max(_facts(m).total or 0 for m in everyone)
    are = "is" if here == 1 else "are"
    if not mass:
        return f"{here} of {count} agents on {account} who went offline together {are} still offline"
    still = "" if here == count else f", {here} {are} still offline"
    return f"{count} of {at_work} agents at work on {account} went offline together{still}: is the PBX down?"


def _apart(members: Sequence[Member], account: str) -> str:
    if len(members) == 1:
        return f"{_agent(members[0])} on {account} is offline"
    return f"{len(members)} agents on {account} are offline"


def _row(member: Member) -> Row:
    group = _facts(member).group
    return Row((Text(_agent(member), bold=True), f" · {group}" if group else "", " · gone since ", When(member.since)))


def _agent(member: Member) -> str:
    return named(_facts(member).name, member.subject)


def _facts(member: Member) -> AgentOfflineFacts:
    return facts_of(member, AgentOfflineFacts)
