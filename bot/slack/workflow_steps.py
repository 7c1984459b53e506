"""Slack's Workflow Builder: what it asks of a step, and how an execution is completed."""

from collections.abc import Awaitable, Mapping
from datetime import datetime
from typing import Any

import structlog

from bot.cards import Card
from bot.notify.port import SendFate, SendResult
from bot.slack.answers import Answers
from bot.slack.payloads import Payload, text_in
from bot.slack.posting import HeldOffError, PostError, Posting, RefusedError, UnclearError
from bot.store import StepExecution

log = structlog.get_logger(__name__)

EVENT = "function_executed"
_OVER = frozenset({"execution_not_in_running_state", "function_execution_not_found"})


def execution(body: Payload, now: datetime) -> StepExecution | None:
    """Returns the execution that an event asks for; None where it is none."""
    event = body.get("event")
    event = event if isinstance(event, dict) else {}
    function, given = event.get("function"), event.get("inputs")
    step = text_in(function, "callback_id")
    execution_id = text_in(event, "function_execution_id")
    if event.get("type") != EVENT or not step or not execution_id:
        return None
    inputs = {str(name): _input(value) for name, value in given.items()} if isinstance(given, dict) else {}
    return StepExecution(
        execution_id, step, {name: value for name, value in inputs.items() if value}, now, text_in(body, "team_id")
    )


def _input(value: object) -> str:
    """Returns an input as text; "" for what is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).encode("utf-8", "replace").decode().strip()


class SlackWorkflows:
    """Completes executions by `functions.completeSuccess` and `functions.completeError`, and asks people."""

    def __init__(self, posting: Posting, answers: Answers) -> None:
        self._posting = posting
        self._answers = answers

    async def succeed(self, execution_id: str, outputs: Mapping[str, object]) -> SendResult:
        """Completes an execution; one that is over already counts as completed."""
        client = self._posting.again
        return await _sent(
            self._posting.call(
                client.functions_completeSuccess(function_execution_id=execution_id, outputs=dict(outputs))
            )
        )

    async def fail(self, execution_id: str, error: str) -> SendResult:
        """Ends an execution with a sentence."""
        client = self._posting.again
        return await _sent(
            self._posting.call(client.functions_completeError(function_execution_id=execution_id, error=error))
        )

    async def ask(self, person: str, card: Card) -> SendResult:
        """Sends the card as a direct message, once."""
        return await _sent(self._answers.notify(person, card))


async def _sent(request: Awaitable[Any]) -> SendResult:
    try:
        await request
    except RefusedError as refused:
        if refused.code in _OVER:
            log.info("a workflow step was over already", reason=refused.code)
            return SendResult(SendFate.DELIVERED)
        return SendResult(SendFate.LATER if refused.auth else SendFate.REFUSED, str(refused))
    except HeldOffError as held:
        return SendResult(SendFate.LATER, str(held), wait=held.wait)
    except UnclearError as unclear:
        return SendResult(SendFate.UNKNOWN, str(unclear))
    except PostError as error:
        return SendResult(SendFate.LATER, str(error))
    return SendResult(SendFate.DELIVERED)
