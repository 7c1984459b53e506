"""Delivers an answer to the person: by the response URL, once; a form at once; a file in a direct message.

It never posts what may have been posted already.
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.cards import Answer, Button, Card, File, Form, Line, Row, Section, Tone, When
from bot.settings import Settings
from bot.slack.blocks import Rendered, render
from bot.slack.blocks_text import Eyes, moment
from bot.slack.data_support import DataSupport
from bot.slack.payloads import Envelope
from bot.slack.posting import HeldOffError, NotSentError, PostError, Posting, RefusedError
from bot.slack.views import view
from bot.store import Store, StoreError

log = structlog.get_logger(__name__)

SHARE = "share"
SHARE_TTL = timedelta(minutes=30)
_TRIES = 3
_MAX_WAIT_SECONDS = 10.0  # seconds that Slack may ask us to wait while somebody waits for an answer
_UPLOAD_WAIT_SECONDS = 8.0  # seconds before the person reads that the file is on its way


@dataclass(frozen=True, slots=True)
class Shared:
    """The public form of an answer, which a press on Share posts, and when it was asked.

    `lists` are its blocks without tables and charts, where there are any.
    """

    text: str
    blocks: list[dict[str, Any]]
    at: datetime
    lists: list[dict[str, Any]] | None = None

    def forms(self, *, data: bool) -> list[list[dict[str, Any]]]:
        """Returns the blocks to be tried, one after the other; `data`: tables and charts are tried at all."""
        if self.lists is None:
            return [self.blocks]
        return [self.blocks, self.lists] if data else [self.lists]


class _DataRefusedError(Exception):
    """Slack refused a table or a chart: the same goes out as lists."""


class Answers:
    """Delivers answers to the person who asked."""

    def __init__(
        self,
        posting: Posting,
        store: Store,
        settings: Callable[[], Settings],
        clock: Callable[[], datetime],
        data: DataSupport | None = None,
    ) -> None:
        self._posting = posting
        self._store = store
        self._settings = settings
        self._clock = clock
        self._data = data or DataSupport(clock)

    async def give(self, answer: Answer, to: Envelope) -> None:
        """Delivers all that the answer holds. Raises `PostError` where it could not be delivered."""
        if answer.form is not None:
            await self._open(answer.form, to)
        if answer.file is not None:
            await self._send(answer.file, answer.card, to)
        elif answer.card is not None:
            # what others read as well is the dispatcher's: an answer never takes its place
            instead = answer.replace and to.private
            await self._show(answer.card, to, share=answer.share, replace_original=instead)
        elif answer.errors:
            rows = tuple(Row(words) for words in answer.errors.values())
            await self.say(to, "That cannot be done as it stands.", body=rows)

    async def say(self, to: Envelope, sentence: Line, tone: Tone = Tone.WARNING, *, body: tuple[Row, ...] = ()) -> None:
        """Delivers one sentence of ours. Raises `PostError`."""
        card = Card(verdict=sentence, tone=tone, body=(Section(body),) if body else ())
        await self._show(card, to)

    async def share(self, token: str, to: Envelope) -> None:
        """Posts what was shown where everybody sees it, once. Raises `PostError` and `StoreError`."""
        kept = await self._store.take_share(token)
        if kept is None:
            await self.say(to, "This was shared already, or is older than 30 minutes: ask again.", Tone.INFO)
            return
        shared = Shared(kept["text"], kept["blocks"], datetime.fromisoformat(kept["at"]), kept.get("lists"))
        age = _age(self._clock() - shared.at)
        asked = moment(When(shared.at, "day"), self._settings().timezone)
        note = f"Shared by <@{to.actor.user_id}> · as of {asked}, {age} old"
        block = {"type": "context", "elements": [{"type": "mrkdwn", "text": note, "verbatim": True}]}
        body: dict[str, Any] = {
            "response_type": "in_channel",
            "replace_original": False,
            "text": f"{shared.text}\n{note}",
        }
        forms = shared.forms(data=self._data.shown)
        try:
            for blocks in forms:
                try:
                    await self._respond(to.response_url, {**body, "blocks": [*blocks, block]})
                except RefusedError as refused:
                    if blocks is forms[-1] or not self._data.refuses(refused, has_data=True):
                        raise
                else:
                    return
        except RefusedError:
            await self.say(to, "This can no longer be shared from here: ask again.")

    async def _show(self, card: Card, to: Envelope, *, share: bool = False, replace_original: bool = False) -> None:
        if share:
            card = await self._with_share(card)
        try:
            await self._shown(self._rendered(card), to, replace_original=replace_original)
        except _DataRefusedError:
            await self._shown(self._rendered(card, data=False), to, replace_original=replace_original)

    def _rendered(self, card: Card, *, data: bool = True) -> Rendered:
        return render(card, self._eyes(public=False), data=data and self._data.shown)

    async def _shown(self, rendered: Rendered, to: Envelope, *, replace_original: bool) -> None:
        """Delivers it by the response URL, else for the person's eyes. Raises `_DataRefusedError` and `PostError`."""
        body: dict[str, Any] = {
            "text": rendered.text,
            "blocks": rendered.blocks,
            "replace_original": replace_original,
        }
        if not replace_original:
            body["response_type"] = "ephemeral"
        if to.response_url:
            try:
                await self._respond(to.response_url, body)
            except RefusedError as refused:
                self._unless_data(refused, rendered)
                log.info("a response URL is used up", reason=refused.code)
            else:
                return
        await self._whisper(rendered, to)

    def _unless_data(self, refused: RefusedError, rendered: Rendered) -> None:
        """Raises `_DataRefusedError` where it is a table or a chart that Slack refused."""
        if self._data.refuses(refused, has_data=rendered.has_data):
            raise _DataRefusedError from refused

    async def _respond(self, url: str, body: dict[str, Any]) -> None:
        """Answers by the response URL. Again only after what has certainly posted nothing."""
        for attempt in range(_TRIES):
            try:
                await self._posting.respond(url, body)
            except (HeldOffError, NotSentError) as error:
                pause = error.wait.total_seconds() if isinstance(error, HeldOffError) else 0.5
                if attempt == _TRIES - 1 or pause > _MAX_WAIT_SECONDS:
                    raise
                await asyncio.sleep(pause)
            else:
                return

    async def _whisper(self, rendered: Rendered, to: Envelope) -> None:
        """Answers without a response URL: for the person's eyes in the channel, or in a direct message."""
        if not to.actor.channel_id:
            await self._direct(to.actor.user_id, rendered)
            return
        say = self._posting.once.chat_postEphemeral
        try:
            await self._posting.call(
                say(
                    channel=to.actor.channel_id,
                    user=to.actor.user_id,
                    text=rendered.text,
                    blocks=rendered.blocks,
                )
            )
        except RefusedError as refused:
            self._unless_data(refused, rendered)
            await self._direct(to.actor.user_id, rendered)

    async def notify(self, user_id: str, card: Card) -> None:
        """Sends a direct message, for what nobody waits for at a response URL any more. Raises `PostError`."""
        try:
            await self._direct(user_id, self._rendered(card))
        except _DataRefusedError:
            await self._direct(user_id, self._rendered(card, data=False))

    async def _direct(self, user_id: str, rendered: Rendered) -> None:
        channel = await self._posting.direct(user_id)
        try:
            await self._posting.call(
                self._posting.once.chat_postMessage(
                    channel=channel, text=rendered.text, blocks=rendered.blocks, unfurl_links=False, unfurl_media=False
                )
            )
        except RefusedError as refused:
            self._unless_data(refused, rendered)
            raise

    async def _with_share(self, card: Card) -> Card:
        """Returns the card with its Share button; without, where the store cannot keep what would be shared."""
        public = render(_bare(card), self._eyes(public=True), spare=1)
        token = secrets.token_urlsafe(18)
        payload = {"text": public.text, "blocks": public.blocks, "at": self._clock().isoformat()}
        if public.has_data:
            payload["lists"] = render(_bare(card), self._eyes(public=True), spare=1, data=False).blocks
        try:
            await self._store.put_share(token, payload, SHARE_TTL)
        except StoreError as error:
            log.warning("an answer cannot be shared", error=str(error))
            return card
        return replace(card, controls=(*card.controls[:20], Button(SHARE, "Share", token)))

    async def _open(self, form: Form, to: Envelope) -> None:
        modal = view(form, response_url=to.response_url, channel=to.actor.channel_id)
        try:
            await self._posting.call(self._posting.once.views_open(trigger_id=to.trigger_id, view=modal))
        except PostError as error:
            log.info("a form could not be opened", reason=str(error))
            await self.say(to, "The form could not be opened in time: try again.")

    async def _send(self, file: File, card: Card | None, to: Envelope) -> None:
        sending = asyncio.create_task(self._upload(file, to.actor.user_id))
        try:
            done, _ = await asyncio.wait({sending}, timeout=_UPLOAD_WAIT_SECONDS)
            if not done:
                await self.say(to, f"{file.title} is on its way to your direct messages.", Tone.INFO)
            await sending
        except PostError as error:
            log.warning("a file could not be delivered", error=str(error))
            await self.say(to, f"{file.title} could not be delivered: {error}")
        else:
            if done:
                sent = Card(verdict=f"{file.title} is in your direct messages with me.", tone=Tone.GOOD)
                await self._show(card or sent, to)
        finally:
            sending.cancel()

    async def _upload(self, file: File, user_id: str) -> None:
        channel = await self._posting.direct(user_id)
        await self._posting.upload(
            channel, name=file.name, title=file.title, content=file.content, comment=file.comment
        )

    def _eyes(self, *, public: bool) -> Eyes:
        settings = self._settings()
        return Eyes(public=public, region=settings.calls.region, zone=settings.timezone)


def _bare(card: Card) -> Card:
    """Returns the card without controls: they are good for the person who asked alone."""
    body = tuple(
        replace(item, rows=tuple(replace(row, control=None) for row in item.rows))
        if isinstance(item, Section)
        else item
        for item in card.body
    )
    return replace(card, body=body, controls=())


def _age(passed: timedelta) -> str:
    seconds = max(0, int(passed.total_seconds()))
    if seconds < 90:
        return f"{seconds} s"
    return f"{seconds // 60} min"
