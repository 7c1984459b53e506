"""The queries of alerts and incidents: what the store holds, and what a live step would make of it. It changes nothing.

All raise `StoreError`.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from bot.alerts.kinds import Kind
from bot.alerts.model import AlertState, Incident, LatestReading
from bot.alerts.times import RETENTION
from bot.api.alert_model import (
    AlertsAnswer,
    AlertStanding,
    AlertView,
    ClauseView,
    IncidentsAnswer,
    IncidentView,
    OpenAlertsAnswer,
    WhyAnswer,
    WhyView,
)
from bot.commands.alerts.standing import Case, State, capital, standing, told
from bot.commands.alerts.why import case_of
from bot.dialog.context import Context
from bot.dialog.phrases import in_words
from bot.engine.evaluation import Rule, blind, ready
from bot.notify.contexts import NotificationContexts
from bot.notify.incident_message import verdict
from bot.notify.metadata import MOST_SUBJECTS
from bot.settings import Alert
from bot.text.durations import span
from providers.masking import concealed


async def alerts(context: Context) -> AlertsAnswer:
    """Returns every alert on each account that it watches, as it stands."""
    standings, states = await asyncio.gather(_standings(context), context.store.alert_states())
    known = {(state.alert, state.account): state for state in states}
    found = [await _alert(context, one, known.get((one.alert, one.account))) for one in standings]
    return AlertsAnswer(tuple(found))


async def _alert(context: Context, stood: AlertStanding, state: AlertState | None) -> AlertView:
    here = [one for one in state.incidents.values() if one.open and not one.test] if state is not None else []
    here.sort(key=lambda one: (-one.severity.rank, one.opened_at))
    views = [await _incident(context, state, one, stood.as_of) for one in here] if state is not None else []
    return AlertView(**_fields(stood, is_open=bool(here)), incidents=tuple(views))


def _fields(stood: AlertStanding, *, is_open: bool) -> dict[str, Any]:
    """Returns the fields that all views of an alert share. What was raised is open, whether it is seen or not."""
    shared = {one.name: getattr(stood, one.name) for one in fields(AlertStanding)}
    return {**shared, "open": True if is_open else stood.open}


async def open_alerts(context: Context) -> OpenAlertsAnswer:
    """Returns the alerts that are open, and those of which nobody can tell now."""
    found = (await alerts(context)).alerts
    unknown = [AlertStanding(**_fields(one, is_open=False)) for one in found if one.open is None]
    return OpenAlertsAnswer(tuple(one for one in found if one.open), tuple(unknown))


async def _standings(context: Context) -> list[AlertStanding]:
    """Returns how far each rule can be evaluated now; `open` is False where it can, whatever is open."""
    rules = [rule for alert in context.settings.alerts for rule in context.engine.rules_of(alert.name)]
    names = list(dict.fromkeys(rule.policy.account for rule in rules))
    known = dict(zip(names, await asyncio.gather(*map(context.store.latest_readings, names)), strict=True))
    return [_standing(context, rule, known[rule.policy.account]) for rule in rules]


def _standing(context: Context, rule: Rule, known: Mapping[Kind, LatestReading]) -> AlertStanding:
    latest = {kind: one for kind, one in known.items() if kind in rule.polled and rule.concerns(kind)}
    since = _blind_since(rule, latest, context.clock())
    evaluable = ready(rule, latest) and since is None and rule.home not in context.engine.failing()
    return AlertStanding(
        alert=rule.policy.alert,
        account=rule.policy.account,
        watch=rule.watch.name,
        severity=rule.policy.severity,
        open=False if evaluable else None,
        as_of=_read_at(rule, latest.values()) if evaluable else None,
        blind_since=since,
    )


def _blind_since(rule: Rule, latest: Mapping[Kind, LatestReading], now: datetime) -> datetime | None:
    """Returns since when what it needs is not seen; None where it is, or was never polled."""
    if not ready(rule, latest):
        return None
    if blind(rule, latest):
        return min(one.blind_since or one.blind.at for one in latest.values() if one.blind is not None)
    if rule.too_old(latest, now):
        looked = [
            at + rule.every[kind]
            for kind, one in latest.items()
            if kind in rule.every and (at := _looked_at(one)) is not None
        ]
        return min(looked, default=None)
    return None


def _read_at(rule: Rule, latest: Iterable[LatestReading]) -> datetime | None:
    """Returns when the oldest reading was made of those that it needs.

    A watch without kinds watches the polls, so with the latest of them, whatever came back.
    """
    times = [at for one in latest if (at := _looked_at(one)) is not None]
    return (min if rule.watch.kinds else max)(times, default=None)


def _looked_at(latest: LatestReading) -> datetime | None:
    seen = latest.blind or latest.observed
    return seen.at if seen is not None else None


# --- incidents


async def incidents(context: Context, since: datetime | None) -> IncidentsAnswer:
    """Returns the incidents that are open, or ended at `since` or later, the newest first; tests are marked.

    `since` None: within the last 24 hours.
    """
    kept_since = context.clock() - RETENTION
    ended_since = kept_since if since is None else since
    standings, states = await asyncio.gather(_standings(context), context.store.alert_states())
    as_of = {(one.alert, one.account): one.as_of for one in standings}
    found = [
        await _incident(context, state, incident, as_of.get((state.alert, state.account)))
        for state in states
        for incident in state.incidents.values()
        if incident.resolved_at is None or incident.resolved_at >= ended_since
    ]
    found.sort(key=lambda one: (one.opened_at, one.incident), reverse=True)
    return IncidentsAnswer(tuple(found), complete=ended_since >= kept_since)


async def _incident(context: Context, state: AlertState, incident: Incident, as_of: datetime | None) -> IncidentView:
    known = await NotificationContexts(context.store, context.engine, context.clock).of(state, incident)
    link = known.links.get(incident.id) if known is not None else None
    subjects = sorted(member.subject for member in incident.affected or incident.members.values())
    ours = known is not None and Kind.NUMBERS in known.watch.kinds
    ended = incident.resolved_at
    words = verdict(known) if known is not None else None
    return IncidentView(
        incident=incident.id,
        alert=state.alert,
        account=state.account,
        watch=incident.watch or state.watch,
        state=incident.phase,
        severity=incident.severity,
        as_of=ended or as_of,
        opened_at=incident.opened_at,
        acknowledged_at=incident.acknowledged_at,
        acknowledged_by=incident.acknowledged_by,
        snoozed_until=incident.snoozed_until,
        snoozed_by=incident.snoozed_by,
        resolved_at=ended,
        duration_seconds=int((ended - incident.opened_at).total_seconds()) if ended is not None else None,
        summary=_summary(state, incident, len(subjects)),
        subjects_total=len(subjects),
        link=(link.permalink or None) if link is not None else None,
        test=incident.test,
        vendor_summary=_said(words, ours=ours) if words is not None else None,
        vendor_subjects=tuple(_said(one, ours=ours) for one in subjects[:MOST_SUBJECTS]),
    )


def _summary(state: AlertState, incident: Incident, subjects: int) -> str:
    """Returns one sentence without a word of a vendor's."""
    test = "Test: " if incident.test else ""
    what = f"{test}{state.alert} on {state.account} ({incident.severity.value})"
    if incident.resolved_at is not None:
        return f"{what} was resolved after {span(incident.resolved_at - incident.opened_at)}."
    many = f", {subjects} affected" if subjects > 1 else ""
    return f"{what} is {incident.phase.value}{many}."


# --- why


async def why_alert(context: Context, alert: Alert) -> WhyAnswer:
    """Returns why an alert stands as it does on each account that it watches, the worst first."""
    rules = context.engine.rules_of(alert.name)
    cases = await asyncio.gather(*(case_of(context, rule) for rule in rules))
    stood = {(one.alert, one.account): one for one in await _standings(context)}
    found = [_why(case, stood[case.rule.home]) for case in cases]
    return WhyAnswer(tuple(sorted(found, key=lambda one: list(State).index(one.state))))


def _why(case: Case, stood: AlertStanding) -> WhyView:
    words = standing(case)
    ours = Kind.NUMBERS in case.rule.watch.kinds
    return WhyView(
        **_fields(stood, is_open=bool(case.open)),
        state=words.state,
        vendor_state=_said(f"{in_words(capital(words.words))}.", ours=ours),
        vendor_clauses=tuple(ClauseView(one.holds, _said(told(case, one), ours=ours)) for one in case.clauses),
        vendor_notes=tuple(_said(in_words(note), ours=ours) for note in words.notes),
    )


def _said(words: str, *, ours: bool) -> str:
    """Returns a sentence in which numbers stand in full where they are `ours`, caller IDs; else masked."""
    return words if ours else concealed(words)
