"""The page of the local Slack: state as JSON, changes as server-sent events, and a person's acts, as POSTs.

It answers this machine's own page alone: a foreign Host or Origin is refused.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, get_args

from aiohttp import web

from bot.demo.slack import files, wire
from bot.demo.slack.changes import PageChange
from bot.demo.slack.faults import FaultKind
from bot.demo.slack.levers import Levers
from bot.demo.slack.screen import Screen
from bot.demo.slack.state import CannotDo
from bot.demo.slack.workflows import DemoWorkflows
from bot.demo.slack.workspace import Json, MethodRefused

PAGE = Path(__file__).parent / "page"
ALIVE_SECONDS = 15.0
STEP_SECONDS = 660.0  # a step that asks somebody takes ten minutes at most
CSP = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Ui:
    """Serves everything under / and /ui."""

    def __init__(
        self,
        slack: Levers,
        workflows: DemoWorkflows,
        controls: dict[str, Callable[[], Awaitable[Json]]],
        demo_state: Callable[[], Json] | None,
    ) -> None:
        self._slack, self._workflows, self._controls = slack, workflows, controls
        self.screen = Screen(slack.stage, slack.sockets, lambda: slack.request_url, list(controls), demo_state)
        self._streams: set[asyncio.Task[Any]] = set()

    def add_routes(self, app: web.Application) -> None:
        """Adds its addresses."""
        app.router.add_get("/", self._index)
        app.router.add_get("/archives/{channel}/{message}", self._permalink)
        app.router.add_get("/page/{name:.+}", self._static)
        app.router.add_get("/ui/state", self._state)
        app.router.add_get("/ui/events", self._events)
        app.router.add_get("/ui/journal", self._journal)
        app.router.add_get("/ui/files/{file}", self._file)
        app.router.add_post("/ui/demo/{name}", self._demo)
        for name, press in self._presses().items():
            app.router.add_post(f"/ui/{name}", self._post(press))

    @web.middleware
    async def guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuses what does not come from this machine's own page (DNS rebinding, other sites' forms)."""
        port = self._slack.stage.base_url.rpartition(":")[2]
        own = {f"{host}:{port}" for host in ("127.0.0.1", "localhost", "[::1]")}
        origin = request.headers.get("Origin", "")
        page = request.path == "/" or request.path.startswith(("/ui/", "/page/", "/archives/"))
        if self._slack.stage.base_url and request.host not in own:
            return web.Response(status=403, text="this Slack is for this machine alone")
        if page and origin and origin not in {f"http://{host}" for host in own}:
            return web.Response(status=403, text="another site's page may not ask this")
        if page and request.method == "POST" and request.content_type != "application/json":
            return web.Response(status=415, text="JSON, please")
        answer = await handler(request)
        if page and not answer.prepared:
            answer.headers.setdefault("Content-Security-Policy", CSP)
            answer.headers.setdefault("X-Content-Type-Options", "nosniff")
            answer.headers.setdefault("Cache-Control", "no-store")
        return answer

    async def _index(self, request: web.Request) -> web.StreamResponse:
        return self._page("index.html")

    async def _static(self, request: web.Request) -> web.StreamResponse:
        return self._page(request.match_info["name"])

    def _page(self, name: str) -> web.StreamResponse:
        path = (PAGE / name).resolve()
        if not path.is_relative_to(PAGE.resolve()) or not path.is_file():
            return web.Response(status=404, text="there is no such page")
        return web.FileResponse(path)

    async def _permalink(self, request: web.Request) -> web.StreamResponse:
        channel, message = request.match_info["channel"], request.match_info["message"].removeprefix("p")
        ts = f"{message[:-6]}.{message[-6:]}"
        raise web.HTTPFound(f"/?channel={channel}&message={ts}")

    def _who(self, request: web.Request) -> str:
        return self.screen.who(request.query.get("user", ""))

    async def _state(self, request: web.Request) -> web.StreamResponse:
        try:
            return web.json_response(self.screen.state(self._who(request)))
        except MethodRefused as refusal:
            return _error(refusal.error, "There is no such person.")

    async def _journal(self, request: web.Request) -> web.StreamResponse:
        since = request.query.get("since", "")
        return web.json_response({"entries": self.screen.journal(int(since) if since.isdigit() else 0)})

    async def _file(self, request: web.Request) -> web.StreamResponse:
        workspace = self._slack.workspace
        item = workspace.files.get(request.match_info["file"])
        if item is None or item.content is None:
            return web.Response(status=404)
        return files.download(item, request, str(wire.file(workspace, item)["mimetype"]))

    async def _events(self, request: web.Request) -> web.StreamResponse:
        try:
            user = self._who(request)
        except MethodRefused as refusal:
            return _error(refusal.error, "There is no such person.")
        wanted = request.headers.get("Last-Event-ID") or request.query.get("since") or ""
        changes = self._slack.workspace.changes
        at = int(wanted) if wanted.isdigit() else changes.seq
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        task = asyncio.current_task()
        if task is not None:
            self._streams.add(task)
        try:
            await self._stream(response, user, at)
        except (ConnectionError, asyncio.CancelledError):
            return response  # the page went away, or we stop
        finally:
            self._streams.discard(task)
        return response

    async def _stream(self, response: web.StreamResponse, user: str, at: int) -> None:
        changes = self._slack.workspace.changes
        while True:
            news = changes.since(at)
            if news is None:
                await response.write(f"id: {changes.seq}\nevent: reset\ndata: {{}}\n\n".encode())
                news = []
            at = changes.seq
            for change in _once(news):
                for name, data in self.screen.events(user, change):
                    text = json.dumps(data, ensure_ascii=False)
                    await response.write(f"id: {change.seq}\nevent: {name}\ndata: {text}\n\n".encode())
            if changes.seq == at and not await changes.rung(ALIVE_SECONDS):
                await response.write(b": alive\n\n")

    def stop(self) -> None:
        """Ends the streams."""
        for task in list(self._streams):
            task.cancel()

    # --- presses

    def _post(self, press: Callable[[str, Json], Awaitable[Json]]) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                body = json.loads(await request.text() or "{}")
                user = self.screen.who(str(body.get("user") or ""))
                answer = await press(user, body)
            except CannotDo as problem:
                return _error(problem.code, str(problem))
            except MethodRefused as refusal:
                return _error(refusal.error, refusal.error.replace("_", " "))
            except TimeoutError as problem:
                return _error("timeout", f"It takes too long: {problem}")
            except (KeyError, ValueError, TypeError, AttributeError) as problem:
                return _error("invalid_request", f"The request is not as /ui expects it: {problem!r}")
            return web.json_response({"ok": True, **answer})

        return handle

    async def _demo(self, request: web.Request) -> web.StreamResponse:
        control = self._controls.get(request.match_info["name"])
        if control is None:
            return web.json_response({"ok": False, "error": "no_such_control"}, status=404)
        return web.json_response({"ok": True, **await control()})

    def _presses(self) -> dict[str, Callable[[str, Json], Awaitable[Json]]]:
        return {
            "command": self._command, "say": self._say, "press": self._press, "select": self._press,
            "submit": self._submit, "close": self._close, "home": self._home, "dm": self._dm,
            "read": self._read, "react": self._react, "fault": self._fault, "shortcut": self._shortcut,
            "step": self._step,
        }  # fmt: skip

    async def _command(self, user: str, body: Json) -> Json:
        name, _, text = str(body["text"]).strip().partition(" ")
        done = await self._slack.command(user, body["channel"], name, text.strip())
        if done.refused:
            raise CannotDo(done.refused, f"{name} is not a valid command here.")
        if done.ack is not None and not done.ack.ok:
            raise CannotDo(done.ack.error, f"{name} failed: the app did not take it.")
        return {"acked": done.acked}

    async def _say(self, user: str, body: Json) -> Json:
        item = self._slack.say(user, body["channel"], str(body["text"]), body.get("thread_ts") or None)
        return {"message": self.screen.message(user, item)}

    async def _press(self, user: str, body: Json) -> Json:
        shown = str(body.get("view") or body["message"])
        done = await self._slack.press(
            user, shown, str(body["action_id"]), option=body.get("value"), block_id=body.get("block_id"),
            typed=body.get("state"),
        )  # fmt: skip
        if done.ack is not None and not done.ack.ok:
            raise CannotDo(done.ack.error, "The app did not respond.")
        return {"acked": done.acked}

    async def _submit(self, user: str, body: Json) -> Json:
        done = await self._slack.submit(user, str(body["view"]), body.get("values") or {})
        if done.error:
            raise CannotDo(done.error, "We had some trouble connecting. Try again?")
        return {"errors": done.errors}

    async def _shortcut(self, user: str, body: Json) -> Json:
        item = self._slack.workspace.by_key(str(body["message"])) if body.get("message") else None
        done = await self._slack.shortcut(user, str(body["callback_id"]), item)
        return {"acked": done.acked}

    async def _step(self, user: str, body: Json) -> Json:
        execution = await self._workflows.run(str(body["step"]), dict(body["inputs"]))
        await self._workflows.over(execution, within=STEP_SECONDS)
        return {"outputs": execution.outputs, "error": execution.error}

    async def _close(self, user: str, body: Json) -> Json:
        await self._slack.close(user, str(body["view"]), everything=bool(body.get("all")))
        return {}

    async def _home(self, user: str, body: Json) -> Json:
        self._slack.open_home(user)
        return {}

    async def _dm(self, user: str, body: Json) -> Json:
        return {"channel": self._slack.dm(user).id}

    async def _read(self, user: str, body: Json) -> Json:
        self._slack.read(user, str(body["channel"]))
        return {}

    async def _react(self, user: str, body: Json) -> Json:
        self._slack.react(user, self._slack.workspace.by_key(str(body["message"])), str(body["name"]))
        return {}

    async def _fault(self, user: str, body: Json) -> Json:
        slack, kind = self._slack, str(body["kind"])
        place, times = str(body.get("channel") or ""), int(body.get("times") or 1)
        levers: dict[str, Callable[[], None]] = {
            "clear": slack.heal,
            "drop_sockets": slack.drop_sockets,
            "refuse_handshake": lambda: slack.refuse_handshakes(times),
            "archive": lambda: slack.archive(place),
            "unarchive": lambda: slack.archive(place, False),
            "kick": lambda: slack.kick(place),
            "invite": lambda: slack.invite(place),
            "delete": lambda: slack.delete(slack.workspace.by_key(str(body["message"]))),
        }
        if kind in levers:
            levers[kind]()
        elif kind in get_args(FaultKind):
            method = str(body.get("method") or "chat.postMessage")
            wanted: FaultKind = body["kind"]
            slack.fail(method, wanted, times, int(body.get("retry_after") or 1))
        else:
            raise CannotDo("no_such_fault", f"There is no fault {kind!r}.")
        return {}


def _once(news: list[PageChange]) -> list[PageChange]:
    """Returns each state once: what is sent whole again is needed only in its last version."""
    last = {(c.kind, c.key, c.user): c.seq for c in news}
    whole = {"channels", "modals", "home", "app", "faults", "demo"}
    return [c for c in news if c.kind not in whole or last[c.kind, c.key, c.user] == c.seq]


def _error(code: str, text: str) -> web.Response:
    return web.json_response({"ok": False, "error": code, "text": text}, status=400)
