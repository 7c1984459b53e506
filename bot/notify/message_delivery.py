"""Delivers one row to a messenger: post, edit or reply. What may have been posted is searched for before a post.

A row in doubt waits until its last request can no longer arrive; a definite refusal clears the doubt.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.alerts.model import NotificationKind
from bot.cards import Card
from bot.notify.incident_message import IncidentMessage
from bot.notify.leased_row import ARRIVAL_MARGIN, LeasedRow
from bot.notify.port import Messenger, Outcome, OutgoingMessage, OutletUnavailableError, SendFate, SendResult
from bot.notify.reconciliation import Reconciliation
from bot.store import Delivered, OutboxRow, Store

log = structlog.get_logger(__name__)

EDIT_INTERVAL = timedelta(seconds=15)
MESSAGE_WAIT = timedelta(hours=1)  # a reply waits so long for its message, an end for its copy
_SECOND = timedelta(seconds=1)
NOTHING: Mapping[str, str] = {}


class Messages(Protocol):
    """Loads the messages of rows."""

    async def message(self, row: OutboxRow) -> IncidentMessage | None:
        """Returns the row's message as it reads now; None where there is nothing to send any more."""


class MessageDelivery:
    """Delivers rows, one at a time for an incident: its caller holds the lease.

    A message is remembered in the store under its incident's id, the escalation's copy under ``incident:escalation``.
    In `Delivered.extra`, "gone" names what can be edited no more; "anew" says that this message replaces "lost", and
    in which state of the incident it did: what is lost again is replaced once more when that has changed.
    """

    def __init__(self, messenger: Messenger, store: Store, messages: Messages, clock: Callable[[], datetime]) -> None:
        self._messenger = messenger
        self._store = store
        self._messages = messages
        self._clock = clock
        self._reconciliation = Reconciliation(messenger)

    async def rate_of(self, row: OutboxRow) -> str:
        """Returns which limit of its conversation a row is under: "edits" or "posts". Raises `StoreError`."""
        kind = row.notice.kind
        if kind is NotificationKind.CARD:
            return "edits" if await self._store.message(row.notice.incident) is not None else "posts"
        return "edits" if kind is NotificationKind.ESCALATION_END else "posts"

    async def deliver(self, leased: LeasedRow) -> Outcome:
        """Posts, edits or replies, as the row reads now, and returns the outcome. Raises `StoreError`."""
        row = leased.row
        if row.notice.kind is NotificationKind.ESCALATION_COPY:
            await self._know_link(row.notice.incident)
        message = await self._messages.message(row)
        if message is None:
            return await leased.settle(Outcome.OBSOLETE)
        try:
            match row.notice.kind:
                case NotificationKind.CARD:
                    return await self._incident_message(leased, message)
                case NotificationKind.ESCALATION_COPY:
                    return await self._copy(leased, message)
                case NotificationKind.POST:
                    return await self._post_alone(leased, message)
                case NotificationKind.ESCALATION_END:
                    return await self._end(leased, message)
                case _:
                    return await self._reply(leased, message)
        except OutletUnavailableError as error:
            return await leased.later(str(error), wait=error.wait)

    async def _incident_message(self, leased: LeasedRow, message: IncidentMessage) -> Outcome:
        incident = leased.row.notice.incident
        sent = await self._store.message(incident)
        gone = sent.extra.get("gone", "") if sent is not None else ""  # every one that was, separated by blanks
        if sent is not None and not gone:
            return await self._edit(leased, message, sent, incident)
        place = await self._messenger.place(message.channel)
        if place is None:
            return await self._nowhere(leased)
        if gone:
            message = replace(message, card=_instead(message.card))
        outgoing = OutgoingMessage(leased.row, message, place)
        if leased.row.doubt_until is not None:
            adopted = await self._reconciliation.adopt(outgoing, but=set(gone.split()))
            if adopted is not None:
                await self._store.put_message(incident, adopted)
                return await self._edit(leased, message, adopted, incident)
        extra = {"anew": _state(message), "lost": gone} if gone else {}
        return await self._post(leased, outgoing, under=incident, extra=extra)

    async def _copy(self, leased: LeasedRow, message: IncidentMessage) -> Outcome:
        place = await self._messenger.place(message.channel)
        if place is None:
            return await self._nowhere(leased)
        outgoing = OutgoingMessage(leased.row, message, place)
        return await self._post_unless_found(leased, outgoing, under=_copy_name(leased.row))

    async def _post_alone(self, leased: LeasedRow, message: IncidentMessage) -> Outcome:
        place = await self._messenger.place(message.channel)
        if place is None:
            return await self._nowhere(leased)
        return await self._post_unless_found(leased, OutgoingMessage(leased.row, message, place))

    async def _reply(self, leased: LeasedRow, message: IncidentMessage) -> Outcome:
        parent = await self._store.message(leased.row.notice.incident)
        if parent is None and self._clock() - leased.row.created_at < MESSAGE_WAIT:
            return await leased.wait(self._clock() + _SECOND)
        near = parent.ref if parent is not None else None
        place = await self._messenger.place(message.channel, near)
        if place is None:
            return await self._nowhere(leased)
        reply_to = None if parent is None or parent.extra.get("gone") else near
        return await self._post_unless_found(leased, OutgoingMessage(leased.row, message, place, reply_to))

    async def _end(self, leased: LeasedRow, message: IncidentMessage) -> Outcome:
        sent = await self._store.message(_copy_name(leased.row))
        if sent is not None:
            return await self._edit(leased, message, sent, _copy_name(leased.row))
        if self._clock() - leased.row.created_at < MESSAGE_WAIT:
            return await leased.wait(self._clock() + _SECOND)
        return await leased.settle(Outcome.OBSOLETE)

    async def _post_unless_found(
        self, leased: LeasedRow, outgoing: OutgoingMessage, *, under: str | None = None
    ) -> Outcome:
        if leased.row.doubt_until is not None:
            adopted = await self._reconciliation.adopt(outgoing)
            if adopted is not None:
                return await leased.settle(Outcome.DELIVERED, adopted if under else None, under=under)
        return await self._post(leased, outgoing, under=under)

    async def _post(
        self, leased: LeasedRow, outgoing: OutgoingMessage, *, under: str | None, extra: Mapping[str, str] = NOTHING
    ) -> Outcome:
        """Sends it once. Before it leaves, the row is in doubt until it can no longer arrive."""
        began, limits = self._clock(), self._messenger.limits
        if not await self._has_slot(outgoing.place, began):
            return Outcome.NO_SLOT
        until = began + limits.deadline + ARRIVAL_MARGIN
        if not await leased.outlasts(until + ARRIVAL_MARGIN):
            return Outcome.FENCED
        if not await self._store.doubt(leased.row, leased.token, until):
            return Outcome.FENCED
        if self._clock() - began > ARRIVAL_MARGIN:
            return Outcome.WAITS  # asleep in between: the doubt will be looked into
        try:
            async with asyncio.timeout(limits.deadline.total_seconds()):
                result = await self._messenger.send(outgoing)
        except TimeoutError:
            result = SendResult(SendFate.UNKNOWN, "no answer in time")
        match result.fate:
            case SendFate.DELIVERED:
                return await self._posted(leased, result, under, extra)
            case SendFate.LATER:
                await self._hold(outgoing.place, result)
                return await leased.later(result.why, wait=result.wait, nothing_sent=True)
            case SendFate.REFUSED:
                return await leased.settle(Outcome.GIVEN_UP, why=result.why)
            case SendFate.OBSOLETE:
                return await leased.settle(Outcome.OBSOLETE, why=result.why)
            case SendFate.UNKNOWN:
                log.warning("a post's fate is unknown", **leased.names(result.why))
                await self._store.postpone(leased.row, leased.token, until)
                return Outcome.DOUBT

    async def _posted(
        self, leased: LeasedRow, result: SendResult, under: str | None, extra: Mapping[str, str]
    ) -> Outcome:
        kept = None
        if under is not None and result.ref is not None:
            kept = Delivered(result.ref, free_edit=True, edited_at=None, extra=dict(extra))
        outcome = await leased.settle(Outcome.DELIVERED, kept, under=under)
        if under == leased.row.notice.incident and outcome.settled:
            await self._know_link(under)
        return outcome

    async def _edit(self, leased: LeasedRow, message: IncidentMessage, sent: Delivered, under: str) -> Outcome:
        now, limits = self._clock(), self._messenger.limits
        paced = not leased.row.notice.urgent and not sent.free_edit and sent.edited_at is not None
        if paced and sent.edited_at is not None and abs(now - sent.edited_at) < EDIT_INTERVAL:
            # an edit that lies further ahead was noted by a clock that ran ahead
            return await leased.wait(sent.edited_at + EDIT_INTERVAL)
        place = self._messenger.place_of(sent.ref)
        if not await self._has_slot(_edits(place), now):
            return Outcome.NO_SLOT
        if not await leased.outlasts(now + limits.deadline + 2 * ARRIVAL_MARGIN):
            return Outcome.FENCED
        if sent.extra.get("anew"):
            message = replace(message, card=_instead(message.card))
        result = await self._messenger.edit(sent.ref, OutgoingMessage(leased.row, message, place))
        match result.fate:
            case SendFate.DELIVERED:
                pass
            case SendFate.REFUSED:
                return await self._lost(leased, message, sent, under, result)
            case _:
                await self._hold(_edits(place), result)
                return await leased.later(result.why, wait=result.wait)
        ref = sent.ref
        if under == leased.row.notice.incident and not ref.permalink:  # one that was adopted, or had no link before
            ref = replace(ref, permalink=await self._messenger.link(ref))
        edited = Delivered(ref, free_edit=False, edited_at=now, extra=sent.extra)
        return await leased.settle(Outcome.DELIVERED, edited, under=under)

    async def _lost(
        self, leased: LeasedRow, message: IncidentMessage, sent: Delivered, under: str, refused: SendResult
    ) -> Outcome:
        """Posts anew what can be edited no more, once for each phase that the incident is in."""
        log.warning("a message cannot be edited", **leased.names(refused.why))
        if under != leased.row.notice.incident:  # the escalation's copy: its end
            place = await self._messenger.place(message.channel)
            if place is None:
                return await self._nowhere(leased)
            message = replace(message, card=_instead(message.card))
            return await self._post_unless_found(leased, OutgoingMessage(leased.row, message, place))
        if sent.extra.get("anew") == _state(message):
            return await leased.settle(Outcome.OBSOLETE, why=refused.why)
        gone = f"{sent.extra.get('lost', '')} {sent.ref.id}".strip()
        await self._store.put_message(under, replace(sent, extra={**sent.extra, "gone": gone}))
        return await leased.wait(self._clock())

    async def _know_link(self, incident: str) -> None:
        """Stores the address of an incident's message, for those that point to it."""
        sent = await self._store.message(incident)
        if sent is None or sent.ref.permalink:
            return
        link = await self._messenger.link(sent.ref)
        if link:
            await self._store.put_message(incident, replace(sent, ref=replace(sent.ref, permalink=link)))

    async def _has_slot(self, rate: str, now: datetime) -> bool:
        spacing = self._messenger.limits.spacing
        return spacing is None or await self._store.reserve_slot(rate, now, spacing) <= now

    async def _hold(self, rate: str, result: SendResult) -> None:
        if result.wait is not None:
            now = self._clock()
            await self._store.hold(rate, now + result.wait, now)

    async def _nowhere(self, leased: LeasedRow) -> Outcome:
        return await leased.later("no conversation takes it", at_least=self._messenger.limits.longest_pause)


def _copy_name(row: OutboxRow) -> str:
    return f"{row.notice.incident}:escalation"


def _edits(place: str) -> str:
    return f"{place}:edits"


def _state(message: IncidentMessage) -> str:
    """Returns the phase in the message's metadata; ``""`` where it has none."""
    return str((message.metadata or {}).get("event_payload", {}).get("state", ""))


def _instead(card: Card) -> Card:
    note = "The message that told this first was deleted, or cannot be edited any more."
    return replace(card, context=(*card.context, note))
