"""Prints the shape of the house in figures: what lies loose, who knows whom, what stands twice, what a service loads.

`python -m tools.house_figures [FOLDER]`; the folder is a checkout of any version, this one where none is named.
"""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parents[1]
PACKAGES = ("bot", "providers")
# What is there for the demo and the tests, under today's names and those of 0.1.0.
SIMULATORS = {"demo", "sandboxes", "sandbox", "encode", "simulation", "faults", "floor", "cast", "tone"}

# Where a service is put together and what it finds by walking, under today's names and those of 0.1.0.
SERVICE = (
    "bot.cli.main",
    "bot.cli",
    "bot.app.service",
    "bot.bootstrap",
    "providers.registry",
    "bot.watches.registry",
    "bot.commands",
    "bot.commands.registry",
    "bot.actions",
    "bot.actions.registry",
)

# Imports those, has each find what it finds, and prints the modules of ours that are then loaded.
LOADS = """
import importlib, json, sys
sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    module = importlib.import_module(name)
    for find in ("vendors", "watches", "commands", "actions"):
        getattr(module, find, list)()
ours = {name: module.__file__ for name, module in sys.modules.items() if name.split(".")[0] in ("bot", "providers")}
print(json.dumps({name: file for name, file in ours.items() if file}))
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table: what is counted, and how many."""

    name: str
    count: int


def files(root: Path, *packages: str) -> list[Path]:
    """Every Python file of those packages."""
    return sorted(path for package in packages for path in (root / package).rglob("*.py"))


def lines(path: Path) -> int:
    """How many lines a file has, empty ones and comments among them."""
    return len(path.read_text("utf-8").splitlines())


def loose(root: Path) -> list[str]:
    """The modules that lie in `bot/` itself."""
    return sorted(path.stem for path in (root / "bot").glob("*.py") if path.stem != "__init__")


def rooms(root: Path) -> set[str]:
    """What a reader finds in `bot/`: its folders and the modules beside them."""
    folders = {path.parent.name for path in (root / "bot").glob("*/__init__.py")}
    return folders | set(loose(root))


def imported(path: Path) -> Iterator[str]:
    """The modules of the bot that a file names in its imports, those for types alone too."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            if node.module == "bot":
                yield from (f"bot.{one.name}" for one in node.names)


def arrows(root: Path) -> Counter[tuple[str, str]]:
    """Which room imports which, and from how many places."""
    known, found = rooms(root), Counter[tuple[str, str]]()
    for path in files(root, "bot"):
        here = path.relative_to(root / "bot").parts[0].removesuffix(".py")
        for module in imported(path):
            package, _, rest = module.partition(".")
            there = rest.partition(".")[0]
            if package == "bot" and here in known and there in known and there != here:
                found[here, there] += 1
    return found


def layers(root: Path) -> list[set[str]]:
    """The lines of the contract that orders the rooms of the bot, the highest first."""
    contracts = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    for contract in contracts:
        if contract["type"] == "layers" and "cli" in " ".join(contract["layers"]):
            lines = [set(re.findall(r"[a-z_.]+", line)) for line in contract["layers"]]
            return [{name.removeprefix("bot.") for name in line} for line in lines]
    return []


def upward(found: Mapping[tuple[str, str], int], order: Sequence[set[str]]) -> list[tuple[str, str]]:
    """The arrows that do not go down from one line of the contract to a later one."""
    height = {room: place for place, line in enumerate(order) for room in line}
    return sorted((a, b) for a, b in found if a in height and b in height and height[a] >= height[b])


def between_layers(found: Mapping[tuple[str, str], int], order: Sequence[set[str]]) -> set[tuple[int, int]]:
    """The arrows, with all rooms of one line of the contract taken together."""
    height = {room: place for place, line in enumerate(order) for room in line}
    return {(height[a], height[b]) for a, b in found if a in height and b in height and height[a] != height[b]}


def class_names(root: Path, package: str) -> Counter[str]:
    """The names of the classes that stand at the top of a module, and how often."""
    found = Counter[str]()
    for path in files(root, package):
        body = ast.parse(path.read_text("utf-8")).body
        found.update(node.name for node in body if isinstance(node, ast.ClassDef))
    return found


def loaded(root: Path) -> dict[str, Path]:
    """The modules that a service loads, and their files."""
    there = [name for name in SERVICE if _is_module(root / name.replace(".", "/"))]
    command = [sys.executable, "-P", "-c", LOADS, str(root), *there]
    ran = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)  # noqa: S603  # ours, no shell
    return {name: Path(file) for name, file in json.loads(ran.stdout).items()}


def _is_module(path: Path) -> bool:
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def simulates(module: str) -> bool:
    """Whether a module is there for the demo and the tests."""
    return not SIMULATORS.isdisjoint(module.split("."))


def figures(root: Path) -> list[Figure]:
    """Everything that is counted, in the order in which it is printed."""
    found, order, service = arrows(root), layers(root), loaded(root)
    twice = {package: [n for n, times in class_names(root, package).items() if times > 1] for package in PACKAGES}
    return [
        Figure("modules loose in bot/", len(loose(root))),
        Figure("rooms in bot/, loose modules among them", len(rooms(root))),
        Figure("arrows between rooms", len(found)),
        Figure("imports behind those arrows", found.total()),
        Figure("pairs of rooms that know each other", sum((b, a) in found for a, b in found) // 2),
        Figure("lines of the contract of layers", len(order)),
        Figure("arrows between its lines", len(between_layers(found, order))),
        Figure("arrows against it", len(upward(found, order))),
        *(Figure(f"files in {name}/", len(files(root, name))) for name in PACKAGES),
        *(Figure(f"lines in {name}/", sum(map(lines, files(root, name)))) for name in PACKAGES),
        Figure("files in tests/", len(files(root, "tests"))),
        Figure("lines in tests/", sum(map(lines, files(root, "tests")))),
        Figure("longest file", max(map(lines, files(root, *PACKAGES)))),
        *(Figure(f"class names that stand twice or more in {name}/", len(twice[name])) for name in PACKAGES),
        Figure("modules that a service loads", len(service)),
        Figure("lines that a service loads", sum(map(lines, service.values()))),
        Figure("of these, lines of simulators", sum(lines(path) for name, path in service.items() if simulates(name))),
    ]


def main() -> None:
    """Print a table."""
    root = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else HERE
    for figure in figures(root):
        sys.stdout.write(f"{figure.count:>7,}  {figure.name}\n")


if __name__ == "__main__":
    main()
