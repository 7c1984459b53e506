"""Tables, charts, containers, cards and tasks, each held to Slack's rules: what it takes, and what it refuses and where."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.slack.town import ALERTS
from bot.demo.slack.validation import check_blocks

Block = dict[str, Any]


def words(text: str = "x", kind: str = "mrkdwn") -> Block:
    return {"type": kind, "text": text}


def cell(text: str = "12345678") -> Block:
    return {"type": "raw_text", "text": text}


def number(**more: Any) -> Block:
    return {"type": "raw_number", "value": 192, "text": "3 min", **more}


def rich(text: str = "x") -> Block:
    part = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [part]}


def table(rows: int = 2, cells: int = 2, text: str = "12345678", **more: Any) -> Block:
    return {"type": "table", "rows": [[cell(text)] * cells] * rows, **more}


def data_table(rows: int = 3, cells: int = 2, text: str = "12345678", **more: Any) -> Block:
    return {"type": "data_table", "caption": "Agents", "rows": [[cell(text)] * cells] * rows, **more}


def with_cell(block: Block, row: int, value: Any) -> Block:
    rows = [list(cells) for cells in block["rows"]]
    rows[row][0] = value
    return block | {"rows": rows}


def points(*labels: str, value: Any = 1.5) -> list[Block]:
    return [{"label": label, "value": value} for label in labels]


def series(name: str = "USD", data: Any = None, **more: Any) -> Block:
    return {"name": name, "data": points("Mon", "Tue") if data is None else data, **more}


def line(*lines: Block, axis: Any = None, **more: Any) -> Block:
    axis = {"categories": ["Mon", "Tue"], "x_label": "Day", "y_label": "USD"} if axis is None else axis
    body = {"type": "line", "series": list(lines) or [series()], "axis_config": axis, **more}
    return {"type": "data_visualization", "title": "Balance", "chart": body}


def pie(**more: Any) -> Block:
    body = {"type": "pie", "segments": points("a", "b"), **more}
    return {"type": "data_visualization", "title": "Agents", "chart": body}


def without(block: Block, key: str) -> Block:
    return {name: value for name, value in block.items() if name != key}


def button(name: str = "a") -> Block:
    return {"type": "button", "action_id": name, "text": words(kind="plain_text")}


IMAGE = {"type": "image", "image_url": "https://e.example/a.png", "alt_text": "a"}
DIVIDER = {"type": "divider"}
CONTAINER = {"type": "container", "title": words("Sales", "plain_text"), "child_blocks": [DIVIDER]}
CARD = {"type": "card", "title": words("Sales")}
TASK = {"type": "task_card", "task_id": "t", "title": "Ask", "status": "complete"}
PLAN = {"type": "plan", "title": "Plan", "tasks": [TASK | {"status": "pending"}]}
ALERT = {"type": "alert", "text": words(), "level": "warning"}
CHILDREN = [
    {"type": "actions", "elements": [button()]}, {"type": "context", "elements": [words()]}, DIVIDER,
    {"type": "header", "text": words(kind="plain_text")}, IMAGE | {"type": "image"}, rich(), table(),
    {"type": "section", "text": words()},
]  # fmt: skip

TAKEN = [
    table(40, 6), table(100, 20, "1234"), table(100, 10, "1234567890"),
    table(column_settings=[{"align": "right"}, None, {"align": "center", "is_wrapped": True}]),
    with_cell(table(), 0, rich()), with_cell(table(), 0, number()), with_cell(table(), 1, number(value=0.5)),
    data_table(201, 12), data_table(2, 20), data_table(200, 10, "1234567890"), data_table(page_size=100),
    data_table(row_header_column_index=1), with_cell(data_table(), 1, number()), with_cell(data_table(), 2, rich()),
    line(), line(series("a"), series("b")), line(series(data=points("Tue", "Mon", value=-1))),
    line(axis={"categories": ["Mon", "Tue"]}), pie(),
    CONTAINER, CONTAINER | {"width": "full", "is_collapsible": True, "default_collapsed": True},
    CONTAINER | {"subtitle": words(), "icon": IMAGE, "has_header_divider": False},
    without(CONTAINER, "title") | {"rich_text_title": rich()},
    *[CONTAINER | {"child_blocks": [child]} for child in CHILDREN],
    CARD, {"type": "card", "hero_image": IMAGE}, {"type": "card", "body": words("x" * 200)},
    {"type": "card", "actions": [button(str(n)) for n in range(3)]}, CARD | {"icon": IMAGE},
    CARD | {"slack_icon": {"name": "phone"}},
    {"type": "carousel", "elements": [CARD] * 10}, TASK, PLAN,
]  # fmt: skip

REFUSED = [
    (table(101, 1), "/rows"), (table(1, 21), "/rows/0"), (table(100, 11, "1234567890"), "/rows"),
    (with_cell(table(), 0, rich("x" * 10_001)), "/rows"), (table() | {"rows": []}, "/rows"),
    (table(column_settings=[{"align": "top"}]), "/column_settings/0/align"),
    (table(column_settings=[{"width": 3}]), "/column_settings/0"),
    (table(column_settings=[{"is_wrapped": 1}]), "/column_settings/0/is_wrapped"),
    (with_cell(table(), 0, cell("")), "/rows/0/0/text"), (with_cell(table(), 0, {"type": "raw_text"}), "/rows/0/0"),
    (with_cell(table(), 0, cell() | {"bold": True}), "/rows/0/0"),
    (with_cell(table(), 0, {"type": "button"}), "/rows/0/0/type"),
    (with_cell(table(), 0, without(number(), "text")), "/rows/0/0"),
    (with_cell(table(), 0, number(value="192")), "/rows/0/0/value"),
    (with_cell(table(), 0, number(value=True)), "/rows/0/0/value"),
    (with_cell(table(), 0, without(number(), "value")), "/rows/0/0/value"),
    (data_table(1), "/rows"), (data_table(202, 1), "/rows"), (data_table(2, 21), "/rows/0"),
    (data_table(201, 10, "1234567890"), "/rows"), (without(data_table(), "caption"), ""),
    (data_table() | {"rows": [[cell()], [cell(), cell()]]}, "/rows"),
    (with_cell(data_table(), 0, rich()), "/rows/0/0/type"),
    (with_cell(data_table(), 1, without(number(), "text")), "/rows/1/0"),
    (data_table(page_size=0), "/page_size"), (data_table(page_size=101), "/page_size"),
    (data_table(page_size="5"), "/page_size"), (data_table(row_header_column_index=2), "/row_header_column_index"),
    (without(line(), "title"), ""), (line() | {"title": "x" * 51}, "/title"), (line() | {"subtitle": "x"}, ""),
    (line(legend=True), "/chart"), (line(series(colour="red")), "/chart/series/0"),
    (line(series(data=[{"label": "Mon", "value": 1, "x": 2}, *points("Tue")])), "/chart/series/0/data/0"),
    (line(axis={"categories": ["Mon", "Tue"], "unit": "USD"}), "/chart/axis_config"),
    (line(axis={}), "/chart/axis_config"), (line() | {"chart": {"type": "line", "series": [series()]}}, "/chart"),
    (line(axis={"categories": ["x" * 21]}), "/chart/axis_config/categories/0"),
    (line(axis={"categories": ["Mon", "Tue"], "y_label": "x" * 51}), "/chart/axis_config/y_label"),
    (line(series("a"), series("a")), "/chart/series/1/name"), (line(series("x" * 21)), "/chart/series/0/name"),
    (line(series(data=points("Mon"))), "/chart/series/0/data"),
    (line(series(data=points("Mon", "Tue", "Tue"))), "/chart/series/0/data"),
    (line(series(data=points("Mon", "Wed"))), "/chart/series/0/data"),
    (line(series(data=points("Mon", "Tue", value="1"))), "/chart/series/0/data/0/value"),
    (line(series(data=points("Mon", "Tue", value=None))), "/chart/series/0/data/0"),
    (line(type="scatter"), "/chart/type"),
    (pie(segments=points("a", value=0)), "/chart/segments/0/value"),
    (pie(segments=points("a", value=-1)), "/chart/segments/0/value"),
    (pie(segments=points("x" * 21)), "/chart/segments/0/label"), (pie(segments=[]), "/chart/segments"),
    (pie(axis_config={"categories": ["a"]}), "/chart"),
    (without(CONTAINER, "title"), ""), (CONTAINER | {"title": words()}, "/title/type"),
    (CONTAINER | {"title": words("x" * 151, "plain_text")}, "/title/text"), (CONTAINER | {"width": "broad"}, "/width"),
    (CONTAINER | {"child_blocks": [DIVIDER] * 11}, "/child_blocks"), (CONTAINER | {"colour": "red"}, ""),
    (CONTAINER | {"default_collapsed": True}, "/default_collapsed"), (CONTAINER | {"is_collapsible": 1}, "/is_collapsible"),
    *[(CONTAINER | {"child_blocks": [child]}, "/child_blocks/0/type") for child in (
        CONTAINER, CARD, data_table(), pie(), {"type": "markdown", "text": "x"}, {"type": "carousel", "elements": [CARD]},
        {"type": "context_actions", "elements": []}, ALERT, TASK, {"type": "file", "external_id": "a"})],
    ({"type": "card"}, ""), ({"type": "card", "subtitle": words()}, ""), (CARD | {"title": "Sales"}, "/title"),
    (CARD | {"title": words("x" * 151)}, "/title/text"), (CARD | {"body": words("x" * 201)}, "/body/text"),
    (CARD | {"actions": [button(str(n)) for n in range(4)]}, "/actions"), (CARD | {"footer": words()}, ""),
    (CARD | {"icon": IMAGE, "slack_icon": {"name": "phone"}}, "/slack_icon"),
    (CARD | {"hero_image": without(IMAGE, "image_url")}, "/hero_image"),
    ({"type": "carousel", "elements": []}, "/elements"), ({"type": "carousel", "elements": [CARD] * 11}, "/elements"),
    ({"type": "carousel", "elements": [DIVIDER]}, "/elements/0/type"),
    ({"type": "carousel", "elements": [{"type": "card"}]}, "/elements/0"),
    (TASK | {"status": "pending"}, "/status"), (PLAN | {"title": words(kind="plain_text")}, "/title"),
    (PLAN | {"tasks": [TASK | {"status": "later"}]}, "/tasks/0/status"), (ALERT, "/type"),
    (without(IMAGE, "image_url"), ""), (IMAGE | {"slack_file": {"id": "F1"}}, ""),
    ({"type": "file", "external_id": "a", "source": "remote"}, "/type"),
]  # fmt: skip


def named(value: Any) -> str:
    if isinstance(value, set):
        return " ".join(sorted(value))
    return value["type"] if isinstance(value, dict) else str(value) or "itself"


@pytest.mark.parametrize("block", TAKEN, ids=named)
def test_it_takes_what_slack_takes(block: Block) -> None:
    assert check_blocks([block]) == []


@pytest.mark.parametrize(("block", "pointer"), REFUSED, ids=named)
def test_it_names_what_slack_refuses(block: Block, pointer: str) -> None:
    assert f"/blocks/0{pointer}" in {problem.pointer for problem in check_blocks([block])}


@pytest.mark.parametrize(
    ("block", "surfaces"),
    [
        (table(), {"message", "home"}), (data_table(), {"message", "home"}), (pie(), {"message"}),
        (CONTAINER, {"message", "home"}), ({"type": "carousel", "elements": [CARD]}, {"message", "home"}),
        (CARD, {"message", "home", "modal"}), (ALERT, {"modal"}), (TASK, {"message"}),
        ({"type": "context_actions", "elements": [{"type": "icon_button"}]}, {"message"}),
    ],
    ids=named,
)  # fmt: skip
def test_each_stands_where_slack_lets_it(block: Block, surfaces: set[str]) -> None:
    assert {surface for surface in ("message", "home", "modal") if not check_blocks([block], surface)} == surfaces


def test_it_counts_tables_and_charts_in_a_message() -> None:
    assert [p.pointer for p in check_blocks([table(), table()])] == ["/blocks/1"]
    inside = CONTAINER | {"child_blocks": [table()]}
    assert [p.pointer for p in check_blocks([table(), inside])] == ["/blocks/1/child_blocks/0"]
    assert check_blocks([pie(), line(), data_table(), data_table()]) == []
    assert [p.pointer for p in check_blocks([pie(), line(), pie()])] == ["/blocks/2"]


async def test_a_table_is_measured_by_its_cells_and_not_by_its_json(client: AsyncWebClient) -> None:
    for block in (table(100, 12), data_table(200, 12)):
        assert (await client.chat_postMessage(channel=ALERTS, text="x", blocks=[block]))["ok"]
    with pytest.raises(SlackApiError, match="invalid_blocks"):
        await client.chat_postMessage(channel=ALERTS, text="x", blocks=[data_table(201, 13)])
