"""Times of a zone stay where they are shown or sent: Python subtracts two of one zone by the wall."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = [*ROOT.glob("bot/**/*.py"), *ROOT.glob("providers/**/*.py")]
# What a time of a zone may be used for at once: to be written, to say its day, to become an instant or a bare wall.
SPENT = {"strftime", "isoformat", "date", "weekday", "utcoffset", "timestamp", "astimezone", "timetz", "time"}
SHOWN = {
    "bot/alerts/hours.py:_moment": "made an instant in the next line",  # where it has a name for some lines, or is returned, and why that is right
    "bot/cli/alerts_replay.py:_when": "formatted below",
    "bot/dialog/vendor_files.py:given": "formatted below",
    "bot/forecast/about.py:told": "formatted below",
    "bot/forecast/about.py:_end": "formatted below",
    "bot/forecast/days.py:place": "the slot of its hour",
    "bot/watches/__init__.py:clock": "formatted below",
    "bot/watches/balance/__init__.py:_facts": "its hour and minute are shown",
    "bot/slack/blocks_text.py:stated": "formatted below",
    "providers/sdk/vendor_clock.py:walls": "bare walls are made of it",
}


def test_no_time_of_a_zone_is_kept():
    found = {place for file in FILES for place in kept(file.read_text(encoding="utf-8"), file.relative_to(ROOT))}
    assert sorted(found - set(SHOWN)) == []
    assert sorted(set(SHOWN) - found) == []


@pytest.mark.parametrize(
    ("line", "is_kept"),
    [
        ("x = at.astimezone(zone)", True),
        ("x = at.astimezone(zone) - day", True),
        ("x = at.astimezone(zone).replace(hour=0)", True),
        ("x = wall.replace(tzinfo=zone)", True),
        ("x = datetime.combine(day, time(), tzinfo=self.zone)", True),
        ("x = datetime.now(zone)", True),
        ("x = datetime.fromtimestamp(0, zone)", True),
        ("x = at.astimezone(UTC)", False),
        ("x = at.astimezone(zone).date()", False),
        ("x = at.astimezone(zone).replace(tzinfo=None)", False),
        ("x = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)", False),
        ("x = f'{at.astimezone(zone):%H:%M}'", False),
    ],
)
def test_it_sees_what_is_kept(line, is_kept):
    assert bool(list(kept(f"def f():\n    {line}", Path("a.py")))) is is_kept


def kept(source, file):
    """The functions in which a time of a zone other than UTC is neither written out nor made an instant."""
    tree = ast.parse(source)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _makes_one(node) and not _is_spent(node, parents):
            yield f"{file.as_posix()}:{_function(node, parents)}"


def _makes_one(call):
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    named = {word.arg: word.value for word in call.keywords}
    zone = named.get("tzinfo") or named.get("tz")
    if zone is None and call.args and name in {"astimezone", "now"}:
        zone = call.args[0]
    if zone is None and len(call.args) == 2 and name == "fromtimestamp":
        zone = call.args[1]
    makes = name in {"astimezone", "replace", "combine", "now", "fromtimestamp"}
    return makes and zone is not None and ast.unparse(zone) not in {"UTC", "None", "timezone.utc"}


def _is_spent(node, parents):
    above = parents[node]
    if isinstance(above, ast.FormattedValue):
        return True
    if not isinstance(above, ast.Attribute):
        return False
    if above.attr == "replace":
        call = parents[above]
        return any(w.arg == "tzinfo" and ast.unparse(w.value) == "None" for w in call.keywords)
    return above.attr in SPENT


def _function(node, parents):
    while not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Module):
        node = parents[node]
    return getattr(node, "name", "")
