"""A marking as it was requested, and as it was shown: plain data, kept in a button and in the store."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from providers.model import NumberStatus, PhoneNumber, Rows


@dataclass(frozen=True, slots=True)
class MarkRequest:
    """A requested marking. `numbers`: the account's list, where it was just read; None: it is to be read."""

    account: str
    number: str
    status: NumberStatus
    numbers: Rows[PhoneNumber] | None = None

    def value(self) -> str:
        """Returns the request as a button carries it, without the list."""
        return json.dumps({"account": self.account, "number": self.number, "status": self.status.value})

    @classmethod
    def of(cls, value: str) -> Self | None:
        """Parses a button's value; returns None where it cannot be read, or the status cannot be set."""
        try:
            read = json.loads(value)
            request = cls(read["account"], read["number"], NumberStatus(read["status"]))
        except (ValueError, KeyError, TypeError):
            return None
        return request if request.status in {NumberStatus.ACTIVE, NumberStatus.SPAM} else None


@dataclass(frozen=True, slots=True)
class MarkPlan:
    """A number of ours to be marked.

    `number` is as the vendor writes it, `was` the vendor's word for its status before.
    """

    account: str
    title: str
    number: str
    status: NumberStatus
    was: str
    channel: str

    @property
    def target(self) -> str:
        """Returns our own number, in full, for the audit."""
        return self.number

    def pack(self) -> dict[str, Any]:
        """Returns the plan as the store keeps it."""
        return {**asdict(self), "status": self.status.value}

    @classmethod
    def unpack(cls, payload: Mapping[str, Any]) -> Self:
        """Reads a plan from the store; raises `KeyError`, `TypeError` or `ValueError` for anything else."""
        return cls(**{**payload, "status": NumberStatus(payload["status"])})
