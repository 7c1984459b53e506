"""Finds what Slack refuses in blocks, messages and views: the limits that bite, each with a pointer. Pure."""

import json
from collections.abc import Callable
from typing import Any, Final

from bot.demo.slack.checking import Findings, Json, PayloadProblem
from bot.demo.slack.data_blocks import chart, data_table, table
from bot.demo.slack.elements import ACCESSORIES, ACTIONS, INPUTS, element, one_source

MESSAGE_CHARACTERS: Final = 13_200
VIEW_CHARACTERS: Final = 250_000
METADATA_BYTES: Final = 8_000
CONTEXT: Final = frozenset({"image"})
EVERYWHERE: Final = frozenset({"message", "modal", "home"})
MESSAGE_HOME: Final = frozenset({"message", "home"})
MESSAGE: Final = frozenset({"message"})
CHILDREN: Final = frozenset(
    {"actions", "context", "divider", "file", "header", "image", "input", "rich_text", "section", "table", "video"}
)  # of a container


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
    one_source(found, at, block)
    found.optional_text(at, block, "title", 2000)


def card(found: Findings, at: str, block: Json) -> None:
    """Checks a card: title and subtitle of 150 characters, body of 200, three buttons, one icon; not empty."""
    allowed = ("hero_image", "icon", "slack_icon", "title", "subtitle", "body", "subtext", "actions")
    found.keys(at, block, ("type", "block_id", *allowed))
    if not any(block.get(key) for key in ("hero_image", "title", "body", "actions")):
        found.bad(at, "must define at least one of `hero_image`, `title`, `body`, `actions`")
    for key, most in (("title", 150), ("subtitle", 150), ("body", 200), ("subtext", 200)):
        found.optional_text(at, block, key, most, plain=False)
    for key in ("hero_image", "icon"):
        if block.get(key) is not None:
            element(found, f"{at}/{key}", block[key], CONTEXT)
    if block.get("icon") is not None and block.get("slack_icon") is not None:
        found.bad(f"{at}/slack_icon", "must define only one of `icon`, `slack_icon`")
    for index, item in enumerate(found.items(f"{at}/actions", block.get("actions", []), 3, 0)):
        element(found, f"{at}/actions/{index}", item, frozenset({"button"}))


def alert(found: Findings, at: str, block: Json) -> None:
    """Checks an alert of 200 characters, in modals alone."""
    found.keys(at, block, ("type", "block_id", "text", "level"), ("text",))
    found.optional_text(at, block, "text", 200, plain=False)
    levels = ("default", "info", "warning", "error", "success")
    found.one_of(f"{at}/level", block.get("level", "default"), levels)


def container(found: Findings, at: str, block: Json) -> None:
    """Checks a box of up to ten blocks, no data_table among them."""
    texts = ("title", "rich_text_title", "subtitle", "width", "icon")
    flags = ("is_collapsible", "default_collapsed", "has_header_divider")
    found.keys(at, block, ("type", "block_id", "child_blocks", *texts, *flags), ("child_blocks",))
    if block.get("title") is None and block.get("rich_text_title") is None:
        found.bad(at, "missing required field: title", "missing_field")
    found.optional_text(at, block, "title", 150)
    found.optional_text(at, block, "subtitle", 150, plain=False)
    found.one_of(f"{at}/width", block.get("width", "standard"), ("narrow", "standard", "wide", "full"))
    if block.get("icon") is not None:
        element(found, f"{at}/icon", block["icon"], CONTEXT)
    for flag in flags:
        found.flag(at, block, flag)
    if block.get("default_collapsed") and not block.get("is_collapsible"):
        found.bad(f"{at}/default_collapsed", "needs `is_collapsible`")
    for index, child in enumerate(found.items(f"{at}/child_blocks", block.get("child_blocks"), 10)):
        here = f"{at}/child_blocks/{index}"
        if isinstance(child, dict) and child.get("type") not in CHILDREN:
            found.bad(f"{here}/type", f"unsupported type: {child.get('type')}", "unsupported_type")
        else:
            _block(found, here, child)


def carousel(found: Findings, at: str, block: Json) -> None:
    """Checks one to ten cards."""
    found.keys(at, block, ("type", "block_id", "elements"), ("elements",))
    for index, child in enumerate(found.items(f"{at}/elements", block.get("elements"), 10)):
        here = f"{at}/elements/{index}"
        if not isinstance(child, dict) or child.get("type") != "card":
            found.bad(f"{here}/type", "must be a card", "unsupported_type")
        else:
            _block(found, here, child)


def task_card(found: Findings, at: str, block: Json, *, in_plan: bool = False) -> None:
    """Checks a task; one that has not begun stands in a plan alone."""
    allowed = ("type", "block_id", "task_id", "title", "details", "output", "sources", "status")
    found.keys(at, block, allowed, ("task_id", "title"))
    found.optional_words(at, block, "title", 2000)
    begun = ("in_progress", "complete", "error")
    found.one_of(f"{at}/status", block.get("status"), ("pending", *begun) if in_plan else begun)


def plan(found: Findings, at: str, block: Json) -> None:
    """Checks a plan: a title that is a bare string, and tasks."""
    found.keys(at, block, ("type", "block_id", "title", "tasks"), ("title",))
    found.optional_words(at, block, "title", 2000)
    for index, task in enumerate(found.items(f"{at}/tasks", block.get("tasks", []), 1_000, 0)):
        if isinstance(task, dict):
            task_card(found, f"{at}/tasks/{index}", task, in_plan=True)
        else:
            found.bad(f"{at}/tasks/{index}", "must be an object", "wrong_type")


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
    "task_card": (MESSAGE, task_card),
    "plan": (MESSAGE, plan),
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
    counted = [block for block in blocks if block.get("type") not in {"table", "data_table", "data_visualization"}]
    return len(json.dumps(counted, ensure_ascii=False, separators=(",", ":")))
