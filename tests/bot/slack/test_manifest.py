"""The app's manifest: what Slack would take, for the commands as configured."""

from dataclasses import dataclass
from typing import Any

import jsonschema
import pytest
import yaml

from bot.actions import actions
from bot.commands import commands
from bot.slack.manifest import manifest, manifest_yaml, request_url
from bot.steps import steps

NAMES = {"balance": "balance", "call": "dial", "pbx": "pbx"}


@dataclass
class Spoken:
    name: str
    summary: str = "Does something"
    usage: str = "[ACCOUNT]"
    topic: bool = False


OURS = [Spoken("pbx"), Spoken("audit", topic=True), Spoken("call", usage=""), Spoken("balance")]

# The limits that Slack documents for the parts that we use; anything else in there is refused.
ADDRESS = {"type": "string", "pattern": "^https://[^/]+/slack/events$", "maxLength": 3000}


def closed(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False}


SLASH = closed(
    command={"type": "string", "pattern": "^/[a-z0-9_-]+$", "maxLength": 32},
    url=ADDRESS,
    description={"type": "string", "minLength": 1, "maxLength": 2000},
    usage_hint={"type": "string", "minLength": 1, "maxLength": 1000},
    should_escape={"type": "boolean"},
) | {"required": ["command", "description"]}
SHORTCUT = closed(
    name={"type": "string", "minLength": 1, "maxLength": 24},
    type={"enum": ["message", "global"]},
    callback_id={"type": "string", "maxLength": 255},
    description={"type": "string", "minLength": 1, "maxLength": 150},
) | {"required": ["name", "type", "callback_id", "description"]}
PARAMETERS = closed(
    properties={
        "type": "object",
        "maxProperties": 50,
        "additionalProperties": closed(
            type={"enum": ["string", "number", "integer", "boolean", "slack#/types/user_id", "slack#/types/timestamp"]},
            title={"type": "string"},
            description={"type": "string"},
        )
        | {"required": ["type"]},
    },
    required={"type": "array", "uniqueItems": True, "items": {"type": "string"}},
) | {"required": ["properties", "required"]}
FUNCTION = closed(
    title={"type": "string", "minLength": 1, "maxLength": 255},
    description={"type": "string", "minLength": 1},
    input_parameters=PARAMETERS,
    output_parameters=PARAMETERS,
) | {"required": ["title", "description", "input_parameters", "output_parameters"]}
SCHEMA = closed(
    _metadata=closed(major_version={"const": 2}),
    display_information=closed(
        name={"type": "string", "maxLength": 35},
        description={"type": "string", "maxLength": 140},
        background_color={"type": "string", "pattern": "^#[0-9a-f]{6}$"},
    ),
    features=closed(
        app_home=closed(
            home_tab_enabled={"type": "boolean"},
            messages_tab_enabled={"type": "boolean"},
            messages_tab_read_only_enabled={"type": "boolean"},
        ),
        bot_user=closed(display_name={"type": "string", "maxLength": 80}, always_online={"type": "boolean"}),
        shortcuts={"type": "array", "maxItems": 10, "items": SHORTCUT},
        slash_commands={"type": "array", "minItems": 1, "maxItems": 50, "items": SLASH},
    ),
    oauth_config=closed(scopes=closed(bot={"type": "array", "uniqueItems": True, "items": {"pattern": "^[a-z.:]+$"}})),
    functions={
        "type": "object",
        "maxProperties": 50,
        "propertyNames": {"maxLength": 100},
        "additionalProperties": FUNCTION,
    },
    settings=closed(
        event_subscriptions=closed(
            request_url=ADDRESS, bot_events={"enum": [["app_home_opened"], ["app_home_opened", "function_executed"]]}
        ),
        function_runtime={"const": "remote"},
        interactivity=closed(is_enabled={"const": True}, request_url=ADDRESS),
        org_deploy_enabled={"type": "boolean"},
        socket_mode_enabled={"type": "boolean"},
        token_rotation_enabled={"const": False},
    ),
)


