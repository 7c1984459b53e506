"""The steps of Slack's Workflow Builder: every module of this folder that has a STEP. Nothing is listed by hand."""

from functools import cache

import bot.steps
from bot.declarations import declared
from bot.dialog.step import Step


@cache
def steps() -> dict[str, Step]:
    """Returns every step by its name."""
    return {step.name: step for step in declared(bot.steps, "STEP", Step)}
