"""Voicenter's two questions, and its Click2Call, in the neutral model. A write is sent once, whatever comes back."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from providers.errors import ErrorKind, ProviderError
from providers.model import ActiveCall, Agent, CallOutcome, CallRequest, CallResult, Queue, Rows, User
from providers.sdk.answers import Answers
from providers.sdk.exchange import Answer
from providers.sdk.http import VendorHttp
from providers.sdk.lenient import RefusalError, ShapeError, UnfitError, first, list_in, refusal_in
from providers.sdk.offload import rows_in_thread, text_in_thread
from providers.vendor import Opening
from providers.voicenter import wire
from providers.voicenter.replies import reply_in
from providers.voicenter.settings import BASE_URL, VoicenterSettings

T = TypeVar("T")

_Fields = Mapping[str, str]
_NO_FIELDS: _Fields = {}
_PROOF_TTL = timedelta(minutes=1)  # for so long a list of extensions shows that the code is right
_LOOKUP_SECONDS = 5.0  # of VC-1 before a hang-up, and what is left of 25 s for the write itself
_WRITE_SECONDS = 17.0
_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._@-]{0,63}", re.ASCII)
_NOT_FOUND = re.compile(r"\bnot found\b", re.IGNORECASE)


class Voicenter:
    """An opened Voicenter account without Click2Call: it only asks."""

    def __init__(self, opening: Opening) -> None:
        settings = opening.settings
        if not isinstance(settings, VoicenterSettings):
            raise TypeError("a Voicenter account needs VoicenterSettings")
        self._code = settings.code.get_secret_value()
        self._get = settings.request == "get"
        self._clock = opening.clock
        self._http = self._door(opening, settings.base_url or BASE_URL)
        self._answers = Answers(self._http.verdicts, wire.FALLBACK)
        self._ahead = timedelta()  # the vendor's clock before ours, as VC-2 told it last
        self._proven_at: datetime | None = None

    @staticmethod
    def _door(opening: Opening, base_url: str) -> VendorHttp:
        return VendorHttp(
            title=wire.TITLE,
            base_url=base_url,
            secrets=opening.settings.secrets(),
            throttle=opening.throttle,
            clock=opening.clock,
            ip_blocked=frozenset({403}),
        )

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.close()

    async def agents(self) -> Rows[Agent]:
        """Returns one agent an extension, by its SIP code; LOGGED_OUT is also an extension at which nobody is. VC-1."""
        rows = await self._extensions()
        return Rows(tuple(wire.agent(seat, self._ahead) for seat in rows), rows.unreadable)

    async def agent(self, extension: str) -> Agent:
        """Returns the agent at one extension; raises NOT_FOUND. VC-1."""
        wanted = extension.strip().casefold()
        rows = await self._extensions({"extension": extension.strip()})
        for seat in rows:
            if seat.sip.casefold() == wanted:
                return wire.agent(seat, self._ahead)
        raise self._error(ErrorKind.NOT_FOUND, f"lists no extension {extension}", wire.EXTENSIONS)

    async def active_calls(self) -> Rows[ActiveCall]:
        """Returns the calls at extensions; who still waits in a queue is in `queues`. VC-1."""
        rows = await self._extensions()
        now, unreadable = self._clock() + self._ahead, rows.unreadable
        found: dict[tuple[str, str], ActiveCall] = {}
        for seat in rows:
            for call in seat.calls or ():
                try:
                    up = wire.active_call(seat, call, now)
                except UnfitError:
                    unreadable += 1
                else:
                    found[up.call_id, seat.sip] = up
        return Rows(tuple(found.values()), unreadable)

    async def users(self) -> Rows[User]:
        """Returns to whom the extensions belong. An extension of nobody is left out. VC-1."""
        rows = await self._extensions()
        return Rows(tuple(wire.user(seat) for seat in rows if seat.owner_id is not None), rows.unreadable)

    async def queues(self) -> Rows[Queue]:
        """Returns the queues with who waits; waits are the vendor's own. A queue's free agents are not reported.

        VC-2.
        """
        items = await self._items(wire.QUEUES, "QUEUES")
        if not items:
            await self._prove_the_code()
        server = wire.server_now(items)
        if server is not None:
            self._ahead = server - self._clock()
        now = self._clock() + self._ahead
        rows = await self._rows(items, wire.QUEUES, "queues", lambda row: wire.queue(row, now))
        return _last_of_each(rows, lambda queue: queue.ref)

    async def _prove_the_code(self) -> None:
        """Asks VC-1 where there are no queues: a wrong code is answered so too. Who has extensions has a right one."""
        if self._proven_at is None or self._clock() - self._proven_at >= _PROOF_TTL:
            await self._extensions()

    async def _extensions(self, fields: _Fields = _NO_FIELDS, seconds: float | None = None) -> Rows[wire.Extension]:
        """Returns the rows of VC-1. None at all is no answer: a wrong code gets ERR 0 and an empty list."""
        items = await self._items(wire.EXTENSIONS, "EXTENSIONS", fields, seconds)
        if not fields:
            self._proven_at = self._clock() if items else None
            if not items:
                raise self._error(ErrorKind.AUTH, "returned no extensions — the code may be wrong", wire.EXTENSIONS)
        rows = await self._rows(items, wire.EXTENSIONS, "extensions", wire.extension)
        return _last_of_each(rows, lambda seat: seat.sip)

    async def _items(
        self, operation: str, name: str, fields: _Fields = _NO_FIELDS, seconds: float | None = None
    ) -> list[Any]:
        """Returns the list of an answer whose ERR is 0."""
        request = wire.request(operation, self._code, fields, get=self._get, seconds=seconds)
        answer = await self._http.ask(request)
        if answer.status >= 400:
            raise await self._failure(answer, operation)
        value = await self._answers.json(answer, operation)
        self._check(value, operation)
        if not isinstance(value, Mapping) or (name not in value and refusal_in(value) is not None):
            self._answers.one(value, operation, f"a list of {name.lower()}", lambda row: row)
            raise self._answers.misshapen(operation, f"a list of {name.lower()}")
        try:
            return list_in(first(value, name))
        except (RefusalError, ShapeError) as error:
            raise self._answers.misshapen(operation, f"a list of {name.lower()}") from error

    async def _failure(self, answer: Answer, operation: str) -> ProviderError:
        """Returns an HTTP error in the words of its ERR, where it has one."""
        try:
            self._check(await self._answers.json(answer, operation), operation, answer.status)
        except ProviderError as error:
            if error.http_status is not None:
                return error
        body = (await text_in_thread(answer, wire.FALLBACK))[:20_000]
        return self._http.verdicts.status(operation, answer.status, body, write=False, missing="")

    def _check(self, value: object, operation: str, status: int | None = None) -> None:
        """Raises what ERR says, unless it is 0."""
        try:
            refused = wire.refusal(value)
        except UnfitError as error:
            raise self._answers.misshapen(operation, "an ERR that is a number", got=str(error)) from error
        if refused is None:
            return
        verdicts = self._http.verdicts
        if _NOT_FOUND.search(refused.words):
            sentence = f"says: “{verdicts.quote(refused.words)}”."
            raise verdicts.error(ErrorKind.NOT_FOUND, sentence, operation, status)
        quoted = verdicts.rejected(operation, refused.words, status=status)
        if refused.words and (refused.code == 1 or quoted.kind is ErrorKind.AUTH):
            raise quoted
        said = f"“{verdicts.quote(refused.words)}” (ERR {refused.code})" if refused.words else f"ERR {refused.code}"
        sentence = f"says: {said}. The code may be wrong, or Voicenter has a problem of its own."
        raise verdicts.error(ErrorKind.REJECTED, sentence, operation, status)

    async def _rows(
        self, items: list[Any], operation: str, what: str, read: Callable[[Mapping[str, Any]], T]
    ) -> Rows[T]:
        try:
            return await rows_in_thread(items, read)
        except (RefusalError, ShapeError) as error:
            raise self._answers.misshapen(operation, f"a list of {what}") from error

    def _error(self, kind: ErrorKind, sentence: str, operation: str) -> ProviderError:
        return self._http.verdicts.error(kind, f"{sentence}.", operation)


class VoicenterWithCalls(Voicenter):
    """An opened Voicenter account whose Click2Call is switched on: it also places and ends calls."""

    def __init__(self, opening: Opening) -> None:
        super().__init__(opening)
        settings = opening.settings
        if not isinstance(settings, VoicenterSettings) or settings.click2call_url is None:
            raise TypeError("Click2Call needs click2call_url")
        self._click2call = self._door(opening, settings.click2call_url)

    async def close(self) -> None:
        """Closes the connections."""
        await self._click2call.close()
        await super().close()

    async def place_call(self, request: CallRequest) -> CallResult:
        """Asks once, and returns the outcome: the extension rings first. Click2Call, `action=call`."""
        operation = wire.CLICK2CALL
        if not _ID.fullmatch(request.agent.extension):
            raise self._error(ErrorKind.BAD_REQUEST, "was not asked: this is no extension", operation)
        fields = {"action": "call", "phone": request.agent.extension, "target": self._digits(request.destination)}
        if request.caller_id:
            fields["targetcallerid"] = self._digits(request.caller_id)
        return await self._do(fields)

    async def hang_up(self, call_id: str) -> CallResult:
        """Asks once, by the id of a call or an extension, and returns the outcome. Click2Call, `action=terminate`.

        The vendor ends whatever is at an extension. So VC-1 is asked first, and an extension with several calls is left
        alone.
        """
        wanted = call_id.strip()
        if not _ID.fullmatch(wanted):
            raise self._error(ErrorKind.BAD_REQUEST, "was not asked: this is no call id", wire.CLICK2CALL)
        rows = await self._extensions(seconds=_LOOKUP_SECONDS)
        holding = [seat for seat in rows if wanted in {wire.call_id(call) for call in seat.calls or ()}]
        holding = holding or [seat for seat in rows if seat.sip == wanted and seat.calls]
        if not holding:
            raise self._error(ErrorKind.NOT_FOUND, f"lists no call {wanted} that is up", wire.EXTENSIONS)
        seat = min(holding, key=lambda one: len(one.calls or ()))
        count = len(seat.calls or ())
        if count > 1:
            sentence = f"was not asked: it ends whatever is up at {seat.sip}, and {count} calls are"
            raise self._error(ErrorKind.BAD_REQUEST, sentence, wire.CLICK2CALL)
        return await self._do({"action": "terminate", "phone": seat.sip})

    async def _do(self, fields: _Fields) -> CallResult:
        """Sends a write once; what is lost is reported as lost."""
        operation, verdicts = wire.CLICK2CALL, self._click2call.verdicts
        request = wire.request(
            operation, self._code, {**fields, "format": "json"}, get=self._get, write=True, seconds=_WRITE_SECONDS
        )
        try:
            reply = reply_in((await self._click2call.ask(request)).text(wire.FALLBACK))
        except ProviderError as error:
            if error.kind is not ErrorKind.UNKNOWN_OUTCOME:
                raise
            return CallResult(CallOutcome.UNKNOWN, note=error.user_text)
        if reply.outcome is CallOutcome.UNKNOWN:
            return CallResult(reply.outcome, note=verdicts.lost(operation, f"sent {reply.words}").user_text)
        return CallResult(reply.outcome, call_id=reply.call_id, note=verdicts.quote(reply.words))

    def _digits(self, number: str) -> str:
        bare = wire.digits(number)
        if not bare:
            sentence = "was not asked: this is no telephone number"
            raise self._error(ErrorKind.BAD_REQUEST, sentence, wire.CLICK2CALL)
        return bare


def open_account(opening: Opening) -> Voicenter:
    """Returns the adapter of an account; with Click2Call where it has a `click2call_url`."""
    settings = opening.settings
    calls = isinstance(settings, VoicenterSettings) and settings.click2call_url is not None
    return VoicenterWithCalls(opening) if calls else Voicenter(opening)


def _last_of_each(rows: Rows[T], key: Callable[[T], str]) -> Rows[T]:
    return Rows(tuple({key(row): row for row in rows}.values()), rows.unreadable)
