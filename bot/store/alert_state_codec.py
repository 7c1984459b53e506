"""Encodes an alert's state as JSON and back. Each member's facts have the form of the watch that describes it.

They are stored with the version of that form. Facts without one are of version 0, strings alone, as 0.1.0 wrote them.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from bot.alerts.model import AlertState, Facts, UnreadFacts
from bot.store.codec import Codec, dump, parse
from bot.watches.registry import watches

VERSION = "version"  # beside the facts' own names

STATE: Codec[AlertState] = Codec(AlertState)


def encoded(state: AlertState) -> bytes:
    """Returns the state as JSON text; raises `TypeError` for facts that are not those of the incident's watch."""
    tree = STATE.tree(state)
    for watch, incident, subject, member in _members(tree):
        member["facts"] = _tree(watch, state.incidents[incident].members[subject].facts)
    return dump(tree)


def decoded(text: bytes) -> AlertState:
    """Parses JSON text, facts of an older version brought forward; facts that are not known stay as `UnreadFacts`."""
    tree = parse(text)
    for watch, _, _, member in _members(tree):
        member["facts"] = _facts(watch, member["facts"])
    return STATE.value(tree)


def _members(tree: Any) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Yields every member, with the name of its watch, its incident and its subject."""
    for name, incident in tree.get("incidents", {}).items():
        watch = incident.get("watch") or tree.get("watch", "")
        for subject, member in incident["members"].items():
            yield watch, name, subject, member


def _tree(watch: str, facts: Facts) -> Mapping[str, Any]:
    if isinstance(facts, UnreadFacts):
        return facts.tree
    if type(facts) is Facts:  # a test's
        return {}
    known = watches().get(watch)
    if known is None or type(facts) is not known.facts:
        raise TypeError(f"{type(facts).__name__} are no facts of the watch {watch!r}")
    tree: dict[str, Any] = _codec(watch).tree(facts)
    return {VERSION: len(known.upcasts), **tree}


def _facts(watch: str, tree: dict[str, Any]) -> Facts:
    if not tree:
        return Facts()
    known = watches().get(watch)
    version = int(tree.get(VERSION, 0))
    if known is None or version > len(known.upcasts):
        return UnreadFacts(tree)
    found: Mapping[str, Any] = {name: value for name, value in tree.items() if name != VERSION}
    for upcast in known.upcasts[version:]:
        found = upcast(found)
    return _codec(watch).value(found)


@cache
def _codec(watch: str) -> Codec[Facts]:
    return Codec(watches()[watch].facts)
