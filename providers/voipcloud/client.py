"""Sends requests to VoIPcloud and reads the answers: the body counts as much as the status. Repeats nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from providers.errors import ErrorKind, ProviderError
from providers.sdk.answers import Answers
from providers.sdk.exchange import Answer, Request
from providers.sdk.http import VendorHttp
from providers.sdk.lenient import RefusalError, ShapeError, list_in
from providers.sdk.offload import text_in_thread
from providers.sdk.throttle import Throttle
from providers.vendor import Opening
from providers.voipcloud import noc
from providers.voipcloud.envelope import MISSING, UNKNOWN_ERROR, Said, said_in, words_in
from providers.voipcloud.wire import TITLE

COOLING = frozenset({401, 403, 429})
_WHY_LOCKED = (
    "the token is wrong, or this server's IP address is not on its whitelist "
    "(in the portal: PBX, Settings, Integrations, API)"
)


class _Patient:
    """The account's throttle, for which a 2xx is no good answer yet: its body may still say 429."""

    def __init__(self, throttle: Throttle) -> None:
        self._throttle = throttle

    async def admit(self, operation: str, *, spacing: timedelta | None = None) -> None:
        await self._throttle.admit(operation, spacing=spacing)

    async def refused(self, status: int, retry_after: timedelta | None) -> datetime:
        return await self._throttle.refused(status, retry_after)

    async def answered(self) -> None:
        """Does nothing: the door says it once the body has been read."""


class Door:
    """One account's requests. Whatever fails is a `ProviderError`."""

    def __init__(self, opening: Opening, base_url: str) -> None:
        self._throttle = opening.throttle
        self._clock: Callable[[], datetime] = opening.clock
        self.http = VendorHttp(
            title=TITLE,
            base_url=base_url,
            secrets=opening.settings.secrets(),
            throttle=_Patient(opening.throttle),
            clock=opening.clock,
            ip_blocked=frozenset({403}),
        )
        self.verdicts = self.http.verdicts
        self.answers = Answers(self.verdicts)

    async def send(self, request: Request) -> Answer:
        """Returns the answer of one exchange.

        A refusal is worded anew where the vendor's whitelist may be the reason.
        """
        try:
            return await self.http.ask(request)
        except ProviderError as error:
            if error.kind in {ErrorKind.AUTH, ErrorKind.IP_BLOCKED} and error.http_status and error.retry_at:
                raise self._locked(request.operation, error.http_status, error.retry_at) from error
            raise

    async def good(self) -> None:
        """Notes that the answer was good to its last word: the doubling of cool-downs ends."""
        await self._throttle.answered()

    async def opaque(self, request: Request) -> Any:
        """Returns an answer of which nothing is known: JSON that does not say no, or plain words as they are."""
        answer = await self.send(request)
        if noc.is_words(text := await text_in_thread(answer)):
            value: Any = text
            if (
                answer.status < 400
                and (error := self.verdicts.rejected(request.operation, text)).kind is ErrorKind.AUTH
            ):
                raise error
        else:
            value = await self._json(answer, request.operation)
        said = Said(None, None) if isinstance(value, str) and value.strip() else said_in(value)
        await self._checked(request.operation, answer, value, said)
        return value

    async def items(self, request: Request, *, beyond: bool = False) -> list[Any]:
        """Returns the rows of a list answer. `beyond`: it may lie after the end of the list, which 404 says too."""
        value, said = await self._read(request, beyond=beyond)
        if said.code is not None and said.data is MISSING:
            raise self.answers.misshapen(request.operation, "a list of calls", got="none")
        try:
            return list_in(value if said.data is MISSING else said.data)
        except RefusalError as error:
            raise self._instead(request.operation, str(error)) from error
        except ShapeError as error:
            raise self.answers.misshapen(request.operation, "a list of calls") from error

    async def _read(self, request: Request, *, beyond: bool = False) -> tuple[Any, Said]:
        answer = await self.send(request)
        operation = request.operation
        value = await self._json(answer, operation)
        said = said_in(value)
        if beyond and 404 in {answer.status, said.code}:
            return [], Said(None, None, [])
        await self._checked(operation, answer, value, said)
        return value, said

    async def _json(self, answer: Answer, operation: str) -> Any:
        try:
            return await self.answers.json(answer, operation)
        except ProviderError as error:
            if answer.status < 400:
                raise
            raise await self.refusal(operation, answer.status, "") from error

    async def _checked(self, operation: str, answer: Answer, value: Any, said: Said) -> None:
        """Raises where the status or the body says no; a status from 400 on outweighs the body."""
        code = answer.status if answer.status >= 400 else said.code
        if code is not None and not 200 <= code < 300:
            raise await self.refusal(operation, code, said.refusal or words_in(value))
        if said.refusal is not None:
            raise self._no(operation, value, said.refusal)
        await self.good()

    def _no(self, operation: str, value: Any, told: str) -> ProviderError:
        if value is True or (isinstance(value, int) and value):
            return self.answers.misshapen(operation, "a list of calls", got=told)
        return self._instead(operation, told or "error")

    def _instead(self, operation: str, told: str) -> ProviderError:
        if told.strip() in {"false", "null", "0", "error"}:
            sentence = f"answered “{told}” instead of data. It gives no reason: the token or the version may be wrong."
            return self.verdicts.error(ErrorKind.REJECTED, sentence, operation)
        return self.verdicts.rejected(operation, told)

    async def refusal(self, operation: str, code: int, told: str) -> ProviderError:
        """Returns the error of one of the document's codes, as a status or in the body; 401, 403 and 429 cool down."""
        if code in COOLING:
            until = await self._throttle.refused(code, None)
            if code == 429:
                return self.verdicts.refused(operation, code, until, blocked=False)
            return self._locked(operation, code, until)
        kind, sentence = _meaning(code)
        quoted = self.verdicts.quote(told)
        return self.verdicts.error(kind, f"{sentence} ({code}){f': “{quoted}”' if quoted else ''}.", operation, code)

    def _locked(self, operation: str, status: int, until: datetime) -> ProviderError:
        kind = ErrorKind.IP_BLOCKED if status == 403 else ErrorKind.AUTH
        sentence = f"refused access ({status}): {_WHY_LOCKED}."
        error = self.verdicts.error(kind, sentence, operation, status)
        error.retry_at = until
        return error


def _meaning(code: int) -> tuple[ErrorKind, str]:
    if code == UNKNOWN_ERROR:
        return ErrorKind.UNAVAILABLE, "reports an unknown error"
    if code == 400:
        return ErrorKind.BAD_REQUEST, "refused the request"
    if code == 402:
        return ErrorKind.REJECTED, "asks for a licence or a payment"
    if code == 404:
        return ErrorKind.NOT_FOUND, "knows no such address, tenant or data: base_url, version or token may be wrong"
    if code >= 500:
        return ErrorKind.UNAVAILABLE, "is having problems"
    return ErrorKind.REJECTED, "says no"
