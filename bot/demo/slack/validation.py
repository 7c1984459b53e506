"""Finds what Slack refuses in blocks, messages and views: the limits that bite, each with a pointer. Pure."""

import json
from collections.abc import Callable
from typing import Any, Final

from bot.demo.slack.checking import Findings, Json, PayloadProblem
from bot.demo.slack.elements import ACCESSORIES, ACTIONS, INPUTS, element

MESSAGE_CHARACTERS: Final = 13_200
VIEW_CHARACTERS: Final = 250_000
METADATA_BYTES: Final = 8_000
CONTEXT: Final = frozenset({"image"})
EVERYWHERE: Final = frozenset({"message", "modal", "home"})
MESSAGE_HOME: Final = frozenset({"message", "home"})
MESSAGE: Final = frozenset({"message"})


def section(found: Findings, at: str, block: Json) -> None:
    """Checks a section: words of 3,000 characters, or ten fields of 2,000."""
    found.keys(at, block, ("type", "block_id", "text", "fields", "accessory", "expand"))
    if not block.get("text") and not block.get("fields"):
        found.bad(f"{at}/type", "must define either `text` or `fields`")
    found.optional_text(at, block, "text", 3000, plain=False)
    for index, item in enumerate(found.items(f"{at}/fields", block.get("fields", []), 10, 0)):
        found.text(f"{at}/fields/{index}", item, 2000)
    if "accessory" in block:
        element(found, f"{at}/accessory", block["accessory"], ACCESSORIES)


def header(found: Findings, at: str, block: Json) -> None:
    """Checks a header of 150 characters."""
    found.keys(at, block, ("type", "block_id", "text", "level"), ("text",))
    found.optional_text(at, block, "text", 150)


def context(found: Findings, at: str, block: Json) -> None:
    """Checks small print: up to ten pieces."""
    found.keys(at, block, ("type", "block_id", "elements"), ("elements",))
    for index, item in enumerate(found.items(f"{at}/elements", block.get("elements"), 10)):
        here = f"{at}/elements/{index}"
        if isinstance(item, dict) and item.get("type") in {"plain_text", "mrkdwn"}:
            found.text(here, item, 3000)
        else:
            element(found, here, item, CONTEXT)


def row(most: int, allowed: frozenset[str]) -> Callable[[Findings, str, Json], None]:
    """Returns the check of a row of elements, whose action ids must differ."""

    def check(found: Findings, at: str, block: Json) -> None:
        found.keys(at, block, ("type", "block_id", "elements"), ("elements",))
        used: set[str] = set()
        for index, item in enumerate(found.items(f"{at}/elements", block.get("elements"), most)):
            here = f"{at}/elements/{index}"
            element(found, here, item, allowed)
            name = item.get("action_id") if isinstance(item, dict) else None
            if name in used:
                found.bad(f"{here}/action_id", f'`action_id` "{name}" already exists for another element')
            if name:
                used.add(name)

    return check


def input_block(found: Findings, at: str, block: Json) -> None:
    """Checks an input: label and hint of 2,000 characters."""
    allowed = ("type", "block_id", "label", "element", "dispatch_action", "hint", "optional")
    found.keys(at, block, allowed, ("label", "element"))
    found.optional_text(at, block, "label", 2000)
    found.optional_text(at, block, "hint", 2000)
    if "element" in block:
        element(found, f"{at}/element", block["element"], INPUTS)


def markdown(found: Findings, at: str, block: Json) -> None:
    """Checks markdown: 12,000 characters in all of a message."""
    found.keys(at, block, ("type", "block_id", "text"), ("text",))
    found.optional_words(at, block, "text", 12_000)
    found.markdown += len(str(block.get("text", "")))
    if found.markdown > 12_000:
        found.bad(f"{at}/text", "must be less than 12001 characters over all markdown blocks")


def image_block(found: Findings, at: str, block: Json) -> None:
    """Checks a picture."""
    allowed = ("type", "block_id", "image_url", "alt_text", "title", "slack_file")
    found.keys(at, block, allowed, ("alt_text",))
    found.optional_words(at, block, "alt_text", 2000)
    found.optional_words(at, block, "image_url", 3000)
    found.optional_text(at, block, "title", 2000)


