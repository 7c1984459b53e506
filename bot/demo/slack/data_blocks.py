"""What Slack refuses in tables and charts. Sizes are of what is shown in the cells, not of the JSON around it. Pure."""

from collections.abc import Iterator
from typing import Any, Final, TypeGuard

from bot.demo.slack.checking import Findings, Json

CELLS: Final = ("raw_text", "raw_number", "rich_text")
TABLE_CHARACTERS: Final = 10_000  # of all tables of a message
DATA_TABLE_CHARACTERS: Final = 20_000
MOST_CHARTS: Final = 2  # a message
MOST_POINTS: Final = 20
CHARTS: Final = ("pie", "line", "bar", "area")


def table(found: Findings, at: str, block: Json) -> None:
    """Checks a table: one a message, 100 rows of 20 cells, 10,000 characters in its cells."""
    found.keys(at, block, ("type", "block_id", "rows", "column_settings"), ("rows",))
    found.tables += 1
    if found.tables > 1:
        found.bad(at, "no more than 1 table block allowed", "only_one_table_allowed")
    rows = found.items(f"{at}/rows", block.get("rows"), 100)
    for index, cells in enumerate(rows):
        for place, cell in enumerate(found.items(f"{at}/rows/{index}", cells, 20)):
            _cell(found, f"{at}/rows/{index}/{place}", cell)
    _characters(found, at, rows, TABLE_CHARACTERS)
    for index, column in enumerate(found.items(f"{at}/column_settings", block.get("column_settings", []), 20, 0)):
        here = f"{at}/column_settings/{index}"
        if column is None:  # this column as usual
            continue
        if not isinstance(column, dict):
            found.bad(here, "must be an object", "wrong_type")
            continue
        found.keys(here, column, ("align", "is_wrapped"))
        found.one_of(f"{here}/align", column.get("align", "left"), ("left", "center", "right"))
        found.flag(here, column, "is_wrapped")


def data_table(found: Findings, at: str, block: Json) -> None:
    """Checks a table that sorts and pages: 2 to 201 rows of equal length, 20 columns, 20,000 characters."""
    allowed = ("type", "block_id", "caption", "rows", "page_size", "columns", "row_header_column_index")
    found.keys(at, block, allowed, ("caption", "rows"))
    found.optional_words(at, block, "caption", 2000)
    rows = found.items(f"{at}/rows", block.get("rows"), 201, 2)
    widths = {len(cells) for cells in rows if isinstance(cells, list)}
    if len(widths) > 1:
        found.bad(f"{at}/rows", "all rows must have the same number of cells")
    for index, cells in enumerate(rows):
        for place, cell in enumerate(found.items(f"{at}/rows/{index}", cells, 20)):
            here = f"{at}/rows/{index}/{place}"
            _cell(found, here, cell)
            if index == 0 and isinstance(cell, dict) and cell.get("type") == "rich_text":
                found.bad(f"{here}/type", "header cells may not be rich_text")
    size = block.get("page_size", 5)
    if not _whole(size) or not 1 <= size <= 100:
        found.bad(f"{at}/page_size", "must be between 1 and 100")
    header = block.get("row_header_column_index", 0)
    if not _whole(header) or not 0 <= header < max(widths, default=1):
        found.bad(f"{at}/row_header_column_index", "must be the index of a column")
    _characters(found, at, rows, DATA_TABLE_CHARACTERS)


def _whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _characters(found: Findings, at: str, rows: list[Any], most: int) -> None:
    if sum(len(words) for words in _shown(rows)) > most:
        found.bad(f"{at}/rows", f"must be less than {most + 1} characters over all cells")


def _shown(value: Any) -> Iterator[str]:
    """Every text in cells, rich ones too."""
    if isinstance(value, list):
        for item in value:
            yield from _shown(item)
    elif isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value["text"]
        yield from _shown(value.get("elements", []))


