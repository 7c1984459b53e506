"""MOR's pages in the neutral model: session or signature, question or write. A write is sent once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

from providers.capabilities import NumberWords
from providers.errors import ErrorKind, ProviderError
from providers.model import (
    Agent,
    Balance,
    CallOutcome,
    CallRecord,
    CallRequest,
    CallResult,
    Document,
    Edit,
    Page,
    Rows,
    VendorTable,
)
from providers.mor import vendor_tables, wire
from providers.mor.documents import DOCUMENTS, asked_document, document_in
from providers.mor.edits import EDITS, Change, NotNowError, change, number_words
from providers.mor.pages import Pages, SignedOutError, page_text
from providers.mor.parsing import WordsError
from providers.mor.paths import Paths
from providers.mor.refusals import is_about_hash
from providers.mor.replies import Shown, reply_in, unreadable
from providers.mor.session import Patience, Session
from providers.mor.settings import MorSettings
from providers.mor.signature import signed
from providers.sdk.exchange import DATA_BYTES, Answer, Request
from providers.sdk.http import VendorHttp
from providers.sdk.lenient import UnfitError
from providers.sdk.lenient_json import UnreadableError
from providers.sdk.lenient_xml import Element
from providers.sdk.offload import MAX_INLINE_ROWS, in_thread
from providers.sdk.replies import Reply
from providers.sdk.vendor_clock import walls
from providers.vendor import Opening

T = TypeVar("T")

_NO: Mapping[str, str] = {}
_QUESTION_SECONDS = 20.0  # of a question over all its requests
_BEFORE_SECONDS = 8.0  # of what is read before a write, and what is left of 25 s for the write itself
_WRITE_SECONDS = 15.0
_MAX_DOCUMENT_BYTES = 4 * DATA_BYTES


class Mor:
    """An opened MOR account."""

    def __init__(self, opening: Opening) -> None:
        settings = opening.settings
        if not isinstance(settings, MorSettings):
            raise TypeError("a MOR account needs MorSettings")
        self._settings = settings
        self._clock = opening.clock
        self._zone = opening.timezone or UTC
        self._currency = opening.currency
        self._secret = settings.api_secret.get_secret_value() if settings.api_secret else ""
        self._http = VendorHttp(
            title=wire.TITLE,
            base_url=settings.base_url,
            secrets=settings.secrets(),
            names=(settings.username,),
            throttle=opening.throttle,
            clock=opening.clock,
            keep_cookies=True,
        )
        self._pages = Pages(self._http.verdicts)
        self._paths = Paths(settings.paths, settings.base_url)
        self._session = Session(
            self._http,
            self._pages,
            self._paths,
            username=settings.username,
            password=settings.password.get_secret_value(),
            fields=settings.login_fields,
        )

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.close()

    async def balance(self) -> Balance:
        """Returns the balance of MOR-3; with `api: billing`, of the real server's `user_balance_get`."""
        if self._settings.api == "billing":
            # Old servers know `currency` alone, new ones ignore it beside `user_currency`.
            fields = {"username": self._settings.username, "currency": "USER", "user_currency": "1"}
            page = await self._signed_page("user_balance_get", fields, {}, number="balance")
            return self._pages.one(page, "user_balance_get", "a balance", self._billed)
        page = await self._page("MOR-3", Patience(_QUESTION_SECONDS))
        return self._pages.one(
            page, "MOR-3", "a balance", lambda root: wire.balance(root.first("stats", "finances"), self._currency)
        )

    async def calls(
        self,
        since: datetime,
        until: datetime,
        *,
        caller: str | None = None,
        callee: str | None = None,
        page: int = 1,
    ) -> Page[CallRecord]:
        """Returns the whole period at once; MOR cannot narrow it by party, so that is done here. MOR-20."""
        if page > 1:
            return Page(Rows(), page, more=False)
        form = {
            "userid": self._settings.user_id,
            "search_on": "1",
            **wire.stamps(*walls(since, until, self._zone)),
            "direction": "all",
            "calltype": "all",
            "show_device": "all",
        }
        root = await self._page("MOR-20", Patience(_QUESTION_SECONDS), form=form)
        calls = root.all("calls_stat", "calls", "call")
        rows = await in_thread(
            lambda _calls: self._pages.one(root, "MOR-20", "calls", self._calls), calls, MAX_INLINE_ROWS
        )
        wanted = [c for c in rows if _same(c.caller, caller) and _same(c.callee, callee)]
        distinct = {call.call_id: call for call in wanted}.values()
        newest = sorted(distinct, key=lambda c: c.started_at or datetime.min.replace(tzinfo=UTC), reverse=True)
        return Page(Rows(tuple(newest), rows.unreadable), page, more=False)

    async def status(self) -> str:
        """Returns what the login page says, without signing in. MOR-1."""
        answer = await self._http.ask(self._request("MOR-1"))
        try:
            root = await self._pages.tree(answer, "MOR-1")
        except SignedOutError:
            return "Its login form answers."
        name = self._http.verdicts.quote(root.said("pagename") or "A page without a name")
        said = root.said("error_msg") or ""
        return f"{name} answers{f': “{self._http.verdicts.quote(said)}”' if said.strip() else ''}."

    def vendor_table_topics(self) -> Sequence[str]:
        """Returns the topics of the lists of MOR-3, 5, 7–9, 11, 12, 16–19, 23–25, 27–29, 31, 34 and 35."""
        return tuple(vendor_tables.USAGE)

    async def vendor_table(self, topic: str, words: Sequence[str]) -> VendorTable:
        """Returns one of MOR's own lists; BAD_REQUEST says how its words are written."""
        asked = self._meant(
            lambda: vendor_tables.asked(topic, words, self._clock(), self._zone, self._settings.user_id)
        )
        if asked.signed or (asked.operation == "MOR-5" and self._settings.api == "billing"):
            operation, page = "MOR-4", await self._signed_page("MOR-4", {"user_id": self._settings.user_id}, _NO)
        else:
            operation = asked.operation
            page = await self._page(
                operation, Patience(_QUESTION_SECONDS), fill=asked.fill, query=asked.query, form=asked.form
            )
        found = self._pages.one(page, operation, f"a list of {topic}", asked.read)
        if found.unreadable and not found.rows:
            raise self._pages.misshapen(operation, f"a list of {topic}")
        return found

    def document_topics(self) -> Sequence[str]:
        """Returns the topics of MOR-13, 14, 21 and 22."""
        return tuple(DOCUMENTS)

    async def document(self, topic: str, form: str, words: Sequence[str]) -> Document:
        """Returns one exported file; an answer that is no such file is an error, whatever its type says."""
        operation, query = self._meant(lambda: asked_document(topic, form, words, self._clock(), self._zone))
        request = replace(self._request(operation, query=query), max_bytes=_MAX_DOCUMENT_BYTES)

        async def read(answer: Answer) -> bytes:
            try:
                content = document_in(answer.content, form)
            except UnreadableError as error:
                raise self._pages.unreadable(operation, error.damage, "") from error
            if content is None:
                await self._pages.read(answer, operation)
                raise self._pages.misshapen(operation, f"a {form.upper()} file")
            return content

        content = await self._session.ask(request, read, Patience(_QUESTION_SECONDS))
        media = {"pdf": "application/pdf", "csv": "text/csv"}[form]
        return Document(f"mor-{topic}.{form}", media, content)

    def edits(self) -> Sequence[Edit]:
        """Returns the changes of MOR-6, 10a–e, 15, 26, 30, 32 and 33."""
        return EDITS

    def preview(self, topic: str, verb: str, words: Sequence[str]) -> str:
        """Returns what the change will do; nothing is asked. BAD_REQUEST for wrong words."""
        return self._meant(lambda: change(topic, verb, words, self._settings)).sentence

    def number_words(self, topic: str, verb: str, words: Sequence[str]) -> NumberWords | None:
        """Returns where the number stands to which MOR-10c forwards calls, or which MOR-30 and MOR-32 keep."""
        return number_words(topic, verb, words)

    async def edit(self, topic: str, verb: str, words: Sequence[str]) -> CallResult:
        """Sends one change, once, and returns the outcome.

        A page is read first: it shows whether the change fits, and renews the session.
        """
        wanted = self._meant(lambda: change(topic, verb, words, self._settings))
        page = await self._page(wanted.look, Patience(_BEFORE_SECONDS), fill=wanted.fill, query=wanted.look_query)
        form = self._settled(wanted, page)
        request = self._request(wanted.operation, fill=wanted.fill, query=wanted.query, form=form, write=True)
        return await self._write(request, wanted.shown)

    async def place_call(self, request: CallRequest) -> CallResult:
        """Asks once, and returns the outcome: the agent phone rings, then the destination. MOR-36 or `callback_init`.

        MOR-36 has no field for a caller ID: the device's own is shown, and the result says so.
        """
        operation = "callback_init" if self._settings.api == "billing" else "MOR-36"
        source = self._digits(request.agent.extension, operation)
        destination = self._digits(request.destination, operation)
        device = await self._device(request.agent)
        if operation == "MOR-36":
            query = {"src": source, "dst": destination, "acc": device}
            write = self._request(operation, query=query, form=_NO, write=True)
        else:
            fields = {"device": device, "src": source, "dst": destination}
            if request.caller_id:
                fields["cli_legb"] = self._digits(request.caller_id, operation)  # of the leg to the destination
            who = {"u": self._settings.username, "p": self._settings.password.get_secret_value()}
            write = self._request(operation, form={**who, **self._sign(operation, fields)}, write=True)
        result = await self._write(write)
        if request.caller_id and operation == "MOR-36" and result.outcome is CallOutcome.ACCEPTED:
            note = f"{result.note.rstrip('.')}. MOR shows the device's own caller ID.".lstrip(". ")
            return CallResult(result.outcome, result.call_id, note)
        return result

    async def _device(self, agent: Agent) -> str:
        """Returns the device that a call is placed through.

        The setting's, else the one with the agent's extension (MOR-7).
        """
        if self._settings.call_device:
            return self._settings.call_device
        page = await self._page("MOR-7", Patience(_BEFORE_SECONDS))
        devices = page.all("devices", "device")
        found = {
            (d.said("acc") or "").strip()
            for d in devices
            if (d.said("extension") or "").strip() == agent.extension.strip() and _is_phone(d)
        } - {""}
        if len(found) == 1:
            return found.pop()
        how_many = "several devices" if found else "no telephone"
        kind = ErrorKind.BAD_REQUEST if found else ErrorKind.NOT_FOUND
        raise self._error(kind, f"lists {how_many} with extension {agent.extension}, so no call was placed", "MOR-7")

    async def _write(self, request: Request, shown: Shown | None = None) -> CallResult:
        """Sends it, once."""
        try:
            answer = await self._http.ask(replace(request, seconds=_WRITE_SECONDS))
        except ProviderError as error:
            if error.kind is not ErrorKind.UNKNOWN_OUTCOME:
                raise
            return CallResult(CallOutcome.UNKNOWN, note=error.user_text)
        reply = _reply(answer, shown)
        if reply.outcome is CallOutcome.UNKNOWN:
            note = self._http.verdicts.lost(request.operation, f"sent {reply.words}").user_text
            return CallResult(CallOutcome.UNKNOWN, note=note)
        if is_about_hash(reply.words):
            return CallResult(reply.outcome, note=self._pages.refused(request.operation, reply.words).user_text)
        return CallResult(reply.outcome, note=self._http.verdicts.quote(reply.words))

    def _settled(self, wanted: Change, page: Element) -> dict[str, str] | None:
        try:
            form = wanted.settle(page, wanted.form or {})
        except NotNowError as error:
            raise self._error(ErrorKind.REJECTED, f"{error}, so nothing was changed", wanted.look) from error
        except UnfitError as error:
            raise self._pages.misshapen(wanted.look, "a page to change", got=str(error)) from error
        return form if wanted.form is not None else None

    async def _page(
        self,
        operation: str,
        patience: Patience,
        *,
        fill: Mapping[str, str] = _NO,
        query: Mapping[str, str] = _NO,
        form: Mapping[str, str] | None = None,
    ) -> Element:
        """Returns a page of the session."""
        request = self._request(operation, fill=fill, query=query, form=form)

        async def read(answer: Answer) -> Element:
            return await self._pages.read(answer, operation)

        return await self._session.ask(request, read, patience)

    async def _signed_page(
        self, operation: str, fields: Mapping[str, str], more: Mapping[str, str], *, number: str = ""
    ) -> Element:
        """Returns a page of the signed API; `more` are fields that the signature leaves out."""
        if not self._secret:
            raise self._error(ErrorKind.AUTH, "was not asked: api_secret is not set", operation)
        form = {"u": self._settings.username, **self._sign(operation, fields), **more}
        answer = await self._http.ask(self._request(operation, form=form))
        try:
            return await self._pages.read(answer, operation, number=number)
        except SignedOutError as over:
            raise self._pages.refused(operation, over.said or "Login page") from over

    def _sign(self, operation: str, fields: Mapping[str, str]) -> dict[str, str]:
        return signed(operation, fields, self._secret, self._settings.hash_order)

    def _request(
        self,
        operation: str,
        *,
        fill: Mapping[str, str] = _NO,
        query: Mapping[str, str] = _NO,
        form: Mapping[str, str] | None = None,
        write: bool = False,
    ) -> Request:
        method, path = self._paths.of(operation, {"user_id": self._settings.user_id, **fill})
        return Request(
            operation,
            path,
            method,
            query=tuple(query.items()) if method == "POST" else (*query.items(), *(form or {}).items()),
            form=(form or {}) if method == "POST" else None,
            write=write,
        )

    def _billed(self, root: Element) -> Balance:
        named = (root.said("currency") or "").strip().upper()
        return wire.balance(root, named or self._currency)

    def _calls(self, root: Element) -> Rows[CallRecord]:
        if root.first("calls_stat", "calls") is None:
            raise UnfitError("no calls")
        currency = (root.said("currency") or "").strip().upper() or self._currency
        elements = root.all("calls_stat", "calls", "call")
        rows = wire.rows_of(elements, lambda row: wire.call(row, self._zone, currency))
        if elements and not rows.items:
            raise UnfitError("rows of another form")
        return rows

    def _meant(self, read: Callable[[], T]) -> T:
        """Returns what people's words mean; raises BAD_REQUEST."""
        try:
            return read()
        except WordsError as error:
            raise ProviderError(ErrorKind.BAD_REQUEST, str(error)) from error

    def _digits(self, number: str, operation: str) -> str:
        bare = wire.digits(number)
        if not bare:
            raise self._error(ErrorKind.BAD_REQUEST, "was not asked: this is no telephone number", operation)
        return bare

    def _error(self, kind: ErrorKind, sentence: str, operation: str) -> ProviderError:
        return self._http.verdicts.error(kind, f"{sentence}.", operation)


def _reply(answer: Answer, shown: Shown | None) -> Reply:
    try:
        text = page_text(answer)
    except UnreadableError as error:
        return unreadable(error.damage, "")
    return reply_in(text, shown)


def _same(party: str, wanted: str | None) -> bool:
    """Returns whether a call's party is the one that is meant, a plus and blanks aside."""
    return not wanted or (wire.digits(party) or party) == (wire.digits(wanted) or wanted)


def _is_phone(device: Element) -> bool:
    return wire.letters(device.said("type") or "") != "fax"
