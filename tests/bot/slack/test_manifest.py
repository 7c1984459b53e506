"""The app's manifest: what Slack would take, for the commands as configured."""

from dataclasses import dataclass
from typing import Any

import jsonschema
import pytest
import yaml

from bot.commands import commands
from bot.slack.manifest import manifest, manifest_yaml, request_url

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
        slash_commands={"type": "array", "minItems": 1, "maxItems": 50, "items": SLASH},
    ),
    oauth_config=closed(scopes=closed(bot={"type": "array", "uniqueItems": True, "items": {"pattern": "^[a-z.:]+$"}})),
    settings=closed(
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
    assert yaml.safe_load(manifest_yaml(OURS, NAMES, url="https://h")) == manifest(OURS, NAMES, url="https://h")


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
