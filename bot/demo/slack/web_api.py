"""Serves the Web API: reads a request as Slack does, checks the token, pulls the set levers."""

import json
import math
import secrets

from aiohttp import web

from bot.demo.slack import methods_chat, methods_conversations, methods_directory, methods_views
from bot.demo.slack.call import Call, Method
from bot.demo.slack.faults import Fault
from bot.demo.slack.files import Uploads
from bot.demo.slack.stage import Stage
from bot.demo.slack.workflows import DemoWorkflows
from bot.demo.slack.workspace import Json, MethodRefused


class WebApi:
    """Serves all methods, at /api/METHOD."""

    def __init__(self, stage: Stage, uploads: Uploads, workflows: DemoWorkflows) -> None:
        self._stage = stage
        self.methods: dict[str, Method] = {
            **methods_chat.METHODS,
            **methods_conversations.METHODS,
            **methods_directory.METHODS,
            **methods_views.METHODS,
            **uploads.methods(),
            **workflows.methods(),
        }

    async def handle(self, request: web.Request) -> web.Response:
        """Answers one request."""
        name = request.match_info["method"]
        try:
            args, token = await read(request)
        except MethodRefused as refusal:
            return self._told({"ok": False, "error": refusal.error})
        fault = self._stage.faults.take(name)
        if fault is not None:
            self._stage.workspace.changes.add("faults")
            if fault.before:
                self._stage.workspace.journal.note("call", name, args=args, outcome=fault.kind)
                return await strike(fault, request)
            if fault.kind == "late":
                await fault.released.wait()
        answer = self.answer(name, args, token)
        outcome = "ok" if answer["ok"] else answer["error"]
        self._stage.workspace.journal.note("call", name, args=args, outcome=outcome)
        self._stage.workspace.changes.ring()
        if fault is not None:
            return cut(request)
        return self._told(answer)

    def answer(self, name: str, args: Json, token: str) -> Json:
        """Returns what Slack says."""
        try:
            method = self.methods.get(name)
            if method is None:
                raise MethodRefused("unknown_method", req_method=name)
            self._let_in(method, token)
            call = Call(self._stage, name, args)
            call.scope(*method.scopes)
            return {"ok": True, **method.run(call)}
        except MethodRefused as refusal:
            return {"ok": False, "error": refusal.error, **refusal.extra}

    def _let_in(self, method: Method, token: str) -> None:
        if not token:
            raise MethodRefused("not_authed")
        if token in self._stage.revoked:
            raise MethodRefused("token_revoked")
        if token not in {self._stage.bot_token, self._stage.app_token}:
            raise MethodRefused("invalid_auth")
        if (token == self._stage.app_token) != (method.of == "app"):
            raise MethodRefused("not_allowed_token_type")

    def _told(self, answer: Json) -> web.Response:
        scopes = self._stage.manifest.scopes
        headers = {"x-slack-req-id": secrets.token_hex(16)}
        if scopes is not None:
            headers["x-oauth-scopes"] = ",".join(sorted(scopes))
        if answer.get("error") == "ratelimited":
            headers["Retry-After"] = str(math.ceil(self._stage.pace))
            return web.json_response(answer, status=429, headers=headers)
        return web.json_response(answer, headers=headers)


async def read(request: web.Request) -> tuple[Json, str]:
    """Returns the arguments, from the query, a form or JSON, and the token."""
    args: Json = dict(request.query)
    if request.method == "POST" and request.can_read_body:
        if request.content_type == "application/json":
            try:
                body = json.loads(await request.text())
            except ValueError as problem:
                raise MethodRefused("invalid_json") from problem
            if not isinstance(body, dict):
                raise MethodRefused("json_not_object")
            args |= body
        elif request.content_type in {"application/x-www-form-urlencoded", "multipart/form-data"}:
            args |= {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
    header = request.headers.get("Authorization", "")
    token = header.removeprefix("Bearer ").strip() if header.startswith("Bearer ") else ""
    return args, token or str(args.pop("token", "") or "")


async def strike(fault: Fault, request: web.Request) -> web.Response:
    """Returns what a lever does instead of an answer."""
    if fault.kind == "ratelimit":
        headers = {"Retry-After": str(fault.retry_after)}
        return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)
    if fault.kind in {"error500", "error503"}:
        return web.Response(status=int(fault.kind.removeprefix("error")), text="Slack has a bad day")
    if fault.kind == "refused":
        return web.json_response({"ok": False, "error": fault.word})
    if fault.kind == "hang":
        await fault.released.wait()
    return cut(request)


def cut(request: web.Request) -> web.Response:
    """Breaks the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
