"""One outbox row to Slack: post, edit or reply. What may have been posted is never posted again unlooked for.

A row in doubt waits until its last request can no longer arrive; a definite refusal clears the doubt.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Protocol

import structlog

from bot.alerts.model import MessageRef, NotificationKind
from bot.cards import Card
from bot.settings import Settings
from bot.slack.blocks import Rendered, render
from bot.slack.blocks_text import Eyes
from bot.slack.channels import Channels
from bot.slack.posting import (
    DEADLINE,
    HeldOffError,
    NotSentError,
    PostError,
    Posting,
    RefusedError,
    UnclearError,
)
from bot.slack.traces import NO_THREAD, NOT_OURS, UPDATE_WITHIN, Traces
from bot.store import KEEP, Delivered, Keep, OutboxRow, Store

if TYPE_CHECKING:
    from bot.notify.incident_message import IncidentMessage

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=20)  # outlasts a request; whoever takes over from a dead process waits for it
LATE = timedelta(seconds=2)  # after its deadline a request may still be on its way
EDIT_EVERY = timedelta(seconds=15)
_SLOWEST = 15.0  # seconds between attempts while Slack is away
_PATIENCE = timedelta(hours=1)  # how long a reply waits for its message, an end for its copy
_GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found"})
_CONTENT = frozenset(
    {
        "invalid_blocks",
        "invalid_blocks_format",
        "msg_blocks_too_long",
        "msg_too_long",
        "invalid_metadata_format",
    }
)


class Outcome(Enum):
    """What became of a row in this pass."""

    DONE = auto()
    WAITS = auto()  # due again later
    DOUBT = auto()  # the same, and its last request may still arrive
    NO_SLOT = auto()  # the channel's pace: nothing was tried
    FENCED = auto()  # somebody else has it


class Bulletins(Protocol):
    """What the engine says of a row."""

    async def bulletin(self, row: OutboxRow) -> "IncidentMessage | None":
        """How the row reads now; None where there is nothing to tell any more."""


@dataclass(frozen=True, slots=True)
class Job:
    """A row with the lease under which it is delivered."""

    row: OutboxRow
    token: int
    lease_until: datetime

    @property
    def incident(self) -> str:
        """The incident that it tells of."""
        return self.row.notice.incident

    @property
    def copy_name(self) -> str:
        """Under which the escalation's copy is remembered."""
        return f"{self.incident}:escalation"


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be posted, and where it is remembered (None: nowhere)."""

    rendered: Rendered
    channel: str
    metadata: dict[str, Any] | None = None
    thread: str | None = None
    under: str | None = None
    extra: tuple[tuple[str, str], ...] = ()
    not_these: frozenset[str] = frozenset()  # messages that were given up
    bare: bool = False  # Slack refused the blocks


class Delivery:
    """Delivers rows, one at a time for an incident: its caller holds the lease."""

    def __init__(
        self,
        *,
        posting: Posting,
        channels: Channels,
        store: Store,
        engine: Bulletins,
        settings: Callable[[], Settings],
        clock: Callable[[], datetime],
    ) -> None:
        self._posting = posting
        self._channels = channels
        self._store = store
        self._engine = engine
        self._settings = settings
        self._clock = clock
        self._traces = Traces(posting, channels, lambda: settings().slack.channel)

    async def deliver(self, job: Job) -> Outcome:
        """Bring one row to Slack, as it reads now."""
        kind = job.row.notice.kind
        if kind is NotificationKind.ESCALATION_COPY:
            await self._know_link(job.incident)
        bulletin = await self._engine.bulletin(job.row)
        if bulletin is None:
            await self._store.settle(job.row, job.token)
            return Outcome.DONE
        try:
            match kind:
                case NotificationKind.CARD:
                    return await self._card(job, bulletin)
                case NotificationKind.ESCALATION_COPY:
                    return await self._copy(job, bulletin)
                case NotificationKind.ESCALATION_END:
                    return await self._end(job, bulletin)
                case _:
                    return await self._reply(job, bulletin)
        except (PostError, TimeoutError) as error:
            return await self._later(job, error)

    async def _card(self, job: Job, bulletin: "IncidentMessage") -> Outcome:
        sent = await self._store.message(job.incident)
        gone = sent.extra.get("gone", "") if sent is not None else ""
        if sent is not None and not gone:
            return await self._edit(job, bulletin, sent, job.incident)
        channel = await self._channels.place(bulletin.channel)
        if channel is None:
            return await self._nowhere(job)
        card = _instead(bulletin.card) if gone else bulletin.card
        letter = Letter(
            rendered=self._rendered(bulletin, card),
            channel=channel,
            metadata=bulletin.metadata,
            under=job.incident,
            extra=(("anew", "1"),) if gone else (),
            not_these=frozenset({gone}),
        )
        if job.row.doubt_until is not None:
            found = await self._traces.cards(job.row, letter.channel, but=letter.not_these)
            if found:
                adopted = await self._traces.adopt(found)
                await self._store.put_message(job.incident, adopted)
                return await self._edit(job, bulletin, adopted, job.incident)
        return await self._post(job, letter)

    async def _copy(self, job: Job, bulletin: "IncidentMessage") -> Outcome:
        channel = await self._channels.place(bulletin.channel)
        if channel is None:
            return await self._nowhere(job)
        rendered = self._rendered(bulletin, bulletin.card, block_id=job.row.id)
        return await self._post_marked(job, Letter(rendered, channel, under=job.copy_name))

    async def _reply(self, job: Job, bulletin: "IncidentMessage") -> Outcome:
        parent = await self._store.message(job.incident)
        if parent is None and self._clock() - job.row.created_at < _PATIENCE:
            return await self._wait(job, timedelta(seconds=1), failed=False)
        rendered = self._rendered(bulletin, bulletin.card, block_id=job.row.id)
        if parent is not None and await self._channels.has(parent.ref.channel):
            channel, thread = parent.ref.channel, None if parent.extra.get("gone") else parent.ref.ts
            return await self._post_marked(job, Letter(rendered, channel, thread=thread))
        place = await self._channels.place(bulletin.channel)
        return await self._nowhere(job) if place is None else await self._post_marked(job, Letter(rendered, place))

    async def _end(self, job: Job, bulletin: "IncidentMessage") -> Outcome:
        sent = await self._store.message(job.copy_name)
        if sent is not None:
            return await self._edit(job, bulletin, sent, job.copy_name)
        if self._clock() - job.row.created_at < _PATIENCE:
            return await self._wait(job, timedelta(seconds=1), failed=False)
        await self._store.settle(job.row, job.token)
        return Outcome.DONE

    async def _post_marked(self, job: Job, letter: Letter) -> Outcome:
        """Post what is known by its outbox id, unless it is there already."""
        if job.row.doubt_until is not None:
            found = await self._traces.marked(job.row, letter.channel, letter.thread)
            if found:
                adopted = await self._traces.adopt(found)
                await self._store.settle(job.row, job.token, adopted if letter.under else None, under=letter.under)
                return Outcome.DONE
        return await self._post(job, letter)

    async def _post(self, job: Job, letter: Letter, *, at_once: bool = False) -> Outcome:
        """Send it once. Before it leaves, the row is in doubt until it can no longer arrive."""
        began = self._clock()
        if not at_once and await self._store.pace(letter.channel, began) > began:
            return Outcome.NO_SLOT
        until = began + DEADLINE + LATE
        if until + LATE > job.lease_until and not await self._store.renew(*self._lease(job)):
            return Outcome.FENCED
        if not await self._store.doubt(job.row, job.token, until):
            return Outcome.FENCED
        if self._clock() - began > LATE:
            return Outcome.WAITS  # asleep in between: the doubt will be looked into
        rendered = letter.rendered
        request = self._posting.once.chat_postMessage(
            channel=letter.channel,
            text=rendered.text,
            blocks=_bare(rendered, job.row.id) if letter.bare else rendered.blocks,
            metadata=letter.metadata,
            thread_ts=letter.thread,
            reply_broadcast=True if letter.thread else None,
            unfurl_links=False,
            unfurl_media=False,
        )
        try:
            async with asyncio.timeout(DEADLINE.total_seconds()):
                answer = await self._posting.call(request)
        except RefusedError as refused:
            return await self._refused(job, letter, refused)
        except HeldOffError as held:
            await self._store.hold(letter.channel, self._clock() + held.wait)
            return await self._unposted(job, held)
        except NotSentError as error:
            return await self._unposted(job, error)
        except (UnclearError, TimeoutError) as error:
            log.warning("a post's fate is unknown", incident=job.incident, error=str(error))
            await self._store.postpone(job.row, job.token, until)
            return Outcome.DOUBT
        return await self._posted(job, letter, MessageRef(str(answer.get("channel")), str(answer.get("ts"))))

    async def _posted(self, job: Job, letter: Letter, ref: MessageRef) -> Outcome:
        delivered = Delivered(ref, free_edit=True, edited_at=None, extra=dict(letter.extra))
        kept = delivered if letter.under else None
        if not await self._store.settle(job.row, job.token, kept, under=letter.under):
            return Outcome.FENCED
        if letter.under == job.incident:
            await self._know_link(job.incident)
        return Outcome.DONE

    async def _refused(self, job: Job, letter: Letter, refused: RefusedError) -> Outcome:
        """Slack said no for certain. The next attempt avoids the reason."""
        if refused.code in _CONTENT and not letter.bare:
            log.error("Slack refused a message's blocks: it is sent as plain words", code=refused.code)
            return await self._post(job, replace(letter, bare=True), at_once=True)
        if letter.thread is not None and refused.code in NO_THREAD:
            return await self._post(job, replace(letter, thread=None), at_once=True)
        if refused.code in NOT_OURS:
            self._channels.lost(letter.channel)
        return await self._unposted(job, refused)

    async def _unposted(self, job: Job, error: PostError) -> Outcome:
        """Nothing was posted, for certain: no doubt, and the next attempt after a pause."""
        return await self._later(job, error, doubt=None)

    async def _edit(self, job: Job, bulletin: "IncidentMessage", sent: Delivered, under: str) -> Outcome:
        now = self._clock()
        paced = not job.row.notice.urgent and not sent.free_edit and sent.edited_at is not None
        if paced and sent.edited_at is not None and abs(now - sent.edited_at) < EDIT_EVERY:
            await self._store.postpone(job.row, job.token, sent.edited_at + EDIT_EVERY, failed=False)
            return Outcome.WAITS  # an edit that lies further ahead was noted by a clock that ran ahead
        if await self._store.pace(_edits(sent.ref.channel), now) > now:
            return Outcome.NO_SLOT
        if now + UPDATE_WITHIN + LATE > job.lease_until and not await self._store.renew(*self._lease(job)):
            return Outcome.FENCED
        card = _instead(bulletin.card) if sent.extra.get("anew") else bulletin.card
        block_id = None if under == job.incident else job.row.id
        rendered = self._rendered(bulletin, card, block_id=block_id)
        try:
            await self._traces.update(sent.ref, rendered, bulletin.metadata)
        except HeldOffError as held:
            await self._store.hold(_edits(sent.ref.channel), now + held.wait)
            return await self._wait(job, held.wait)
        except RefusedError as refused:
            if refused.code in _CONTENT:
                plain = Rendered(rendered.text, _bare(rendered, job.row.id))
                await self._traces.update(sent.ref, plain, bulletin.metadata)
            elif refused.code in _GONE | NOT_OURS:
                return await self._lost(job, sent, under, refused)
            else:
                raise
        ref = sent.ref
        if under == job.incident and not ref.permalink:  # one that was found again, or whose link was refused before
            ref = replace(ref, permalink=await self._traces.link(ref))
        edited = Delivered(ref, free_edit=False, edited_at=now, extra=sent.extra)
        settled = await self._store.settle(job.row, job.token, edited, under=under)
        return Outcome.DONE if settled else Outcome.FENCED

    async def _lost(self, job: Job, sent: Delivered, under: str, refused: RefusedError) -> Outcome:
        """The message cannot be edited any more: post it anew, once."""
        if refused.code in NOT_OURS:
            self._channels.lost(sent.ref.channel)
        log.warning("a message cannot be edited", incident=job.incident, code=refused.code)
        if under != job.incident or sent.extra.get("anew"):
            await self._store.settle(job.row, job.token)
            return Outcome.DONE
        await self._store.put_message(under, replace(sent, extra={**sent.extra, "gone": sent.ref.ts}))
        return await self._wait(job, timedelta(), failed=False)

    async def _know_link(self, incident: str) -> None:
        """Keep the permalink of an incident's message, for those that point to it."""
        sent = await self._store.message(incident)
        if sent is None or sent.ref.permalink:
            return
        link = await self._traces.link(sent.ref)
        if link:
            await self._store.put_message(incident, replace(sent, ref=replace(sent.ref, permalink=link)))

    async def _later(self, job: Job, error: Exception, *, doubt: Keep | None = KEEP) -> Outcome:
        """The row waits, the longer the more often it failed."""
        tell = log.warning if job.row.attempts % 20 == 0 else log.debug  # an outage is no reason to fill a disk
        tell("a delivery waits", incident=job.incident, kind=job.row.notice.kind.value, error=str(error))
        pause = timedelta(seconds=min(_SLOWEST, 0.5 * 2.0 ** min(job.row.attempts, 6)))
        if isinstance(error, HeldOffError):
            pause = error.wait
        return await self._wait(job, pause, doubt=doubt)

    async def _wait(self, job: Job, pause: timedelta, *, doubt: Keep | None = KEEP, failed: bool = True) -> Outcome:
        until = self._clock() + pause
        kept = await self._store.postpone(job.row, job.token, until, doubt=doubt, failed=failed)
        return Outcome.WAITS if kept else Outcome.FENCED

    async def _nowhere(self, job: Job) -> Outcome:
        return await self._wait(job, timedelta(seconds=_SLOWEST))

    def _rendered(self, bulletin: "IncidentMessage", card: Card, *, block_id: str | None = None) -> Rendered:
        eyes = Eyes(public=True, region=self._settings().calls.region, zone=self._settings().timezone)
        rendered = render(card, eyes, mentions=bulletin.mention, block_id=block_id)
        return rendered if bulletin.text is None else replace(rendered, text=bulletin.text)

    def _lease(self, job: Job) -> tuple[str, str, timedelta]:
        return f"deliver:{job.incident}", self._store.owner, LEASE


def _edits(channel: str) -> str:
    return f"{channel}:edits"


def _bare(rendered: Rendered, block_id: str) -> list[dict[str, Any]]:
    words = rendered.text[:2_900]
    return [{"type": "section", "block_id": block_id, "text": {"type": "plain_text", "text": words}}]


def _instead(card: Card) -> Card:
    note = "The message that told this first was deleted, or cannot be edited any more."
    return replace(card, context=(*card.context, note))
