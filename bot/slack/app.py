"""Bolt, and the door for Slack over HTTP. What Slack has signed is acknowledged; what it has not is 401."""

import json
import logging
from typing import Any

import structlog
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

log = structlog.get_logger(__name__)

MAX_BODY = 1024 * 1024
_BOLT = logging.getLogger("bot.slack.bolt")
_BOLT.setLevel(logging.ERROR)  # it warns of every request that has no listener


def build_app(client: AsyncWebClient) -> AsyncApp:
    """Bolt's application without a listener. It asks Slack nothing, so an ack never waits for Slack."""

    async def authorize(enterprise_id: str | None, team_id: str | None, user_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, user_id=user_id, bot_token=client.token)

    return AsyncApp(
        name="ringwatch",
        logger=_BOLT,
        client=client,
        authorize=authorize,
        process_before_response=True,  # else it looks for the ack every 10 ms
        request_verification_enabled=False,  # `Door` has verified before anything is parsed
        ignoring_self_events_enabled=False,
        attaching_function_token_enabled=False,
    )


async def dispatch(app: AsyncApp, request: AsyncBoltRequest) -> BoltResponse:
    """Bolt's answer; what nobody listens to is acknowledged all the same."""
    response = await app.async_dispatch(request)
    return response if response.status == 200 else BoltResponse(status=200, body="")


class Door:
    """`POST /slack/events`."""

    def __init__(self, app: AsyncApp, signing_secret: str) -> None:
        self._app = app
        self._verifier = SignatureVerifier(signing_secret)

    async def handle(self, request: web.Request) -> web.Response:
        """Verify, then dispatch. 413: larger than Slack ever sends; 401: not signed by Slack."""
        if (request.content_length or 0) > MAX_BODY:
            raise web.HTTPRequestEntityTooLarge(MAX_BODY, request.content_length or 0)
        body = await request.read()
        if len(body) > MAX_BODY:
            raise web.HTTPRequestEntityTooLarge(MAX_BODY, len(body))
        if not self._signed(body, request):
            return web.json_response({"error": "the signature is wrong or too old"}, status=401)
        try:
            bolt_request = AsyncBoltRequest(
                body=body.decode("utf-8"), query=request.query_string, headers=dict(request.headers)
            )
            # Two deliveries of one request have one signature; the same words typed again have another.
            bolt_request.body["delivery"] = request.headers.get("X-Slack-Signature")
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            log.warning("a signed request could not be read", error=type(error).__name__)
            return web.Response(status=200)
        return _http(await dispatch(self._app, bolt_request))

    def _signed(self, body: bytes, request: web.Request) -> bool:
        try:
            return self._verifier.is_valid(
                body=body,
                timestamp=request.headers.get("X-Slack-Request-Timestamp"),
                signature=request.headers.get("X-Slack-Signature"),
            )
        except (ValueError, TypeError):  # a time stamp that is no number, a body or header that is no text
            return False


def _http(response: BoltResponse) -> web.Response:
    body: Any = response.body
    text = body if isinstance(body, str) else json.dumps(body)
    kind = response.first_headers().get("content-type", "text/plain;charset=utf-8")
    return web.Response(status=response.status, body=text.encode("utf-8"), headers={"Content-Type": kind})
