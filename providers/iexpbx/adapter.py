"""IEXPBX's thirteen operations in the neutral model. Every one is a GET; a write is sent once, whatever comes back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from providers.errors import ErrorKind, ProviderError
from providers.events import Event
from providers.iexpbx import announcement, envelope, phonebook, sound, userfields, webhook, wire
from providers.iexpbx.replies import reply_in
from providers.iexpbx.settings import IexpbxSettings
from providers.model import (
    ActiveCall,
    Agent,
    CallOutcome,
    CallRecord,
    CallRequest,
    CallResult,
    CallState,
    Document,
    Page,
    Queue,
    QueuedCall,
    Recording,
    Rows,
    User,
    VendorTable,
)
from providers.sdk.answers import Answers
from providers.sdk.exchange import Answer
from providers.sdk.http import VendorHttp
from providers.sdk.lenient import RefusalError, ShapeError
from providers.sdk.lenient_json import Damage, UnreadableError
from providers.sdk.lenient_xml import read_xml
from providers.sdk.offload import in_thread, rows_in_thread, text_in_thread
from providers.vendor import Opening

T = TypeVar("T")

_Fields = Sequence[tuple[str, str]]
DIRECTORY_TTL = timedelta(minutes=10)  # IEX-5 tells who works in a queue, which seldom changes
TOPICS = ("contacts", "userfields")  # the lists, and one of them as a file
_STEP_SECONDS = 10.0  # seconds for each of two questions that are asked one after the other for one answer
_MINUTE = timedelta(minutes=1)
_BOOK = "a phone book in XML"


class Iexpbx:
    """An opened IEXPBX account."""

    def __init__(self, opening: Opening) -> None:
        settings = opening.settings
        if not isinstance(settings, IexpbxSettings):
            raise TypeError("an IEXPBX account needs IexpbxSettings")
        self._settings = settings
        self._login = settings.username, settings.password.get_secret_value()
        self._talking = frozenset(wire.words_of(word) for word in settings.talking.split(",")) - {""}
        self._clock = opening.clock
        self._zone = opening.timezone or wire.ZONE
        self._http = VendorHttp(
            title=wire.TITLE,
            base_url=settings.base_url,
            secrets=settings.secrets(),
            names=(settings.username,),
            throttle=opening.throttle,
            clock=opening.clock,
        )
        self._answers = Answers(self._http.verdicts, wire.FALLBACK)
        self._directory: tuple[datetime, Rows[Queue]] | None = None
        self._first_seen: dict[str, datetime] = {}

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.close()

    async def active_calls(self) -> Rows[ActiveCall]:
        """Returns the calls that are up. IEX-1."""
        return await self._live()

    async def hang_up(self, call_id: str) -> CallResult:
        """Hangs up the channel of IEX-1, and returns the outcome. IEX-2."""
        channel = wire.channel(call_id)
        if not channel:
            raise self._not_asked("IEX-2", "this is no channel. Take one from the list of active calls")
        return await self._write("IEX-2", [("channel", channel)])

    async def calls(
        self,
        since: datetime,
        until: datetime,
        *,
        caller: str | None = None,
        callee: str | None = None,
        page: int = 1,
    ) -> Page[CallRecord]:
        """Returns the finished calls of whole minutes; there are no pages: the first one holds all there is. IEX-3."""
        if page > 1:
            return Page(Rows(), page, more=False)
        wanted = [self._number(party, "IEX-3") for party in (callee, caller) if party]
        fields = self._period(since, until, "".join(wanted[:1]))
        rows = await self._rows("IEX-3", "calls", lambda row: wire.record(row, self._zone), fields)
        found = (
            call
            for call in dict.fromkeys(rows)
            if (call.started_at is None or since <= call.started_at <= until)
            and (not caller or wire.same_party(call.caller, caller))
            and (not callee or wire.same_party(call.callee, callee))
        )
        newest = sorted(found, key=lambda call: call.started_at or since, reverse=True)
        return Page(Rows(tuple(newest), rows.unreadable), 1, more=False)

    async def agents(self) -> Rows[Agent]:
        """Returns who is registered (IEX-4), joined with who is on a call (IEX-1). Neither shows who is ready."""
        rows = await self._rows("IEX-4", "extensions", wire.extension_row, seconds=_STEP_SECONDS)
        calls = await self._live(_STEP_SECONDS)
        now = self._clock()
        joined = Rows(tuple(wire.with_calls(rows, calls, now)), rows.unreadable)
        return _last_of_each(joined, lambda agent: agent.extension)

    async def users(self) -> Rows[User]:
        """Returns every extension and its name, IEX-4; IEXPBX tells no logins."""
        return _last_of_each(await self._rows("IEX-4", "extensions", wire.user_row), lambda user: user.user_id)

    async def queues(self) -> Rows[Queue]:
        """Returns the queues (IEX-5), kept for ten minutes, and who waits in them (IEX-1), approximately.

        A call that came by a queue and is not talked on waits. `unreadable` counts rows of either list: while there are
        any, a caller who is missing is not known to be gone.
        """
        directory = await self._queue_directory()
        calls = await self._live(_STEP_SECONDS)
        now = self._clock()
        waiting: dict[str, dict[str, QueuedCall]] = {}
        for call in calls:
            if call.state is CallState.QUEUED and call.queue:
                waiting.setdefault(call.queue, {})[call.call_id] = self._queued(call, now)
        here = {call_id for calls_here in waiting.values() for call_id in calls_here}
        self._first_seen = {call_id: at for call_id, at in self._first_seen.items() if call_id in here}
        known = {queue.ref: queue for queue in directory}
        unlisted = {ref: Queue(ref=ref, name=ref) for ref in waiting if ref not in known}
        found = tuple(
            replace(queue, waiting=tuple(sorted(waiting.get(ref, {}).values(), key=lambda c: c.waiting, reverse=True)))
            for ref, queue in {**known, **unlisted}.items()
        )
        return Rows(found, max(directory.unreadable, calls.unreadable))

    async def place_call(self, request: CallRequest) -> CallResult:
        """Asks once, and returns the outcome. It takes no caller ID: the PBX chooses one. IEX-6."""
        number = self._number(request.destination, "IEX-6")
        internal = wire.extension(request.agent.extension)
        if not internal:
            raise self._not_asked("IEX-6", "the agent's extension is none")
        result = await self._write("IEX-6", [("number", number), ("internal", internal)])
        if result.outcome is CallOutcome.ACCEPTED and request.caller_id:
            said = f"{result.note.rstrip('.')}. " if result.note else ""
            return replace(result, note=f"{said}{wire.TITLE} chooses the caller ID itself.")
        return result

    def leads_to(self, words: Sequence[str]) -> Mapping[int, str]:
        """Returns what stands after ``menu=`` and ``plan=``, unless it is a name."""
        return announcement.leads_to(words)

    async def ivr_call(self, number: str, words: Sequence[str]) -> CallResult:
        """Asks once, with `words` as `announcement.USAGE` has them, and returns the outcome. IEX-7."""
        digits = self._number(number, "IEX-7")
        try:
            fields = announcement.fields_of(words, self._settings)
        except announcement.AnnouncementError as error:
            raise self._not_asked("IEX-7", str(error)) from error
        return await self._write("IEX-7", [("number", digits), *fields])

    async def masked_call(self, first: str, second: str) -> CallResult:
        """Asks once for what the vendor calls a callback: neither sees the other's number. Returns the outcome.

        IEX-8.
        """
        fields = [("number1", self._number(first, "IEX-8")), ("number2", self._number(second, "IEX-8"))]
        if fields[0][1] == fields[1][1]:
            raise self._not_asked("IEX-8", "both numbers are the same")
        plan = self._settings.dial_plan
        return await self._write("IEX-8", [*fields, ("dp", plan)] if plan else fields)

    async def recording(self, call_id: str) -> Recording:
        """Returns GSM 06.10 as it is, which VLC, ffplay and SoX play; phones and browsers mostly do not. IEX-9."""
        if not sound.is_call_id(call_id):
            raise self._not_asked("IEX-9", "this is no call id")
        answer = await self._ask("IEX-9", [("id", call_id)])
        found = sound.recording_in(answer, call_id)
        if found is not None:
            return found
        value = await self._answers.json(answer, "IEX-9")
        said = envelope.refusal(value)
        if said is not None and sound.says_missing(said):
            raise self._http.verdicts.error(ErrorKind.NOT_FOUND, "has no recording of this call.", "IEX-9")
        raise self._refused("IEX-9", said) if said else self._answers.misshapen("IEX-9", "a GSM recording")

    def vendor_table_topics(self) -> Sequence[str]:
        """Returns the topics: the phone book, and the custom data of announcement calls."""
        return TOPICS

    async def vendor_table(self, topic: str, words: Sequence[str]) -> VendorTable:
        """Returns `contacts` (IEX-10), narrowed by words, or `userfields` (IEX-3) of so many hours, by default 24."""
        if topic == "contacts":
            _, pairs = await self._phonebook()
            return phonebook.vendor_table(pairs, words)
        if topic != "userfields":
            raise self._unsupported(topic)
        hours = userfields.hours_of(words)
        if hours is None:
            raise self._not_asked("IEX-3", "write the number of hours, up to 720, as in userfields 48")
        now = self._clock()
        fields = [*self._period(now - timedelta(hours=hours), now), ("uf", "yes")]
        rows = await self._rows("IEX-3", "calls", lambda row: wire.userfield(row, self._zone), fields)
        return userfields.vendor_table(rows, self._zone)

    def document_topics(self) -> Sequence[str]:
        """Returns the topic of the phone book as the vendor writes it."""
        return ("contacts xml",)

    async def document(self, topic: str, form: str, words: Sequence[str]) -> Document:
        """Returns the phone book as it came but in UTF-8; it was read before it is handed on. IEX-10."""
        if (topic, form) != ("contacts", "xml"):
            raise self._unsupported(f"{topic} {form}")
        text, _ = await self._phonebook()
        return Document("contacts.xml", "application/xml", phonebook.as_file(text))

    def read_event(
        self, *, method: str, query: Sequence[tuple[str, str]], content_type: str, body: bytes
    ) -> Event | None:
        """Returns the event of IEX-11, IEX-12 or IEX-13: everything is in the query, and no key comes along."""
        return webhook.read_event(query)

    async def _live(self, seconds: float | None = None) -> Rows[ActiveCall]:
        """Returns the calls of IEX-1, each channel once."""
        rows = await self._rows(
            "IEX-1", "active calls", lambda row: wire.active_call(row, self._talking), seconds=seconds
        )
        return _last_of_each(rows, lambda call: call.call_id)

    async def _queue_directory(self) -> Rows[Queue]:
        """Returns the queues of IEX-5, asked again after ten minutes, and at once where a row could not be read."""
        now = self._clock()
        if self._directory and timedelta() <= now - self._directory[0] < DIRECTORY_TTL:
            return self._directory[1]
        rows = _last_of_each(
            await self._rows("IEX-5", "queues", wire.queue, seconds=_STEP_SECONDS), lambda queue: queue.ref
        )
        self._directory = None if rows.unreadable else (now, rows)
        return rows

    def _queued(self, call: ActiveCall, now: datetime) -> QueuedCall:
        """Returns its wait by the vendor's clock, which may hold the time before the queue.

        Else since we saw it first.
        """
        seen = self._first_seen.setdefault(call.call_id, now)
        waited = call.lasted if call.lasted is not None else now - seen
        return QueuedCall(call.call_id, call.caller, waited, approx=True)

    async def _phonebook(self) -> tuple[str, Sequence[phonebook.Pair]]:
        """Returns the text of IEX-10, and its entries."""
        answer = await self._ask("IEX-10")
        text = await text_in_thread(answer, wire.FALLBACK)
        if text.lstrip("\ufeff \t\r\n")[:1] != "<":
            said = envelope.refusal(await self._answers.json(answer, "IEX-10"))
            raise self._refused("IEX-10", said) if said else self._answers.misshapen("IEX-10", _BOOK)
        if phonebook.is_web_page(text):
            raise self._http.verdicts.page("IEX-10", text)
        try:
            return text, await in_thread(lambda long: phonebook.contacts_in(read_xml(long).root), text)
        except ShapeError as error:
            raise self._answers.misshapen("IEX-10", _BOOK) from error
        except UnreadableError as error:
            if error.damage is Damage.HTML:
                raise self._http.verdicts.page("IEX-10", text) from error
            how = "was cut off" if error.damage is Damage.CUT_OFF else "cannot be read"
            raise self._http.verdicts.garbled("IEX-10", f"sent an answer that {how}") from error

    def _period(self, since: datetime, until: datetime, number: str = "") -> list[tuple[str, str]]:
        """Returns the fields of IEX-3 for whole minutes around a period."""
        date1, date2 = wire.minutes(since, until + _MINUTE, self._zone)
        return [("date1", date1), ("date2", date2), ("number", number)]

    async def _ask(self, operation: str, fields: _Fields = (), seconds: float | None = None) -> Answer:
        return await self._http.ask(replace(wire.request(operation, self._login, fields), seconds=seconds))

    async def _rows(
        self,
        operation: str,
        what: str,
        read: Callable[[Mapping[str, Any]], T],
        fields: _Fields = (),
        seconds: float | None = None,
    ) -> Rows[T]:
        value = await self._answers.json(await self._ask(operation, fields, seconds), operation)
        try:
            return await rows_in_thread(envelope.rows_in(value), read)
        except RefusalError as error:
            raise self._refused(operation, str(error)) from error
        except ShapeError as error:
            raise self._answers.misshapen(operation, f"a list of {what}") from error

    async def _write(self, operation: str, fields: _Fields) -> CallResult:
        """Sends it once. What is lost, or says neither yes nor no, is UNKNOWN."""
        try:
            answer = await self._ask(operation, fields)
        except ProviderError as error:
            if error.kind is not ErrorKind.UNKNOWN_OUTCOME:
                raise
            return CallResult(CallOutcome.UNKNOWN, note=error.user_text)
        reply = reply_in(answer.text(wire.FALLBACK))
        if reply.outcome is CallOutcome.UNKNOWN:
            lost = self._http.verdicts.lost(operation, f"sent {reply.words}")
            return CallResult(CallOutcome.UNKNOWN, note=lost.user_text)
        note = self._http.verdicts.quote(reply.words)
        if reply.outcome is CallOutcome.REJECTED and not note:
            note = f"{wire.TITLE} said no and gave no reason."
        return CallResult(reply.outcome, call_id=reply.call_id, note=note)

    def _number(self, text: str, operation: str) -> str:
        found = wire.number(text, self._settings.international)
        if not found:
            raise self._not_asked(operation, "this is no telephone number")
        return found

    def _refused(self, operation: str, said: str) -> ProviderError:
        if said in {envelope.NO_REASON, "error", "null", "false", "0"}:
            sentence = (
                f"answered “{said}” instead of data. It gives no reason: the username or the password may be wrong."
            )
            return self._http.verdicts.error(ErrorKind.REJECTED, sentence, operation)
        return self._http.verdicts.rejected(operation, said)

    def _not_asked(self, operation: str, why: str) -> ProviderError:
        return self._http.verdicts.error(ErrorKind.BAD_REQUEST, f"was not asked: {why}.", operation)

    def _unsupported(self, what: str) -> ProviderError:
        return self._http.verdicts.error(ErrorKind.UNSUPPORTED, f"has no list or file “{what[:40]}”.", "IEX-10")


def _last_of_each(rows: Rows[T], key: Callable[[T], str]) -> Rows[T]:
    return Rows(tuple({key(row): row for row in rows}.values()), rows.unreadable)
