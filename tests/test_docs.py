"""What the pages name is there: each path, each module, each function and class, each page that is linked."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    path
    for path in ROOT.rglob("*.md")
    if not any(part.startswith(".") or part == "node_modules" for part in path.relative_to(ROOT).parts)
)
IMAGINED = re.compile(r"NAME|VENDOR|[*…<{]|^tools/call$")  # whatever the reader calls it; and a method of MCP
OURS = r"(?:bot|providers|tests|tools|benchmarks|examples)"
PATH = re.compile(rf"(?<![\w/.-])({OURS}/[\w./*{{}}<>…-]*[\w/}}*>])")
DOTTED = re.compile(rf"`({OURS}(?:\.\w+)+)`")
NAMES = re.compile(rf"`({OURS}/[\w/]+\.py)`: ((?:`[\w.]+`(?:, )?)+)")
LINK = re.compile(r"\]\(([^)\s]+)\)")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def prose(page: Path) -> str:
    """A page's text; of the changelog what is not released: what was written of a version stays as it was."""
    text = page.read_text("utf-8")
    return re.split(r"(?m)^## \[\d", text)[0] if page.name == "CHANGELOG.md" else text


@cache
def defined(path: Path) -> frozenset[str]:
    """The functions, classes, methods and constants that a file defines: `Engine.observe`, `step`, `OUTLETS`."""
    return frozenset(_defined(ast.parse(path.read_text("utf-8")).body))


def _defined(body: list[ast.stmt], inside: str = "") -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield inside + node.name
        elif isinstance(node, ast.ClassDef):
            yield inside + node.name
            yield from _defined(node.body, f"{inside}{node.name}.")
        elif isinstance(node, ast.Assign):
            yield from (inside + target.id for target in ast.walk(node) if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield inside + node.target.id


def dotted_there(dotted: str) -> bool:
    """Whether there is such a module, or what stands behind its last dot is defined in one."""
    path = ROOT / dotted.replace(".", "/")
    if path.is_dir() or path.with_suffix(".py").is_file():
        return True
    module, _, last = dotted.rpartition(".")
    files = [(ROOT / module.replace(".", "/")).with_suffix(".py"), ROOT / module.replace(".", "/") / "__init__.py"]
    return any(last in defined(file) for file in files if file.is_file())


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_path_that_a_page_names_is_there(page: Path) -> None:
    found = {path.rstrip(".") for path in PATH.findall(prose(page)) if not IMAGINED.search(path)}
    assert [path for path in sorted(found) if not (ROOT / path).exists() and not (page.parent / path).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_module_and_name_that_a_page_names_is_there(page: Path) -> None:
    text = prose(page)
    assert [dotted for dotted in sorted(set(DOTTED.findall(text))) if not dotted_there(dotted)] == []
    named = [(path, one) for path, names in NAMES.findall(text) for one in re.findall(r"`([\w.]+)`", names)]
    assert [f"{path}: {one}" for path, one in named if one not in defined(ROOT / path)] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_page_that_is_linked_is_there(page: Path) -> None:
    targets = {link.partition("#")[0] for link in LINK.findall(prose(page)) if "://" not in link}
    assert [one for one in sorted(targets - {""}) if not (page.parent / one).exists()] == []


def test_it_finds_what_it_looks_for() -> None:
    assert PATH.findall("see `bot/engine/engine.py`, bot/nowhere.") == ["bot/engine/engine.py", "bot/nowhere"]
    assert NAMES.findall("`bot/a.py`: `A.b`, `c` does") == [("bot/a.py", "`A.b`, `c`")]
    engine = defined(ROOT / "bot/engine/engine.py")
    assert {"Engine.observe", "MAX_CONFLICTS", "Applied"} <= engine
    assert "Engine.nothing" not in engine
    assert dotted_there("providers.sdk.http.VendorHttp")
    assert not dotted_there("providers.sdk.http.Nothing")
    assert len(PAGES) > 25


def test_the_page_of_the_house_names_what_it_speaks_of() -> None:
    named = NAMES.findall((ROOT / "docs/architecture.md").read_text("utf-8"))
    assert len(named) > 40
