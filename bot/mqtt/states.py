"""The retained messages: what is known, as JSON. Every key is always there, and null is not known. Pure.

A missing key would leave Home Assistant with the last figure as if it were fresh; zero would be a lie.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from bot import __version__
from bot.alerts.kinds import Kind
from bot.mqtt.incidents import OFF, ON, alert_payload
from bot.mqtt.snapshot import AccountSnapshot, PolledKind, Snapshot, plain
from bot.mqtt.topics import KINDS, OFFLINE, ONLINE, Topics
from bot.notify.change_event import rfc3339
from bot.queues.agent_counts import ON_CALL
from bot.queues.staffing import crew, free
from providers.model import Agent, Balance, NumberStatus, Queue, Rows


def states(snapshot: Snapshot, topics: Topics, *, names: bool) -> dict[str, bytes]:
    """Returns what stands where, a kind's values before whether they are seen; not whether the service is there."""
    told: dict[str, Any] = {}
    for account in snapshot.accounts:
        told |= _account(account, topics, snapshot.now, names=names)
    told[topics.service] = {
        "open_alerts": snapshot.open_alerts,
        "calls_allowed": ON if snapshot.calls_allowed else OFF,
        "version": __version__,
    }
    return {topic: payload if isinstance(payload, bytes) else encoded(payload) for topic, payload in told.items()}


def encoded(payload: Mapping[str, Any]) -> bytes:
    """Returns the JSON, in ASCII: half a character that a vendor sent cannot break it."""
    return json.dumps(payload, separators=(",", ":")).encode("ascii")


def _account(account: AccountSnapshot, topics: Topics, now: datetime, *, names: bool) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for kind in KINDS:
        polled = account.told(kind)
        if polled is not None:
            told[topics.kind(account.name, kind)] = _PAYLOADS[kind](account, polled, now, names)
            seen = ONLINE if polled.seen(now) else OFFLINE
            told[topics.kind_status(account.name, kind)] = seen.encode("ascii")
    told[topics.polls(account.name)] = _polls(account)
    for alert in account.alerts:
        told[topics.alert(account.name, alert.name)] = alert_payload(alert, now, names=names)
    return told


def _polls(account: AccountSnapshot) -> dict[str, Any]:
    blind = [kind.value for kind, polled in account.kinds.items() if polled.blind()]
    asked = [one.latest for one in account.kinds.values() if one.latest.observed or one.latest.blind]
    seen = [latest.observed.at for latest in asked if latest.observed is not None]
    return {
        "reachable": None if not asked else OFF if blind else ON,
        "last_look": rfc3339(max(seen)) if seen else None,
        "blind": blind,
    }


def _balance(account: AccountSnapshot, polled: PolledKind, _now: datetime, _names: bool) -> dict[str, Any]:
    observed = polled.latest.observed
    balance = observed.value if observed is not None else None
    told = dict.fromkeys(("amount", "currency", "credit", "left", "runs_out", "as_of"))
    if observed is None or not isinstance(balance, Balance):
        return told | {"currency": account.currency}
    credit, left = balance.credit, balance.left
    return {
        "amount": float(balance.money.amount),
        "currency": balance.money.currency or account.currency,
        "credit": credit if credit is None or isinstance(credit, str) else float(credit.amount),
        "left": left if left is None or isinstance(left, str) else float(left),
        "runs_out": rfc3339(account.runs_out) if account.runs_out is not None else None,
        "as_of": rfc3339(observed.at),
    }


def _agents(_account: AccountSnapshot, polled: PolledKind, _now: datetime, names: bool) -> dict[str, Any]:
    observed = polled.latest.observed
    rows = observed.value if observed is not None else None
    known = isinstance(rows, Rows)
    agents: list[Agent] = list(rows) if isinstance(rows, Rows) else []
    unreadable = rows.unreadable if isinstance(rows, Rows) else 0

    def count(holds: Callable[[Agent], bool], more: int = 0) -> int | None:
        return sum(map(holds, agents)) + more if known else None

    told: dict[str, Any] = {
        "signed_in": count(lambda agent: agent.signed_in is True),
        "on_call": count(lambda agent: agent.state in ON_CALL),
        "free": count(lambda agent: agent in free([agent])),
        "offline": count(lambda agent: agent.signed_in is False),
        "unknown": count(lambda agent: agent.signed_in is None, unreadable),
    }
    if names:
        told["agents"] = [_agent(agent) for agent in agents] if known else None
    return told | {"as_of": rfc3339(observed.at) if observed is not None else None}


def _agent(agent: Agent) -> dict[str, Any]:
    return {"extension": agent.extension, "name": agent.name, "group": agent.group, "state": agent.state.value}


def _queues(account: AccountSnapshot, polled: PolledKind, now: datetime, _names: bool) -> dict[str, Any]:
    observed = polled.latest.observed
    rows = observed.value if observed is not None else None
    whole = isinstance(rows, Rows) and not rows.unreadable and all(q.waiting is not None for q in rows)
    waits = [caller.waiting for queue in rows for caller in queue.waiting or ()] if isinstance(rows, Rows) else []
    return {
        "waiting": len(waits) if whole else None,
        "longest_wait": seconds(max(waits, default=timedelta())) if whole else None,
        "queues": {slug: _queue(account, queue, now) for slug, queue in account.queues.items()},
        "as_of": rfc3339(observed.at) if observed is not None else None,
    }


def _queue(account: AccountSnapshot, queue: Queue, now: datetime) -> dict[str, Any]:
    waits = None if queue.waiting is None else [caller.waiting for caller in queue.waiting]
    return {
        "name": plain(queue.name),
        "waiting": None if waits is None else len(waits),
        "longest_wait": None if waits is None else seconds(max(waits, default=timedelta())),
        "free": free_agents(account, queue, now),
        "waited": None if queue.waited is None else seconds(queue.waited),
    }


def free_agents(account: AccountSnapshot, queue: Queue, now: datetime) -> int | None:
    """Returns how many of a queue's agents could take a call now; None where that is not known."""
    if queue.free_agents is not None:
        return queue.free_agents
    agents = account.told(Kind.AGENTS)
    if queue.members is None or agents is None or account.registered_only:
        return None
    serving = crew(agents.latest, queue.members, now)
    return None if serving is None else len(free(serving))


def _numbers(account: AccountSnapshot, polled: PolledKind, _now: datetime, names: bool) -> dict[str, Any]:
    observed = polled.latest.observed
    known = observed is not None and isinstance(observed.value, Rows)
    statuses = list(account.numbers.values())
    told: dict[str, Any] = {
        "spam": statuses.count(NumberStatus.SPAM) if known else None,
        "active": statuses.count(NumberStatus.ACTIVE) if known else None,
    }
    if names:
        told["numbers"] = {
            number: None if status is None else status.value for number, status in account.numbers.items()
        }
    return told | {"as_of": rfc3339(observed.at) if observed is not None else None}


def seconds(length: timedelta) -> int:
    """Returns whole seconds."""
    return int(length.total_seconds())


_PAYLOADS: Mapping[Kind, Callable[[AccountSnapshot, PolledKind, datetime, bool], dict[str, Any]]] = {
    Kind.BALANCE: _balance,
    Kind.AGENTS: _agents,
    Kind.QUEUES: _queues,
    Kind.NUMBERS: _numbers,
}
