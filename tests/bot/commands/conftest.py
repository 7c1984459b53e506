"""Small vendors that answer from memory: one that calls and hangs up, one that keeps lists and takes changes."""

from dataclasses import replace
from datetime import timedelta

import pytest

from providers.capabilities import NumberWords
from providers.errors import ErrorKind, ProviderError
from providers.model import (
    ActiveCall,
    CallOutcome,
    CallResult,
    CallState,
    Direction,
    Document,
    Edit,
    Queue,
    QueuedCall,
    Rows,
    VendorTable,
)

CHANNEL = "SIP/trunk-sip-Trunk110-36a9b"


class Branch:
    """Calls that are up, and deeds; each deed is remembered."""

    def __init__(self):
        self.done = []
        self.outcome = CallResult(CallOutcome.ACCEPTED, note="ok")
        self.up = [
            ActiveCall(
                CHANNEL, CallState.TALKING, "Talking", Direction.INBOUND, "+380671112233", "101",
                timedelta(seconds=95), "101", "630",
            ),
            ActiveCall("SIP/102-77", CallState.RINGING, "Ring", Direction.OUTBOUND, "102", "+380501112233"),
        ]  # fmt: skip
        self.trouble = None
        self.waiting = ()

    async def close(self):
        pass

    async def active_calls(self):
        if self.trouble:
            raise self.trouble
        return Rows(tuple(self.up))

    async def queues(self):
        return Rows((Queue("630", "Support", self.waiting, free_agents=1),))

    async def status(self):
        return "two trunks are up"

    def _did(self, *what):
        self.done.append(what)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    async def hang_up(self, call_id):
        return self._did("hangup", call_id)

    def leads_to(self, words):
        return {at: word.removeprefix("menu=") for at, word in enumerate(words) if word.startswith("menu=")}

    async def ivr_call(self, number, words):
        return self._did("ivr", number, *words)

    async def masked_call(self, first, second):
        return self._did("mask", first, second)


class Wholesale:
    """Lists, files and changes."""

    def __init__(self):
        self.done, self.asked = [], []
        self.outcome = CallResult(CallOutcome.ACCEPTED)
        self.tables = {
            "payments": VendorTable(
                ("Date", "Amount"), tuple((f"2026-11-{1 + n % 28:02}", f"{n}.00") for n in range(70))
            ),
            "contacts": VendorTable(
                ("Name", "Number", "Added"), (("John", "+380671112233", "today"),), customers=frozenset({1})
            ),
            "details": VendorTable(("Field", "Value"), (("e-mail", "<!channel>"), ("note", "x" * 60))),
            "missed": VendorTable(
                ("When", "From", "Done"), (("10:00", "+380671112233", "no"),), customers=frozenset({1})
            ),
            "stats": VendorTable(("Direction", "Calls", "Lost"), (("incoming", "12", "1"),), unreadable=1),
            "callflow": VendorTable(("State", "Action", "To"), (("noanswer", "forward", "101"),)),
        }

    async def close(self):
        pass

    def vendor_table_topics(self):
        return tuple(self.tables)

    async def vendor_table(self, topic, words):
        self.asked.append((topic, tuple(words)))
        if "wrong" in words:
            raise ProviderError(ErrorKind.BAD_REQUEST, "Write a period as 2h or 7d.")
        return self.tables[topic]

    def document_topics(self):
        return ("rates pdf", "calls csv", "rates csv")

    async def document(self, topic, form, words):
        self.asked.append((topic, form, tuple(words)))
        return Document(f"../{topic} of me.{form}", "application/octet-stream", b"%PDF")

    def edits(self):
        return (
            Edit("callflow", "set", "set STATE forward NUMBER"),
            Edit("contacts", "add", "add NUMBER NAME"),
            Edit("contacts", "delete", "delete NUMBER"),
        )

    def preview(self, topic, verb, words):
        if not words:
            raise ProviderError(ErrorKind.BAD_REQUEST, "Words are missing.")
        return f"{topic}: {verb} {' '.join(words)}."

    def number_words(self, topic, verb, words):
        return NumberWords(len(words) - 1, len(words), called=True) if "outside" in words else None

    async def edit(self, topic, verb, words):
        self.done.append((topic, verb, tuple(words)))
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


def _open(office, name, title, provider):
    office.opened[name] = replace(office.opened["sales"], name=name, title=title, provider=provider)
    return provider


@pytest.fixture
def branch(office):
    """A second account: calls that are up, deeds, queues."""
    made = _open(office, "branch", "IEXPBX", Branch())
    made.waiting = (QueuedCall("a", "+380671112233", timedelta(seconds=200), approx=True),)
    return made


@pytest.fixture
def wholesale(office):
    """A second account: lists, files, changes."""
    return _open(office, "wholesale", "MOR", Wholesale())
