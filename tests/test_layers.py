"""The house keeps its shape: who may know whom, what every file says of itself, how long one may be."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

HOUSE = Path(__file__).parent.parent
GRAPH = grimp.build_graph("providers", "bot")
ROOMS = GRAPH.find_children("providers")
VENDORS = sorted(room for room in ROOMS if f"{room}.adapter" in GRAPH.modules)
FILES = sorted(path for root in ("bot", "providers") for path in (HOUSE / root).rglob("*.py"))
WALL = 400  # lines
TEST_WALL = 600
NAMELESS = {"utils", "util", "helpers", "helper", "common", "manager", "core", "misc"}


def named(path: Path) -> str:
    return str(path.relative_to(HOUSE))


@pytest.mark.parametrize("vendor", VENDORS)
def test_nobody_imports_a_vendor_but_itself(vendor: str):
    for other in sorted((ROOMS | {"bot"}) - {vendor}):
        chains = GRAPH.find_shortest_chains(importer=other, imported=vendor, as_packages=True)
        assert not chains, f"{other} imports {vendor}: {chains}"


@pytest.mark.parametrize("vendor", VENDORS)
def test_an_adapter_does_not_know_its_sandbox(vendor: str):
    for told in ("sandbox", "encode"):
        if f"{vendor}.{told}" in GRAPH.modules:
            for asking in (vendor, f"{vendor}.adapter", f"{vendor}.wire"):
                assert not GRAPH.find_shortest_chain(asking, f"{vendor}.{told}")


def test_the_vendors_do_not_know_the_bot():
    assert not GRAPH.find_shortest_chains(importer="providers", imported="bot", as_packages=True)


def test_no_module_imports_itself_by_way_of_others():
    graph = {module: GRAPH.find_modules_directly_imported_by(module) - {module} for module in GRAPH.modules}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


def test_there_are_vendors():
    assert "providers.momvoip" in VENDORS


@pytest.mark.parametrize("path", FILES, ids=named)
def test_every_file_says_what_it_is_for(path: Path):
    text = path.read_text("utf-8")
    if text.strip():
        assert ast.get_docstring(ast.parse(text)), f"{named(path)} has no docstring"


@pytest.mark.parametrize("path", FILES, ids=named)
def test_no_file_is_longer_than_the_wall_nor_named_after_nothing(path: Path):
    assert len(path.read_text("utf-8").splitlines()) <= WALL
    assert path.stem not in NAMELESS


def test_no_test_is_longer_than_the_wall():
    for path in (HOUSE / "tests").rglob("*.py"):
        assert len(path.read_text("utf-8").splitlines()) <= TEST_WALL, named(path)