def _cell(found: Findings, at: str, cell: Any) -> None:
    if not isinstance(cell, dict) or cell.get("type") not in CELLS:
        found.bad(f"{at}/type", "must be raw_text, raw_number or rich_text", "unsupported_type")
        return
    if cell["type"] == "rich_text":
        found.keys(at, cell, ("type", "block_id", "elements"), ("elements",))
        return
    found.keys(at, cell, ("type", "text", "value") if cell["type"] == "raw_number" else ("type", "text"), ("text",))
    found.optional_words(at, cell, "text", DATA_TABLE_CHARACTERS)
    if cell["type"] == "raw_number" and not _number(cell.get("value")):
        found.bad(f"{at}/value", "must be a number", "wrong_type")


def chart(found: Findings, at: str, block: Json) -> None:
    """Checks a chart: two a message, a title of 50 characters; each series has one point for every category."""
    found.keys(at, block, ("type", "block_id", "title", "chart"), ("title", "chart"))
    found.charts += 1
    if found.charts > MOST_CHARTS:
        found.bad(at, f"no more than {MOST_CHARTS} data_visualization blocks allowed")
    found.optional_words(at, block, "title", 50)
    body = block.get("chart")
    if not isinstance(body, dict):
        return
    here = f"{at}/chart"
    found.one_of(f"{here}/type", body.get("type"), CHARTS)
    if body.get("type") == "pie":
        found.keys(here, body, ("type", "segments"), ("segments",))
        _points(found, f"{here}/segments", found.items(f"{here}/segments", body.get("segments"), 12), positive=True)
    else:
        found.keys(here, body, ("type", "series", "axis_config"), ("series", "axis_config"))
        _series(found, here, body, _categories(found, f"{here}/axis_config", body.get("axis_config")))


def _categories(found: Findings, at: str, axis: Any) -> list[Any]:
    if not isinstance(axis, dict):
        found.bad(at, "must be an object", "wrong_type")
        return []
    found.keys(at, axis, ("categories", "x_label", "y_label"), ("categories",))
    for name in ("x_label", "y_label"):
        found.optional_words(at, axis, name, 50)
    categories = found.items(f"{at}/categories", axis.get("categories"), MOST_POINTS)
    for index, name in enumerate(categories):
        found.words(f"{at}/categories/{index}", name, 20)
    return categories


def _series(found: Findings, at: str, body: Json, categories: list[Any]) -> None:
    names: list[Any] = []
    for index, item in enumerate(found.items(f"{at}/series", body.get("series"), 12)):
        here = f"{at}/series/{index}"
        if not isinstance(item, dict):
            found.bad(here, "must be an object", "wrong_type")
            continue
        found.keys(here, item, ("name", "data"), ("name", "data"))
        found.optional_words(here, item, "name", 20)
        if item.get("name") in names:
            found.bad(f"{here}/name", "series names must be unique")
        names.append(item.get("name"))
        points = found.items(f"{here}/data", item.get("data"), MOST_POINTS)
        labels = _points(found, f"{here}/data", points, positive=False)
        if not all(label in categories for label in labels):
            found.bad(f"{here}/data", "labels must be categories of the axis")
        elif sorted(map(str, labels)) != sorted(map(str, categories)):
            found.bad(f"{here}/data", "must have exactly one point for every category")


def _points(found: Findings, at: str, points: list[Any], *, positive: bool) -> list[Any]:
    """The labels of points, each a label of 20 characters and a number."""
    labels = []
    for index, point in enumerate(points):
        here = f"{at}/{index}"
        if not isinstance(point, dict):
            found.bad(here, "must be an object", "wrong_type")
            continue
        found.keys(here, point, ("label", "value"), ("label", "value"))
        found.optional_words(here, point, "label", 20)
        labels.append(point.get("label"))
        value = point.get("value")
        if not _number(value):
            found.bad(f"{here}/value", "must be a number", "wrong_type")
        elif positive and not value > 0:
            found.bad(f"{here}/value", "must be more than 0")
    return labels
