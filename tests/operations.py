"""Writes docs/operations.md: every operation of the vendors' documents, where the code and the tests have it.

    python tests/operations.py > docs/operations.md

An operation is named by its row id in docstrings of the adapters and in the tests. A method's capability says where
it is in Slack.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]

OPERATIONS = {
    "momvoip": {
        "MOM-1": "create a call", "MOM-2": "agents' states", "MOM-3": "one agent's state", "MOM-4": "external numbers",
        "MOM-5": "mark a number active", "MOM-6": "mark a number spam", "MOM-7": "balance",
        "MOM-8": "an agent's calls", "MOM-9a": "event call_end", "MOM-9b": "event dialer_lead_answer",
        "MOM-9c": "event dialer_agent_answer", "MOM-10": "recording", "MOM-11": "agents' statistics",
        "MOM-12": "users", "MOM-13": "groups", "MOM-14": "calls by filter",
    },
    "voicenter": {"VC-1": "extensions with live calls", "VC-2": "queues with callers"},
    "mor": {
        "MOR-1": "login form", "MOR-2": "login", "MOR-3": "main page", "MOR-4": "details by hash",
        "MOR-5": "personal details", "MOR-6": "edit details", "MOR-7": "devices", "MOR-8": "call flow",
        "MOR-9": "call flow of one state", "MOR-10a": "call flow: empty", "MOR-10b": "call flow: to a device",
        "MOR-10c": "call flow: to a number", "MOR-10d": "call flow: voicemail", "MOR-10e": "call flow: fax",
        "MOR-11": "rates", "MOR-12": "destinations", "MOR-13": "rates as PDF", "MOR-14": "rates as CSV",
        "MOR-15": "change currency", "MOR-16": "payments", "MOR-17": "invoices", "MOR-18": "subscriptions",
        "MOR-19": "calls", "MOR-20": "calls of a period", "MOR-21": "calls as PDF", "MOR-22": "calls as CSV",
        "MOR-23": "new calls", "MOR-24": "missed calls", "MOR-25": "missed calls of a period",
        "MOR-26": "process a missed call", "MOR-27": "statistics", "MOR-28": "statistics of a period",
        "MOR-29": "caller IDs", "MOR-30": "add a caller ID", "MOR-31": "phonebook", "MOR-32": "add to the phonebook",
        "MOR-33": "delete from the phonebook", "MOR-34": "faxes", "MOR-35": "faxes of a period", "MOR-36": "callback",
    },
    "voipcloud": {
        "VPC-1": "users' calls", "VPC-2": "queue calls", "VPC-3": "ring group calls", "VPC-4": "call a number",
        "VPC-5": "system status",
    },
    "iexpbx": {
        "IEX-1": "active calls", "IEX-2": "hang up", "IEX-3": "call details", "IEX-4": "extensions", "IEX-5": "queues",
        "IEX-6": "call", "IEX-7": "IVR call", "IEX-8": "number masking", "IEX-9": "recording", "IEX-10": "contacts",
        "IEX-11": "webhook: call starts", "IEX-12": "webhook: call ends", "IEX-13": "webhook: IVR result",
    },
}  # fmt: skip

IN_SLACK = {
    "balance": "/balance", "numbers": "/spam", "set_number_status": "/spam NUMBER", "agents": "/agents",
    "agent": "/agents AGENT", "queues": "/queue", "queue_calls": "/queue", "calls": "/pbx calls",
    "agent_calls": "/pbx calls AGENT", "recording": "/pbx recording", "agent_stats": "/pbx stats",
    "users": "/pbx users", "groups": "/pbx groups", "place_call": "/call", "read_event": "alerts, at once",
    "active_calls": "/pbx active", "hang_up": "/pbx hangup", "sheet": "/pbx TOPIC", "document": "/pbx TOPIC FORMAT",
    "edit": "/pbx TOPIC VERB", "ivr_call": "/pbx ivr", "masked_call": "/pbx mask", "status": "/pbx status",
}  # fmt: skip


def named(text: str) -> set[str]:
    """The row ids in a text, ranges like ``MOR-10a to MOR-10e`` and ``IEX-11 … 13`` not read."""
    return set(re.findall(r"\b(?:MOM|VC|MOR|VPC|IEX)-\d+[a-e]?\b", text))


def functions(vendor: str) -> Iterator[tuple[str, str, str]]:
    """(file, function, its source) for every function of a vendor."""
    for path in sorted((ROOT / "providers" / vendor).glob("*.py")):
        if path.stem in {"sandbox", "spoken", "pages"}:
            continue
        source = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield path.stem, node.name, ast.get_source_segment(source, node) or ""


def rows() -> Iterator[tuple[str, str, str, str, str]]:
    """(id, name, methods, Slack, tests) for every operation of the vendors that are here."""
    for vendor, operations in OPERATIONS.items():
        if not (ROOT / "providers" / vendor / "__init__.py").exists():
            continue
        known = list(functions(vendor))
        tests = sorted((ROOT / "tests" / "providers" / vendor).glob("test_*.py"))
        tried = {path.stem: named(path.read_text(encoding="utf-8")) for path in tests}
        for operation, title in operations.items():
            methods = [(file, name) for file, name, source in known if operation in named(source)]
            public = [name for file, name in methods if not name.startswith("_") and file in {"adapter", "webhook"}]
            places = dict.fromkeys(IN_SLACK[name] for name in public if name in IN_SLACK)
            shown = [f"`{file}.{name}`" for file, name in methods][:3]
            yield (
                operation,
                title,
                ", ".join(shown),
                ", ".join(places),
                ", ".join(f for f, ids in tried.items() if operation in ids),
            )


def table() -> str:
    """The page."""
    lines = [
        "# Every operation",
        "",
        "Row ids number the operations of the vendors' documents. This page is written by `python tests/operations.py`.",
        "",
        "| id | operation | in the adapter | in Slack | tests |",
        "| --- | --- | --- | --- | --- |",
        *(f"| {' | '.join(row)} |" for row in rows()),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table())
