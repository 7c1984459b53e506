"""Sends requests to Slack's Web API: what may be asked again, what never, and the fate of a request.

Slack has no idempotency key. Whatever posts goes through `once`, which never repeats; reads and `chat.update` go
through `again`. Every failure is one of four: refused, held off, not sent, unclear.
"""

import io
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from providers.sdk.throttle import retry_after

DEADLINE = timedelta(seconds=10)  # of one request
UPLOAD_SECONDS = 60.0
SHORTEST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(hours=1)
_CONNECT_SECONDS = 4.0
_AUTH_ERRORS = frozenset(
    {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "org_login_required"}
)
# Slack's own words for "some of it may have happened".
_UNCLEAR_ERRORS = frozenset(
    {"fatal_error", "internal_error", "service_unavailable", "request_timeout", "accesslimited"}
)

LOG = logging.getLogger("bot.slack.sdk")
LOG.setLevel(logging.ERROR)  # the library logs URLs and payloads below that


class PostError(Exception):
    """Slack did not do what it was asked, or nobody can say. The text is a sentence for people."""


class RefusedError(PostError):
    """Slack said no, for certain: nothing was posted. `code` is Slack's word."""

    def __init__(self, code: str) -> None:
        super().__init__(f"Slack refused: {code}.")
        self.code = code

    @property
    def auth(self) -> bool:
        """Returns whether it is our token that Slack refuses."""
        return self.code in _AUTH_ERRORS


class HeldOffError(PostError):
    """Slack answered 429: nothing was posted, and nothing is to be asked before `wait` is over."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"Slack asks to wait {wait.total_seconds():.0f} s.")
        self.wait = wait


class NotSentError(PostError):
    """The connection was never there: nothing was posted."""


class UnclearError(PostError):
    """The request may have left, and what Slack made of it is not known."""


class RedirectedError(aiohttp.ClientError):
    """Slack's address sent us elsewhere. Slack never does; whatever answers there is not who was asked."""


