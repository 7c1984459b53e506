"""The port behind which every outlet stands: what it is given to send, what it answers, what the dispatcher asks of it.

An `Outlet` sends, and may be sent the same again: its receiver knows a row by its id. A `Messenger` cannot tell a
repetition from a new message; so it can be asked to find what it may have posted, and to edit it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from random import Random
from typing import Protocol, TypeVar, runtime_checkable

from bot.alerts.model import MessageRef
from bot.notify.incident_message import IncidentMessage
from bot.notify.notification_context import NotificationContext
from bot.store import OutboxRow

LONGEST_WAIT = timedelta(hours=1)  # that an outlet may ask for


class SendFate(Enum):
    """The fate of one request."""

    DELIVERED = auto()
    REFUSED = auto()  # for good: the same again would be refused again
    LATER = auto()  # nothing was done, for certain; the next try may fare better
    UNKNOWN = auto()  # it may have arrived
    OBSOLETE = auto()  # nobody is to be notified any more


@dataclass(frozen=True, slots=True)
class SendResult:
    """An outlet's answer. `wait`: it asked to be left alone so long; None: it did not.

    `ref`: where a messenger posted it.
    """

    fate: SendFate
    why: str = ""
    wait: timedelta | None = None
    ref: MessageRef | None = None


class OutletUnavailableError(Exception):
    """A messenger could not search or answer now. The text is a sentence for people; `wait` as in `SendResult`."""

    def __init__(self, why: str, wait: timedelta | None = None) -> None:
        super().__init__(why)
        self.wait = wait


class Outcome(Enum):
    """The outcome of a row in one pass."""

    DELIVERED = auto()
    OBSOLETE = auto()  # there was nothing to send any more
    GIVEN_UP = auto()
    WAITS = auto()  # due again later
    DOUBT = auto()  # the same, and its last request may still arrive
    BEHIND = auto()  # an earlier row of its incident waits
    NO_SLOT = auto()  # its place takes no more now: nothing was tried
    FENCED = auto()  # somebody else has it

    @property
    def settled(self) -> bool:
        """Returns whether the row is gone."""
        return self in {Outcome.DELIVERED, Outcome.OBSOLETE, Outcome.GIVEN_UP}


@dataclass(frozen=True, slots=True)
class OutletLimits:
    """The limits within which an outlet may be asked.

    `deadline`: a request is answered within it, or its fate is unknown. `spacing` is kept between two posts to one
    place, and between two edits there, by all replicas together; None: no limit. `side_by_side`: so many queues of one
    alert at a time; None: no limit. A failed row is tried again after `first_pause`, then twice that, and so on up to
    `longest_pause`, each longer or shorter by the share `jitter` at most; and not later than `give_up_after` its
    change, where that is given. `chronological`: the rows of a queue go in the order in which they were written.
    """

    deadline: timedelta
    first_pause: timedelta
    longest_pause: timedelta
    jitter: float = 0.0
    give_up_after: timedelta | None = None
    spacing: timedelta | None = None
    side_by_side: int | None = None
    chronological: bool = False

    def pause(self, attempts: int, chance: Random) -> timedelta:
        """Returns how long a row waits after so many failed tries, with jitter."""
        plain = min(self.longest_pause, self.first_pause * 2.0 ** min(attempts, 10))
        return plain * chance.uniform(1 - self.jitter, 1 + self.jitter)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A row to be sent, with all that is known now about its incident."""

    row: OutboxRow
    context: NotificationContext


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A row to be posted or edited, as it reads now. `place` is the messenger's own word for a conversation.

    It replies to `reply_to` where that stands in the same place.
    """

    row: OutboxRow
    message: IncidentMessage
    place: str
    reply_to: MessageRef | None = None


OutgoingT_contra = TypeVar("OutgoingT_contra", contravariant=True)


class Outlet(Protocol[OutgoingT_contra]):
    """An outlet sends rows to one kind of receiver."""

    @property
    def name(self) -> str:
        """Returns the name that its rows carry as `outlet`."""

    @property
    def limits(self) -> OutletLimits:
        """Returns the limits within which it may be asked."""

    def queue(self, row: OutboxRow) -> str:
        """Returns the name of a row's queue: rows of one queue are sent one after another; queues go side by side."""

    async def send(self, outgoing: OutgoingT_contra) -> SendResult:
        """Sends it once, and returns its fate. It is cut off at the deadline: then its fate is unknown.

        It raises for our mistakes alone.
        """

    def count(self, row: OutboxRow, outcome: Outcome) -> None:
        """Counts a try under the outlet's own metrics."""


@runtime_checkable
class Intermittent(Protocol):
    """An outlet that knows when it can send nothing."""

    @property
    def ready(self) -> bool:
        """Returns whether it can send now. While it cannot, its rows are left as they are, for whoever can."""


@runtime_checkable
class Performer(Outlet[Outgoing], Protocol):
    """An outlet that carries its rows out instead of telling them: each is begun at most once."""

    async def lost(self, outgoing: Outgoing) -> SendResult:
        """Has it told that a row was begun, and that nobody knows what came of it. It is not begun again."""


@runtime_checkable
class Messenger(Outlet[OutgoingMessage], Protocol):
    """An outlet with conversations, in which a message can be edited and found again. References are opaque."""

    async def place(self, wanted: str, near: MessageRef | None = None) -> str | None:
        """Returns the conversation that a message goes to; None where it cannot be posted.

        That is the conversation of `near` while it can be posted to, else the wanted one, else the default. Raises
        `OutletUnavailableError`.
        """

    def place_of(self, ref: MessageRef) -> str:
        """Returns the conversation in which a message stands."""

    async def edit(self, ref: MessageRef, outgoing: OutgoingMessage) -> SendResult:
        """Edits a message to read like this, and returns its fate. `REFUSED`: it is gone, or out of reach, for good."""

    async def find(self, outgoing: OutgoingMessage) -> Sequence[MessageRef]:
        """Returns the messages that earlier tries of this row have left, the oldest first.

        Raises `OutletUnavailableError`.
        """

    async def point(self, double: MessageRef, first: MessageRef) -> None:
        """Edits a message that was posted twice to point to the first one; a failure is logged."""

    async def link(self, ref: MessageRef) -> str:
        """Returns the address of a message for people; "" where it is not known."""


AnyOutlet = Outlet[Outgoing] | Performer | Messenger
