"""What is known now of the incident that a notification tells of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.alerts.model import Incident, MessageRef
from bot.alerts.policy import Policy
from bot.watches import Watch


@dataclass(frozen=True, slots=True)
class NotificationContext:
    """All that a message is made of. `down`: it is blind because its account is down, and that has been told."""

    incident: Incident
    policy: Policy
    watch: Watch
    now: datetime
    blind_since: datetime | None = None
    previous: MessageRef | None = None  # where the last incident of the same subject is
    links: Mapping[str, MessageRef] = field(default_factory=dict)
    down: bool = False
