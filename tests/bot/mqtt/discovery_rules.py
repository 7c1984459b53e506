"""Home Assistant's rules for a device's discovery message, as they were measured on 2025.4 and 2026.11, and no laxer.

Where the two differ, the stricter one stands here: what either refuses, drops or warns of is a mistake.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

TOP = {"device", "origin", "components", "qos", "encoding", "availability", "availability_mode", "state_topic"}
DEVICE = {"identifiers", "name", "manufacturer", "model", "sw_version", "configuration_url", "via_device"}
ORIGIN = {"name", "sw_version", "support_url"}
COMMON = {"platform", "unique_id", "name", "availability", "availability_mode", "entity_category", "device_class"}
STATE = {"state_topic", "value_template", "json_attributes_topic", "json_attributes_template"}
PLATFORMS = {
    "sensor": COMMON | STATE | {"unit_of_measurement", "state_class", "suggested_display_precision"},
    "binary_sensor": COMMON | STATE | {"payload_on", "payload_off"},
    "event": COMMON | STATE | {"event_types"},
    "button": COMMON | {"command_topic", "payload_press"},
    "select": COMMON | STATE | {"options", "command_topic"},
    "switch": COMMON | STATE | {"command_topic", "payload_on", "payload_off", "state_on", "state_off"},
}
NEEDED = {
    "sensor": {"state_topic"},
    "binary_sensor": {"state_topic"},
    "event": {"state_topic", "event_types"},
    "button": {"command_topic"},
    "select": {"options", "command_topic"},
    "switch": {"command_topic"},
}
CLASSES = {
    "sensor": {"monetary", "timestamp", "duration", "enum", None},
    "binary_sensor": {"problem", "connectivity", None},
}
DURATIONS = {"d", "h", "min", "s", "ms", "μs"}


def mistakes(topic: str, payload: bytes, *, prefix: str = "homeassistant") -> list[str]:
    """What Home Assistant would refuse, drop or warn of; empty where it takes all of it."""
    if not re.fullmatch(rf"{re.escape(prefix)}/device/[a-zA-Z0-9_-]+/config", topic):
        return [f"{topic} is no place of a device"]
    try:
        message = json.loads(payload)
    except ValueError:
        return ["it is no JSON"]
    return list(_message(message))


def _message(message: Any) -> Iterator[str]:
    yield from (f"unknown key at the top: {key}" for key in message.keys() - TOP)
    yield from (f"{key} is missing" for key in {"device", "origin", "components"} - message.keys())
    yield from (f"unknown key in device: {key}" for key in message.get("device", {}).keys() - DEVICE)
    yield from (f"unknown key in origin: {key}" for key in message.get("origin", {}).keys() - ORIGIN)
    if not message.get("device", {}).get("identifiers"):
        yield "a device needs identifiers"
    if not message.get("origin", {}).get("name"):
        yield "origin needs a name"
    seen: list[str] = []
    for key, component in message.get("components", {}).items():
        if set(component) == {"platform"}:
            continue  # it is taken away
        yield from (f"{key}: {words}" for words in _component(component))
        seen.append(component.get("unique_id", ""))
    yield from (f"two components have the id {one}" for one in set(seen) if seen.count(one) > 1)


def _component(component: Any) -> Iterator[str]:
    platform = component.get("platform")
    if platform not in PLATFORMS:
        yield f"no platform {platform}"
        return
    yield from (f"unknown key {key}" for key in component.keys() - PLATFORMS[platform])
    yield from (f"{key} is missing" for key in (NEEDED[platform] | {"unique_id", "name"}) - component.keys())
    topics = [one["topic"] for one in component.get("availability", ())]
    if len(set(topics)) < len(topics):
        yield "of two availabilities on one topic the last one counts alone"
    if len(topics) > 1 and component.get("availability_mode") != "all":
        yield "the latest of several availabilities counts alone"
    yield from (f"{topic} is no topic" for topic in topics if re.search(r"[#+\0]", topic) or not topic)
    kind = component.get("device_class")
    if platform in CLASSES and kind not in CLASSES[platform]:
        yield f"no class {kind} of a {platform}"
    if component.get("entity_category") not in {None, "diagnostic"}:
        yield "what only tells is diagnostic, or has no category"
    if platform == "sensor":
        yield from _sensor(component)
    template = component.get("value_template", "")
    if template.count("{{") != template.count("}}"):
        yield "a template that does not end"


def _sensor(component: Any) -> Iterator[str]:
    kind, unit, state_class = (component.get(key) for key in ("device_class", "unit_of_measurement", "state_class"))
    if kind == "monetary" and (state_class not in {None, "total"} or not re.fullmatch("[A-Z]{3}", unit or "")):
        yield "money has total or no class, and a currency"
    if kind == "duration" and unit not in DURATIONS:
        yield f"{unit} measures no duration"
    if kind in {"timestamp", "enum"} and (unit or state_class):
        yield "a moment has neither unit nor state class"
    if state_class not in {None, "measurement", "total", "total_increasing"}:
        yield f"no state class {state_class}"
