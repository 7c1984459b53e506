"""The executions of workflow steps: taken over once, whoever hears of them; decided, kept, and then told.

Each is worked on under a lease, and what its workflow is told is kept before it is told: whatever dies, another replica
goes on from there.
"""

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.cards import Card
from bot.dialog.context import Actor, Context
from bot.dialog.parsing import WordsError
from bot.dialog.phrases import in_words
from bot.dialog.step import PersonQuestion, Step, StepError, StepReply
from bot.notify.port import SendFate, SendResult
from bot.operations.declaration import OFFER_TTL
from bot.settings import Permission
from bot.steps.inputs import PERSON, needed
from bot.steps.question import answered
from bot.store import StepExecution, Store, StoreError
from providers.errors import ProviderError

log = structlog.get_logger(__name__)

LEASE_TTL = timedelta(seconds=60)
RUN_TIMEOUT_SECONDS = 40.0
ANSWER_INTERVAL = timedelta(seconds=1)  # between two looks at whether a person has answered
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(minutes=1)
MAX_STEPS_AT_ONCE = 20
STORE_PAUSE_SECONDS = 2.0  # between two tries to keep an execution while the store is away
MAX_STORE_TRIES = 300
WORKFLOW = "workflow"  # who asks where no person does
_MAX_ERROR_CHARACTERS = 1000


class Workflows(Protocol):
    """What the messenger does for a step. Each may be asked again after anything but DELIVERED and REFUSED."""

    async def succeed(self, execution_id: str, outputs: Mapping[str, object]) -> SendResult:
        """Completes an execution. Told again it is DELIVERED too; REFUSED: the workflow does not take these outputs."""

    async def fail(self, execution_id: str, error: str) -> SendResult:
        """Ends an execution with a sentence; as `succeed`."""

    async def ask(self, person: str, card: Card) -> SendResult:
        """Sends a direct message, once. UNKNOWN: it may have arrived."""


