"""MoMVOIP's fourteen operations in the neutral model. A write is sent once, whatever becomes of its answer."""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from providers.errors import ErrorKind, ProviderError
from providers.events import Event
from providers.model import (
    Agent,
    AgentStats,
    Balance,
    CallOutcome,
    CallRecord,
    CallRequest,
    CallResult,
    Group,
    NumberStatus,
    Page,
    PhoneNumber,
    Recording,
    Rows,
    User,
)
from providers.momvoip import webhook, wire
from providers.momvoip.replies import reply_in
from providers.momvoip.settings import BASE_URL, MomvoipSettings
from providers.sdk.answers import Answers
from providers.sdk.exchange import Answer
from providers.sdk.http import VendorHttp
from providers.sdk.replies import Reply
from providers.vendor import Opening

T = TypeVar("T")

_Fields = Mapping[str, str]
_NO_FIELDS: _Fields = {}
_LOOKUP_SECONDS = 5.0  # of MOM-12 before a call, and what is left of 25 s for the call itself
_CALL_SECONDS = 17.0
_CALL_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}", re.ASCII)
_NOTHING_THERE = re.compile(r"\bnot? (found|such|record|file|audio|exist)|does ?n[o']t exist", re.IGNORECASE)
_NO_REASON = {"false", "0", "error"}


