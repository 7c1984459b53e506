"""The broker's keys: read whole, or one sentence each that names key and line and repeats no secret."""

import subprocess
from pathlib import Path

import pytest

from bot.cli.check import offline_checks
from bot.settings import MqttAllowed, Settings
from bot.settings.secret_values import secrets_of

WHOLE = """
    mqtt:
      url: mqtts://broker.example.com
      username: ringwatch
      password: ${MQTT_PASSWORD}
      topic: floor_2
      ca: CA
      discovery: ha/found
      names: true
      allow: [acknowledge, snooze, mark_numbers, pause_calls]
"""
SECRET = "CANARY-that-nobody-may-read"


@pytest.fixture(scope="module")
def ca(tmp_path_factory) -> Path:
    """A certificate of an authority of one's own."""
    folder = tmp_path_factory.mktemp("ca")
    made = folder / "ca.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Ours"]
    ran = subprocess.run(
        [*command, "-keyout", str(folder / "key.pem"), "-out", str(made)], capture_output=True, check=False
    )
    if ran.returncode:
        pytest.skip("no openssl on this machine")
    return made


def test_nothing_is_configured_by_default(loading) -> None:
    assert loading().settings.mqtt is None


def test_an_address_alone_is_enough(loading) -> None:
    mqtt = loading("mqtt: {url: 'mqtt://127.0.0.1'}").settings.mqtt
    assert (mqtt.host, mqtt.port, mqtt.encrypted, mqtt.username, mqtt.password) == (
        "127.0.0.1",
        1883,
        False,
        None,
        None,
    )
    assert (mqtt.topic, mqtt.discovery, mqtt.names, mqtt.allow) == ("ringwatch", "homeassistant", False, frozenset())
    assert loading("mqtt: {url: 'mqtt://[::1]:1999'}").settings.mqtt.address == "::1:1999"


def test_every_key_is_read(loading, ca) -> None:
    loaded = loading(WHOLE.replace("CA\n", f"{ca}\n"), {"MQTT_PASSWORD": SECRET})
    mqtt = loaded.settings.mqtt
    assert (mqtt.address, mqtt.encrypted, mqtt.username) == ("broker.example.com:8883", True, "ringwatch")
    assert (mqtt.topic, mqtt.discovery, mqtt.names, mqtt.ca) == ("floor_2", "ha/found", True, ca)
    assert mqtt.allow == frozenset(MqttAllowed)
    assert SECRET in secrets_of(loaded.settings)
    assert SECRET not in repr(loaded.settings)
    assert loaded.warnings == ()


def test_the_environment_gives_it_too(loading) -> None:
    environ = {"RINGWATCH_MQTT__URL": "mqtt://b", "RINGWATCH_MQTT__ALLOW": '["snooze"]', "RINGWATCH_MQTT__NAMES": "yes"}
    mqtt = loading("", environ).settings.mqtt
    assert (mqtt.host, mqtt.allow, mqtt.names) == ("b", frozenset({MqttAllowed.SNOOZE}), True)


@pytest.mark.parametrize("word", ["off", "OFF", "'off'"])
def test_discovery_can_be_off(loading, word: str) -> None:
    assert loading(f"mqtt: {{url: 'mqtt://b', discovery: {word}}}").settings.mqtt.discovery is None


@pytest.mark.parametrize(
    ("keys", "key", "hint"),
    [
        ("username: x", "url", "it is needed"),
        ("url: 'http://b'", "url", "an mqtt:// or mqtts:// address is needed"),
        ("url: 'mqtt://'", "url", "an mqtt:// or mqtts:// address is needed"),
        ("url: 'mqtt://b:99999'", "url", "an mqtt:// or mqtts:// address is needed"),
        (f"url: 'mqtt://me:{SECRET}@b'", "url", "write mqtt.username and mqtt.password"),
        ("url: 'mqtt://b/topic'", "url", "it ends behind the host and its port"),
        ("url: 'mqtt://b', topic: a/b", "topic", "letters, digits, _ and - alone are allowed"),
        ("url: 'mqtt://b', discovery: 'a/#'", "discovery", "such as homeassistant, or off"),
        ("url: 'mqtt://b', ca: /x.pem", "ca", "write mqtts://, or take this out"),
        (f"url: 'mqtt://b', password: {SECRET}", "password", "write mqtt.username"),
        ("url: 'mqtt://b', names: sometimes", "names", "true or false is needed"),
        ("url: 'mqtt://b', allow: [call]", "allow[1]", "allowed: acknowledge, snooze, mark_numbers or pause_calls"),
        ("url: 'mqtt://b', user: x", "user", "did you mean username?"),
    ],
)
def test_what_cannot_be_is_one_mistake_at_its_key(loading, keys: str, key: str, hint: str) -> None:
    (mistake,) = loading.mistakes(f"mqtt: {{{keys}}}")
    assert mistake.startswith(f"3: mqtt.{key}: ")
    assert hint in mistake
    assert SECRET not in mistake


def test_several_mistakes_are_told_at_once(loading) -> None:
    found = loading.mistakes("mqtt: {url: 'mqtt//b', topic: a b, names: x}")
    assert [one.split(": ")[1] for one in found] == ["mqtt.names", "mqtt.topic", "mqtt.url"]


@pytest.mark.parametrize("mqtt", ["", "mqtt: {url: 'mqtt://b'}"])
def test_no_account_is_called_as_the_service_is(loading, mqtt: str) -> None:
    accounts = f"accounts: {{service: {{provider: momvoip, api_key: {SECRET}}}}}"
    (mistake,) = loading.mistakes(f"{accounts}\n{mqtt}")
    assert mistake == "3: accounts.service: an account may not be called so; it is the service's name by MQTT"


@pytest.mark.parametrize(("content", "says"), [(None, "cannot be read"), ("no certificate", "holds no certificate")])
def test_an_authority_that_cannot_be_read_is_a_warning(loading, tmp_path, content: str | None, says: str) -> None:
    """A configuration is checked on other machines than it runs on."""
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content, "utf-8")
    (warning,) = loading(f"mqtt: {{url: 'mqtts://b', ca: {file}}}").warnings
    assert (warning.id, warning.key, warning.line) == ("W213", "mqtt.ca", 3)
    assert says in warning.text


@pytest.mark.parametrize(
    ("url", "told"),
    [("mqtt://broker.example.com", True), ("mqtt://homeassistant.local", False), ("mqtts://b.com", False)],
)
def test_a_password_that_travels_in_the_clear_is_a_warning(loading, url: str, told: bool) -> None:
    loaded = loading(f"mqtt: {{url: '{url}', username: me, password: {SECRET}}}")
    assert isinstance(loaded.settings, Settings)
    found = [line.text for line in offline_checks(loaded) if (line.id, line.name) == ("W306", "mqtt")]
    assert found == (["its password travels unencrypted over mqtt://: use mqtts://, or a VPN"] if told else [])
