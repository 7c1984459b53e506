"""Checks buttons, menus and inputs as Slack does, and how long each part may be. Pure."""

from collections.abc import Callable
from typing import Any, Final

from bot.demo.slack.checking import Findings, Json

SELECTS: Final = frozenset(
    f"{multi}{kind}_select"
    for multi in ("", "multi_")
    for kind in ("static", "external", "users", "conversations", "channels")
)
PICKERS: Final = frozenset({"datepicker", "timepicker", "datetimepicker"})
FIELDS: Final = frozenset(
    {
        "plain_text_input",
        "number_input",
        "email_text_input",
        "url_text_input",
        "rich_text_input",
        "file_input",
    }
)
CHOICES: Final = frozenset({"checkboxes", "radio_buttons"})
INPUTS: Final = SELECTS | PICKERS | FIELDS | CHOICES
ACTIONS: Final = SELECTS | PICKERS | CHOICES | {"button", "overflow", "workflow_button", "rich_text_input"}
ACCESSORIES: Final = SELECTS | PICKERS | CHOICES | {"button", "overflow", "workflow_button", "image"}

COMMON = ("type", "action_id", "confirm", "focus_on_load", "placeholder")


def confirm(found: Findings, at: str, value: Any) -> None:
    """Checks the question that is asked before an element does what it says."""
    if not isinstance(value, dict):
        found.bad(at, "must be an object", "wrong_type")
        return
    found.keys(at, value, ("title", "text", "confirm", "deny", "style"), ("title", "text", "confirm", "deny"))
    for key, most, plain in (
        ("title", 100, True),
        ("text", 300, False),
        ("confirm", 30, True),
        ("deny", 30, True),
    ):
        found.optional_text(at, value, key, most, plain=plain)
    if "style" in value:
        found.one_of(f"{at}/style", value["style"], ("primary", "danger"))


def option(found: Findings, at: str, value: Any, *, plain: bool = True) -> None:
    """Checks one choice: words of 75 characters, a value of 150."""
    if not isinstance(value, dict):
        found.bad(at, "must be an object", "wrong_type")
        return
    found.keys(at, value, ("text", "value", "description", "url"), ("text", "value"))
    found.optional_text(at, value, "text", 75, plain=plain)
    found.optional_text(at, value, "description", 75, plain=plain)
    found.optional_words(at, value, "value", 150)
    found.optional_words(at, value, "url", 3000)


def options(found: Findings, at: str, value: Any, most: int, *, plain: bool = True) -> None:
    """Checks a list of choices."""
    for index, item in enumerate(found.items(at, value, most)):
        option(found, f"{at}/{index}", item, plain=plain)


def button(found: Findings, at: str, value: Json) -> None:
    """Checks a button: 75 characters of words, 2,000 of value."""
    allowed = (*COMMON, "text", "url", "value", "style", "accessibility_label")
    found.keys(at, value, allowed, ("text",))
    found.optional_text(at, value, "text", 75)
    found.optional_words(at, value, "value", 2000, 0)
    found.optional_words(at, value, "url", 3000)
    found.optional_words(at, value, "accessibility_label", 75)
    if "style" in value:
        found.one_of(f"{at}/style", value["style"], ("primary", "danger"))


def select(found: Findings, at: str, value: Json) -> None:
    """Checks a menu, single or multiple, of any source."""
    kind = str(value.get("type"))
    allowed = [*COMMON, "max_selected_items", "response_url_enabled"]
    allowed += [f"initial_{name}" for name in ("option", "options", "user", "users", "channel", "channels",
                                               "conversation", "conversations")]  # fmt: skip
    allowed += ["options", "option_groups", "min_query_length", "default_to_current_conversation", "filter"]
    found.keys(at, value, allowed)
    found.optional_text(at, value, "placeholder", 150)
    if not kind.endswith("static_select"):
        return
    if ("options" in value) == ("option_groups" in value):
        found.bad(at, "must define either `options` or `option_groups`")
    if "options" in value:
        options(found, f"{at}/options", value["options"], 100)
    for index, group in enumerate(found.items(f"{at}/option_groups", value.get("option_groups", []), 100, 0)):
        here = f"{at}/option_groups/{index}"
        if isinstance(group, dict):
            found.optional_text(here, group, "label", 75)
            options(found, f"{here}/options", group.get("options"), 100)
    flat = [*value.get("options", [])] + [o for g in value.get("option_groups", []) for o in g.get("options", [])]
    if "initial_option" in value and value["initial_option"] not in flat:
        found.bad(f"{at}/initial_option", "must match one of the provided options")


