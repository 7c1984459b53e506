"""`--set KEY=VALUE`: other values for the keys of one alert, put in where the file's stand and read as those are."""

from collections.abc import Mapping
from dataclasses import replace

from bot.settings.alert_keys import alert_table
from bot.settings.environment import json_tree
from bot.settings.problems import Problem, did_you_mean
from bot.settings.shapes import MapShape, ScalarShape
from bot.settings.tree import Node, Path, dotted
from bot.watches import Watch

Overrides = Mapping[str, Mapping[str, str]]  # by alert: its keys with their values, as typed; "" leaves a key out

PLACE = "--set"
_ALERTS: Path = ("alerts",)


def overridden(tree: Node, overrides: Overrides, watches: Mapping[str, Watch]) -> tuple[Node, list[Problem]]:
    """Returns the tree with these values in its alerts, and what is wrong with them already."""
    listed = tree.at(_ALERTS)
    alerts = listed.value if listed is not None and not isinstance(listed.value, str | Mapping) else None
    names = [_text(alert, "name") or "" for alert in alerts or ()]
    problems = [
        Problem(PLACE, None, "alerts", f"there is no alert {name}", did_you_mean(name, filter(None, names)))
        for name in overrides
        if name not in names
    ]
    if listed is None or not alerts or not isinstance(tree.value, Mapping):
        return tree, problems
    changed = []
    for index, (name, alert) in enumerate(zip(names, alerts, strict=True)):
        nodes, wrong = _nodes(alert, (*_ALERTS, index), overrides.get(name, {}), watches)
        problems += wrong
        changed.append(replace(alert, value={**alert.value, **nodes}) if isinstance(alert.value, Mapping) else alert)
    return replace(tree, value={**tree.value, "alerts": replace(listed, value=changed)}), problems


def _nodes(
    alert: Node, path: Path, values: Mapping[str, str], watches: Mapping[str, Watch]
) -> tuple[dict[str, Node], list[Problem]]:
    table = alert_table(values.get("watch") or _text(alert, "watch"), watches)
    nodes: dict[str, Node] = {}
    problems: list[Problem] = []
    for key, text in values.items():
        found = _node(text, (*path, key), key, table)
        if isinstance(found, Node):
            nodes[key] = found
        else:
            problems.append(found)
    return nodes, problems


def _node(text: str, path: Path, key: str, table: MapShape) -> Node | Problem:
    if key == "name":
        return Problem(PLACE, None, dotted(path), "an alert keeps its name", "try another key")
    shape = table.under(key)
    if not text or shape is None or isinstance(shape, ScalarShape):
        return Node(text or None, PLACE)
    return json_tree(text, PLACE, path, shape)


def _text(alert: Node, key: str) -> str | None:
    node = alert.at((key,))
    return node.value if node is not None and isinstance(node.value, str) else None
