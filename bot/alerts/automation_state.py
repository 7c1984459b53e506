"""What an incident remembers of the automations that wait for it, or have been decided."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Decision(StrEnum):
    """What was decided. Its value is stored."""

    ACT = "act"
    DRY_RUN = "dry_run"
    OUTSIDE_HOURS = "outside_hours"
    AT_MOST = "at_most"


@dataclass(frozen=True, slots=True)
class AutomationState:
    """What an incident knows of one automation.

    `armed_at`: since when it stands as the automation wants. `decided_at` and `decision`: what was decided, once.
    `outcomes` are those of the actions that have been carried out, by their place among the actions.
    """

    armed_at: datetime | None = None
    decided_at: datetime | None = None
    decision: Decision | None = None
    outcomes: Mapping[str, str] = field(default_factory=dict)
