"""Delivers to the app, by Socket Mode or as signed HTTP requests, and waits for the ack as long as Slack does."""

import asyncio
import hashlib
import hmac
import json
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode

import aiohttp

from bot.demo.slack.socket_mode import Sockets
from bot.demo.slack.stage import Stage
from bot.demo.slack.workspace import APP, BOT_ID, BOT_USER, Json, Message

Kind = Literal["slash_commands", "interactive", "events_api"]


@dataclass(frozen=True, slots=True)
class Ack:
    """How the app took it. `error` is Slack's word for the person: operation_timeout, dispatch_failed."""

    ok: bool
    payload: Json = field(default_factory=dict)
    error: str = ""


class EventDelivery:
    """Delivers one envelope or request at a time. With `request_url` it goes by HTTP, else to a socket."""

    def __init__(self, stage: Stage, sockets: Sockets, *, patience: float, wall: Callable[[], float]) -> None:
        self._stage, self._sockets, self._wall = stage, sockets, wall
        self.patience = patience
        self.request_url: str | None = None
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    async def send(self, kind: Kind, payload: Json, *, retry: int = 0, reason: str = "") -> Ack:
        """Delivers it, and returns the ack."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        if self.request_url:
            ack = await self._by_http(self.request_url, kind, payload, retry, reason)
        else:
            ack = await self._by_socket(kind, payload, retry, reason)
        after = round(loop.time() - began, 3)
        text = f"{payload.get('type', kind)} {ack.error or 'acked'}"
        self._stage.workspace.journal.note("ack", text, ok=ack.ok, after=after, payload=ack.payload)
        self._stage.workspace.changes.ring()
        return ack

    async def _by_socket(self, kind: Kind, payload: Json, retry: int, reason: str) -> Ack:
        envelope: Json = {"envelope_id": str(uuid.uuid4()), "payload": payload, "type": kind}
        envelope["accepts_response_payload"] = kind != "events_api"
        if kind == "events_api":
            envelope |= {"retry_attempt": retry, "retry_reason": reason}
        answer = await self._sockets.send(envelope)
        if answer is None:
            return Ack(False, error="dispatch_failed")
        try:
            return Ack(True, await asyncio.wait_for(answer, self.patience))
        except TimeoutError:
            return Ack(False, error="operation_timeout")

    async def _by_http(self, url: str, kind: Kind, payload: Json, retry: int, reason: str) -> Ack:
        if kind == "events_api":
            body, content = json.dumps(payload), "application/json"
        else:
            form = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
            body, content = urlencode(form), "application/x-www-form-urlencoded"
        headers = self.signed(body) | {"Content-Type": content}
        if retry:
            headers |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": reason}
        timeout = aiohttp.ClientTimeout(total=self.patience)
        try:
            async with self._http().post(url, data=body.encode(), headers=headers, timeout=timeout) as answer:
                return _acked(answer.status, await answer.text())
        except TimeoutError:
            return Ack(False, error="operation_timeout")
        except aiohttp.ClientError:
            return Ack(False, error="dispatch_failed")

    def signed(self, body: str) -> dict[str, str]:
        """Returns the headers by which an app knows Slack."""
        at = str(int(self._wall()))
        secret = self._stage.signing_secret.encode()
        digest = hmac.new(secret, f"v0:{at}:{body}".encode(), hashlib.sha256).hexdigest()
        return {
            "X-Slack-Request-Timestamp": at,
            "X-Slack-Signature": f"v0={digest}",
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        }

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession()
        return self._session

    def later(self, work: Coroutine[Any, Any, Any]) -> None:
        """Does it beside everything else, until the end."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Gives up what is under way."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()


def _acked(status: int, text: str) -> Ack:
    if status >= 500:
        return Ack(False, error="http_service_error")
    if not 200 <= status < 300:
        return Ack(False, error="http_client_error")
    try:
        body = json.loads(text)
    except ValueError:
        return Ack(True, {"text": text} if text.strip() else {})
    return Ack(True, body if isinstance(body, dict) else {})


class Events:
    """The Events API: delivers what happens in the workspace to an app that subscribed to it."""

    def __init__(self, stage: Stage, delivery: EventDelivery) -> None:
        self._stage, self._delivery = stage, delivery
        self._made = 0

    def message(self, item: Message) -> None:
        """Delivers a message event, and app_mention where the app was named by a person."""
        workspace = self._stage.workspace
        channel = workspace.channels[item.channel]
        if BOT_USER not in channel.members:
            return
        kind = {"channel": "channel", "private": "group", "dm": "im"}[channel.kind]
        name = {"channel": "channels", "group": "groups", "im": "im"}[kind]
        event: Json = {
            "type": "message", "user": item.user, "text": item.text, "ts": item.ts, "channel": item.channel,
            "event_ts": item.ts, "channel_type": kind, "team": self._team(item.user),
        }  # fmt: skip
        if item.by_app:
            event |= {"bot_id": BOT_ID, "app_id": APP, "blocks": item.blocks}
        else:
            event["client_msg_id"] = str(uuid.uuid5(uuid.NAMESPACE_URL, item.key))
        if item.thread_ts:
            event["thread_ts"] = item.thread_ts
        if self._team(item.user) != workspace.team_id:
            event |= {"user_team": self._team(item.user), "source_team": self._team(item.user)}
        self.tell(f"message.{name}", event)
        if not item.by_app and kind != "im" and BOT_USER in workspace.mentioned(item.text):
            mention = {key: value for key, value in event.items() if key != "channel_type"}
            self.tell("app_mention", mention | {"type": "app_mention"})

    def _team(self, user: str) -> str:
        person = self._stage.workspace.people.get(user)
        return person.team_id if person else self._stage.workspace.team_id

    def tell(self, subscription: str, event: Json) -> None:
        """Delivers an event, if the app subscribed to it; once more where it was not acknowledged."""
        if subscription in self._stage.manifest.events:
            self._delivery.later(self._deliver(self.envelope(event)))

    def envelope(self, event: Json) -> Json:
        """Returns an event as the app gets it."""
        workspace = self._stage.workspace
        self._made += 1
        shared = self._is_shared(str(event.get("channel", "")))
        return {
            "token": "local-verification-token", "team_id": workspace.team_id, "api_app_id": APP,
            "context_team_id": workspace.team_id, "context_enterprise_id": None, "event": event,
            "type": "event_callback", "event_id": f"Ev{workspace.new_id('', 9)}",
            "event_time": int(workspace.now()), "is_ext_shared_channel": shared,
            "event_context": f"4-{self._made}",
            "authorizations": [
                {
                    "enterprise_id": None, "team_id": workspace.team_id, "user_id": BOT_USER, "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
        }  # fmt: skip

    def _is_shared(self, channel: str) -> bool:
        place, people = self._stage.workspace.channels.get(channel), self._stage.workspace.people
        return place is not None and any(people[u].stranger for u in place.members if u in people)

    async def deliver(self, payload: Json) -> Ack:
        """Delivers an event once, whatever the app subscribed to; returns the acknowledgement."""
        return await self._delivery.send("events_api", payload)

    async def _deliver(self, payload: Json) -> None:
        ack = await self._delivery.send("events_api", payload)
        if not ack.ok and ack.error != "dispatch_failed":
            reason = {"operation_timeout": "http_timeout"}.get(ack.error, "http_error")
            await self._delivery.send("events_api", payload, retry=1, reason=reason)
