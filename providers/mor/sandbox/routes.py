"""Finds which operation a request of MOR's wire is: the table of paths backwards, for the sandbox. No I/O."""

import re
from collections.abc import Mapping

from providers.mor.paths import TABLE

_BLANK = re.compile(r"\\\{([a-z_]+)\\\}")
_ROUTES = tuple(
    (operation, entry.partition(" ")[0], re.compile(_BLANK.sub(r"(?P<\1>[^/]+)", re.escape(entry.partition(" ")[2]))))
    for operation, entry in TABLE.items()
)
_FLOW = {
    "change_local_device": "MOR-10b",
    "change_external_device": "MOR-10c",
    "change_fax_device": "MOR-10e",
}


def operation_of(
    method: str, path: str, query: Mapping[str, str], form: Mapping[str, str]
) -> tuple[str, Mapping[str, str]]:
    """Returns the operation, ``""`` for none, and what its path holds."""
    for operation, asked, pattern in _ROUTES:
        found = pattern.fullmatch(path) if asked == method else None
        if found:
            return _distinguished(operation, query, form), found.groupdict()
    return "", {}


def _distinguished(operation: str, query: Mapping[str, str], form: Mapping[str, str]) -> str:
    """Returns, of operations that share a path, the one that the fields mean."""
    if operation == "MOR-11" and "currency" in query:
        return "MOR-15"
    if operation == "MOR-25" and "processed" in form:
        return "MOR-26"
    if operation == "MOR-10":
        return "MOR-10d" if form.get("cf_action") == "voicemail" else _FLOW.get(form.get("whattodo", ""), "MOR-10a")
    return operation
