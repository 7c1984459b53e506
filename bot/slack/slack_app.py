"""Slack as one thing: put together, started, stopped, asked how it is. It does no work itself."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from aiohttp import web

from bot.cards import Card, Tone
from bot.dialog.context import Access, Actor, Context
from bot.observability.metrics import Metrics
from bot.settings import Permission, Settings
from bot.slack.access import SlackAccess
from bot.slack.answers import Answers
from bot.slack.channels import Channels
from bot.slack.home import HomePages
from bot.slack.listeners import Listeners, ServedAction, ServedCommand
from bot.slack.messenger import SlackMessenger
from bot.slack.posting import PostError, Posting
from bot.slack.receiver import Receiver, build_app
from bot.slack.socket import Socket
from bot.slack.workflow_steps import SlackWorkflows
from bot.store import StepExecution, Store, StoreError

log = structlog.get_logger(__name__)

ANSWER_MAX_AGE = timedelta(seconds=15)
_REVIEW_SECONDS = 60.0
_ASK_SECONDS = 3.5  # `/readyz` must answer within five

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class SlackApp:
    """All of Slack. `context` makes what a command or a press gets; `slack_problems` is put in here."""

    def __init__(
        self,
        *,
        settings: Callable[[], Settings],
        store: Store,
        context: Callable[[Actor, Access], Context],
        commands: Mapping[str, ServedCommand],
        actions: Mapping[str, ServedAction],
        clock: Callable[[], datetime],
        metrics: Metrics | None = None,
        pressed: Callable[[], None] = lambda: None,
        step: Callable[[StepExecution], None] = lambda _: None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._context = context
        slack = settings().slack
        self._posting = Posting(token=slack.bot_token.get_secret_value(), api_url=slack.api_url, clock=clock)
        self.channels = Channels(self._posting, lambda: settings().slack.channel, clock, store)
        self._store = store
        self._reviewing = asyncio.Lock()
        self._nowhere: str | None = None  # "": there is somewhere; None: not looked yet
        self.access = SlackAccess(self._posting, store, settings, clock)
        self.answers = Answers(self._posting, store, settings, clock)
        self.workflows = SlackWorkflows(self._posting, self.answers)
        self.messenger = SlackMessenger(self._posting, self.channels, settings, clock, metrics)
        self.homes = HomePages(
            posting=self._posting,
            store=store,
            access=self.access,
            context=self.context,
            settings=settings,
            clock=clock,
        )
        self.listeners = Listeners(
            commands=commands,
            actions=actions,
            context=self.context,
            access=self.access,
            answers=self.answers,
            store=store,
            settings=settings,
            clock=clock,
            pressed=pressed,
            step=step,
            homes=self.homes,
            metrics=metrics,
        )
        self._receiver: Receiver | None = None
        self._socket: Socket | None = None
        self._review: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Starts to listen; returns at once, whatever Slack does."""
        await self._posting.open()
        slack = self._settings().slack
        app = build_app(self._posting.again)
        self.listeners.bind(app)
        if slack.signing_secret is not None and slack.signing_secret.get_secret_value():
            self._receiver = Receiver(app, slack.signing_secret.get_secret_value(), self.listeners.command)
        if slack.app_token is not None and slack.app_token.get_secret_value():
            token = slack.app_token.get_secret_value()
            self._socket = Socket(app, token, self._posting.again, self.listeners.command)
            await self._socket.start()
        self._review = asyncio.create_task(self._review_channels())

    async def stop(self, deadline: float = 6.0) -> None:
        """Takes nothing new; finishes what was begun, or hands it over, within `deadline` seconds."""
        grace = max(0.5, deadline - 2.5)
        if self._review is not None:
            self._review.cancel()
            await asyncio.gather(self._review, return_exceptions=True)
        self._receiver = None
        closing = self._socket.stop() if self._socket is not None else asyncio.sleep(0)
        await asyncio.gather(closing, self.listeners.drain(grace), self.homes.stop())

    async def close(self) -> None:
        """Closes the connections: nobody sends any more."""
        await self._posting.close()

    @property
    def web_handler(self) -> Handler | None:
        """Returns the handler of `POST /slack/events`; None where HTTP mode is off or we are stopping."""
        return self._receiver.handle if self._receiver is not None else None

    async def trouble(self) -> str | None:
        """Returns None while Slack is connected; else why it is not, in a sentence."""
        if self._socket is not None:
            trouble = await self._socket.trouble()
            if trouble is not None or self._settings().slack.signing_secret is None:
                return trouble
        heard = self._posting.heard_at
        if heard is None or self._clock() - heard > ANSWER_MAX_AGE or self._posting.trouble is not None:
            await self._ask()
        return self._posting.trouble

    async def connected(self) -> tuple[bool, str]:
        """Returns whether Slack is connected, and why not ("": it is).

        Socket Mode: a socket is open. HTTP mode: the last Web API call got an answer, asked afresh when that is older
        than 15 s. A refusal of our token is no such answer: no other call would fare better.
        """
        trouble = await self.trouble()
        return trouble is None, trouble or ""

    async def notify(self, user_id: str, card: Card) -> None:
        """Sends a direct message to one person. Raises `PostError` where it could not be delivered."""
        await self.answers.notify(user_id, card)

    def nowhere(self) -> str | None:
        """Returns that there is nowhere at all to post, in a sentence; None where there is, or that is not known."""
        return self._nowhere or None

    def problems(self) -> list[str]:
        """Returns the channels that alerts want and that are not ours, a sentence each."""
        return self.channels.problems()

    def context(self, actor: Actor) -> Context:
        """Returns what is done for this person may use, as a command of theirs."""
        return replace(self._context(actor, self.access), slack_problems=self.channels.problems)

    async def _ask(self) -> None:
        try:
            async with asyncio.timeout(_ASK_SECONDS):
                await self._posting.call(self._posting.again.auth_test())
        except TimeoutError:
            self._posting.trouble = "Slack did not answer in time"
        except PostError as error:
            log.debug("Slack is in trouble", error=str(error))

    async def review_channels(self) -> None:
        """Reviews all wanted channels; where there is nowhere at all to post, those of `permissions.admin` hear of it.

        Once, by one replica, until there is somewhere again. Raises `PostError` and `StoreError`.
        """
        async with self._reviewing:
            await self._look_for_channels()

    async def _look_for_channels(self) -> None:
        default = self._settings().slack.channel
        await self.channels.review(wanted_channels(self._settings()))
        if await self.channels.find(default) is not None:
            ended, self._nowhere = self._nowhere != "", ""
            if ended:  # a replica that has not seen it yet does not say that it is over
                await self._store.end_nowhere()
            return
        self._nowhere = (
            f"alerts have nowhere to go: the bot is in no channel {default} (not invited, archived or renamed). "
            "Invite it there, or write another channel as slack.channel"
        )
        if await self._store.begin_nowhere() and not await self._notify_admins(self._nowhere):
            await self._store.end_nowhere()  # nobody heard: the next look tries again

    async def _notify_admins(self, sentence: str) -> bool:
        """Whether anybody could be told, or nobody is listed who could."""
        people, heard = await self.access.listed(Permission.ADMIN), 0
        card = Card(f"{sentence[0].upper()}{sentence[1:]}.", Tone.CRITICAL)
        for person in people:
            try:
                await self.answers.notify(person, card)
                heard += 1
            except PostError as error:
                log.warning("an admin could not be told that there is nowhere to post", error=str(error))
        return heard > 0 or not people

    async def _review_channels(self) -> None:
        """Keeps the answer to "where can we not post" fresh, also while there is no alert."""
        while True:
            try:
                await self.review_channels()
            except (PostError, StoreError) as error:
                log.warning("the bot's channels cannot be listed", error=str(error))
            await asyncio.sleep(_REVIEW_SECONDS)


def wanted_channels(settings: Settings) -> set[str]:
    """Returns every channel that the configuration names."""
    wanted = {settings.slack.channel}
    for alert in settings.alerts:
        wanted.add(alert.channel or settings.slack.channel)
        if alert.escalate is not None and alert.escalate.channel:
            wanted.add(alert.escalate.channel)
    return wanted - {""}
