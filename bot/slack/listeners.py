"""Listens to people: acknowledged here, at once, and nowhere else; the work is a task of its own."""

import asyncio
import html
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol
from weakref import WeakValueDictionary

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.response import BoltResponse

from bot.cards import Answer, Line, Tone
from bot.dialog.context import Access, Actor, Context, Press
from bot.dialog.phrases import failure
from bot.dialog.request import Request
from bot.observability.metrics import Metrics
from bot.settings import Permission, Settings
from bot.slack.answers import SHARE, Answers
from bot.slack.home import EVENT as HOME_OPENED
from bot.slack.home import HomePages, opened_by
from bot.slack.payloads import Envelope, Payload, envelope, message_text, pressed, remembered, text_in
from bot.slack.posting import PostError
from bot.slack.views import CALLBACK, typed
from bot.slack.workflow_steps import EVENT, execution
from bot.store import StepExecution, Store, StoreError
from providers.errors import ProviderError
from providers.sdk.throttle import asking

log = structlog.get_logger(__name__)

MAX_TASKS_AT_ONCE = 200  # works that run side by side
MAX_TASKS_PER_PERSON = 8  # of one person: whoever sends hundreds makes nobody else wait
MAX_TASKS = 2_000  # that run or wait; what comes beyond is acknowledged, and refused
FLOODED = "Ringwatch has too much to do at once, and this was not done: try again in a minute."
ANSWER_TIMEOUT_SECONDS = 21.5  # seconds until a person reads that nothing came; promised are 25
MAYBE_DONE = "Ringwatch is restarting, and what you asked for may or may not have been done: look before you ask again."
ENVELOPE_TTL = timedelta(minutes=10)
_ANY = re.compile(".*", re.DOTALL)
_WRAPPED = re.compile(r"<(?:tel|mailto|https?):[^|<>]*\|([^<>]*)>")

Work = Callable[[], Awaitable[Answer | None]]


class ServedCommand(Protocol):
    """A command of `bot.commands`, as far as it is used here."""

    @property
    def name(self) -> str:
        """Returns the name as it is typed, without the slash."""

    @property
    def run(self) -> Callable[[Context, Request], Awaitable[Answer]]:
        """Returns the function that answers it."""


class ServedAction(Protocol):
    """An action of `bot.actions`, as far as it is used here."""

    @property
    def run(self) -> Callable[[Context, Press], Awaitable[Answer]]:
        """Returns the function that answers it."""

    @property
    def shortcut(self) -> object | None:
        """Returns how people find it where it is a shortcut; None where it is none."""

    @property
    def check(self) -> Callable[[Context, Mapping[str, str]], Mapping[str, str]] | None:
        """Returns the function that names a form's refused fields, with the reason; None for what is no form."""


