"""The type of a workflow step: what a workflow puts in and gets out. Each is a module of `bot.steps`.

A step reads, or asks a person; it changes nothing by itself, as a workflow names nobody who answers for it.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.cards import Card
from bot.dialog.context import Context

Output = str | int | float


class ParameterType(StrEnum):
    """The type of a parameter, in the words of Slack's manifest."""

    TEXT = "string"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    PERSON = "slack#/types/user_id"
    TIMESTAMP = "slack#/types/timestamp"  # seconds since 1970


@dataclass(frozen=True, slots=True)
class Parameter:
    """An input or an output of a step, as the builder of a workflow reads it."""

    name: str
    title: str
    description: str
    type: ParameterType = ParameterType.TEXT
    needed: bool = False


# What every step returns beside its own outputs.
REPLY = (
    Parameter("known", "Known", "False: the figures are not known, and left out.", ParameterType.BOOLEAN, needed=True),
    Parameter("summary", "Summary", "The same in a sentence.", needed=True),
)


@dataclass(frozen=True, slots=True)
class StepReply:
    """What a step returns to its workflow. A figure that is not known is left out of `figures`, and never zero."""

    known: bool
    summary: str
    figures: Mapping[str, Output] = field(default_factory=dict)

    @property
    def outputs(self) -> dict[str, Output]:
        """Returns all outputs by name."""
        return {"known": self.known, "summary": self.summary, **self.figures}


@dataclass(frozen=True, slots=True)
class PersonQuestion:
    """What a person is asked: the card with its buttons, and the offer (`token`) that a press decides."""

    person: str
    card: Card
    token: str


class StepError(Exception):
    """The step cannot be done as it was asked for; `str()` is one sentence for the builder of the workflow."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a workflow; `name` is its `callback_id`.

    `run` gets the inputs by name, blank ones left out. It raises `StepError`, `WordsError` where no account is called
    so, `ProviderError` and `StoreError`. `outputs` are those beside `known` and `summary`.
    """

    name: str
    title: str
    description: str
    inputs: tuple[Parameter, ...]
    outputs: tuple[Parameter, ...]
    run: Callable[[Context, Mapping[str, str]], Awaitable[StepReply | PersonQuestion]]
