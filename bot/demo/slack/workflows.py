"""Workflow Builder, as far as an app sees it: a step is run, and the app completes it, once."""

from dataclasses import dataclass, field
from typing import Any

from bot.demo.slack.call import Call, Method, invalid
from bot.demo.slack.changes import WITHIN_SECONDS
from bot.demo.slack.delivery import Ack, Events
from bot.demo.slack.stage import Stage
from bot.demo.slack.state import CannotDo
from bot.demo.slack.workspace import Json, MethodRefused

_TYPES: dict[str, type[Any] | tuple[type[Any], ...]] = {
    "string": str, "number": (int, float), "integer": int, "boolean": bool,
    "slack#/types/user_id": str, "slack#/types/timestamp": int,
}  # fmt: skip


@dataclass(slots=True)
class DemoExecution:
    """One run of a step. `outputs` None and `error` "": the app has not completed it yet."""

    id: str
    step: str
    inputs: Json
    event: Json
    outputs: Json | None = None
    error: str = ""
    ack: Ack | None = None
    completions: list[Json] = field(default_factory=list)

    @property
    def over(self) -> bool:
        """Returns whether the app has completed it."""
        return self.outputs is not None or bool(self.error)


class DemoWorkflows:
    """Runs the steps that the app's manifest declares."""

    def __init__(self, stage: Stage, events: Events) -> None:
        self._stage, self._events = stage, events
        self.executions: dict[str, DemoExecution] = {}

    async def run(self, step: str, inputs: Json) -> DemoExecution:
        """Runs a step; returns when the app has the event. Raises `CannotDo` where the manifest has no such step."""
        declared = self._stage.manifest.functions.get(step)
        if declared is None or "function_executed" not in self._stage.manifest.events:
            raise CannotDo("no_such_step", f"The app's manifest declares no step {step!r}.")
        workspace = self._stage.workspace
        name = workspace.new_id("Fx")
        event: Json = {
            "type": "function_executed",
            "function": {
                "id": f"Fn{step}", "callback_id": step, "type": "app", "title": declared["title"],
                "description": declared["description"],
                "input_parameters": _listed(declared["input_parameters"]),
                "output_parameters": _listed(declared["output_parameters"]),
            },
            "inputs": inputs, "function_execution_id": name, "workflow_execution_id": workspace.new_id("Wx"),
            "event_ts": workspace.ts(), "bot_access_token": f"xwfp-local-{name}",
        }  # fmt: skip
        made = self.executions[name] = DemoExecution(name, step, inputs, self._events.envelope(event))
        workspace.journal.note("step", f"{step} {inputs}")
        await self.again(made)
        return made

    async def again(self, execution: DemoExecution) -> None:
        """Delivers the event of an execution once more, as Slack does where it heard no acknowledgement."""
        execution.ack = await self._events.deliver(execution.event)

    async def over(self, execution: DemoExecution, within: float = WITHIN_SECONDS) -> DemoExecution:
        """Returns the execution once the app has completed it; raises `TimeoutError`."""
        await self._stage.workspace.changes.until(lambda: execution.over, within, f"the end of {execution.step}")
        return execution

    def methods(self) -> dict[str, Method]:
        """Returns the Web API's methods that complete an execution."""
        return {"functions.completeSuccess": Method(self._succeed), "functions.completeError": Method(self._fail)}

    def _running(self, call: Call) -> DemoExecution:
        execution = self.executions.get(call.need("function_execution_id"))
        if execution is None:
            raise MethodRefused("function_execution_not_found")
        execution.completions.append(dict(call.args))
        if execution.over:
            raise MethodRefused("execution_not_in_running_state")
        return execution

    def _succeed(self, call: Call) -> Json:
        execution, outputs = self._running(call), call.json("outputs", "invalid_arguments")
        if not isinstance(outputs, dict):
            raise invalid("missing required field: outputs")
        declared = self._stage.manifest.functions[execution.step]["output_parameters"]
        wrong = [
            name
            for name, value in outputs.items()
            if name not in declared["properties"] or not _is(value, declared["properties"][name]["type"])
        ]
        missing = [name for name in declared["required"] if name not in outputs]
        if wrong or missing:
            raise MethodRefused("parameter_validation_failed", wrong=wrong, missing=missing)
        execution.outputs = outputs
        return {}

    def _fail(self, call: Call) -> Json:
        execution = self._running(call)
        execution.error = call.need("error")
        return {}


def _is(value: object, kind: str) -> bool:
    right = isinstance(value, _TYPES[kind])
    return right and (kind == "boolean" or not isinstance(value, bool))


def _listed(parameters: Json) -> list[Json]:
    return [
        {"name": name, "is_required": name in parameters["required"], **keys}
        for name, keys in parameters["properties"].items()
    ]
