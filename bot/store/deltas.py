"""The difference between two readings, as small JSON, and the whole again from it. Pure.

A value is a tree ``{"items": [row, …], …}`` or any other object. A delta is an object with, each only where needed:
``o`` the order of the rows, as ``[from, to)`` runs of old ones and whole new ones; ``c`` changed rows, each
``[position, fields, dropped fields]``; ``s`` and ``d`` the fields set and dropped beside the rows.
"""

from collections.abc import Mapping
from typing import Any

Tree = dict[str, Any]
ITEMS = "items"


def diff(old: Tree, new: Tree, name: str | None) -> Tree:
    """Returns the delta from `old` to `new`.

    `name` is the field that identifies a row, None where there are no rows.
    """
    delta: Tree = {}
    if name is None:
        _fields(old, new, delta)
        return delta
    before, after = old.get(ITEMS, []), new.get(ITEMS, [])
    _fields(_rest(old), _rest(new), delta)
    order = _order(before, after, name)
    if order is not None:
        delta["o"] = order
        before = _ordered(before, order)
    changes = []
    for place, (was, now) in enumerate(zip(before, after, strict=True)):
        change: Tree = {}
        _fields(was, now, change)
        if change:
            changes.append([place, change.get("s", {}), *([change["d"]] if "d" in change else [])])
    if changes:
        delta["c"] = changes
    return delta


def patch(old: Tree, delta: Tree) -> Tree:
    """Returns the newer tree, from the older one and the delta.

    Rows that did not change are the same objects as before.
    """
    new = _with(old, delta.get("s", {}), delta.get("d", []))
    if "o" not in delta and "c" not in delta:
        return new
    rows = list(old.get(ITEMS, []))
    if "o" in delta:
        rows = _ordered(rows, delta["o"])
    for place, fields, *dropped in delta.get("c", []):
        rows[place] = _with(rows[place], fields, dropped[0] if dropped else [])
    new[ITEMS] = rows
    if not rows:
        del new[ITEMS]
    return new


def _rest(tree: Tree) -> Tree:
    return {field: value for field, value in tree.items() if field != ITEMS}


def _fields(old: Mapping[str, Any], new: Mapping[str, Any], delta: Tree) -> None:
    fields = {field: value for field, value in new.items() if field not in old or old[field] != value}
    dropped = [field for field in old if field not in new]
    if fields:
        delta["s"] = fields
    if dropped:
        delta["d"] = dropped


def _with(old: Mapping[str, Any], fields: Mapping[str, Any], dropped: list[str]) -> Tree:
    return {field: value for field, value in {**old, **fields}.items() if field not in dropped}


def _order(before: list[Tree], after: list[Tree], name: str) -> list[Any] | None:
    """Returns where each row comes from; None where they stand as they stood. One name may stand twice."""
    if [row.get(name) for row in before] == [row.get(name) for row in after]:
        return None
    places: dict[Any, list[int]] = {}
    for place in reversed(range(len(before))):
        places.setdefault(before[place].get(name), []).append(place)
    order: list[Any] = []
    for row in after:
        found = places.get(row.get(name))
        if not found:
            order.append(row)
            continue
        place = found.pop()
        if order and isinstance(order[-1], list) and order[-1][1] == place:
            order[-1][1] = place + 1
        else:
            order.append([place, place + 1])
    return order


def _ordered(rows: list[Tree], order: list[Any]) -> list[Tree]:
    new: list[Tree] = []
    for part in order:
        if isinstance(part, list):
            new.extend(rows[part[0] : part[1]])
        else:
            new.append(part)
    return new
