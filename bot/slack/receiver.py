"""Bolt, and the receiver of Slack over HTTP. What Slack has signed is acknowledged; what it has not is 401."""

import json
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import structlog
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.payloads import is_for_bolt

log = structlog.get_logger(__name__)

MAX_BODY_BYTES = 1024 * 1024
_FORM = "application/x-www-form-urlencoded"
_BOLT = logging.getLogger("bot.slack.bolt")
_BOLT.setLevel(logging.ERROR)  # it warns of every request that has no listener


def build_app(client: AsyncWebClient) -> AsyncApp:
    """Returns Bolt's application without a listener. It asks Slack nothing, so an ack never waits for Slack."""

    async def authorize(enterprise_id: str | None, team_id: str | None, user_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, user_id=user_id, bot_token=client.token)

    return AsyncApp(
        name="ringwatch",
        logger=_BOLT,
        client=client,
        authorize=authorize,
        process_before_response=True,  # else it looks for the ack every 10 ms
        ssl_check_enabled=False,  # it is acknowledged like all that nobody listens to
        request_verification_enabled=False,  # `Receiver` has verified before anything is parsed
        ignoring_self_events_enabled=False,
        attaching_function_token_enabled=False,
    )


async def dispatch(app: AsyncApp, request: AsyncBoltRequest) -> BoltResponse:
    """Returns Bolt's answer; what nobody listens to is acknowledged all the same."""
    if not is_for_bolt(request.body):
        return BoltResponse(status=200, body="")
    try:
        response = await app.async_dispatch(request)
    except (
        ValueError,
        TypeError,
        AttributeError,
        LookupError,
        RecursionError,
    ) as error:  # Bolt reads no payload of another shape
        log.warning("a request of no known shape is acknowledged", error=type(error).__name__)
        return BoltResponse(status=200, body="")
    return response if response.status == 200 else BoltResponse(status=200, body="")


class Receiver:
    """Serves `POST /slack/events`.

    A slash command goes straight to `command`: Bolt's way costs twice as much (benchmarks).
    """

    def __init__(self, app: AsyncApp, signing_secret: str, command: Callable[[dict[str, Any]], str | None]) -> None:
        self._app = app
        self._command = command
        self._verifier = SignatureVerifier(signing_secret)

    async def handle(self, request: web.Request) -> web.Response:
        """Verifies and dispatches a request; 413: larger than Slack ever sends; 401: not signed by Slack."""
        if (request.content_length or 0) > MAX_BODY_BYTES:
            raise web.HTTPRequestEntityTooLarge(MAX_BODY_BYTES, request.content_length or 0)
        body = await request.read()
        if len(body) > MAX_BODY_BYTES:
            raise web.HTTPRequestEntityTooLarge(MAX_BODY_BYTES, len(body))
        if not self._signed(body, request):
            return web.json_response({"error": "the signature is wrong or too old"}, status=401)
        # Two deliveries of one request have one signature; the same words typed again have another.
        delivery = {"delivery": request.headers.get("X-Slack-Signature")}
        try:
            text = body.decode("utf-8")
            command = _command(text) if request.content_type == _FORM else None
            if command is None:
                bolt_request = AsyncBoltRequest(body=text, query=request.query_string, headers=dict(request.headers))
                bolt_request.body.update(delivery)
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
            log.warning("a signed request could not be read", error=type(error).__name__)
            return web.Response(status=200)
        if command is not None:
            said = self._command({**command, **delivery})
            return web.json_response({"text": said}) if said else web.Response(text="")
        return _http(await dispatch(self._app, bolt_request))

    def _signed(self, body: bytes, request: web.Request) -> bool:
        try:
            return self._verifier.is_valid(
                body=body,
                timestamp=request.headers.get("X-Slack-Request-Timestamp"),
                signature=request.headers.get("X-Slack-Signature"),
            )
        except (ValueError, TypeError, OverflowError):  # a time stamp that is no number of seconds, no text
            return False


def _command(text: str) -> dict[str, str] | None:
    """Returns the fields of a slash command; None for a press or a form, which are one `payload`, and for all else."""
    fields = {} if text.startswith("payload=") else dict(parse_qsl(text, keep_blank_values=True))
    return fields if "command" in fields else None


def _http(response: BoltResponse) -> web.Response:
    body: Any = response.body
    text = body if isinstance(body, str) else json.dumps(body)
    kind = response.first_headers().get("content-type", "text/plain;charset=utf-8")
    return web.Response(status=response.status, body=text.encode("utf-8"), headers={"Content-Type": kind})
