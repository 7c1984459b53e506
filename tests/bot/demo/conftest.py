"""A local Slack with a clock that tests move, and the real client against it."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.slack import LocalSlack
from tests.clocks import HandClock
from tests.deadlines import PATIENCE


@pytest.fixture
def clock() -> HandClock:
    return HandClock(datetime(2026, 11, 20, 9, 0, tzinfo=UTC))


@pytest.fixture
async def slack(clock: HandClock) -> AsyncIterator[LocalSlack]:
    async with LocalSlack(clock, patience=PATIENCE, monotonic=lambda: clock().timestamp()) as slack:
        yield slack


@pytest.fixture
def client(slack: LocalSlack) -> AsyncWebClient:
    return AsyncWebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[])


@pytest.fixture
def bolt(slack: LocalSlack, client: AsyncWebClient) -> AsyncApp:
    return AsyncApp(client=client, signing_secret=slack.signing_secret)


@pytest.fixture
async def connect(slack: LocalSlack) -> AsyncIterator[Callable[[AsyncApp], Any]]:
    """Opens real Socket Mode connections, and closes them."""
    handlers: list[AsyncSocketModeHandler] = []

    async def open_socket(app: AsyncApp) -> AsyncSocketModeHandler:
        handler = AsyncSocketModeHandler(app, slack.app_token, ping_interval=0.2)
        handlers.append(handler)
        await handler.connect_async()
        await slack.connected(len(slack.sockets.open) or 1)
        return handler

    yield open_socket
    for handler in handlers:
        await handler.close_async()


def button(words: str, action: str, **more: Any) -> dict[str, Any]:
    return {"type": "button", "action_id": action, "text": {"type": "plain_text", "text": words}, **more}


@pytest.fixture
def card() -> Callable[..., list[dict[str, Any]]]:
    """Blocks: a sentence, and a row of buttons given as (words, action id)."""

    def make(words: str, *buttons: tuple[str, str], **more: Any) -> list[dict[str, Any]]:
        blocks: list[dict[str, Any]] = [{"type": "section", "text": {"type": "mrkdwn", "text": words}}]
        if buttons:
            blocks.append({"type": "actions", "elements": [button(w, a, **more) for w, a in buttons]})
        return blocks

    return make


@pytest.fixture
def form() -> dict[str, Any]:
    """A modal with one field."""
    element = {"type": "plain_text_input", "action_id": "v"}
    return {
        "type": "modal",
        "callback_id": "call",
        "title": {"type": "plain_text", "text": "Call"},
        "submit": {"type": "plain_text", "text": "Next"},
        "private_metadata": "kept",
        "blocks": [
            {"type": "input", "block_id": "number", "label": {"type": "plain_text", "text": "Number"},
             "element": element},
        ],
    }  # fmt: skip
