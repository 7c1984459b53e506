"""The workspace as one person sees it, as JSON for the page. It changes nothing."""

from collections.abc import Callable
from typing import Any

from bot.demo.slack import town, wire
from bot.demo.slack.changes import PageChange
from bot.demo.slack.socket_mode import Sockets
from bot.demo.slack.stage import Stage
from bot.demo.slack.workspace import APP, BOT_ID, BOT_USER, DemoChannel, DemoView, Json, Message, MethodRefused

TOLD = ("text", "user", "channel")


class Screen:
    """One workspace, seen by any person."""

    def __init__(
        self,
        stage: Stage,
        sockets: Sockets,
        request_url: Callable[[], str | None],
        controls: list[str],
        demo_state: Callable[[], Json] | None,
    ) -> None:
        self._stage, self._sockets, self._request_url = stage, sockets, request_url
        self._controls, self._demo_state = controls, demo_state
        self._workspace = stage.workspace

    def who(self, user: str) -> str:
        """Returns the person who looks; the floor manager where nobody is named."""
        return self._workspace.person(user or town.MANAGER).id

    def state(self, user: str) -> Json:
        """Returns everything, at once."""
        workspace = self._workspace
        seen = [c for c in workspace.channels.values() if workspace.sees(user, c)]
        commands = self._stage.manifest.commands or ()
        return {
            "seq": workspace.changes.seq,
            "now": workspace.now(),
            "you": user,
            "team": {"id": workspace.team_id, "name": workspace.team_name, "domain": workspace.domain},
            "bot": {"user_id": BOT_USER, "bot_id": BOT_ID, "app_id": APP, "name": workspace.app_name},
            "users": [self._user(name) for name in workspace.people],
            "usergroups": [
                {"id": g.id, "handle": g.handle, "name": g.name, "users": g.users} for g in workspace.groups.values()
            ],
            "channels": self.channels(user),
            "commands": [
                {"command": c.command, "description": c.description, "usage_hint": c.usage_hint} for c in commands
            ],
            "shortcuts": [
                {"callback_id": s.callback_id, "name": s.name, "kind": s.kind} for s in self._stage.manifest.shortcuts
            ],
            "steps": self._stage.manifest.functions,
            "messages": {channel.id: self._messages(user, channel) for channel in seen},
            "modals": self.modals(user),
            "home": self.home(user),
            "app": self.app(),
            "faults": self.faults(),
            "controls": self._controls,
            "demo": self._demo_state() if self._demo_state else None,
        }

    def _user(self, name: str) -> Json:
        person = self._workspace.people[name]
        initials = "".join(word[0] for word in person.real_name.split()[:2]).upper()
        return {
            "id": person.id, "name": person.name, "real_name": person.real_name, "title": person.title,
            "color": person.color, "initials": initials, "kind": person.kind,
        }  # fmt: skip

    def channels(self, user: str) -> list[Json]:
        """Returns the list at the left, with what is unread."""
        workspace = self._workspace
        return [self._channel(user, c) for c in workspace.channels.values() if workspace.sees(user, c)]

    def _channel(self, user: str, channel: DemoChannel) -> Json:
        read = channel.last_read.get(user, "")
        unread = [
            m for m in self._workspace.standing(channel.id)
            if m.user != user and (not read or float(m.ts) > float(read))
        ]  # fmt: skip
        return {
            "id": channel.id,
            "name": channel.name,
            "kind": channel.kind,
            "topic": channel.topic,
            "is_archived": channel.archived,
            "bot_is_member": BOT_USER in channel.members,
            "you_are_member": user in channel.members,
            "with": BOT_USER if channel.kind == "dm" else None,
            "unread": sum(m.in_channel for m in unread),
            "mentions": sum(user in m.wakes for m in unread),
            "last_read": read,
        }

    def _messages(self, user: str, channel: DemoChannel) -> list[Json]:
        own = [
            m for m in self._workspace.ephemeral.values()
            if m.channel == channel.id and m.only_for == user and not m.deleted
        ]  # fmt: skip
        items = sorted([*self._workspace.standing(channel.id), *own], key=lambda m: float(m.ts))
        return [self.message(user, item) for item in items]

    def message(self, user: str, item: Message) -> Json:
        """Returns a message, with what a page needs beside Slack's own object."""
        body = wire.message(self._workspace, item, metadata=True)
        body |= {
            "id": item.key, "channel": item.channel, "ephemeral": item.only_for is not None,
            "from_slack": item.from_slack, "wakes": list(item.wakes), "mentions_you": user in item.wakes,
            "show_edited": item.show_edited,
        }  # fmt: skip
        if item.used:
            body["used"] = item.used
        for file in body.get("files", []):
            file["url"] = f"/ui/files/{file['id']}"
        return body

    def modals(self, user: str) -> list[Json]:
        """Returns the open modals, bottom first."""
        return [self._view(self._workspace.views[name]) for name in self._workspace.modals.get(user, [])]

    def home(self, user: str) -> Json | None:
        """Returns the Home tab; None where there is none."""
        item = self._workspace.homes.get(user)
        return self._view(item) if item else None

    def _view(self, item: DemoView) -> Json:
        return wire.view(item) | {"errors": item.errors}

    def app(self) -> Json:
        """Returns how the app is connected."""
        sockets, http = len(self._sockets.open), self._request_url() is not None
        return {"sockets": sockets, "http": http, "connected": http or sockets > 0}

    def faults(self) -> list[Json]:
        """Returns the levers that are set."""
        told = [{"id": fault.id, "title": fault.title} for fault in self._stage.faults.waiting]
        if self._stage.faults.handshakes:
            told.append({"id": "handshakes", "title": f"WebSocket: 503 ({self._stage.faults.handshakes} left)"})
        return told

    def journal(self, since: int) -> list[Json]:
        """Returns what happened after entry number `since`."""
        return [
            {"n": e.n, "at": e.at.timestamp(), "kind": e.kind, "text": e.text, "user": e.user,
             "channel": e.channel, "outcome": str(e.data.get("outcome", ""))}
            for e in self._workspace.journal.entries[since:]
        ]  # fmt: skip

    def events(self, user: str, change: PageChange) -> list[tuple[str, Json]]:
        """Returns what a change is for this person; [] where it is none."""
        if change.user and change.user != user:
            return []
        if change.kind in {"message", "removed", "notify"}:
            return self._about_message(user, change)
        plain: dict[str, Callable[[], Any]] = {
            "channels": lambda: {"channels": self.channels(user)},
            "modals": lambda: {"modals": self.modals(user)},
            "home": lambda: {"home": self.home(user)},
            "notice": lambda: {"text": change.data["text"], "kind": change.data["level"]},
            "app": self.app,
            "faults": lambda: {"faults": self.faults()},
            "demo": self._demo,
        }
        return [(change.kind, plain[change.kind]())] if change.kind in plain else []

    def _demo(self) -> Json:
        return {"demo": self._demo_state() if self._demo_state else None, "now": self._workspace.now()}

    def _about_message(self, user: str, change: PageChange) -> list[tuple[str, Json]]:
        channel = self._workspace.channels[change.channel]
        if not self._workspace.sees(user, channel):
            return []
        if change.kind == "removed":
            return [("removed", {"channel": change.channel, "id": change.key})]
        try:
            item = self._workspace.by_key(change.key)
        except MethodRefused:
            return []  # deleted since; its own change follows
        if change.kind == "message":
            return [("message", {"message": self.message(user, item), "new": bool(change.data["new"])})]
        name = self._workspace.people[item.user].real_name
        where = f"#{channel.name}" if channel.name else "direct message"
        told = {"channel": channel.id, "id": item.key, "title": f"{name} in {where}", "loud": True}
        return [("notify", told | {"text": item.text or item.words})]