@pytest.mark.parametrize("url", [None, "https://ring.example.com", "https://ring.example.com/"])
def test_it_is_what_slack_takes(url: str | None) -> None:
    jsonschema.validate(manifest(OURS, NAMES, url=url), SCHEMA)
    jsonschema.validate(manifest(commands().values(), NAMES, url=url), SCHEMA)
    tree = manifest(OURS, NAMES, actions=actions().values(), steps=steps().values(), url=url)
    jsonschema.validate(tree, SCHEMA)
    assert len(tree["functions"]) == 7
    for function in tree["functions"].values():
        for parameters in (function["input_parameters"], function["output_parameters"]):
            assert set(parameters["required"]) <= set(parameters["properties"])


def test_steps_are_what_slack_wants_to_know_of_them_and_without_them_it_sends_no_event() -> None:
    tree = manifest(OURS, NAMES, steps=steps().values(), url="https://ring.example.com")
    assert tree["settings"]["org_deploy_enabled"] is True
    assert tree["settings"]["function_runtime"] == "remote"
    events = {
        "request_url": "https://ring.example.com/slack/events",
        "bot_events": ["app_home_opened", "function_executed"],
    }
    assert tree["settings"]["event_subscriptions"] == events
    assert manifest(OURS, NAMES, steps=steps().values())["settings"]["event_subscriptions"] == {
        "bot_events": ["app_home_opened", "function_executed"]
    }
    asked = tree["functions"]["ask_to_call"]["input_parameters"]
    assert asked["required"] == ["person", "number"]
    assert asked["properties"]["person"]["type"] == "slack#/types/user_id"
    outputs = tree["functions"]["read_balance"]["output_parameters"]
    assert {name: one["type"] for name, one in outputs["properties"].items()} == {
        "amount": "number",
        "currency": "string",
        "runs_out": "slack#/types/timestamp",
        "known": "boolean",
        "summary": "string",
    }
    assert outputs["required"] == ["known", "summary"], "what is not known is left out"
    without = manifest(OURS, NAMES)
    assert "functions" not in without
    assert without["settings"]["event_subscriptions"] == {"bot_events": ["app_home_opened"]}
    assert without["settings"]["org_deploy_enabled"] is False


def test_the_shortcuts_are_there_without_any_plan() -> None:
    shortcuts = manifest(OURS, NAMES, actions=actions().values())["features"]["shortcuts"]
    assert [(one["callback_id"], one["type"]) for one in shortcuts] == [
        ("call_number", "message"),
        ("call_someone", "global"),
    ]


def test_it_has_the_commands_under_their_names_and_no_topics() -> None:
    slash = manifest(OURS, NAMES)["features"]["slash_commands"]
    assert [one["command"] for one in slash] == ["/balance", "/dial", "/pbx"]
    assert "usage_hint" not in slash[1]


def test_socket_mode_has_no_addresses_and_http_mode_has_them_everywhere() -> None:
    socket, http = manifest(OURS, NAMES), manifest(OURS, NAMES, url="https://ring.example.com")
    assert socket["settings"]["socket_mode_enabled"] is True
    assert "https://" not in str(socket)
    assert http["settings"]["socket_mode_enabled"] is False
    addresses = [one["url"] for one in http["features"]["slash_commands"]]
    addresses.append(http["settings"]["interactivity"]["request_url"])
    assert set(addresses) == {"https://ring.example.com/slack/events"}


def test_it_may_look_up_what_it_posted_and_joins_nothing() -> None:
    scopes = set(manifest(OURS, NAMES)["oauth_config"]["scopes"]["bot"])
    assert {"channels:history", "groups:history", "metadata.message:read", "chat:write", "commands"} <= scopes
    assert not scopes & {"chat:write.public", "channels:join", "users:read.email"}


def test_the_text_is_the_same_manifest() -> None:
    tree = manifest(OURS, NAMES, url="https://h")
    assert yaml.safe_load(manifest_yaml(tree)) == tree


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://h", "https://h/slack/events"),
        ("https://h:8443/ring/", "https://h:8443/ring/slack/events"),
        ("https://h/slack/events", "https://h/slack/events"),
    ],
)
def test_the_address_is_the_hosts(url: str, address: str) -> None:
    assert request_url(url) == address


@pytest.mark.parametrize(
    "url", ["h", "http://h", "https://", "https://h?x=1", "https://u:p@h", "https://h:0", "https://[::1"]
)
def test_an_address_that_slack_would_not_take_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="--url is https://HOST"):
        request_url(url)