def table(found: Findings, at: str, block: Json) -> None:
    """Checks a table: 100 rows of 20 cells, 10,000 characters."""
    found.keys(at, block, ("type", "block_id", "rows", "column_settings"), ("rows",))
    for index, cells in enumerate(found.items(f"{at}/rows", block.get("rows"), 100)):
        for place, cell in enumerate(found.items(f"{at}/rows/{index}", cells, 20)):
            _cell(found, f"{at}/rows/{index}/{place}", cell)
    if len(json.dumps(block.get("rows"), ensure_ascii=False)) > 10_000:
        found.bad(f"{at}/rows", "must be less than 10001 characters")
    found.items(f"{at}/column_settings", block.get("column_settings", []), 20, 0)


def data_table(found: Findings, at: str, block: Json) -> None:
    """Checks a table that sorts and pages: 2 to 201 rows of equal length, 20 columns, 20,000 characters."""
    allowed = ("type", "block_id", "caption", "rows", "page_size", "columns", "row_header_column_index")
    found.keys(at, block, allowed, ("caption", "rows"))
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
    if not 1 <= int(block.get("page_size", 5)) <= 100:
        found.bad(f"{at}/page_size", "must be between 1 and 100")
    if len(json.dumps(rows, ensure_ascii=False)) > 20_000:
        found.bad(f"{at}/rows", "must be less than 20001 characters")


def _cell(found: Findings, at: str, cell: Any) -> None:
    if not isinstance(cell, dict) or cell.get("type") not in {"raw_text", "raw_number", "rich_text"}:
        found.bad(f"{at}/type", "must be raw_text, raw_number or rich_text", "unsupported_type")
    elif cell["type"] == "raw_text" and not str(cell.get("text", "")):
        found.bad(f"{at}/text", "must be more than 0 characters")


def chart(found: Findings, at: str, block: Json) -> None:
    """Checks a chart: two a message, a title of 50 characters."""
    found.charts += 1
    if found.charts > 2:
        found.bad(at, "no more than 2 data_visualization blocks allowed")
    found.optional_words(at, block, "title", 50)
    body = block.get("chart")
    if not isinstance(body, dict):
        found.bad(at, "missing required field: chart", "missing_field")
        return
    found.one_of(f"{at}/chart/type", body.get("type"), ("pie", "line", "bar", "area"))
    key = "segments" if body.get("type") == "pie" else "series"
    for index, item in enumerate(found.items(f"{at}/chart/{key}", body.get(key), 12)):
        here = f"{at}/chart/{key}/{index}"
        if not isinstance(item, dict):
            found.bad(here, "must be an object", "wrong_type")
            continue
        found.optional_words(here, item, "label" if key == "segments" else "name", 20)
        if key == "segments" and not float(item.get("value", 0)) > 0:
            found.bad(f"{here}/value", "must be more than 0")
        found.items(f"{here}/data", item.get("data", []), 20, 0)
    axis = body.get("axis_config")
    if key == "series" and not (isinstance(axis, dict) and axis.get("categories")):
        found.bad(f"{at}/chart/axis_config", "missing required field: categories", "missing_field")
    elif isinstance(axis, dict):
        for name in ("x_label", "y_label"):
            found.optional_words(f"{at}/chart/axis_config", axis, name, 50)


def card(found: Findings, at: str, block: Json) -> None:
    """Checks a card: title and subtitle of 150 characters, body of 200, three buttons."""
    for key, most in (("title", 150), ("subtitle", 150), ("body", 200), ("subtext", 200)):
        found.optional_text(at, block, key, most, plain=False)
    for index, item in enumerate(found.items(f"{at}/actions", block.get("actions", []), 3, 0)):
        element(found, f"{at}/actions/{index}", item, frozenset({"button"}))


def alert(found: Findings, at: str, block: Json) -> None:
    """Checks an alert of 200 characters, in modals alone."""
    found.optional_text(at, block, "text", 200, plain=False)
    levels = ("default", "info", "warning", "error", "success")
    found.one_of(f"{at}/level", block.get("level", "default"), levels)


def container(found: Findings, at: str, block: Json) -> None:
    """Checks a box of up to ten blocks, no data_table among them."""
    for index, child in enumerate(found.items(f"{at}/child_blocks", block.get("child_blocks"), 10)):
        here = f"{at}/child_blocks/{index}"
        if isinstance(child, dict) and child.get("type") in {"data_table", "container", "carousel"}:
            found.bad(f"{here}/type", f"unsupported type: {child.get('type')}", "unsupported_type")
        else:
            _block(found, here, child)


def carousel(found: Findings, at: str, block: Json) -> None:
    """Checks one to ten cards."""
    for index, child in enumerate(found.items(f"{at}/elements", block.get("elements"), 10)):
        card(found, f"{at}/elements/{index}", child)


