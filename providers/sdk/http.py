"""The one door to the network: deadline, size cap, budget, cool-down, redaction. Never repeats a request."""

import asyncio
import json as json_codec
import logging
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.util import find_spec
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx

from providers.errors import ErrorKind
from providers.sdk.body import BrokenBodyError, TooLargeError, read_capped
from providers.sdk.errors import ErrorMapping
from providers.sdk.exchange import AUDIO_BYTES, DATA_BYTES, MB, Answer, Request
from providers.sdk.text import clean, redactor
from providers.sdk.throttle import Throttle, retry_after

__all__ = ["AUDIO_BYTES", "DATA_BYTES", "Answer", "Request", "VendorHttp", "check_base_url"]

DEADLINE_SECONDS = 20.0  # seconds; people are answered within 25
CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0
_MAX_WORDS_BYTES = 20_000  # bytes of an error's body that are looked at


def _quiet(record: logging.LogRecord) -> bool:
    """Returns whether a line of the HTTP libraries is a warning or worse: others hold whole URLs and headers."""
    return record.levelno >= logging.WARNING


# httpcore looks for it six times a request, and a module that is not there is searched for on disk each time.
if find_spec("sniffio") is None:
    sys.modules["sniffio"] = None  # type: ignore[assignment]  # an import fails as before, but at once


for _name in ("httpx", *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks"))):
    logging.getLogger(_name).addFilter(_quiet)


def check_base_url(text: str) -> str:
    """Returns the address with one slash at its end; raises `ValueError` with a sentence that hides it."""
    try:
        parts = urlsplit(text.strip())
        host, _port = parts.hostname, parts.port
        httpx.URL(text.strip())
    except (ValueError, httpx.InvalidURL):
        raise ValueError("base_url is no address: write it like https://pbx.example.com") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise ValueError("base_url must begin with https:// or http:// and name a host.")
    if "@" in parts.netloc:
        raise ValueError("base_url must not hold credentials: they have keys of their own.")
    if parts.query or parts.fragment or "?" in text or "#" in text:
        raise ValueError("base_url must end before any ? or #.")
    if any(c.isspace() or not c.isprintable() for c in text.strip()):
        raise ValueError("base_url must not hold blanks.")
    return text.strip().rstrip("/") + "/"


@cache
def _trust() -> ssl.SSLContext:
    return httpx.create_ssl_context()


class ExchangeError(Exception):
    """The cause behind a `ProviderError`: what the connection said, without addresses and secrets."""


@dataclass(slots=True)
class _Leaving:
    """Notes whether any byte of a request may have left this machine."""

    left: bool = False

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Notes an event of the transport; a CONNECT to a proxy is not yet our request."""
        if event.endswith("send_request_headers.started"):
            method = getattr(info.get("request"), "method", b"")
            self.left = self.left or method != b"CONNECT"


class VendorHttp:
    """A client of one vendor's host, of its own: httpx slows down where several hosts share one."""

    def __init__(
        self,
        *,
        title: str,
        base_url: str,
        secrets: Iterable[str],
        throttle: Throttle,
        clock: Callable[[], datetime],
        deadline: float = DEADLINE_SECONDS,
        ip_blocked: frozenset[int] = frozenset(),
        keep_cookies: bool = False,
        names: Iterable[str] = (),
    ) -> None:
        """Takes `ip_blocked` for the statuses by which this vendor shuts out addresses it does not know.

        `names` are logins: kept out of errors like secrets, but not out of data, where one may be somebody's number.
        """
        known = list(secrets)
        hide, hide_names = redactor(known), redactor(names, whole=True)
        self.redact: Callable[[str], str] = lambda text: hide_names(hide(text))
        self.verdicts = ErrorMapping(title, self.redact)
        self.conceal = redactor(known, data=True)
        self._base = check_base_url(base_url)
        self._throttle = throttle
        self._clock = clock
        self._deadline = deadline
        self._ip_blocked = ip_blocked
        jar = CookieJar(None if keep_cookies else DefaultCookiePolicy(allowed_domains=[]))
        self._client = httpx.AsyncClient(
            verify=_trust(),
            cookies=jar,
            follow_redirects=False,
            timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS),
            limits=httpx.Limits(max_connections=8),
            headers={"User-Agent": "ringwatch", "Accept-Encoding": "gzip"},
        )

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    async def ask(self, request: Request) -> Answer:
        """Sends once, and returns the whole answer; raises `ProviderError` for whatever is not a 2xx."""
        answer, retry_after = await self._exchange(request)
        status = answer.status
        if status in {401, 403, 429} and status not in request.returns:
            until = await self._throttle.refused(status, retry_after)
            raise self.verdicts.refused(request.operation, status, until, blocked=status in self._ip_blocked)
        if 200 <= status < 300 or status in request.returns:
            if status < 400:
                await self._throttle.answered()
            return answer
        body = answer.text()[:_MAX_WORDS_BYTES]
        raise self.verdicts.status(request.operation, status, body, write=request.write, missing=request.missing)

    async def _exchange(self, request: Request) -> tuple[Answer, timedelta | None]:
        leaving = _Leaving()
        seconds = min(request.seconds or self._deadline, self._deadline)
        trouble: Exception
        try:
            async with asyncio.timeout(seconds):
                await self._throttle.admit(request.operation, spacing=request.spacing)
                async with self._sent(request, leaving) as response:
                    content = await self._body(request, response)
                    kind = clean(response.headers.get("content-type", ""))
                    wait = retry_after(response.headers.get("retry-after", ""), self._clock())
                    return Answer(response.status_code, content, kind, self.conceal), wait
        except TimeoutError as error:
            trouble, kind, said = error, ErrorKind.UNAVAILABLE, f"did not answer within {round(seconds, 1):g} s"
        except TooLargeError as error:
            most = request.max_bytes / MB
            trouble, kind = error, ErrorKind.GARBLED
            said = f"sent an answer that is too large (over {most:g} MB)"
        except (BrokenBodyError, httpx.DecodingError) as error:
            trouble, kind, said = error, ErrorKind.GARBLED, "sent an answer that was cut off or damaged"
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            trouble, (kind, said) = error, _reason(error, leaving)
        cause = ExchangeError(f"{type(trouble).__name__}: {self._bare(str(trouble))}")
        left = leaving.left and not isinstance(trouble, _NEVER_LEFT)
        raise self.verdicts.failed(request.operation, kind, said, lost=request.write and left) from cause

    @asynccontextmanager
    async def _sent(self, request: Request, leaving: _Leaving) -> AsyncIterator[httpx.Response]:
        url = self._base + request.path.lstrip("/")
        if request.query:
            url += ("&" if "?" in url else "?") + urlencode(request.query, quote_via=quote)
        headers, content = dict(request.headers), None
        if request.form is not None:
            headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
            content = urlencode(request.form).encode()
        elif request.json is not None:
            headers.setdefault("Content-Type", "application/json")
            content = json_codec.dumps(request.json).encode()
        parts = {name: (None, value.encode()) for name, value in (request.multipart or {}).items()}
        built = self._client.build_request(
            request.method,
            url,
            headers=headers,
            content=content,
            files=parts or None,
            extensions={"trace": leaving.trace},
        )
        response = await self._client.send(built, stream=True)
        try:
            yield response
        finally:
            await response.aclose()

    async def _body(self, request: Request, response: httpx.Response) -> bytes:
        if response.is_success or response.status_code in request.returns:
            return await read_capped(response, request.max_bytes)
        try:
            async with asyncio.timeout(2):  # the status has said it; the words are a courtesy
                return await read_capped(response, _MAX_WORDS_BYTES)
        except (TimeoutError, TooLargeError, BrokenBodyError, httpx.HTTPError):
            return b""

    def _bare(self, text: str) -> str:
        words = (word for word in self.redact(text).split() if "://" not in word)
        return clean(" ".join(words))


_NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
    UnicodeError,
)


def _reason(error: Exception, leaving: _Leaving) -> tuple[ErrorKind, str]:
    """Returns what broke the exchange, in words that follow the vendor's title."""
    if isinstance(error, httpx.PoolTimeout):
        return ErrorKind.UNAVAILABLE, "is busy with too many of our requests"
    if isinstance(error, httpx.ConnectTimeout):
        return ErrorKind.UNAVAILABLE, f"cannot be reached: no connection within {CONNECT_SECONDS:g} s"
    if isinstance(error, httpx.TimeoutException):
        return ErrorKind.UNAVAILABLE, f"did not answer within {READ_SECONDS:g} s"
    if isinstance(error, httpx.ProxyError):
        return ErrorKind.UNAVAILABLE, "cannot be reached through the proxy"
    if isinstance(error, httpx.LocalProtocolError | httpx.InvalidURL | UnicodeError):
        return (
            ErrorKind.BAD_REQUEST,
            "cannot be asked so: a key or a value holds characters that HTTP forbids",
        )
    causes: list[BaseException] = [error]
    while (deeper := causes[-1].__cause__ or causes[-1].__context__) and len(causes) < 12:
        causes.append(deeper)
    if not leaving.left:
        if any(isinstance(c, ssl.SSLError) for c in causes):
            return ErrorKind.UNAVAILABLE, "cannot be reached: certificate or TLS problem"
        if any(isinstance(c, socket.gaierror) for c in causes):
            return ErrorKind.UNAVAILABLE, "cannot be reached: its address was not found"
        return ErrorKind.UNAVAILABLE, "cannot be reached: no connection"
    if isinstance(error, httpx.RemoteProtocolError) and "complete message body" in str(error):
        return ErrorKind.GARBLED, "sent an answer that was cut off"
    if isinstance(error, httpx.RemoteProtocolError) and "disconnected" not in str(error):
        return ErrorKind.GARBLED, "sent an answer that is no HTTP"
    return ErrorKind.UNAVAILABLE, "broke the connection before its answer was whole"
