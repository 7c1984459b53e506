"""Renders tables and charts as Slack's own blocks. Their limits are on what is shown, not on the JSON around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.cards import Chart, Customer, Figure, Part, Quoted, Table, Text, When
from bot.slack.blocks_text import Eyes, cut, full, masked, plain, stated, uncoded
from providers.masking import concealed

Block = dict[str, Any]

TYPES = frozenset({"table", "data_table", "data_visualization"})
DATA_TABLE_MIN_ROWS = 20  # rows; from here on the table can be sorted and turned
TABLE_MAX_CHARS = 9_500  # of cell text
DATA_TABLE_MAX_CHARS, DATA_TABLE_MAX_ROWS, DATA_TABLE_PAGE_ROWS = 19_000, 200, 15
MAX_ROW_VALUES = 20
MAX_CELL_CHARS = 80
MAX_CHARTS = 2  # a message
MAX_POINTS, MAX_SERIES_NAMES, MAX_LABEL_CHARS, MAX_TITLE_CHARS = 20, 6, 20, 50


@dataclass(frozen=True, slots=True)
class RenderedTable:
    """A table as a block, with how many of its rows stand in it."""

    block: Block
    rows: int


def table(item: Table, eyes: Eyes) -> RenderedTable | None:
    """Returns Slack's `table`, or its `data_table` where the rows are many.

    None for what neither can show: no columns, too many, or a row with another number of cells.
    """
    columns = len(item.header)
    if not 0 < columns <= MAX_ROW_VALUES or not item.rows or any(len(row) != columns for row in item.rows):
        return None
    many = len(item.rows) >= DATA_TABLE_MIN_ROWS
    header = [_words(name) for name in item.header]
    room = (DATA_TABLE_MAX_CHARS if many else TABLE_MAX_CHARS) - sum(len(cell["text"]) for cell in header)
    rows: list[list[Block]] = []
    for row in item.rows[: DATA_TABLE_MAX_ROWS if many else DATA_TABLE_MIN_ROWS]:
        cells = [_cell(part, eyes) for part in row]
        room -= sum(len(cell["text"]) for cell in cells)
        if room < 0:
            break
        rows.append(cells)
    if not rows:
        return None
    return RenderedTable(_data_table(item, header, rows) if many else _table(item, header, rows), len(rows))


def _table(item: Table, header: list[Block], rows: list[list[Block]]) -> Block:
    right = [all(isinstance(row[at], Figure) or row[at] == "" for row in item.rows) for at in range(len(header))]
    settings = [{"align": "right" if one else "left", "is_wrapped": not one} for one in right]
    return {"type": "table", "column_settings": settings, "rows": [header, *rows]}


def _data_table(item: Table, header: list[Block], rows: list[list[Block]]) -> Block:
    return {
        "type": "data_table",
        "caption": plain(item.heading, 150) or "Rows",
        "page_size": DATA_TABLE_PAGE_ROWS,
        "row_header_column_index": 0,
        "rows": [header, *rows],
    }


def _cell(part: Part, eyes: Eyes) -> Block:
    if isinstance(part, Figure):
        return {"type": "raw_number", "text": _shown(part, eyes), "value": part.value}
    return {"type": "raw_text", "text": _shown(part, eyes)}


def _words(text: str) -> Block:
    return {"type": "raw_text", "text": cut(uncoded(plain(text, MAX_CELL_CHARS)), MAX_CELL_CHARS) or "–"}


def _shown(part: Part, eyes: Eyes) -> str:
    match part:
        case str() as words:
            found = words
        case Text(words) | Figure(words):
            found = words
        case Customer(number, region):
            found = (masked if eyes.public else full)(number, region or eyes.region)
        case Quoted(words):
            found = concealed(words) if eyes.public else words
        case When():
            found = stated(part, eyes.zone)
        case _:
            found = getattr(part, "words", "") or "…"
    return cut(uncoded(plain(found, MAX_CELL_CHARS)), MAX_CELL_CHARS) or "–"


def chart(item: Chart) -> Block | None:
    """Returns Slack's chart; None for what it cannot show: nothing, or labels that are the same."""
    categories = [_label(name) for name in item.categories[-MAX_POINTS:]]
    names = [_label(series.name) for series in item.series[:MAX_SERIES_NAMES]]
    whole = all(len(series.values) == len(item.categories) for series in item.series)
    if len(categories) < 2 or not names or not whole or _twice(categories) or _twice(names):
        return None
    series = [
        {
            "name": name,
            "data": [
                {"label": label, "value": value}
                for label, value in zip(categories, one.values[-MAX_POINTS:], strict=True)
            ],
        }
        for name, one in zip(names, item.series, strict=False)
    ]
    axis: Block = {"categories": categories}
    if item.unit:
        axis["y_label"] = plain(item.unit, MAX_TITLE_CHARS)
    body = {"type": "line" if item.line else "bar", "series": series, "axis_config": axis}
    return {"type": "data_visualization", "title": plain(item.title, MAX_TITLE_CHARS) or "Chart", "chart": body}


def _label(words: str) -> str:
    return cut(plain(words, MAX_LABEL_CHARS), MAX_LABEL_CHARS) or "–"


def _twice(names: Sequence[str]) -> bool:
    return len(set(names)) < len(names)
