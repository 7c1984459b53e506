"""A vendor's server that answers what a test gives it, and what any vendor may answer instead of what was asked."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, NamedTuple, Self

from aiohttp import web
from aiohttp.test_utils import TestServer

from providers.errors import ErrorKind


class Panel:
    """`answers` by name, else `anything`; `asked` remembers what came, `raw` the addresses as they travelled.

    An answer is text, bytes, what JSON can hold, a response, or an async function of the request that returns one.
    A vendor says in `read` how a request is read.
    """

    media_type = "application/json"
    anything: Any = None

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.asked: list[Any] = []
        self.raw: list[str] = []
        app = web.Application(client_max_size=10_000_000)
        app.router.add_route("*", "/{path:.*}", self.reply)
        self.server = TestServer(app)

    async def read(self, request: web.Request) -> tuple[str, Any]:
        """By which name its answer is kept, and what `asked` remembers; fails what this vendor would not take."""
        raise NotImplementedError

    async def reply(self, request: web.Request) -> web.StreamResponse:
        """Remember the request, and answer it."""
        self.raw.append(request.raw_path)
        name, remembered = await self.read(request)
        self.asked.append(remembered)
        return await self.made(request, self.answers.get(name, self.anything))

    async def made(self, request: web.Request, answer: Any) -> web.StreamResponse:
        """The response that this answer is."""
        if callable(answer):
            answer = await answer(request)
        if isinstance(answer, web.StreamResponse):
            return answer
        if not isinstance(answer, str | bytes):
            answer = json.dumps(answer)
        body = answer if isinstance(answer, bytes) else answer.encode()
        return web.Response(body=body, content_type=self.media_type)

    @property
    def url(self) -> str:
        return str(self.server.make_url("/"))

    async def __aenter__(self) -> Self:
        await self.server.start_server()
        return self

    async def __aexit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.server.close()


Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]


def status(code: int, text: str = "", **headers: str) -> Answering:
    """Answer with this status."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=code, text=text, headers=headers)

    return answer


async def drop(request: web.Request) -> web.StreamResponse:
    """Break the connection and answer nothing."""
    request.transport.abort()
    return web.Response()


async def cut(request: web.Request) -> web.StreamResponse:
    """Break the connection in the middle of the answer."""
    request.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n[{")
    await asyncio.sleep(0)
    request.transport.close()
    return web.Response()


class Told(NamedTuple):
    """An answer, the kind of error that it is, and what the sentence for people has in it."""

    answer: Any
    kind: ErrorKind
    words: str


LOGIN = "<!DOCTYPE html><form><input name='login'><input type=\"password\" name='p'></form>"
FAULTS = {
    "a web page": Told("<html><h1>111.74</h1></html>", ErrorKind.GARBLED, "answered with a web page instead of data"),
    "a login form": Told(LOGIN, ErrorKind.AUTH, "answered with a login page"),
    "a login form in short": Told("<!DOCTYPE html><input type=password>", ErrorKind.AUTH, "answered with a login page"),
    "nothing": Told(b"", ErrorKind.GARBLED, "sent an empty answer"),
    "blanks": Told(b" \r\n", ErrorKind.GARBLED, "sent an empty answer"),
    "a byte order mark": Told(b"\xef\xbb\xbf \n", ErrorKind.GARBLED, "sent an empty answer"),
    "a byte order mark alone": Told(b"\xef\xbb\xbf", ErrorKind.GARBLED, "sent an empty answer"),
    "plain words": Told("Feature disabled", ErrorKind.REJECTED, "says: “Feature disabled”."),
    "noise": Told(b"\x00\x13\x88\x02\xff\x00\x01", ErrorKind.GARBLED, "cannot be read"),
    "a cut connection": Told(drop, ErrorKind.UNAVAILABLE, "broke the connection"),
    "a cut body": Told(cut, ErrorKind.GARBLED, "cut off"),
    "204": Told(status(204), ErrorKind.GARBLED, "sent an empty answer"),
    "401": Told(status(401), ErrorKind.AUTH, "refused access (401)"),
    "403": Told(status(403, "<html>"), ErrorKind.AUTH, "refused access (403)"),
    "404": Told(status(404, "<html>nginx</html>"), ErrorKind.NOT_FOUND, "(404)"),
    "404 alone": Told(status(404), ErrorKind.NOT_FOUND, "(404)"),
    "429": Told(status(429, **{"Retry-After": "60"}), ErrorKind.RATE_LIMITED, "asked for fewer requests (429)"),
    "500": Told(status(500, "<html>oops"), ErrorKind.UNAVAILABLE, "is having problems (500)"),
    "502": Told(status(502, "<html>nginx</html>"), ErrorKind.UNAVAILABLE, "is having problems (502)"),
    "a redirect": Told(
        status(302, Location="https://elsewhere.example/?login"), ErrorKind.GARBLED, "sent us to another page (302)"
    ),
}  # what any vendor may answer, to whatever was asked; a vendor's table says what else, and what it tells otherwise
