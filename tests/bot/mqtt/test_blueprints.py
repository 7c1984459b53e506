"""The blueprints: read as Home Assistant reads them, every input used, and entities and topics that there are."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.mqtt.commands import read_command
from bot.mqtt.entities import devices
from bot.mqtt.incidents import EVENT_TYPES, alert_payload
from bot.settings import MqttAllowed
from tests.bot.mqtt.conftest import NOON, TOPICS, account, alert, balance, mqtt, observed, snapshot

FOLDER = Path(__file__).parents[3] / "docs" / "blueprints"
FILES = sorted(FOLDER.glob("*.yaml"))
KINDS = ("say-it-aloud", "light-while-critical", "button-acknowledges")


class Input(str):
    """A place that an input fills."""

    __slots__ = ()


class Loader(yaml.SafeLoader):
    """YAML with `!input`, and no other tag."""


def _filled(loader: Loader, node: Any) -> Input:
    return Input(loader.construct_scalar(node))


Loader.add_constructor("!input", _filled)


def read(path: Path) -> Any:
    return yaml.load(path.read_text("utf-8"), Loader)


def walk(value: Any) -> Any:
    yield value
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for child in children:
        yield from walk(child)


def test_each_is_there_for_mqtt_and_for_the_webhook():
    assert {path.stem for path in FILES} == {f"{way}-{kind}" for way in ("mqtt", "webhook") for kind in KINDS}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_is_a_blueprint(path):
    whole = read(path)
    about = whole["blueprint"]
    assert set(whole) <= {"blueprint", "mode", "max", "variables", "triggers", "conditions", "actions"}
    assert {"triggers", "actions", "mode"} <= set(whole)
    assert set(about) <= {"name", "description", "domain", "author", "homeassistant", "input", "source_url"}
    assert about["domain"] == "automation"
    assert re.fullmatch(r"\d+\.\d+\.\d+", about["homeassistant"]["min_version"])
    for one in about["input"].values():
        assert set(one) <= {"name", "description", "default", "selector"}
        assert len(one["selector"]) == 1
    used = {
        str(value) for value in walk({k: v for k, v in whole.items() if k != "blueprint"}) if isinstance(value, Input)
    }
    assert used == set(about["input"]), "each input is used, and none that there is not"
    webhook = any(isinstance(value, dict) and value.get("trigger") == "webhook" for value in walk(whole))
    assert webhook is path.stem.startswith("webhook")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_template_ends_and_asks_for_what_is_told(path):
    told = alert_payload(alert(), NOON, names=False)
    for text in (value for value in walk(read(path)) if isinstance(value, str) and "{{" in value):
        assert text.count("{{") == text.count("}}") > 0
        for field in re.findall(r"attributes\.(\w+)", text):
            assert field in told or field == "event_type"
        for state in re.findall(r"(?:event_type|data\.state) == '(\w+)'", text):
            assert state in EVENT_TYPES


def test_the_press_goes_to_a_topic_of_ours_with_a_word_of_ours():
    (place,) = {
        v["place"]
        for v in walk(read(FOLDER / "webhook-button-acknowledges.yaml"))
        if isinstance(v, dict) and "place" in v
    }
    for hole, name in (
        ("topic", "ringwatch"),
        ("trigger.json.data.account", "sales"),
        ("trigger.json.data.alert", "low"),
    ):
        place = place.replace(f"{{{{ {hole} }}}}", name)
    assert read_command(TOPICS, place, b"acknowledge") is not None


def test_the_page_s_dashboard_shows_entities_that_there_are():
    page = (FOLDER.parent / "home-assistant.md").read_text("utf-8")
    one = account(balance=observed(balance()), agents=observed(None), queues=observed(None), alerts=[alert()])
    (device,) = (
        found
        for topic, found in devices(snapshot(one), TOPICS, mqtt(allow=frozenset(MqttAllowed))).items()
        if "sales" in topic
    )
    there = {
        f"{part['platform']}.ringwatch_sales_{re.sub('[^a-z0-9]+', '_', part['name'].lower())}"
        for part in device["components"].values()
    }
    shown = set(re.findall(r"\b(?:sensor|binary_sensor|button|event)\.ringwatch_\w+", page))
    assert len(shown) > 6
    assert shown <= there
