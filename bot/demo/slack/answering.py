"""The app's answers to a person: in an ack, or through the response URL of a command or a press."""

import json

from aiohttp import web

from bot.demo.slack import posting
from bot.demo.slack.passes import ResponseUrl
from bot.demo.slack.stage import Stage
from bot.demo.slack.web_api import cut, strike
from bot.demo.slack.workspace import BOT_USER, Json, Message, MethodRefused, Workspace


def give(workspace: Workspace, url: ResponseUrl, said: Json) -> Message | None:
    """Shows an answer where it belongs; returns its message, or None.

    Raises `MethodRefused` where Slack would not take it.
    """
    source = _source(workspace, url)
    if said.get("delete_original"):
        if source is not None:
            posting.remove(workspace, source)
        return None
    content = posting.content(workspace, said)
    if said.get("replace_original") and source is not None:
        answer = posting.edit(workspace, source, content)
    else:
        answer = _new(workspace, url, said, content)
    url.answers.append(answer)
    workspace.changes.ring()
    return answer


def _source(workspace: Workspace, url: ResponseUrl) -> Message | None:
    if url.source is None:
        return None
    try:
        return workspace.by_key(url.source)
    except MethodRefused:
        return None


def _new(workspace: Workspace, url: ResponseUrl, said: Json, content: Json) -> Message:
    channel = workspace.channels[url.channel]
    thread = said.get("thread_ts")
    if said.get("response_type") != "in_channel":
        return posting.whisper(workspace, channel, url.user, content, thread_ts=thread or url.thread_ts)
    if channel.archived:
        raise MethodRefused("channel_is_archived")
    return posting.post(
        workspace,
        channel,
        BOT_USER,
        content,
        thread_ts=thread,
        broadcast=bool(said.get("reply_broadcast")),
        used=url.command,
    )


class Hooks:
    """Serves the response URLs."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def handle(self, request: web.Request) -> web.Response:
        """Answers one POST to a response URL."""
        fault = self._stage.faults.take("hooks")
        if fault is not None:
            self._stage.workspace.changes.add("faults")
            if fault.before:
                self._note(request, fault.kind)
                return await strike(fault, request)
            if fault.kind == "late":
                await fault.released.wait()
        try:
            said = await self._read(request)
            give(self._stage.workspace, self._stage.passes.use(request.path), said)
            self._note(request, "ok")
        except MethodRefused as refusal:
            self._note(request, refusal.error)
            body = {"ok": False, "error": refusal.error, **refusal.extra}
            gone = {"used_url", "expired_url", "no_active_hooks"}
            return web.json_response(body, status=404 if refusal.error in gone else 400)
        return cut(request) if fault is not None else web.Response(text="ok")

    def _note(self, request: web.Request, outcome: str) -> None:
        kind = request.path.split("/")[1]
        self._stage.workspace.journal.note("hook", kind, outcome=outcome, path=request.path)
        self._stage.workspace.changes.ring()

    async def _read(self, request: web.Request) -> Json:
        try:
            if request.content_type == "application/json":
                body = json.loads(await request.text())
            else:
                body = json.loads(str((await request.post()).get("payload", "")))
        except ValueError as problem:
            raise MethodRefused("invalid_payload") from problem
        if not isinstance(body, dict):
            raise MethodRefused("invalid_payload")
        return body
