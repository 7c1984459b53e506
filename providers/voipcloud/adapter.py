"""VoIPcloud's five operations in the neutral model. A write is sent once, whatever becomes of its answer."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from providers.errors import ErrorKind, ProviderError
from providers.model import CallOutcome, CallRecord, CallRequest, CallResult, Page, QueueCall, Rows, VendorTable
from providers.sdk.call_legs import CallLeg
from providers.sdk.exchange import Answer
from providers.sdk.lenient import RefusalError, ShapeError
from providers.sdk.replies import Reply
from providers.vendor import Opening
from providers.voipcloud import noc, vendor_tables, wire
from providers.voipcloud.client import COOLING, Door
from providers.voipcloud.replies import reply_in
from providers.voipcloud.scan import Begun, Found, scan
from providers.voipcloud.settings import VoipcloudSettings

T = TypeVar("T", bound=Begun)

PAGE_ROWS = 1000  # calls of one page of `calls`
_RECENT_WINDOW = timedelta(days=1)  # a period that begins later is read in one request of a poll's size


class Voipcloud:
    """An opened VoIPcloud account."""

    def __init__(self, opening: Opening) -> None:
        settings = opening.settings
        if not isinstance(settings, VoipcloudSettings):
            raise TypeError("a VoIPcloud account needs VoipcloudSettings")
        self._token = settings.token.get_secret_value().strip()
        self._version = settings.version
        self._call_body = settings.call_body or ("form" if settings.version == "v1" else "multipart")
        self._clock = opening.clock
        self._zone = opening.timezone or wire.ZONE
        self._door = Door(opening, settings.base_url)

    async def close(self) -> None:
        """Closes the connections."""
        await self._door.http.close()

    async def calls(
        self,
        since: datetime,
        until: datetime,
        *,
        caller: str | None = None,
        callee: str | None = None,
        page: int = 1,
    ) -> Page[CallRecord]:
        """Returns 1000 calls a page, those that still go on left out; parties are compared here, not there. VPC-1.

        `caller` and `callee` may be a number however it is written, or one of our extensions.
        """

        def read(row: Mapping[str, Any]) -> CallRecord | None:
            return wire.call(row, self._zone)

        def meant(call: CallRecord) -> bool:
            return _is(call, caller, call.caller) and _is(call, callee, call.callee)

        parties = bool(caller or callee)
        found = await self._scan("VPC-1", read, _leg, since, until, enough=None if parties else page * PAGE_ROWS + 1)
        rows = [call for call in found.rows if meant(call)]
        mine = rows[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]
        more = len(rows) > page * PAGE_ROWS
        if not found.whole and not more:
            raise self._too_many("VPC-1")
        return Page(Rows(tuple(mine), found.rows.unreadable), page, more)

    async def queue_calls(self, since: datetime) -> Rows[QueueCall]:
        """Returns finished queue calls: one request, unless over 1000 calls came since then. VPC-2."""
        return await self._in_line("VPC-2", since, self._clock())

    def vendor_table_topics(self) -> Sequence[str]:
        """Returns ``ringgroups``, which is VPC-3, and ``missed``: what nobody took in VPC-1, VPC-2 and VPC-3."""
        return vendor_tables.TOPICS

    async def vendor_table(self, topic: str, words: Sequence[str]) -> VendorTable:
        """Returns a list of `vendor_table_topics`, of today or the named period, of all or the given name."""
        if topic not in vendor_tables.TOPICS:
            raise self._error(ErrorKind.UNSUPPORTED, f"has no list of {topic}", "VPC-3")
        operation = "VPC-3" if topic == vendor_tables.RINGGROUPS else "VPC-1"
        try:
            asked = vendor_tables.asked(words, self._clock(), self._zone)
        except vendor_tables.PeriodError as error:
            sentence = f"was not asked: a period is at most 31 days. Write {topic} {vendor_tables.USAGE}"
            raise self._error(ErrorKind.BAD_REQUEST, sentence, operation) from error
        return await (self._ring_groups(asked) if topic == vendor_tables.RINGGROUPS else self._missed(asked))

    async def place_call(self, request: CallRequest) -> CallResult:
        """Asks once, and returns the outcome; the extension is rung first. v1 knows no caller ID, so none is sent.

        VPC-4.
        """
        destination, extension = wire.number(request.destination), wire.user_number(request.agent.extension)
        if not destination or not extension:
            what = "this is no telephone number" if extension else "the agent has no extension that can be rung"
            raise self._error(ErrorKind.BAD_REQUEST, f"was not asked: {what}", "VPC-4")
        fields = {"user_number": extension, "number_to_call": destination}
        if request.caller_id and self._version == "v2":
            fields["caller_id"] = wire.number(request.caller_id)
            if not fields["caller_id"]:
                raise self._error(ErrorKind.BAD_REQUEST, "was not asked: the caller ID is no number", "VPC-4")
        try:
            answer = await self._door.send(wire.call_request(self._version, self._token, fields, self._call_body))
        except ProviderError as error:
            if error.kind is not ErrorKind.UNKNOWN_OUTCOME:
                raise
            return CallResult(CallOutcome.UNKNOWN, note=error.user_text)
        return await self._placed(answer)

    async def status(self) -> str:
        """Returns the words of the vendor's NOC, in one line of at most 500 characters. VPC-5."""
        value = await self._door.opaque(self._request("VPC-5"))
        words = self._door.http.redact(noc.shown(value))
        return words or f"{wire.TITLE} says nothing of its own status."

    async def _placed(self, answer: Answer) -> CallResult:
        reply = reply_in(answer.text(), answer.status)
        if reply.outcome is CallOutcome.UNKNOWN:
            note = self._door.verdicts.lost("VPC-4", f"sent {reply.words}").user_text
            return CallResult(CallOutcome.UNKNOWN, note=note)
        if reply.outcome is CallOutcome.REJECTED:
            return await self._not_placed(reply)
        await self._door.good()
        return CallResult(CallOutcome.ACCEPTED, call_id=reply.call_id)

    async def _not_placed(self, reply: Reply) -> CallResult:
        """Returns a no in the vendor's words; raises an error where there are none, or where it is about access."""
        if reply.code in COOLING or (reply.code is not None and not reply.words):
            raise await self._door.refusal("VPC-4", reply.code or 0, reply.words)
        note = self._door.verdicts.quote(reply.words)
        return CallResult(CallOutcome.REJECTED, note=note or f"{wire.TITLE} gave no reason.")

    async def _ring_groups(self, asked: vendor_tables.Asked) -> VendorTable:
        rows = await self._in_line("VPC-3", asked.since, asked.until)
        calls = list(rows)
        if asked.name:
            known = {call.queue for call in calls}
            wanted = vendor_tables.named(known, asked.name)
            if not wanted:
                who = f"; there were {', '.join(sorted(known)[:20])}" if known else ""
                sentence = f"tells of no calls of {asked.words} to a ring group “{asked.name}”{who}"
                raise self._error(ErrorKind.NOT_FOUND, sentence, "VPC-3")
            calls = [call for call in calls if call.queue in wanted]
        return vendor_tables.ring_groups(calls, asked.words, rows.unreadable, self._zone)

    async def _missed(self, asked: vendor_tables.Asked) -> VendorTable:
        """Returns the missed calls.

        A list that fails is a note beside the others; when all fail, the first failure is raised.
        """
        legs: list[CallLeg[vendor_tables.Missed]] = []
        troubles: list[ProviderError] = []
        unreadable = 0
        for operation, what in (("VPC-1", ""), ("VPC-2", "queue"), ("VPC-3", "ring group")):
            try:
                if what:
                    line = await self._in_line(operation, asked.since, asked.until)
                    legs += vendor_tables.legs_in_line(line, what)
                    unreadable += line.unreadable
                else:
                    calls = await self._every_call(asked)
                    legs += vendor_tables.legs_of_users(calls)
                    unreadable += calls.unreadable
            except ProviderError as error:
                troubles.append(error)
        if len(troubles) == 3:
            raise troubles[0]
        missed = vendor_tables.missed_of(legs)
        notes = [f"{asked.words}: a call that rang several users or lines is one row"]
        if asked.name:
            known = {row.where for call in missed for row in call}
            wanted = vendor_tables.named(known, asked.name)
            missed = [mine for call in missed if (mine := [row for row in call if row.where in wanted])]
            if known and not wanted:
                notes.append(f"nothing was missed by “{asked.name}”, but by {', '.join(sorted(known)[:20])}")
        notes += [error.user_text for error in troubles]
        return vendor_tables.missed([call[0] for call in missed], notes, unreadable, self._zone)

    async def _every_call(self, asked: vendor_tables.Asked) -> Rows[CallRecord]:
        found = await self._scan(
            "VPC-1", lambda row: wire.call(row, self._zone), _leg, asked.since, asked.until, enough=None
        )
        if not found.whole:
            raise self._too_many("VPC-1")
        return found.rows

    async def _in_line(self, operation: str, since: datetime, until: datetime) -> Rows[QueueCall]:
        """Returns VPC-2 or VPC-3 of a period, whole."""

        def read(row: Mapping[str, Any]) -> QueueCall | None:
            return wire.queue_call(row, self._zone)

        found = await self._scan(
            operation, read, lambda call: (call.queue, call.call_id, call.started_at), since, until, enough=None
        )
        if not found.whole:
            raise self._too_many(operation)
        return found.rows

    async def _scan(
        self,
        operation: str,
        read: Callable[[Mapping[str, Any]], T | None],
        key: Callable[[T], object],
        since: datetime,
        until: datetime,
        *,
        enough: int | None,
    ) -> Found[T]:
        now = self._clock()
        period = wire.days(since, until, now)

        async def ask(limit: int, offset: int) -> list[Any]:
            fields = {**period, "limit": str(limit), "offset": str(offset)}
            if self._version == "v2":
                fields["sort_by"] = "newest_first"
            return await self._door.items(self._request(operation, fields), beyond=offset > 0)

        try:
            recent = now - since <= _RECENT_WINDOW
            return await scan(ask, read, key, since=since, until=until, recent=recent, enough=enough)
        except RefusalError as error:
            raise self._door.verdicts.rejected(operation, str(error)) from error
        except ShapeError as error:
            raise self._door.answers.misshapen(operation, "a list of calls") from error

    def _request(self, operation: str, fields: Mapping[str, str] | None = None) -> Any:
        return wire.request(operation, self._version, self._token, fields)

    def _too_many(self, operation: str) -> ProviderError:
        sentence = "has more calls in this period than can be looked through: name a shorter or a later one"
        return self._error(ErrorKind.BAD_REQUEST, sentence, operation)

    def _error(self, kind: ErrorKind, sentence: str, operation: str) -> ProviderError:
        return self._door.verdicts.error(kind, f"{sentence}.", operation)


def _leg(call: CallRecord) -> object:
    """Returns what identifies a leg: a call that rang three users is three rows, in v2 with one id."""
    return call.call_id, call.agent, call.extension, call.started_at


def _is(call: CallRecord, wanted: str | None, party: str) -> bool:
    if not wanted:
        return True
    if wire.is_extension(wanted.strip()):
        return wanted.strip() in {call.extension, party}
    return wire.same_number(wanted, party)
