"""The rows of the outbox, as types and as Redis hashes. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.alerts.model import MessageRef, Notification, NotificationKind, Severity
from bot.store.codec import Codec, micros, moment

SLACK, WEBHOOK, AUTOMATION, MQTT = "slack", "webhook", "automation", "mqtt"

# Every outlet that rows may be for. A new one comes last: a stored row keeps the place of its index among all.
OUTLETS = (SLACK, WEBHOOK, AUTOMATION, MQTT)

# The names of the indices by which each outlet finds what is due: Slack by severity, info first.
INDICES: Mapping[str, tuple[str, ...]] = {
    outlet: tuple(str(severity.rank) for severity in Severity) if outlet == SLACK else (outlet,) for outlet in OUTLETS
}
ALL_INDICES = tuple(name for outlet in OUTLETS for name in INDICES[outlet])


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A row is one notification to deliver, committed with the state that it is about.

    `id` names the notification, so that two waiting edits become one. `rev` is the store's: a new one at each commit,
    and none comes back, so that a row is settled as it was read. `doubt_until`: a request may have left whose fate is
    not known; until then nobody sends this row again, and afterwards only after a search; None: no doubt. `attempts`
    counts the tries that failed. `channel` is the conversation that it is configured for. `outlet` names who delivers
    it; what an older Ringwatch stored has none, and is by its kind.
    """

    id: str
    notice: Notification
    alert: str
    account: str
    channel: str
    severity: Severity
    created_at: datetime
    due_at: datetime
    rev: int = 1
    doubt_until: datetime | None = None
    attempts: int = 0
    outlet: str = ""

    def __post_init__(self) -> None:
        if not self.outlet:
            object.__setattr__(self, "outlet", WEBHOOK if self.notice.kind is NotificationKind.CHANGE else SLACK)

    @property
    def lease(self) -> str:
        """Returns the lease under which it is delivered, whose token each step on it needs.

        One an incident and outlet.
        """
        word = "deliver" if self.outlet == SLACK else self.outlet
        return f"{word}:{self.notice.incident}"


@dataclass(frozen=True, slots=True)
class Delivered:
    """A delivered message: where it is, and when it was last edited (None: never).

    `free_edit`: the next edit need not wait.
    """

    ref: MessageRef
    free_edit: bool
    edited_at: datetime | None
    extra: Mapping[str, str] = field(default_factory=dict)


ROW: Codec[OutboxRow] = Codec(OutboxRow)
DELIVERED: Codec[Delivered] = Codec(Delivered)


def stored(row: OutboxRow) -> tuple[str | bytes | int, ...]:
    """Returns the arguments of one row in a step.

    Id, body, the place of its index among all, and what is merged there.
    """
    names = INDICES[row.outlet]
    index = names[row.severity.rank if len(names) > 1 else 0]
    return (
        row.id,
        ROW.encode(row),
        ALL_INDICES.index(index),
        int(row.notice.urgent),
        micros(row.created_at),
        micros(row.due_at),
        "" if row.doubt_until is None else micros(row.doubt_until),
        row.attempts,
    )


def restored(fields: list[bytes]) -> OutboxRow:
    """Returns the row from its body, with what was merged since laid over it."""
    body, urgent, created, due, rev, doubt, attempts = fields
    row = ROW.decode(body)
    return replace(
        row,
        notice=replace(row.notice, urgent=urgent == b"1"),
        created_at=moment(created),
        due_at=moment(due),
        rev=int(rev),
        doubt_until=moment(doubt) if doubt else None,
        attempts=int(attempts),
    )
