"""The Home tab: published when it is opened or pressed on, and again at a steady pace when something has changed."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.dialog.context import Access, Actor, Context
from bot.home.card import HomePage, home, refused
from bot.home.query import query
from bot.settings import Permission, Settings
from bot.slack.blocks import compact
from bot.slack.blocks_text import Eyes
from bot.slack.payloads import Payload, text_in
from bot.slack.posting import PostError, Posting
from bot.store import Store, StoreError

log = structlog.get_logger(__name__)

EVENT = "app_home_opened"
MAX_BLOCKS, MAX_BYTES = 100, 200_000  # Slack takes 250 kB
OPEN_FOR = timedelta(minutes=15)  # after it was opened it is kept up to date for so long
PERSON_SPACING = timedelta(seconds=30)
MAX_PAGES, PER = 60, timedelta(minutes=1)  # published by themselves, for all people together


def opened_by(body: Payload) -> Actor | None:
    """Returns who opened the Home tab; None where that is not what happened."""
    event = body.get("event")
    if text_in(event, "type") != EVENT or text_in(event, "tab") not in {"", "home"}:
        return None
    user = text_in(event, "user")
    return Actor(user, "", text_in(body, "team_id")) if user else None


class HomePages:
    """The pages of everybody who has Ringwatch open."""

    def __init__(
        self,
        *,
        posting: Posting,
        store: Store,
        access: Access,
        context: Callable[[Actor], Context],
        settings: Callable[[], Settings],
        clock: Callable[[], datetime],
    ) -> None:
        self._posting = posting
        self._store = store
        self._access = access
        self._context = context
        self._settings = settings
        self._clock = clock
        self._running: set[asyncio.Task[None]] = set()

    def opened(self, actor: Actor) -> None:
        """Publishes the page at once, and keeps it up to date from now on."""
        self._start(self._at_once(actor, opened=True))

    def pressed(self, actor: Actor) -> None:
        """Publishes the page anew: something was pressed on it."""
        self._start(self._at_once(actor, opened=False))

    async def look(self) -> None:
        """Publishes the pages of those who have it open, where something has changed. Raises `StoreError`."""
        for user, team in await self._store.open_homes(self._clock() - OPEN_FOR):
            if not await self._store.first_time(f"home:{user}", PERSON_SPACING):
                continue
            actor = Actor(user, "", team)
            view, digest = await self._view(actor)
            if digest == await self._store.home_digest(user):
                continue
            if await self._store.take_request("home", MAX_PAGES, PER) is not None:
                return  # the next look
            await self._publish(actor, view, digest)

    async def stop(self) -> None:
        """Waits for what is under way, and for nothing after it."""
        if self._running:
            await asyncio.wait(self._running, timeout=1.0)

    def _start(self, work: "Awaitable[None]") -> None:
        task = asyncio.ensure_future(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _at_once(self, actor: Actor, *, opened: bool) -> None:
        try:
            if opened:
                await self._store.open_home(actor.user_id, actor.team_id, self._clock())
            await self._store.first_time(f"home:{actor.user_id}", PERSON_SPACING)
            await self._publish(actor, *await self._view(actor))
        except StoreError as error:
            log.warning("a Home tab waits for the store", error=str(error))
        except Exception:  # nobody waits for it who could be told
            log.exception("a Home tab could not be made")

    async def _view(self, actor: Actor) -> tuple[dict[str, Any], str]:
        """Returns the view, and what tells it from another: its blocks without the age."""
        sentence = await self._access.refusal(actor, Permission.READ, operation="home")
        if sentence is not None:
            page = refused(sentence)
        else:
            context = self._context(actor)
            may = await context.access.may(actor, Permission.ADMIN)
            page = home(await query(context), may_silence=may)
        return rendered(page, self._settings())

    async def _publish(self, actor: Actor, view: dict[str, Any], digest: str) -> None:
        try:
            await self._posting.call(self._posting.again.views_publish(user_id=actor.user_id, view=view))
        except PostError as error:
            log.warning("a Home tab could not be published", reason=str(error))
            return
        await self._store.keep_home_digest(actor.user_id, digest, OPEN_FOR)


def rendered(page: HomePage, settings: Settings) -> tuple[dict[str, Any], str]:
    """Returns the view within Slack's limits, and a digest of it without its age."""
    eyes = Eyes(public=True, region=settings.calls.region, zone=settings.timezone)
    head, _ = compact([page.head], eyes, room_blocks=4, room_bytes=MAX_BYTES)
    parts, left = compact(page.parts, eyes, room_blocks=MAX_BLOCKS - len(head) - 1, room_bytes=MAX_BYTES)
    more = [{"type": "context", "elements": [{"type": "mrkdwn", "text": f"… and {left} more"}]}] if left else []
    told = [block for block in head if block["type"] != "context"]
    digest = hashlib.sha256(json.dumps([told, parts, more]).encode()).hexdigest()
    return {"type": "home", "blocks": [*head, *parts, *more]}, digest
