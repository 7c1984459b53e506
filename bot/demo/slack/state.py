"""The state of inputs, as Slack writes what a person chose or typed, and its checks before it asks the app."""

import re
from typing import Any

from bot.demo.slack.workspace import DemoView, Json, interactive, label

ONE = {
    "users_select": "selected_user", "conversations_select": "selected_conversation",
    "channels_select": "selected_channel", "datepicker": "selected_date", "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
}  # fmt: skip
MANY = {
    "multi_users_select": "selected_users", "multi_conversations_select": "selected_conversations",
    "multi_channels_select": "selected_channels",
}  # fmt: skip
OPTION = frozenset({"static_select", "external_select", "radio_buttons", "overflow"})
OPTIONS = frozenset({"multi_static_select", "multi_external_select", "checkboxes"})


class CannotDo(Exception):  # noqa: N818 -- it is said to a person
    """A person tries what Slack's own page would not let them do: `code`, and a sentence."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def choices(element: Json) -> list[Json]:
    """Returns the options of a menu, groups flattened."""
    groups = element.get("option_groups") or []
    return [*(element.get("options") or []), *(o for group in groups for o in group.get("options", []))]


def find_option(element: Json, wanted: str) -> Json:
    """Returns an option by its value or its words; raises `CannotDo`."""
    for option in choices(element):
        if wanted in {option.get("value"), option.get("text", {}).get("text")}:
            return {key: option[key] for key in ("text", "value", "description") if key in option}
    if element.get("type", "").endswith("external_select"):
        return {"text": {"type": "plain_text", "text": wanted, "emoji": True}, "value": wanted}
    there = ", ".join(str(option.get("text", {}).get("text")) for option in choices(element))
    raise CannotDo("no_such_option", f"There is no option {wanted!r}, only {there}.")


def entry(element: Json, value: Any) -> Json:
    """Returns one element's state. `value` None is as the app left it (its initial value), else what was chosen."""
    kind = str(element["type"])
    if kind in OPTION:
        chosen = element.get("initial_option") if value is None else find_option(element, str(value))
        return {"type": kind, "selected_option": chosen}
    if kind in OPTIONS:
        if value is None:
            return {"type": kind, "selected_options": element.get("initial_options", [])}
        return {"type": kind, "selected_options": [find_option(element, str(item)) for item in value]}
    if kind in ONE:
        initial = element.get("initial_" + ONE[kind].removeprefix("selected_"))
        return {"type": kind, ONE[kind]: initial if value is None else value}
    if kind in MANY:
        initial = element.get("initial_" + MANY[kind].removeprefix("selected_"), [])
        return {"type": kind, MANY[kind]: initial if value is None else list(value)}
    typed = element.get("initial_value") if value is None else str(value)
    return {"type": kind, "value": typed or None}


def stateful(element: Json) -> bool:
    """Returns whether an element has a state (a button has none, an overflow menu neither)."""
    kind = str(element.get("type"))
    return kind not in {"button", "overflow", "workflow_button", "image"}


def values(blocks: list[Json], given: Json | None = None) -> Json:
    """Returns `state.values` of all inputs; `given` is `{block_id: {action_id: value}}` of what a person changed."""
    found: Json = {}
    for block, element in interactive(blocks):
        if stateful(element):
            mine = (given or {}).get(block["block_id"], {})
            value = mine.get(element["action_id"]) if isinstance(mine, dict) else mine
            found.setdefault(block["block_id"], {})[element["action_id"]] = entry(element, value)
    return found


def by_block(view: DemoView, given: Json) -> Json:
    """Turns `{block_id|action_id|label: value}` into `{block_id: {action_id: value}}`; the latter passes."""
    found: Json = {}
    for key, value in given.items():
        for block, element in view.elements:
            title = str((block.get("label") or {}).get("text", ""))
            if key == block["block_id"] and isinstance(value, dict):
                found.setdefault(block["block_id"], {}).update(value)
            elif key in {block["block_id"], element["action_id"], title}:
                found.setdefault(block["block_id"], {})[element["action_id"]] = value
            else:
                continue
            break
        else:
            raise CannotDo("no_such_field", f"The form has no field {key!r}.")
    return found


def complaints(view: DemoView, state: Json) -> dict[str, str]:
    """Returns what Slack's own page says before the app is asked: what is missing, too short or not an address."""
    found: dict[str, str] = {}
    for block in view.body["blocks"]:
        if block.get("type") != "input":
            continue
        element = block["element"]
        kind = element["type"]
        held = state.get(block["block_id"], {}).get(element["action_id"], {})
        value = next((v for k, v in held.items() if k != "type"), None)
        if not value:
            if not block.get("optional"):
                found[block["block_id"]] = "Please complete this required field."
            continue
        if kind == "email_text_input" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", str(value)):
            found[block["block_id"]] = "Please enter a valid email address."
        elif kind == "number_input" and not re.fullmatch(r"-?\d+(\.\d+)?", str(value)):
            found[block["block_id"]] = "Please enter a number."
        elif len(str(value)) < element.get("min_length", 0):
            found[block["block_id"]] = f"Please enter at least {element['min_length']} characters."
        elif kind.endswith("_input") and len(str(value)) > element.get("max_length", 3000):
            found[block["block_id"]] = f"Please enter at most {element.get('max_length', 3000)} characters."
    return found


def names(elements: list[tuple[Json, Json]]) -> str:
    """Returns the words of what can be pressed, for a sentence."""
    return ", ".join(repr(label(element)) for _, element in elements) or "nothing"