class Listeners:
    """Listens through Bolt's listeners, and keeps the works that they started."""

    def __init__(
        self,
        *,
        commands: Mapping[str, ServedCommand],
        actions: Mapping[str, ServedAction],
        context: Callable[[Actor], Context],
        access: Access,
        answers: Answers,
        store: Store,
        settings: Callable[[], Settings],
        clock: Callable[[], datetime],
        pressed: Callable[[], None] = lambda: None,
        step: Callable[[StepExecution], None] = lambda _: None,
        homes: HomePages | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        self._commands = commands
        self._actions = actions
        self._context = context
        self._access = access
        self._answers = answers
        self._store = store
        self._settings = settings
        self._clock = clock
        self._step = step
        self._homes = homes
        self._pressed = pressed  # a press may have written what is to be delivered at once
        self._metrics = metrics
        self._room = asyncio.Semaphore(MAX_TASKS_AT_ONCE)
        self._shares: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._running: set[asyncio.Task[None]] = set()
        self.patience = ANSWER_TIMEOUT_SECONDS

    def bind(self, app: AsyncApp) -> None:
        """Registers one listener a kind: Bolt walks its listeners one by one."""

        @app.action(_ANY)
        async def on_action(ack: AsyncAck, body: Payload) -> None:
            await ack()
            if not self._flooded("action"):
                self._on_action(body)

        @app.view(_ANY)
        async def on_view(ack: AsyncAck, body: Payload) -> None:
            errors = self._errors(body)
            if not errors and self._flooded("view"):
                fields = (body.get("view") or {}).get("state", {}).get("values") or {}
                errors = dict.fromkeys(list(fields)[:1], FLOODED)
            if errors:
                await ack(response_action="errors", errors=errors)
                return
            await ack()
            self._on_view(body)

        @app.shortcut(_ANY)
        async def on_shortcut(ack: AsyncAck, body: Payload) -> None:
            await ack()
            if not self._flooded("shortcut"):
                self._on_shortcut(body)

        @app.event(EVENT)
        async def on_step(ack: AsyncAck, body: Payload) -> None:
            await ack()
            asked = execution(body, self._clock())
            if asked is not None:
                self._step(asked)

        @app.event(HOME_OPENED)
        async def on_home(ack: AsyncAck, body: Payload) -> None:
            await ack()
            actor = opened_by(body)
            if actor is not None and self._homes is not None:
                self._homes.opened(actor)

        @app.error
        async def on_error(error: Exception, body: Payload) -> BoltResponse:
            self._start("error", envelope(body), self._failing(error))
            return BoltResponse(status=200, body="")

    def _flooded(self, what: str) -> bool:
        """Returns whether there is no room for one more. Said under a command and in a form; a press cannot show it."""
        if len(self._running) < MAX_TASKS:
            return False
        if self._metrics is not None:
            self._metrics.commands.labels(what, "flooded").inc()
        log.warning("refused: too much to do at once", what=what, under_way=len(self._running))
        return True

    def command(self, body: Payload) -> str | None:
        """Starts the work of a slash command; returns what the acknowledgement says: None, or that there is no room."""
        if self._flooded("command"):
            return FLOODED
        to = envelope(body)
        typed_name = str(body.get("command") or "").lstrip("/").lower()
        name = self._meant(typed_name)
        command = self._commands.get(name)
        words = _words(str(body.get("text") or ""))

        async def work() -> Answer | None:
            if command is None:
                await self._answers.say(
                    to,
                    f"/{typed_name} is not a command of mine. {self._slash('pbx')} help lists what I can do.",
                )
                return None
            return await command.run(self._context(to.actor), Request(words))

        self._start(name if command is not None else "unknown", to, work)
        return None

    async def drain(self, grace: float) -> None:
        """Gives what runs `grace` seconds, then cancels it; those who asked are notified."""
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=grace)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=2.0)

    def _on_action(self, body: Payload) -> None:
        to, press = envelope(body), pressed(body)
        if press is None:
            return
        action = self._actions.get(press.name)
        at_home = text_in(body.get("view"), "type") == "home"

        async def work() -> Answer | None:
            if press.name == SHARE:
                await self._answers.share(press.value, to)
                return None
            if action is None:
                await self._answers.say(to, "This button is from an older version: ask again for a new one.")
                return None
            wanted = Press(name=press.name, value=press.value, actor=to.actor, message=press.message)
            try:
                return await action.run(self._context(to.actor), wanted)
            finally:
                if at_home and self._homes is not None:
                    self._homes.pressed(to.actor)

        known = press.name if action is not None or press.name == SHARE else "unknown"
        self._start(known, to, work, may_change=True)

    def _on_shortcut(self, body: Payload) -> None:
        """Answers by a form or a direct message: a shortcut may have no channel, and what it says is for one person."""
        to = envelope(body)
        to = replace(to, response_url="", actor=replace(to.actor, channel_id=""))
        name = str(body.get("callback_id"))
        action = self._actions.get(name)
        if action is not None and action.shortcut is None:
            action = None

        async def work() -> Answer | None:
            if action is None:
                await self._answers.say(to, "This shortcut is from another version: reload Slack and try again.")
                return None
            return await action.run(self._context(to.actor), Press(name, message_text(body), to.actor))

        self._start(name if action is not None else "unknown", to, work)

    def _on_view(self, body: Payload) -> None:
        to, name, action, fields, value = self._submitted(body)

        async def work() -> Answer | None:
            if action is None:
                await self._answers.say(to, "This form is from an older version: open it again.")
                return None
            press = Press(name=name, value=value, actor=to.actor, fields=fields)
            return await action.run(self._context(to.actor), press)

        self._start(name if action is not None else "unknown", to, work, may_change=True)

    def _errors(self, body: Payload) -> dict[str, str]:
        """Returns the fields that the form's own check refuses. It asks nobody, so it may stand before the ack."""
        to, _, action, fields, _ = self._submitted(body)
        if action is None or action.check is None:
            return {}
        refused = action.check(self._context(to.actor), fields)
        return {name: words[:150] for name, words in refused.items() if name in fields}

    def _submitted(self, body: Payload) -> tuple[Envelope, str, ServedAction | None, dict[str, str], str]:
        submitted = body.get("view") if isinstance(body.get("view"), dict) else {}
        view: Payload = submitted or {}
        value, response_url, channel = remembered(view)
        to = envelope(body)
        to = replace(
            to,
            response_url=response_url or to.response_url,
            actor=replace(to.actor, channel_id=channel or to.actor.channel_id),
        )
        name = str(view.get("callback_id") or "").removeprefix(f"{CALLBACK}:")
        return to, name, self._actions.get(name), typed(view), value

    def _start(self, name: str, to: Envelope, work: Work, *, may_change: bool = False) -> None:
        task = asyncio.create_task(self._serve(name, to, work, may_change=may_change))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _serve(self, name: str, to: Envelope, work: Work, *, may_change: bool) -> None:
        """Does the work and gives its answer, or says why there is none. Never raises but when cancelled."""
        began = self._clock()
        outcome = "answered"
        try:
            outcome = await self._answer(name, to, work, may_change=may_change)
        except asyncio.CancelledError:
            await self._report(to, MAYBE_DONE if may_change else "Ringwatch is restarting: ask again in a minute.")
            raise
        except ProviderError as error:
            outcome = error.kind.value
            await self._report(to, failure(error, self._clock()))
        except StoreError as error:
            outcome = "store"
            await self._report(to, f"The bot's store does not answer, so this cannot be done now. {error}")
        except PostError as error:
            outcome = "undelivered"
            log.warning("an answer could not be delivered", name=name, error=str(error))
        except Exception:  # the one place where a bug becomes a sentence
            outcome = "failed"
            mark = secrets.token_hex(4)
            log.exception("a command or press failed", name=name, event_id=mark)
            await self._report(to, f"Something went wrong here, and it is in the log as {mark}. Try again.")
        if self._metrics is not None:
            self._metrics.commands.labels(name, outcome).inc()
            self._metrics.answer_seconds.labels(name).observe((self._clock() - began).total_seconds())

    async def _answer(self, name: str, to: Envelope, work: Work, *, may_change: bool) -> str:
        working = asyncio.create_task(self._work(name, to, work))
        try:
            done, _ = await asyncio.wait({working}, timeout=self.patience)
            if not done and may_change:
                # what a press began may have left already: it is waited for, not cut off
                await self._report(to, "This takes longer than it should. The outcome follows when it is known.")
            elif not done:
                await self._report(to, "There was no answer in time. Try again in a minute.")
                return "late"
            answer = await working
        finally:
            working.cancel()
            if may_change:
                self._pressed()
        if answer is not None:
            await self._answers.give(answer, to)
        return "answered"

    async def _work(self, name: str, to: Envelope, work: Work) -> Answer | None:
        asking.set("person")
        async with self._share_of(to.actor.user_id), self._room:
            if not await self._first(to.key):
                return None
            refusal = await self._access.refusal(to.actor, Permission.READ, operation=name)
            if refusal is not None:
                await self._answers.say(to, refusal)
                return None
            return await work()

    def _share_of(self, user: str) -> asyncio.Semaphore:
        """Returns the room of one person: what waits for it keeps it alive."""
        share = self._shares.get(user)
        if share is None:
            share = self._shares[user] = asyncio.Semaphore(MAX_TASKS_PER_PERSON)
        return share

    async def _first(self, key: str) -> bool:
        """Returns whether this envelope is new. Without a store it is taken for new: reading needs none."""
        try:
            return await self._store.first_time(f"slack:{key}", ENVELOPE_TTL)
        except StoreError:
            return True

    async def _report(self, to: Envelope, sentence: Line) -> None:
        try:
            await self._answers.say(to, sentence, Tone.WARNING)
        except PostError as error:
            log.warning("a person could not be told", error=str(error))

    @staticmethod
    def _failing(error: Exception) -> Work:
        async def work() -> Answer | None:
            raise error

        return work

    def _meant(self, typed_name: str) -> str:
        """Returns the command behind a name, renamed ones first."""
        renamed: Any = self._settings().slack.commands
        for name, other in renamed.items():
            if other.lstrip("/").lower() == typed_name:
                return str(name)
        return typed_name

    def _slash(self, name: str) -> str:
        renamed: dict[str, str] = {str(known): other for known, other in self._settings().slack.commands.items()}
        return f"/{renamed.get(name, name).lstrip('/')}"


def _words(text: str) -> str:
    """Returns what was typed: Slack's links unwrapped, its three entities read back."""
    return html.unescape(_WRAPPED.sub(r"\1", text)).replace("\u00a0", " ").strip()