async def _stay(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Follows no redirect: it would carry a message to a stranger, or take a stranger's 200 for a post."""
    response = await send(request)
    if 300 <= response.status < 400:
        response.close()
        raise RedirectedError
    return response


class Posting:
    """The clients over one kept session.

    `heard_at` is when Slack answered last, None: never; `trouble` is why it could not be used then, None: it could.
    """

    def __init__(self, *, token: str, api_url: str, clock: Callable[[], datetime]) -> None:
        self._token = token
        self._api_url = api_url
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None
        self.heard_at: datetime | None = None
        self.trouble: str | None = "Slack has not been asked yet"

    async def open(self) -> None:
        """Opens the session. Needs a running event loop; asks nothing."""
        timeout = aiohttp.ClientTimeout(total=DEADLINE.total_seconds(), sock_connect=_CONNECT_SECONDS)
        self._session = aiohttp.ClientSession(timeout=timeout, middlewares=(_stay,))
        self.once = self._client([])
        self.again = self._client(
            [
                AsyncConnectionErrorRetryHandler(max_retry_count=1),
                AsyncServerErrorRetryHandler(max_retry_count=1),
            ]
        )

    async def close(self) -> None:
        """Closes the connections."""
        if self._session is not None:
            await self._session.close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self.close()

    def _client(self, handlers: list[Any]) -> AsyncWebClient:
        return AsyncWebClient(
            token=self._token,
            base_url=self._api_url,
            session=self._session,
            logger=LOG,
            retry_handlers=handlers,
        )

    async def call(self, request: Awaitable[Any]) -> dict[str, Any]:
        """Awaits one call of `once` or `again`; returns its answer, or raises one of the four errors."""
        try:
            answer = await request
        except SlackApiError as error:
            failure = _read_error(error, self._clock())
        except aiohttp.ClientConnectorError as error:
            failure = NotSentError(f"Slack cannot be reached: {type(error).__name__}.")
        except aiohttp.ConnectionTimeoutError:
            failure = NotSentError("Slack cannot be reached: no connection in time.")
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, TypeError, AttributeError) as error:
            # the last three: slack-sdk on an answer of another shape
            failure = UnclearError(f"Slack did not answer: {type(error).__name__}.")
        else:
            self._heard(None)
            return dict(answer.data) if isinstance(answer.data, dict) else {}
        self._heard(failure)
        raise failure

    def _heard(self, failure: PostError | None) -> None:
        answered = (
            failure is None
            or isinstance(failure, HeldOffError)
            or (isinstance(failure, RefusedError) and not failure.auth)
        )
        self.heard_at = self._clock()
        self.trouble = None if answered else str(failure)

    async def respond(self, url: str, body: dict[str, Any]) -> None:
        """Posts to a response URL, once; raises one of the four errors."""
        client = AsyncWebhookClient(url, session=self._session, logger=LOG, retry_handlers=[])
        try:
            answer = await client.send_dict(body)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotSentError("The answer could not be delivered.") from error
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise UnclearError("The answer may not have been delivered.") from error
        if answer.status_code == 429:
            raise HeldOffError(_asked_wait(answer.headers, self._clock()))
        if answer.status_code >= 500:
            raise UnclearError("The answer may not have been delivered.")
        refusal = _refusal(answer.status_code, answer.body)
        if refusal is not None:
            raise RefusedError(refusal)

    async def upload(self, channel: str, *, name: str, title: str, content: bytes, comment: str) -> None:
        """Posts a file into a conversation, by Slack's three steps, each once; raises one of the four errors."""
        place = await self.call(self.once.files_getUploadURLExternal(filename=name, length=len(content)))
        if self._session is None:
            raise NotSentError("Slack cannot be reached: the bot is stopping.")
        timeout = aiohttp.ClientTimeout(total=UPLOAD_SECONDS, sock_connect=_CONNECT_SECONDS)
        try:
            async with self._session.post(
                str(place.get("upload_url")), data=io.BytesIO(content), timeout=timeout, proxy=self.once.proxy
            ) as answer:
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise UnclearError("The file could not be sent to Slack.") from error
        if status != 200:
            raise RefusedError(f"upload answered {status}")
        await self.call(
            self.once.files_completeUploadExternal(
                files=[{"id": place.get("file_id"), "title": title}],
                channel_id=channel,
                initial_comment=comment or None,
            )
        )

    async def direct(self, user_id: str) -> str:
        """Returns the id of the conversation with one person; raises one of the four errors."""
        opened = await self.call(self.again.conversations_open(users=[user_id]))
        return str(opened.get("channel", {}).get("id", ""))


def _refusal(status: int, body: str) -> str | None:
    """Returns Slack's word where a response URL said no, by its status or in its answer; None where it took it."""
    try:
        told = json.loads(body)
    except ValueError:
        told = None
    if isinstance(told, dict) and (status >= 400 or told.get("ok") is False):
        return str(told.get("error") or status)[:80]
    return body[:80] or str(status) if status >= 400 else None


def _read_error(error: SlackApiError, now: datetime) -> PostError:
    response = error.response
    status = getattr(response, "status_code", None)
    data = getattr(response, "data", None)
    code = str(data.get("error", "")) if isinstance(data, dict) else ""
    if status == 429 or code in {"ratelimited", "rate_limited"}:
        return HeldOffError(_asked_wait(getattr(response, "headers", {}), now))
    if status is None or status >= 500 or not code or code in _UNCLEAR_ERRORS:
        return UnclearError(f"Slack did not answer: {code or f'HTTP {status}' if status else 'unreadable'}.")
    return RefusedError(code)


def _asked_wait(headers: Mapping[str, Any], now: datetime) -> timedelta:
    """Returns how long Slack's `Retry-After` asks to wait, between 1 s and an hour; 1 s where it cannot be read."""
    given = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    text = str(given[0] if isinstance(given, list) and given else given)
    return min(max(retry_after(text, now) or SHORTEST_WAIT, SHORTEST_WAIT), LONGEST_WAIT)
