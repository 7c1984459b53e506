"""A marking as it was asked for, and as it was shown: plain data, kept in a button and in the store."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from providers.model import NumberStatus, PhoneNumber, Rows


@dataclass(frozen=True, slots=True)
class MarkRequest:
    """This number of this account is to become that. `numbers`: the account's list, where it was just read."""

    account: str
    number: str
    status: NumberStatus
    numbers: Rows[PhoneNumber] | None = None

    def value(self) -> str:
        """For a button."""
        return json.dumps({"account": self.account, "number": self.number, "status": self.status.value})

    @classmethod
    def of(cls, value: str) -> Self | None:
        """From a button; None where it cannot be read."""
        try:
            read = json.loads(value)
            request = cls(read["account"], read["number"], NumberStatus(read["status"]))
        except (ValueError, KeyError, TypeError):
            return None
        return request if request.status in {NumberStatus.ACTIVE, NumberStatus.SPAM} else None


@dataclass(frozen=True, slots=True)
class MarkPlan:
    """A number of ours to be marked. `number` is as the vendor writes it, `was` the vendor's word before."""

    account: str
    title: str
    number: str
    status: NumberStatus
    was: str
    channel: str

    @property
    def target(self) -> str:
        """For the audit: our own number, in full."""
        return self.number

    def pack(self) -> dict[str, Any]:
        """For the store."""
        return {**asdict(self), "status": self.status.value}

    @classmethod
    def unpack(cls, payload: Mapping[str, Any]) -> Self:
        """From the store; raises `KeyError`, `TypeError` or `ValueError` for anything else."""
        return cls(**{**payload, "status": NumberStatus(payload["status"])})