def overflow(found: Findings, at: str, value: Json) -> None:
    """Checks the three dots: one to five choices."""
    found.keys(at, value, ("type", "action_id", "confirm", "options"), ("options",))
    options(found, f"{at}/options", value.get("options"), 5)


def choices(found: Findings, at: str, value: Json) -> None:
    """Checks checkboxes and radio buttons: up to ten."""
    found.keys(at, value, (*COMMON, "options", "initial_options", "initial_option"), ("options",))
    options(found, f"{at}/options", value.get("options"), 10, plain=False)


def typed(found: Findings, at: str, value: Json) -> None:
    """Checks a field to type into."""
    allowed = (*COMMON, "initial_value", "multiline", "min_length", "max_length", "dispatch_action_config",
               "is_decimal_allowed", "min_value", "max_value", "filetypes", "max_files")  # fmt: skip
    found.keys(at, value, allowed)
    if value.get("type") == "number_input" and "is_decimal_allowed" not in value:
        found.bad(at, "missing required field: is_decimal_allowed", "missing_field")
    found.optional_text(at, value, "placeholder", 150)
    for key in ("min_length", "max_length"):
        if key in value and not 0 <= int(value[key]) <= 3000:
            found.bad(f"{at}/{key}", "must be between 0 and 3000")
    initial = value.get("initial_value")
    if isinstance(initial, str) and len(initial) > int(value.get("max_length", 3000)):
        found.bad(f"{at}/initial_value", "must not be longer than `max_length`")


def picker(found: Findings, at: str, value: Json) -> None:
    """Checks a date or a time."""
    found.keys(at, value, (*COMMON, "initial_date", "initial_time", "initial_date_time", "timezone"))
    found.optional_text(at, value, "placeholder", 150)


def one_source(found: Findings, at: str, value: Json) -> None:
    """Checks where a picture comes from: exactly one of an address and a file of Slack's."""
    if (value.get("image_url") is None) == (value.get("slack_file") is None):
        found.bad(at, "must define exactly one of `image_url`, `slack_file`")
    found.optional_words(at, value, "image_url", 3000)


def image(found: Findings, at: str, value: Json) -> None:
    """Checks a picture beside the words."""
    found.keys(at, value, ("type", "image_url", "alt_text", "slack_file"), ("alt_text",))
    found.optional_words(at, value, "alt_text", 2000)
    one_source(found, at, value)


def feedback(found: Findings, at: str, value: Json) -> None:
    """Checks feedback buttons and icon buttons, for context_actions."""
    found.keys(at, value, ("type", "action_id", "positive_button", "negative_button", "icon", "text", "value",
                           "visible_to_user_ids", "confirm", "accessibility_label"))  # fmt: skip


KINDS: dict[str, Callable[[Findings, str, Json], None]] = {
    "button": button,
    "workflow_button": lambda found, at, value: found.optional_text(at, value, "text", 75),
    "overflow": overflow,
    "image": image,
    "feedback_buttons": feedback,
    "icon_button": feedback,
    **dict.fromkeys(SELECTS, select),
    **dict.fromkeys(PICKERS, picker),
    **dict.fromkeys(FIELDS, typed),
    **dict.fromkeys(CHOICES, choices),
}


def element(found: Findings, at: str, value: Any, allowed: frozenset[str]) -> None:
    """Checks one element, where only some kinds may stand."""
    if not isinstance(value, dict):
        found.bad(at, "must be an object", "wrong_type")
        return
    kind = value.get("type")
    if kind not in allowed:
        found.bad(f"{at}/type", f"unsupported type: {kind}", "unsupported_type")
        return
    KINDS[kind](found, at, value)
    found.optional_words(at, value, "action_id", 255)
    if "confirm" in value:
        confirm(found, f"{at}/confirm", value["confirm"])
