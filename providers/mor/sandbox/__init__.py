"""MOR backwards: the simulated call centre answers as MOR's pages would. Never imported by the adapter.

Where the document is silent this is a guess: who is not signed in sees the login page with 200, a changed call
flow is answered with its page, a missed call is named by the field `processed`.
"""

import gzip
import secrets
from collections.abc import Callable, Mapping

from aiohttp import web
from aiohttp.typedefs import Handler

from providers.mor.sandbox.books import Books
from providers.mor.sandbox.encode import login_page, malformed_xml, stamp, tag, written
from providers.mor.sandbox.money import MoneyPages
from providers.mor.sandbox.office import Office
from providers.mor.sandbox.routes import operation_of
from providers.mor.signature import ORDER, mor_hash
from providers.sdk.lenient_xml import Element
from providers.sdk.simulation.faults import chosen, faulty
from providers.sdk.simulation.sandbox import VendorSandbox
from providers.sdk.simulation.world import World

Fields = Mapping[str, str]

OPERATION = web.RequestKey("operation", str)
FIELDS = web.RequestKey("fields", dict[str, str])
GRANTED = web.RequestKey("granted", str)
OWN_FAULTS = frozenset({"no_cookie", "login_redirect", "gzip_body", "html_wrapper", "no_question_mark", "login_form"})
COOKIE = "mor_session"
USER, USER_ID, HASH_SECRET = "ringwatch", "17", "sandbox/api secret+{seed}"
_LOGIN_FORM = '<!DOCTYPE html>\n<html><body><form><input name="u"><input type="password" name="p"></form></body></html>'
_PUBLIC = {"MOR-1", "MOR-2"}
_SIGNED = frozenset(ORDER)
_WRITES = frozenset({"MOR-6", "MOR-15", "MOR-26", "MOR-30", "MOR-32", "MOR-33"})


class MorSandbox:
    """MOR played on a `World`. `books` keeps what writes changed; `end_sessions` signs everybody out."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.faults: dict[str, str] = {}
        self.books = Books(world.currency)
        keys = sandbox_settings(world, "")
        self._password, self._secret = keys["password"], keys["api_secret"]
        self._sessions: set[str] = set()
        money, office = MoneyPages(world, self.books), Office(world, self.books)
        self._answer: Mapping[str, Callable[[Fields], Element | bytes]] = {**money.answers(), **office.answers()}

    def app(self) -> web.Application:
        """Returns the application that speaks MOR's wire."""
        malform = faulty(
            lambda request: request[OPERATION],
            self.faults,
            own=OWN_FAULTS,
            secrets=(self._password, self._secret),
            down=lambda: self.world.out,
            malform=malformed_xml,
        )
        app = web.Application(middlewares=[_named, malform])
        app.router.add_route("*", "/{path:.*}", self._handle)
        return app

    def end_sessions(self) -> None:
        """Signs everybody out, as after a quiet hour."""
        self._sessions.clear()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        operation, fields = request[OPERATION], request[FIELDS]
        self.world.advance()
        if not operation:
            return web.Response(status=404, text="")
        if operation == "MOR-2":
            return self._login(request)
        if operation in _SIGNED:
            return self._page(operation, self._signed(operation, fields))
        if operation not in _PUBLIC and request.cookies.get(COOKIE) not in self._sessions:
            if chosen(self.faults, operation) == "login_form":
                return web.Response(text=_LOGIN_FORM, content_type="text/html")
            return self._page(operation, login_page())
        return self._page(operation, self._done(operation, fields))

    def _login(self, request: web.Request) -> web.Response:
        fields = request[FIELDS]
        if (fields.get("u"), fields.get("p")) != (USER, self._password):
            return self._page("MOR-2", _refusal("failed", "Wrong username or password"))
        fault = chosen(self.faults, "MOR-2")
        page = self._page("MOR-2", _refusal("ok", "Succesfully logged in"))
        if fault == "login_redirect":
            page = web.Response(status=302, headers={"Location": "/callc/main"})
        if fault != "no_cookie":
            token = secrets.token_urlsafe(12)
            self._sessions.add(token)
            request[GRANTED] = token
        return page

    def _signed(self, operation: str, fields: Fields) -> Element | bytes:
        values = (fields[name] for name in ORDER[operation] if name in fields)
        if fields.get("hash") != mor_hash(values, self._secret):
            return tag("status", tag("error", text="Incorrect hash"))
        if fields.get("user_id", USER_ID) != USER_ID or fields.get("username", USER) != USER:
            return tag("page", tag("error", text="User was not found"))
        return self._done(operation, fields)

    def _done(self, operation: str, fields: Fields) -> Element | bytes:
        """Returns the answer; a write is counted."""
        fields = {**fields, "now": stamp(self.world.now, self.world.zone)}
        if operation in _WRITES or operation.startswith("MOR-10"):
            told = {name: value for name, value in fields.items() if name not in {"now", "user_id"}}
            self.books.writes.append((operation, told))
        return self._answer[operation](fields)

    def _page(self, operation: str, found: Element | bytes) -> web.Response:
        if isinstance(found, bytes):
            kind = "application/pdf" if found.startswith(b"%PDF") else "text/csv"
            return web.Response(body=found, content_type=kind)
        text = written(found)
        match chosen(self.faults, operation):
            case "html_wrapper":
                text = f"<html>{text.partition('?>')[2]}</html>"
            case "no_question_mark":
                text = text.replace("?>", ">", 1)
            case "gzip_body":
                return web.Response(body=gzip.compress(text.encode()), content_type="application/octet-stream")
        return web.Response(text=text, content_type="text/xml", charset="utf-8")


@web.middleware
async def _named(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Notes which operation a request is, and what its fields are, wherever they stand."""
    form = {name: str(value) for name, value in (await request.post()).items()}
    query = dict(request.query.items())
    request[OPERATION], filled = operation_of(request.method, request.path, query, form)
    request[FIELDS] = {**query, **form, **filled}
    answer = await handler(request)
    if GRANTED in request and not answer.prepared:  # also where a fault has malformed the page
        answer.set_cookie(COOKIE, request[GRANTED], httponly=True)
    return answer


def _refusal(status: str, message: str) -> Element:
    parts = {"name": "login", "status": status, "status_message": message}
    return tag("action", (tag(name, text=text) for name, text in parts.items()))


def sandbox_settings(world: World, base_url: str) -> Mapping[str, str]:
    """Returns the keys of the sandbox's account. Both secrets hold what must be encoded on its way."""
    return {
        "base_url": base_url or "http://sandbox.example",
        "username": USER,
        "password": f"sandbox+mor/pass&{world.seed}",
        "user_id": USER_ID,
        "api_secret": HASH_SECRET.format(seed=world.seed),
    }


SANDBOX = VendorSandbox(MorSandbox, sandbox_settings, OWN_FAULTS)
