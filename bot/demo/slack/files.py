"""The methods files.*: the three steps of an upload, and handing the bytes back to a browser."""

import secrets
from dataclasses import dataclass, field

from aiohttp import web

from bot.demo.slack import posting, wire
from bot.demo.slack.call import Call, Method, invalid
from bot.demo.slack.stage import Stage
from bot.demo.slack.workspace import BOT_USER, DemoFile, Json, MethodRefused


@dataclass(slots=True)
class Uploads:
    """Upload URLs that are out: path to file id."""

    open: dict[str, str] = field(default_factory=dict)

    def methods(self) -> dict[str, Method]:
        """Returns the Web API's methods."""
        return {
            "files.getUploadURLExternal": Method(self.get_url, ("files:write",)),
            "files.completeUploadExternal": Method(self.complete, ("files:write",)),
            "files.info": Method(self.info, ("files:read",)),
        }

    def get_url(self, call: Call) -> Json:
        """Answers files.getUploadURLExternal."""
        workspace, name, length = call.stage.workspace, call.need("filename"), call.need("length")
        if not length.isdigit() or int(length) < 1:
            raise invalid("length must be greater than 0")
        item = DemoFile(workspace.new_id("F"), name, int(length), alt_txt=call.text("alt_txt"))
        item.created = int(workspace.now())
        workspace.files[item.id] = item
        path = f"/upload/v1/{secrets.token_urlsafe(32)}"
        self.open[path] = item.id
        return {"upload_url": f"{call.stage.base_url}{path}", "file_id": item.id}

    def complete(self, call: Call) -> Json:
        """Answers files.completeUploadExternal: a channel is named by its id, and the app must be in it."""
        workspace, given = call.stage.workspace, call.json("files", "invalid_arguments")
        if not isinstance(given, list) or not given:
            raise invalid("missing required field: files")
        items: list[DemoFile] = []
        for entry in given:
            item = workspace.files.get(str(entry.get("id")))
            if item is None or item.content is None:
                raise MethodRefused("file_not_found")
            item.title = str(entry.get("title") or item.name)
            items.append(item)
        if name := call.text("channel_id"):
            channel = workspace.channels.get(name)
            if channel is None or BOT_USER not in channel.members:
                raise MethodRefused("channel_not_found")
            if channel.archived:
                raise MethodRefused("is_archived")
            for item in items:
                item.channels.append(channel.id)
                item.thread_ts = call.text("thread_ts") or None
                item.comment = call.text("initial_comment")
            said: Json = {"text": call.text("initial_comment")}
            ids = [item.id for item in items]
            posting.post(workspace, channel, BOT_USER, said, files=ids, thread_ts=call.text("thread_ts") or None)
        return {"files": [wire.file(workspace, item) for item in items]}

    def info(self, call: Call) -> Json:
        """Answers files.info."""
        item = call.stage.workspace.files.get(call.need("file"))
        if item is None or item.content is None:
            raise MethodRefused("file_not_found")
        return {"file": wire.file(call.stage.workspace, item)}

    async def receive(self, stage: Stage, request: web.Request) -> web.Response:
        """Takes the bytes, raw or as a form's file. The URL is good once."""
        fault = stage.faults.take("files.upload")
        if fault is not None and fault.kind.startswith("error"):
            return web.Response(status=int(fault.kind.removeprefix("error")))
        name = self.open.pop(request.path, None)
        if name is None:
            return web.Response(status=404, text="not found")
        if request.content_type.startswith("multipart/"):
            form = await request.post()
            parts = [part for part in form.values() if isinstance(part, web.FileField)]
            content = parts[0].file.read() if parts else b""
        else:
            content = await request.read()
        item = stage.workspace.files[name]
        if len(content) != item.length:
            return web.Response(status=400, text="wrong length")
        item.content = content
        stage.workspace.journal.note("upload", item.name, user=BOT_USER, file=item)
        stage.workspace.changes.ring()
        return web.Response(text=f"OK - {item.length}")


def download(item: DemoFile, request: web.Request, mimetype: str) -> web.Response:
    """Returns the bytes for the browser; a range of them where it asks for one, so that a player can seek."""
    content = item.content or b""
    headers = {
        "Accept-Ranges": "bytes",
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": "attachment" if not mimetype.startswith("audio/") else "inline",
    }
    wanted = request.http_range
    if wanted.start is None and wanted.stop is None:
        return web.Response(body=content, content_type=mimetype, headers=headers)
    start, stop, _ = wanted.indices(len(content))
    headers["Content-Range"] = f"bytes {start}-{max(start, stop - 1)}/{len(content)}"
    return web.Response(status=206, body=content[start:stop], content_type=mimetype, headers=headers)
