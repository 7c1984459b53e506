"""The request and the answer of an exchange with a vendor, as plain values. No I/O."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from providers.sdk.text import decode

MB = 1_000_000
DATA_BYTES = 5 * MB
AUDIO_BYTES = 50 * MB


@dataclass(frozen=True, slots=True)
class Request:
    """A request. `path` is what follows the base URL, already encoded; `query` is encoded here.

    `write`: it changes the vendor's world, so whatever fails once it may have left is UNKNOWN_OUTCOME. `spacing`: the
    shortest time between two of this operation; None: none. `seconds`: a shorter deadline. `missing`: what to say to a
    404. `returns`: statuses besides 2xx that are handed back as an answer.
    """

    operation: str
    path: str
    method: Literal["GET", "POST"] = "POST"
    query: Sequence[tuple[str, str]] = field(default=(), repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    json: Any = field(default=None, repr=False)
    multipart: Mapping[str, str] | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    write: bool = False
    max_bytes: int = DATA_BYTES
    spacing: timedelta | None = None
    seconds: float | None = None
    missing: str = ""
    returns: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, whole and decompressed."""

    status: int
    content: bytes = field(repr=False)
    content_type: str = ""
    conceal: Callable[[str], str] = field(default=lambda text: text, repr=False, compare=False)

    def text(self, fallback: str = "cp1251") -> str:
        """Returns the body as text, our own secrets taken out should the vendor have echoed them."""
        return self.conceal(decode(self.content, self.content_type, fallback))
