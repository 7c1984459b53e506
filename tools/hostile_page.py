"""docs/hostile.md: written from the outcomes of the matrix, and read back to hold single outcomes against it.

``python -m tools.hostile_page`` plays the whole matrix of `tests/hostile/hostile_matrix.py`, a minute or two, and writes it.
"""

import asyncio
import logging
import re
import sys
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "hostile.md"
HEAD = """# A hostile world

What a person is told when a vendor answers in a hostile way: every operation × every fault, played by the vendors'
sandboxes over real HTTP and asked through the real adapters. `python -m tools.hostile_page`
writes this page; `tests/hostile/test_matrix.py` holds it against the code (`RINGWATCH_HOSTILE=all` for every single
case, else a fixed share of MOR's many pages). Texts are as Slack gets them, escaped.

## What is promised, and where it is tried

| promise | test |
| --- | --- |
| every hostile answer × every operation × every vendor: one sentence, within 25 s, no secret, no trace, no markup | `tests/hostile/test_matrix.py`, this page |
| an operation whose answer is lost is never told as done or failed, and never sent twice | `tests/hostile/test_matrix.py`, `tests/contract`, `tests/flows/test_lost_answers.py`, `tests/bot/operations/test_workflow_contract.py` |
| under 400 MB with a body of 200 MB, a gzip bomb and 100,000 rows, at all vendors at once; the service goes on | `tests/hostile/test_memory.py` |
| hostile names are escaped in every command's answer | `tests/hostile/test_names.py`, `tests/bot/slack/test_blocks.py` |
| the readers never fail but in words | `tests/hostile/test_fuzz_readers.py`, `tests/providers/sdk` |
| the webhooks answer by a status, whatever is pushed | `tests/hostile/test_fuzz_doors.py`, `tests/contract/test_events.py` |
| the words of commands, and the values of buttons and forms, never break one | `tests/hostile/test_fuzz_words.py` |
| Slack's payloads of any shape are acknowledged | `tests/hostile/test_fuzz_doors.py`, `tests/bot/slack/test_receiver.py` |
| what the fuzzers found stays tried | `tests/hostile/test_corpus.py`, `tests/hostile/corpus/` |
| forged, stale and oversized requests of Slack | `tests/bot/slack/test_receiver.py` |
| replayed requests of Slack | `tests/hostile/test_slack.py` |
| wrong webhook tokens, a missing vendor key, a flood | `tests/flows/test_operations.py`, `tests/hostile/test_slack.py` |
| fifty clicks at once | `tests/hostile/test_slack.py`, `tests/bot/store/test_operations.py` |
| a permission that is taken away between preview and click | `tests/hostile/test_slack.py` |
| hostile telephone numbers reach no vendor | `tests/hostile/test_numbers.py`, `tests/bot/operations/test_call_policy.py` |

## The faults that every vendor is played with

| fault | what arrives |
| --- | --- |
"""
FAULTS = {
    "bom": "the answer, with a byte order mark before it",
    "cut": "the work is done, the connection breaks before any answer",
    "cut_before": "the connection breaks before the work is done",
    "cut_body": "the connection breaks within the body",
    "drip": "a byte now and then, without end",
    "duplicate_rows": "every row twice",
    "empty": "200 and nothing",
    "error_json": "200 and a refusal in words",
    "garbled_row": "one row that cannot be read",
    "gzip_bomb": "64 MB of blanks in a few KB",
    "html": "200 and a web page",
    "http_401": "401",
    "http_403": "403",
    "http_404": "404",
    "http_429": "429",
    "http_429_retry_after": "429 with Retry-After",
    "http_500": "the work is done, then 500",
    "http_502_html": "the work is done, then 502 and a web page",
    "huge": "64 MB of rows",
    "null": "200 and null",
    "outage": "503 and a web page",
    "redirect": "302 to a login page",
    "secret_echo": "200 and a refusal that tells our own keys",
    "slack_markup": "Slack's control text for every name",
    "slow": "nothing, ever: the deadline runs out",
    "truncated": "two thirds of the answer",
    "wrong_shape": "readable, of another shape",
}
NOTES = {
    "momvoip": "Asked of us, not by us, and so fuzzed at the webhook's door: MOM-9a, MOM-9b and MOM-9c.",
    "iexpbx": "Asked of us, not by us, and so fuzzed at the webhook's door: IEX-11, IEX-12 and IEX-13.",
}
_COLUMNS = "| fault | operations | outcome | what a person is told |\n| --- | --- | --- | --- |\n"


def page(outcomes: Sequence[Any], titles: dict[str, str]) -> str:
    """The whole page."""
    legend = "".join(f"| `{fault}` | {FAULTS[fault]} |\n" for fault in sorted(FAULTS))
    parts = [HEAD, legend]
    for vendor, theirs in groupby(outcomes, key=lambda o: o.vendor):
        note = f"{NOTES[vendor]}\n\n" if vendor in NOTES else ""
        parts.append(f"\n## {titles[vendor]}\n\n{note}{_COLUMNS}{_rows(list(theirs))}")
    return "".join(parts)


def _rows(outcomes: list[Any]) -> str:
    every = list(dict.fromkeys(o.operation for o in outcomes))
    lines = []
    for fault, theirs in groupby(outcomes, key=lambda o: o.fault):
        groups: dict[tuple[str, str], list[str]] = {}
        for outcome in theirs:
            groups.setdefault((outcome.kind, cell(outcome.told)), []).append(outcome.operation)
        for (kind, told), operations in sorted(groups.items(), key=lambda item: -len(item[1])):
            lines.append(f"| `{fault}` | {_named(operations, every)} | {kind} | {told} |\n")
    return "".join(lines)


def _named(operations: list[str], every: list[str]) -> str:
    if operations == every:
        return "all"
    rest = [name for name in every if name not in operations]
    return f"all but {', '.join(rest)}" if len(rest) < len(operations) else ", ".join(operations)


def cell(text: str) -> str:
    """A text as it stands in a table."""
    return " ".join(text.replace("|", "\\|").split())


def read_back(text: str, title: str, every: Iterable[str]) -> dict[tuple[str, str], tuple[str, str]]:
    """What a vendor's table says: by (operation, fault), the outcome and the text."""
    section = text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for fault, named, kind, told in re.findall(r"^\| `(\w+)` \| (.*?) \| (\S+) \| (.*?) ?\|$", section, re.MULTILINE):
        names = set(named.removeprefix("all but ").split(", "))
        chosen = set(every) - names if named.startswith("all but ") else set(every) if named == "all" else names
        found.update({(name, fault): (kind, told) for name in chosen})
    return found


def main() -> None:
    """Play the matrix and write the page anew."""
    sys.path.insert(0, str(ROOT / "tests" / "hostile"))  # its modules are no package
    from hostile_matrix import TITLES, play_all  # noqa: PLC0415  # found by the path above

    logging.disable(logging.WARNING)  # what is played is damaged on purpose
    DOCUMENT.write_text(page(asyncio.run(play_all()), TITLES), encoding="utf-8")
    sys.stdout.write(f"{DOCUMENT}\n")


if __name__ == "__main__":
    main()