class Momvoip:
    """An opened MoMVOIP account."""

    def __init__(self, opening: Opening) -> None:
        settings = opening.settings
        if not isinstance(settings, MomvoipSettings):
            raise TypeError("a MoMVOIP account needs MomvoipSettings")
        self._key = settings.api_key.get_secret_value()
        self._call_user = settings.call_user
        self._clock = opening.clock
        self._zone = opening.timezone or wire.ZONE
        self._currency = opening.currency
        self._http = VendorHttp(
            title=wire.TITLE,
            base_url=settings.base_url or BASE_URL,
            secrets=settings.secrets(),
            throttle=opening.throttle,
            clock=opening.clock,
        )
        self._answers = Answers(self._http.verdicts)
        self._stats: tuple[tuple[str, str], datetime, Rows[AgentStats]] | None = None
        self._stats_turn = asyncio.Lock()

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.close()

    async def balance(self) -> Balance:
        """Returns the balance. MOM-7."""
        value = await self._value("MOM-7")
        return self._answers.one(value, "MOM-7", "a balance", lambda row: wire.balance(row, self._currency))

    async def numbers(self) -> Rows[PhoneNumber]:
        """Returns our caller IDs. A number may stand twice, with different statuses. MOM-4."""
        return await self._rows("MOM-4", "numbers", wire.number)

    async def set_number_status(self, number: str, status: NumberStatus) -> None:
        """Asks once for ACTIVE (MOM-5) or SPAM (MOM-6); any other status is UNSUPPORTED."""
        operation = {NumberStatus.ACTIVE: "MOM-5", NumberStatus.SPAM: "MOM-6"}.get(status)
        if operation is None:
            raise self._error(ErrorKind.UNSUPPORTED, f"cannot mark a number as {status}", "MOM-5")
        reply = self._reply(await self._ask(operation, {"number": self._digits(number, operation)}))
        if reply.outcome is CallOutcome.REJECTED:
            raise self._http.verdicts.rejected(operation, reply.words)
        if reply.outcome is CallOutcome.UNKNOWN:
            raise self._http.verdicts.lost(operation, f"sent {reply.words}")

    async def agents(self) -> Rows[Agent]:
        """Returns the agents, each extension once. MOM-2."""
        rows = await self._rows("MOM-2", "agents", self._agent)
        return _last_of_each(rows, lambda agent: agent.extension)

    async def agent(self, extension: str) -> Agent:
        """Returns one agent, asked by extension though its field is called `user_id`; raises NOT_FOUND. MOM-3."""
        value = await self._value("MOM-3", {"user_id": extension})
        if value is None or value is False or value in ([], {}):
            raise self._error(ErrorKind.NOT_FOUND, f"lists no agent at extension {extension}", "MOM-3")
        found = self._answers.one(value, "MOM-3", "an agent", self._agent)
        if found.extension != extension.strip():
            raise self._answers.misshapen("MOM-3", f"agent {extension}", got=f"agent {found.extension}")
        return found

    async def calls(
        self,
        since: datetime,
        until: datetime,
        *,
        caller: str | None = None,
        callee: str | None = None,
        page: int = 1,
    ) -> Page[CallRecord]:
        """Returns finished calls: 100 rows a page; whole seconds, on the vendor's clock. MOM-14."""
        sdate, edate = wire.stamps(since, until, self._zone)
        fields = {"sdate": sdate, "edate": edate}
        for name, party in (("src", caller), ("dst", callee)):
            if party:
                fields[name] = self._digits(party, "MOM-14")
        return await self._page("MOM-14", page, wire.CALLS_PAGE_ROWS, fields)

    async def agent_calls(self, extension: str, *, page: int = 1) -> Page[CallRecord]:
        """Returns an agent's finished calls: 10 rows a page. MOM-8."""
        return await self._page("MOM-8", page, wire.AGENT_CALLS_PAGE_ROWS, {"user_id": extension})

    async def recording(self, call_id: str) -> Recording:
        """Returns a recording; an answer that is no WAV file is an error, whatever its type says. MOM-10."""
        if not _CALL_ID.fullmatch(call_id):
            raise self._error(ErrorKind.BAD_REQUEST, "was not asked: this is no call id", "MOM-10")
        answer = await self._ask("MOM-10", {"call_id": call_id})
        if answer.content[:4] == b"RIFF" and answer.content[8:12] == b"WAVE":
            return Recording(call_id, answer.content)
        raise await self._no_recording(answer)

    async def _no_recording(self, answer: Answer) -> ProviderError:
        """Returns why there is no WAV file in an answer of MOM-10."""
        try:
            if not answer.content.startswith(b"RIFF"):
                value = await self._answers.json(answer, "MOM-10")
                self._answers.one(value, "MOM-10", "a WAV file", lambda row: row)
        except ProviderError as error:
            if error.kind is ErrorKind.REJECTED and _NOTHING_THERE.search(error.user_text):
                return self._error(ErrorKind.NOT_FOUND, "has no recording of this call", "MOM-10")
            return error
        return self._answers.misshapen("MOM-10", "a WAV file")

    async def agent_stats(self, since: datetime, until: datetime) -> Rows[AgentStats]:
        """Returns the agents' figures, once in 30 seconds: the same period asked sooner gets the same answer.

        MOM-11.
        """
        period = wire.stamps(since, until, self._zone)
        async with self._stats_turn:
            asked_at = self._clock()
            if self._stats and self._stats[0] == period and asked_at - self._stats[1] < wire.STATS_SPACING:
                return self._stats[2]
            fields = {"sdate": period[0], "edate": period[1]}
            rows = await self._rows("MOM-11", "statistics", self._stat, fields)
            self._stats = period, asked_at, rows
            return rows

    async def users(self) -> Rows[User]:
        """Returns the users of the panel. MOM-12."""
        return await self._users()

    async def groups(self) -> Rows[Group]:
        """Returns the groups of users, each once. MOM-13."""
        rows = await self._rows("MOM-13", "groups", wire.group)
        return _last_of_each(rows, lambda group: group.group_id)

    async def place_call(self, request: CallRequest) -> CallResult:
        """Asks once, and returns the outcome; what can be looked up or refused is so before that. MOM-1."""
        fields = {"number": self._digits(request.destination, "MOM-1")}
        if request.caller_id:
            fields["ex_number"] = self._digits(request.caller_id, "MOM-1")
        fields["user_id"] = await self._calling_user(request.agent)
        try:
            reply = self._reply(await self._ask("MOM-1", fields, _CALL_SECONDS))
        except ProviderError as error:
            if error.kind is not ErrorKind.UNKNOWN_OUTCOME:
                raise
            return CallResult(CallOutcome.UNKNOWN, note=error.user_text)
        if reply.outcome is CallOutcome.UNKNOWN:
            note = self._http.verdicts.lost("MOM-1", f"sent {reply.words}").user_text
            return CallResult(CallOutcome.UNKNOWN, note=note)
        note = self._http.verdicts.quote(reply.words)
        if reply.outcome is CallOutcome.REJECTED and note in _NO_REASON:
            note = f"{wire.TITLE} answered “{note}” and gave no reason."
        return CallResult(reply.outcome, call_id=reply.call_id, note=note)

    def read_event(
        self, *, method: str, query: Sequence[tuple[str, str]], content_type: str, body: bytes
    ) -> Event | None:
        """Returns the event of MOM-9a, 9b or 9c; the vendor sends our own key along."""
        return webhook.read_event(
            body,
            content_type,
            key=self._key,
            zone=self._zone,
            currency=self._currency,
            verdicts=self._http.verdicts,
            conceal=self._http.conceal,
        )

    async def _calling_user(self, agent: Agent) -> str:
        """Returns what MOM-1 wants as `user_id`."""
        if self._call_user == "extension":
            return agent.extension
        if agent.user_id:
            return agent.user_id
        users = await self._users(_LOOKUP_SECONDS)
        found = {user.user_id for user in users if user.extension == agent.extension}
        if len(found) == 1:
            return found.pop()
        how_many = "several users" if found else "no user"
        sentence = f"lists {how_many} with extension {agent.extension}, so no call was placed"
        if users.unreadable:
            sentence += f" ({users.unreadable} rows of its list could not be read)"
        raise self._error(ErrorKind.BAD_REQUEST if found else ErrorKind.NOT_FOUND, sentence, "MOM-12")

    async def _ask(self, operation: str, fields: _Fields = _NO_FIELDS, seconds: float | None = None) -> Answer:
        return await self._http.ask(wire.request(operation, self._key, fields, seconds))

    async def _value(self, operation: str, fields: _Fields = _NO_FIELDS) -> Any:
        return await self._answers.json(await self._ask(operation, fields), operation)

    async def _rows(
        self,
        operation: str,
        what: str,
        read: Callable[[Mapping[str, Any]], T],
        fields: _Fields = _NO_FIELDS,
        seconds: float | None = None,
    ) -> Rows[T]:
        answer = await self._ask(operation, fields, seconds)
        rows, _sent = await self._answers.rows(answer, operation, what, read)
        return rows

    async def _users(self, seconds: float | None = None) -> Rows[User]:
        rows = await self._rows("MOM-12", "users", wire.user, seconds=seconds)
        return _last_of_each(rows, lambda user: user.user_id)

    async def _page(self, operation: str, page: int, size: int, fields: _Fields) -> Page[CallRecord]:
        answer = await self._ask(operation, {**fields, "page": str(page)})
        rows, sent = await self._answers.rows(
            answer, operation, "calls", lambda row: wire.call(row, self._zone, self._currency)
        )
        distinct = Rows(tuple(dict.fromkeys(rows)), rows.unreadable)  # legs that share a call id stay
        return Page(distinct, page, more=sent >= size)

    def _agent(self, row: Mapping[str, Any]) -> Agent:
        return wire.agent(row, self._clock())

    def _stat(self, row: Mapping[str, Any]) -> AgentStats:
        return wire.stats(row, self._currency)

    def _reply(self, answer: Answer) -> Reply:
        return reply_in(answer.text())

    def _digits(self, number: str, operation: str) -> str:
        bare = wire.digits(number)
        if not bare:
            raise self._error(ErrorKind.BAD_REQUEST, "was not asked: this is no telephone number", operation)
        return bare

    def _error(self, kind: ErrorKind, sentence: str, operation: str) -> ProviderError:
        return self._http.verdicts.error(kind, f"{sentence}.", operation)


def _last_of_each(rows: Rows[T], key: Callable[[T], str]) -> Rows[T]:
    return Rows(tuple({key(row): row for row in rows}.values()), rows.unreadable)
