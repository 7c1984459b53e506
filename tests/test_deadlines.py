"""What waits for work waits for `PATIENCE`: a number of seconds in a test is for silence, and is listed here with its reason."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import hypothesis

from tests.deadlines import PATIENCE, SILENCE

ROOT = Path(__file__).parent.parent
WAITS = {"timeout", "fail_after", "move_on_after", "wait_for", "rung"}
NAMES = {"timeout", "within", "patience", "deadline", "socket_timeout", "seconds_left"}
CLOCKS = {"monotonic", "perf_counter", "process_time"}

# file: how often it waits so, and for what
SILENCE_IS_MEANT = {
    "tests/bot/demo/test_slack_faults.py": (1, "a message that never comes"),
    "tests/bot/settings/test_check.py": (1, "two probes that never answer"),
    "tests/chaos/storm.py": (1, "the preview of a replica that may have been killed meanwhile: nobody minds"),
    "tests/conftest.py": (1, "one try of many to reach a server that starts"),
    "tests/bot/store/conftest.py": (1, "one try of many to reach a server that starts"),
    "tests/providers/sdk/test_http.py": (3, "a vendor who never answers, or drips without end"),
}
# Files that measure: by processor time, or when what they wait for is over.
MEASURING = {
    "tests/chaos/replica.py": "reads a file again after a while",
    "tests/chaos/storm.py": "the storm's own length",
    "tests/chaos/test_clock.py": "that time passed, and that a clock that was set did not change that",
    "tests/hostile/linearity.py": "growth by processor time",
    "tests/hostile/test_linear_patterns.py": "growth by processor time",
    "tests/brokers.py": "the end of PATIENCE",
    "tests/conftest.py": "the end of PATIENCE",
    "tests/bot/store/conftest.py": "the end of PATIENCE",
}


def sources() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((ROOT / "tests").rglob("*.py")):
        name = str(path.relative_to(ROOT))
        if path not in {Path(__file__), ROOT / "tests" / "deadlines.py"}:
            yield name, ast.parse(path.read_text("utf-8"))


def is_number(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool)


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def numbers(tree: ast.Module) -> list[str]:
    """Where a number of seconds is waited for: in a call that waits, or under a name that says how long."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            given = any(map(is_number, node.args)) if called(node) in WAITS else False
            if given or any(one.arg in NAMES and is_number(one.value) for one in node.keywords):
                found.append(f"{node.lineno}: {ast.unparse(node)}")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            named = [*zip(node.args.args[::-1], node.args.defaults[::-1], strict=False)]
            named += [*zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)]
            found += [f"{node.lineno}: {name.arg}" for name, value in named if name.arg in NAMES and is_number(value)]
    return found


def test_no_test_waits_for_work_by_a_number_of_its_own() -> None:
    found = {name: numbers(tree) for name, tree in sources()}
    meant = {name: count for name, (count, _) in SILENCE_IS_MEANT.items()}
    assert {name: lines for name, lines in found.items() if len(lines) != meant.get(name, 0)} == {}


def test_no_test_is_measured_by_a_clock_on_the_wall() -> None:
    read = {
        name
        for name, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and called(node) in CLOCKS
    }
    assert read == set(MEASURING)


def test_no_example_takes_too_long_or_is_made_too_slowly() -> None:
    assert hypothesis.settings.default is not None
    assert hypothesis.settings.default.deadline is None
    assert hypothesis.HealthCheck.too_slow in hypothesis.settings.default.suppress_health_check


def test_a_whole_test_has_longer_than_what_it_waits_for() -> None:
    whole = int(re.findall(r"^timeout = (\d+)$", (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE)[0])
    assert SILENCE < 1 < PATIENCE < whole / 5
