"""The books of the simulated MOR beside the World: money, contacts, call flows.

Made up, and changed by writes alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from providers.model import Agent

RATES = {"USD": Decimal(1), "EUR": Decimal("0.92"), "GBP": Decimal("0.79")}
STATES = {
    "before_call": "Before call",
    "call": "Call",
    "hangup": "Answered",
    "noanswer": "No answer",
    "busy": "Busy",
    "failed": "Failed",
}
PAYMENTS = (
    ("2026-01-05 09:12:31", "2026-01-05 11:00:02", "Manual", Decimal(500)),
    ("2026-02-04 08:40:10", "2026-02-04 09:15:44", "Bank transfer", Decimal(250)),
)
SUBSCRIPTIONS = (("Number rental", Decimal(12)), ("Call recording", Decimal("9.50")))
COUNTRIES = (
    ("Ukraine", "FIX", "0.0300"),
    ("Ukraine", "MOB", "0.1100"),
    ("United Kingdom", "FIX", "0.0090"),
    ("United Kingdom", "MOB", "0.0310"),
    ("United States", "FIX", "0.0110"),
)
DIRECTIONS: Mapping[str, tuple[str, tuple[tuple[str, str, str], ...]]] = {
    "1": ("United Kingdom", (("United Kingdom London", "4420", "FIX"), ("United Kingdom mobile", "447", "MOB"))),
    "2": ("United States", (("United States New York", "1212", "FIX"), ("United States Chicago", "1312", "FIX"))),
}
VAT = Decimal(20)


def _details() -> dict[str, str]:
    return {
        "username": "Nadia",
        "surname": "Sample",
        "personalid": "",
        "agreement_number": "A-17",
        "agreement_date": "2024-03-11",
        "taxation_country": "United Kingdom",
        "vat_reg_number": "",
        "reg_address": "1 Example Street",
        "reg_postcode": "SW1A 0AA",
        "reg_city": "London",
        "reg_country": "United Kingdom",
        "reg_state": "",
        "reg_direction": "United Kingdom",
        "reg_phone": "442079460000",
        "reg_mobile": "447700900000",
        "reg_fax": "",
        "reg_email": "billing@shop.example",
    }


@dataclass(slots=True)
class Books:
    """Everything that a write may change, and the writes that were done: (operation, fields)."""

    currency: str
    details: dict[str, str] = field(default_factory=_details)
    contacts: dict[str, tuple[str, str, str]] = field(default_factory=dict)  # id -> number, name, added
    callerids: list[tuple[str, str, str, str]] = field(default_factory=list)  # device, number, description, added
    flows: dict[tuple[str, str], str] = field(default_factory=dict)  # device and state -> action
    processed: set[str] = field(default_factory=set)
    writes: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.contacts.update(
            {
                "1": ("442079460101", "Head office", "2026-01-12 10:00:00"),
                "2": ("442079460102", "Warehouse & yard", "2026-01-12 10:05:00"),
            }
        )
        self.callerids.append(("234", "12025550110", "Sales line", "2026-01-10 09:00:00"))

    def flow(self, agent: Agent, state: str) -> str:
        """Returns what happens in this state of a call to the agent's device."""
        usual = {"call": f"Dial(SIP/{agent.extension})", "hangup": "Hangup", "busy": "Voicemail"}
        return self.flows.get((agent.user_id or "", state), usual.get(state, "-"))

    def shown(self, amount: Decimal, own: str) -> Decimal:
        """Returns an amount of the World's currency in the one that is chosen."""
        return amount * RATES.get(self.currency, Decimal(1)) / RATES.get(own, Decimal(1))

    def add_contact(self, number: str, name: str, at: str) -> None:
        """Adds a contact. MOR-32."""
        self.contacts[str(max(map(int, self.contacts), default=0) + 1)] = (number, name, at)
