"""Renders a form as a modal, and reads what was typed into it."""

import json
from typing import Any

from bot.cards import Form
from bot.slack.blocks_text import cut, plain, uncoded

CALLBACK = "form"
_INPUT = "input"


def view(form: Form, *, response_url: str, channel: str) -> dict[str, Any]:
    """Returns the modal. What it must remember until it is submitted travels in it: any replica may be asked then."""
    blocks: list[dict[str, Any]] = []
    if form.intro:
        blocks.append({"type": "section", "text": _plain(form.intro, 2_900)})
    for field in form.fields:
        element: dict[str, Any] = {"type": "plain_text_input", "action_id": _INPUT}
        if field.placeholder:
            element["placeholder"] = _plain(field.placeholder, 150)
        if field.initial:
            element["initial_value"] = cut(field.initial, 2_900)
        block: dict[str, Any] = {
            "type": "input",
            "block_id": field.name,
            "label": _plain(field.label, 150),
            "element": element,
            "optional": field.optional,
        }
        if field.hint:
            block["hint"] = _plain(field.hint, 150)
        blocks.append(block)
    return {
        "type": "modal",
        "callback_id": f"{CALLBACK}:{form.action}",
        "title": _plain(form.title, 24),
        "submit": _plain(form.submit, 24),
        "close": _plain("Cancel", 24),
        "private_metadata": json.dumps(
            {"value": form.value, "response_url": response_url, "channel": channel}, separators=(",", ":")
        ),
        "blocks": blocks,
    }


def typed(submitted: dict[str, Any]) -> dict[str, str]:
    """Returns the inputs of a submitted view by the field's name, stripped; "" where nothing was typed."""
    state = submitted.get("state")
    values = state.get("values") if isinstance(state, dict) else None
    if not isinstance(values, dict):
        return {}
    return {name: _value(inputs).strip() for name, inputs in values.items() if isinstance(inputs, dict)}


def _value(inputs: dict[str, Any]) -> str:
    element = next(iter(inputs.values()), None)
    return str(element.get("value") or "") if isinstance(element, dict) else ""


def _plain(words: str, limit: int) -> dict[str, str]:
    return {"type": "plain_text", "text": cut(uncoded(plain(words, limit)), limit) or "…"}
