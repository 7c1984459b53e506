"""LocalSlack: a whole Slack at the wire, on 127.0.0.1. It never leaves the machine."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from aiohttp import web

from bot.demo.slack import posting, town
from bot.demo.slack.answering import Hooks
from bot.demo.slack.changes import WITHIN_SECONDS
from bot.demo.slack.delivery import EventDelivery, Events
from bot.demo.slack.faults import Faults
from bot.demo.slack.files import Uploads
from bot.demo.slack.journal import Entry, Journal
from bot.demo.slack.levers import Levers
from bot.demo.slack.passes import Passes
from bot.demo.slack.socket_mode import Sockets
from bot.demo.slack.stage import Manifest, Stage
from bot.demo.slack.ui import Ui
from bot.demo.slack.web_api import WebApi
from bot.demo.slack.workflows import DemoWorkflows
from bot.demo.slack.workspace import DemoChannel, DemoFile, DemoView, Message, Workspace

T = TypeVar("T")

MAX_BODY_BYTES = 110 * 1024 * 1024


class LocalSlack(Levers):
    """A Slack of our own, with everything that a person does: command, press, submit, say; and with its levers.

    `clock` dates messages and ages response URLs. Real time passes for the rest: `patience` seconds for an ack, three
    for a trigger id (by `monotonic`); signatures carry `wall` time, which verifiers check.
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        *,
        manifest: Mapping[str, Any] | None = None,
        controls: Mapping[str, Callable[[], Awaitable[dict[str, Any]]]] | None = None,
        demo_state: Callable[[], dict[str, Any]] | None = None,
        bot_token: str | None = None,
        app_token: str | None = None,
        signing_secret: str | None = None,
        patience: float = 3.0,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        workspace = Workspace(clock)
        town.settle(workspace)
        passes, faults = Passes(workspace, monotonic), Faults()
        stage = Stage(
            workspace, passes, faults, Manifest.read(manifest),
            bot_token or f"xoxb-local-{secrets.token_hex(12)}",
            app_token or f"xapp-local-{secrets.token_hex(12)}",
            signing_secret or secrets.token_hex(16),
        )  # fmt: skip
        sockets = Sockets(stage)
        delivery = EventDelivery(stage, sockets, patience=patience, wall=wall)
        super().__init__(stage, delivery, Events(stage, delivery), sockets)
        workspace.on_post.append(self.events.message)
        self.uploads, self.hooks = Uploads(), Hooks(stage)
        self.workflows = DemoWorkflows(stage, self.events)
        self.api = WebApi(stage, self.uploads, self.workflows)
        self.ui = Ui(self, self.workflows, dict(controls or {}), demo_state)
        self._runner: web.AppRunner | None = None

    # --- its place on the wire

    @property
    def base_url(self) -> str:
        """Returns where it listens; "" before start()."""
        return self.stage.base_url

    @property
    def api_url(self) -> str:
        """Returns what an app's `api_url` is set to."""
        return f"{self.stage.base_url}/api/"

    @property
    def bot_token(self) -> str:
        """Returns the app's token for the Web API."""
        return self.stage.bot_token

    @property
    def app_token(self) -> str:
        """Returns the app's token for Socket Mode."""
        return self.stage.app_token

    @property
    def signing_secret(self) -> str:
        """Returns what requests to the app are signed with."""
        return self.stage.signing_secret

    def app(self) -> web.Application:
        """Returns the aiohttp application, all of it."""
        app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[self.ui.guard])
        app.router.add_route("*", "/api/{method}", self.api.handle)
        app.router.add_get("/link/", self.sockets.handle)
        for kind in ("commands", "actions", "app"):
            app.router.add_post(f"/{kind}/{{team}}/{{number}}/{{secret}}", self.hooks.handle)
        app.router.add_post("/upload/v1/{name}", self._upload)
        self.ui.add_routes(app)
        return app

    async def _upload(self, request: web.Request) -> web.Response:
        return await self.uploads.receive(self.stage, request)

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listens (port 0: any that is free), and returns the base URL.

        Raises `ValueError` where that is not loopback.
        """
        if host not in {"127.0.0.1", "localhost", "::1"}:
            raise ValueError(f"the local Slack listens on this machine alone, not on {host}")
        self._runner = web.AppRunner(self.app(), access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        taken = self._runner.addresses[0][1]
        shown = f"[{host}]" if ":" in host else host
        self.stage.base_url = f"http://{shown}:{taken}"
        return self.stage.base_url

    async def stop(self) -> None:
        """Stops listening; whoever is connected is cut off."""
        self.stage.faults.clear()
        self.ui.stop()
        await self.delivery.close()
        await self.sockets.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> "LocalSlack":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    # --- looking

    @property
    def journal(self) -> Journal:
        """Returns everything that happened."""
        return self.workspace.journal

    @property
    def files(self) -> list[DemoFile]:
        """Returns the files that were uploaded, oldest first."""
        return [item for item in self.workspace.files.values() if item.content is not None]

    def messages(self, channel: str, containing: str = "") -> list[Message]:
        """Returns what stands in a channel now, oldest first; replies only where they are shown there too."""
        items = [m for m in self.workspace.standing(self._at(channel).id) if m.in_channel]
        return posting.search(items, containing)

    def thread(self, root: Message) -> list[Message]:
        """Returns the replies to a message, oldest first."""
        return self.workspace.replies(root.channel, root.ts)

    def ephemerals(self, user: str, channel: str | None = None, containing: str = "") -> list[Message]:
        """Returns what only this person sees, Slack's own words too, oldest first."""
        person, place = self.workspace.person(user).id, self._at(channel).id if channel else None
        items = [
            item for item in self.workspace.ephemeral.values()
            if item.only_for == person and not item.deleted and place in {None, item.channel}
        ]  # fmt: skip
        return posting.search(items, containing)

    def wakes(self, user: str | None = None) -> list[Entry]:
        """Returns the notifications that would have reached somebody, or one person."""
        return self.journal.wakes(self.workspace.person(user).id if user else None)

    def modal(self, user: str) -> DemoView | None:
        """Returns the form on top; None where none is open."""
        stack = self.workspace.modals.get(self.workspace.person(user).id)
        return self.workspace.views[stack[-1]] if stack else None

    def home(self, user: str) -> DemoView | None:
        """Returns the Home tab; None where none was published."""
        return self.workspace.homes.get(self.workspace.person(user).id)

    def _at(self, channel: str) -> DemoChannel:
        people = self.workspace.people.values()
        person = next((p for p in people if channel in {p.id, p.name} and not p.bot), None)
        return self.workspace.dm(person.id) if person else self.workspace.channel(channel)

    # --- waiting: by event, never by sleeping

    async def until(self, ask: Callable[[], T], within: float = WITHIN_SECONDS, what: str = "it") -> T:
        """Returns the first truthy answer; asked anew whenever something happens. Raises `TimeoutError` otherwise."""
        return await self.workspace.changes.until(ask, within, what)

    async def message(
        self, channel: str, containing: str = "", *, after: Message | None = None, within: float = WITHIN_SECONDS
    ) -> Message:
        """Returns the newest message in a channel that says so (and is newer than `after`), waited for."""

        def ask() -> list[Message]:
            found = self.messages(channel, containing)
            return [m for m in found if after is None or float(m.ts) > float(after.ts)]

        found = await self.until(ask, within, f"a message with {containing!r} in {channel}")
        return found[-1]

    async def ephemeral(
        self, user: str, channel: str | None = None, containing: str = "", within: float = WITHIN_SECONDS
    ) -> Message:
        """Returns the newest message that only this person sees and that says so, waited for."""
        what = f"an ephemeral message with {containing!r} for {user}"
        return (await self.until(lambda: self.ephemerals(user, channel, containing), within, what))[-1]

    async def edited(self, item: Message, containing: str = "", within: float = WITHIN_SECONDS) -> Message:
        """Returns the message once it says so."""
        await self.until(lambda: posting.search([item], containing), within, f"{containing!r} in {item.key}")
        return item

    async def connected(self, sockets: int = 1, within: float = WITHIN_SECONDS) -> None:
        """Waits until so many sockets are open."""
        await self.until(lambda: len(self.sockets.open) >= sockets, within, f"{sockets} socket(s)")

    async def settle(self, within: float = 1.0) -> None:
        """Waits until nothing has happened for a twentieth of a second (for a transcript, not for a test)."""
        end = asyncio.get_running_loop().time() + within
        while asyncio.get_running_loop().time() < end and await self.workspace.changes.rung(0.05):
            pass