class StepRunner:
    """Runs executions. `begin` takes one over, `look` goes on with those that wait."""

    def __init__(
        self,
        *,
        steps: Mapping[str, Step],
        store: Store,
        context: Callable[[Actor], Context],
        workflows: Workflows,
        clock: Callable[[], datetime],
    ) -> None:
        self._steps = steps
        self._store = store
        self._context = context
        self._workflows = workflows
        self._clock = clock
        self._running: dict[str, asyncio.Task[None]] = {}

    def begin(self, execution: StepExecution) -> None:
        """Takes an execution over; returns at once. One that comes again is nothing new."""
        self._start(execution.id, self._taken(execution))

    async def look(self) -> None:
        """Goes on with whatever is due; returns at once. Raises `StoreError`."""
        room = MAX_STEPS_AT_ONCE - len(self._running)
        if room > 0:
            for execution_id in await self._store.due_steps(self._clock(), MAX_STEPS_AT_ONCE):
                self._start(execution_id, self._worked_on(execution_id))

    async def stop(self, grace: float) -> None:
        """Gives what runs `grace` seconds; what is cut off is another replica's to go on with."""
        running = list(self._running.values())
        if running:
            _, late = await asyncio.wait(running, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _start(self, execution_id: str, work: Coroutine[None, None, None]) -> None:
        if execution_id in self._running:
            work.close()
            return
        task = self._running[execution_id] = asyncio.create_task(work)
        task.add_done_callback(lambda _: self._running.pop(execution_id, None))

    async def _taken(self, execution: StepExecution) -> None:
        """Keeps it before anything else; Slack has been told that we have it, so a store that is away is waited for."""
        for attempt in range(MAX_STORE_TRIES):
            try:
                new = await self._store.begin_step(execution)
            except StoreError as error:
                if attempt == 0:
                    log.warning("a workflow step waits for the store", execution=execution.id, error=str(error))
                await asyncio.sleep(STORE_PAUSE_SECONDS)
            else:
                if new:
                    await self._worked_on(execution.id)
                return
        log.error("a workflow step could not be kept", step=execution.step, execution=execution.id)

    async def _worked_on(self, execution_id: str) -> None:
        try:
            await self._under_lease(execution_id)
        except StoreError as error:
            log.debug("a workflow step waits for the store", execution=execution_id, error=str(error))
        except Exception:  # it stays due, and is looked at again
            log.exception("a workflow step could not be worked on", execution=execution_id)

    async def _under_lease(self, execution_id: str) -> None:
        lease = f"step:{execution_id}"
        token = await self._store.lease(lease, self._store.owner, LEASE_TTL)
        if token is None:
            return
        try:
            execution = await self._store.step_execution(execution_id)
            if execution is not None and not execution.done:
                await self._advance(execution, token)
        finally:
            await self._store.release(lease, self._store.owner)

    async def _advance(self, execution: StepExecution, token: int) -> None:
        """Goes as far as it can: run, asked, decided, told. Each is kept before the next begins."""
        if execution.token and not execution.asked:
            execution = await self._withdrawn(execution)
        if not execution.decided and not execution.token:
            execution = await self._run(execution, token)
        if not execution.decided and execution.asked:
            execution = await self._answered(execution)
        if not await self._store.put_step(execution, self._clock() + ANSWER_INTERVAL, token):
            return  # another replica has it
        if execution.decided:
            await self._told(execution, token)

    async def _withdrawn(self, execution: StepExecution) -> StepExecution:
        """Returns it with nobody asked, as who began to ask has died or could not; asked, where somebody answered."""
        if await self._store.expire_pending(execution.token, at_once=True):
            return replace(execution, token="")
        return replace(execution, asked=True)

    async def _run(self, execution: StepExecution, token: int) -> StepExecution:
        """Runs the step; returns it decided, or with somebody asked."""
        try:
            async with asyncio.timeout(RUN_TIMEOUT_SECONDS):
                reply = await self._reply(execution)
        except TimeoutError:
            return _failed(execution, "There was no answer in time.")
        except WordsError as error:
            may_mean = f" You may mean: {', '.join(error.choices)}." if error.choices else ""
            return _failed(execution, f"{error}{may_mean}")
        except StepError as error:
            return _failed(execution, str(error))
        except ProviderError as error:
            return _failed(execution, error.user_text)
        except StoreError:
            raise
        except Exception:  # the one place where a bug becomes a sentence
            mark = secrets.token_hex(4)
            log.exception("a workflow step failed", step=execution.step, event_id=mark)
            return _failed(execution, f"Something went wrong here, and it is in the log as {mark}.")
        if isinstance(reply, PersonQuestion):
            return await self._ask(execution, reply, token)
        return replace(execution, outputs=reply.outputs)

    async def _reply(self, execution: StepExecution) -> StepReply | PersonQuestion:
        step, inputs = self._steps.get(execution.step), execution.inputs
        if step is None:
            raise StepError(f"There is no step {execution.step} in this version of Ringwatch.")
        if PERSON not in step.inputs:
            return await step.run(self._context(Actor(WORKFLOW, "", execution.team)), inputs)
        context = self._context(Actor(needed(inputs, PERSON.name), "", execution.team))
        refusal = await context.access.refusal(context.actor, Permission.READ, operation=step.name)
        if refusal is not None:
            raise StepError(f"The person who would be asked is refused: {in_words(refusal)}")
        return await step.run(context, inputs)

    async def _ask(self, execution: StepExecution, question: PersonQuestion, token: int) -> StepExecution:
        """Sends the question; the offer behind it is kept before, so that no press of it is lost."""
        execution = replace(execution, token=question.token)
        if not await self._store.put_step(execution, self._clock() + LEASE_TTL, token):
            return execution
        sent = await self._workflows.ask(question.person, question.card)
        if sent.fate in {SendFate.DELIVERED, SendFate.UNKNOWN}:  # what may have arrived is not asked again
            return replace(execution, asked=True)
        if sent.fate is SendFate.LATER and self._clock() - execution.begun_at < OFFER_TTL:
            log.info("a person could not be asked yet", execution=execution.id, why=sent.why)
            return execution
        await self._store.expire_pending(execution.token, at_once=True)
        return _failed(execution, f"The person could not be asked: {sent.why}")

    async def _answered(self, execution: StepExecution) -> StepExecution:
        """Returns it decided, where the person has answered or the time is over."""
        await self._store.expire_pending(execution.token)
        reply = answered(await self._store.operation(execution.token))
        return execution if reply is None else replace(execution, outputs=reply.outputs)

    async def _told(self, execution: StepExecution, token: int) -> None:
        """Tells the workflow, and keeps that it has heard."""
        if execution.error:
            sent = await self._workflows.fail(execution.id, execution.error)
        else:
            sent = await self._workflows.succeed(execution.id, execution.outputs)
        if sent.fate is SendFate.REFUSED and not execution.error:
            execution = _failed(execution, f"The workflow did not take the outputs: {sent.why}")
            sent = await self._workflows.fail(execution.id, execution.error)
        if sent.fate in {SendFate.DELIVERED, SendFate.REFUSED}:
            log.info("workflow step ended", step=execution.step, execution=execution.id, failed=bool(execution.error))
            await self._store.put_step(replace(execution, done=True), self._clock(), token)
            return
        pause = sent.wait or min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(execution.attempts, 6))
        log.info("a workflow could not be told yet", execution=execution.id, why=sent.why)
        await self._store.put_step(replace(execution, attempts=execution.attempts + 1), self._clock() + pause, token)


def _failed(execution: StepExecution, sentence: str) -> StepExecution:
    return replace(execution, error=sentence[:_MAX_ERROR_CHARACTERS])