def rich_text(found: Findings, at: str, block: Json) -> None:
    """Checks rich text: sections, lists, quotes and code."""
    found.keys(at, block, ("type", "block_id", "elements"), ("elements",))
    kinds = tuple(f"rich_text_{name}" for name in ("section", "list", "preformatted", "quote"))
    for index, item in enumerate(found.items(f"{at}/elements", block.get("elements"), 1_000)):
        kind = item.get("type") if isinstance(item, dict) else None
        found.one_of(f"{at}/elements/{index}/type", kind, kinds)


def loose(found: Findings, at: str, block: Json) -> None:
    """Accepts a kind whose inside is not checked here."""


BLOCKS: dict[str, tuple[frozenset[str], Callable[[Findings, str, Json], None]]] = {
    "section": (EVERYWHERE, section),
    "header": (EVERYWHERE, header),
    "divider": (EVERYWHERE, lambda found, at, block: found.keys(at, block, ("type", "block_id"))),
    "image": (EVERYWHERE, image_block),
    "context": (EVERYWHERE, context),
    "actions": (EVERYWHERE, row(25, ACTIONS)),
    "input": (EVERYWHERE, input_block),
    "rich_text": (EVERYWHERE, rich_text),
    "video": (EVERYWHERE, loose),
    "card": (EVERYWHERE, card),
    "call": (MESSAGE, loose),
    "markdown": (MESSAGE, markdown),
    "data_visualization": (MESSAGE, chart),
    "context_actions": (MESSAGE, row(5, frozenset({"feedback_buttons", "icon_button"}))),
    "task_card": (MESSAGE, loose),
    "plan": (MESSAGE, loose),
    "table": (MESSAGE_HOME, table),
    "data_table": (MESSAGE_HOME, data_table),
    "container": (MESSAGE_HOME, container),
    "carousel": (MESSAGE_HOME, carousel),
    "alert": (frozenset({"modal"}), alert),
}


def _block(found: Findings, at: str, block: Any) -> None:
    if not isinstance(block, dict):
        found.bad(at, "must be an object", "wrong_type")
        return
    surfaces, check = BLOCKS.get(str(block.get("type")), (frozenset(), loose))
    if found.surface not in surfaces:
        found.bad(f"{at}/type", f"unsupported type: {block.get('type')}", "unsupported_type")
        return
    found.optional_words(at, block, "block_id", 255)
    name = str(block.get("block_id") or "")
    if name and name in found.block_ids:
        found.bad(f"{at}/block_id", f'`block_id` "{name}" already exists')
    elif name:
        found.block_ids.add(name)
    try:
        check(found, at, block)
    except (TypeError, ValueError, AttributeError):  # a value inside is of a type that nothing here can read
        found.bad(at, "invalid value", "wrong_type")


def check_blocks(blocks: Any, surface: str = "message", at: str = "/blocks") -> list[PayloadProblem]:
    """Returns all that Slack would refuse in a list of blocks."""
    found = Findings(surface)
    for index, block in enumerate(found.items(at, blocks, 50 if surface == "message" else 100, 0)):
        _block(found, f"{at}/{index}", block)
    return found.problems


def check_view(view: Any) -> list[PayloadProblem]:
    """Returns all that Slack would refuse in a modal or a Home tab."""
    if not isinstance(view, dict) or view.get("type") not in ("modal", "home"):
        return [PayloadProblem("/view/type", "unsupported_type", "must be a valid view type")]
    found, modal = Findings(view["type"]), view["type"] == "modal"
    allowed = ["type", "blocks", "private_metadata", "callback_id", "external_id"]
    if modal:
        allowed += ["title", "submit", "close", "clear_on_close", "notify_on_close", "submit_disabled"]
    found.keys("/view", view, allowed, ("blocks", "title") if modal else ("blocks",))
    for key in ("title", "submit", "close"):
        found.optional_text("/view", view, key, 24)
    found.optional_words("/view", view, "private_metadata", 3000, 0)
    found.optional_words("/view", view, "callback_id", 255, 0)
    found.optional_words("/view", view, "external_id", 255, 0)
    blocks = view.get("blocks")
    listed = blocks if isinstance(blocks, list) else []
    has_input = any(isinstance(block, dict) and block.get("type") == "input" for block in listed)
    if modal and has_input and not view.get("submit"):
        found.bad("/view/submit", "`submit` is required when there is an input block", "missing_field")
    return found.problems + check_blocks(blocks, view["type"], "/view/blocks")


def size(blocks: list[Json]) -> int:
    """Returns how many characters the blocks are, as Slack counts towards its undocumented limit."""
    return len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":")))
