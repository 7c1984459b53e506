"""The broker's keys, and what they come to: where it is, who we are there, and what may be done from it."""

import re
import ssl
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationInfo, field_validator

from bot.settings.messages import MistakeCollector
from bot.settings.models import ConfigSection, Mqtt, MqttAllowed
from bot.settings.problems import Kinds
from bot.settings.values import OFF, Trimmed

SERVICE = "service"  # the device of the service itself, so the name of no account
_PORTS = {"mqtt": 1883, "mqtts": 8883}
_TOPIC = re.compile(r"[A-Za-z0-9_-]+")
_PREFIX = re.compile(r"[^\s/#+$][^\s/#+]*(?:/[^\s/#+]+)*")


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        usable = parts.scheme in _PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or re.search(r"\s", text):
        raise ValueError("an mqtt:// or mqtts:// address is needed")  # pydantic collects ValueErrors
    if parts.username is not None or parts.password is not None:
        raise ValueError("no login may stand in it: write mqtt.username and mqtt.password")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("it ends behind the host and its port")
    return text


def _topic(text: str) -> str:
    if not _TOPIC.fullmatch(text):
        raise ValueError("letters, digits, _ and - alone are allowed: it begins every topic and id")
    return text


def _discovery(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = value.strip().strip("/")
    if text.lower() == OFF:
        return OFF
    if not _PREFIX.fullmatch(text):
        raise ValueError("the prefix under which Home Assistant looks, such as homeassistant, or off")
    return text


class MqttKeys(ConfigSection):
    """An MQTT broker that Home Assistant, Node-RED or openHAB reads."""

    url: Annotated[Trimmed, AfterValidator(_url)] = Field(
        description="Where the broker is: mqtt:// or mqtts:// (the certificate is checked), host, port."
    )
    username: Trimmed | None = Field(None, description="Who we are there.")
    password: SecretStr | None = Field(None, description="Its password.")
    topic: Annotated[Trimmed, AfterValidator(_topic)] = Field(
        "ringwatch", description="What every topic and id of ours begins with: two Ringwatches on one broker have two."
    )
    ca: Path | None = Field(
        None, description="The certificate of an authority of your own that signed the broker's, a file in PEM form."
    )
    discovery: Annotated[str, BeforeValidator(_discovery)] = Field(
        "homeassistant", description="Home Assistant's discovery prefix; `off`: topics alone."
    )
    names: bool = Field(False, description="Agents' names and caller IDs' digits too; customers' numbers never.")
    allow: tuple[MqttAllowed, ...] = Field(
        (), description="What may be done from there: `acknowledge`, `snooze`, `mark_numbers`, `pause_calls`."
    )

    @field_validator("password")
    @classmethod
    def _is_somebody_s(cls, password: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if password is not None and info.data.get("username", "wrong, and told") is None:
            raise ValueError("a broker takes no password without a name: write mqtt.username")
        return password

    @field_validator("ca")
    @classmethod
    def _is_asked_for(cls, ca: Path | None, info: ValidationInfo) -> Path | None:
        if ca is not None and str(info.data.get("url", "mqtts:")).startswith("mqtt:"):
            raise ValueError("mqtt:// knows no certificates: write mqtts://, or take this out")
        return ca


def read_mqtt(keys: MqttKeys | None, mistakes: MistakeCollector) -> Mqtt | None:
    """Returns what the keys come to; None where there are none. A file of `ca` that cannot be used is a warning.

    It may be there where the service runs, and the broker is tried again as long as it is not.
    """
    if keys is None:
        return None
    parts = urlsplit(keys.url)
    ca = keys.ca.expanduser() if keys.ca is not None else None
    trouble = unusable(ca) if ca is not None else None
    if trouble is not None:
        hint = "until it can be read, the broker is not connected"
        mistakes.warn(Kinds.UNREADABLE_FILE, ("mqtt", "ca"), trouble, hint)
    return Mqtt(
        host=parts.hostname or "",
        port=parts.port or _PORTS[parts.scheme],
        encrypted=parts.scheme == "mqtts",
        username=keys.username,
        password=keys.password,
        topic=keys.topic,
        ca=ca,
        discovery=None if keys.discovery == OFF else keys.discovery,
        names=keys.names,
        allow=frozenset(keys.allow),
    )


def unusable(ca: Path) -> str | None:
    """Returns why a file is no certificate of an authority, the end of a sentence; None where it is one."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(ca)
    except ssl.SSLError:
        return "the file that it names holds no certificate in PEM form"
    except (OSError, ValueError) as error:
        return f"the file that it names cannot be read: {getattr(error, 'strerror', None) or 'its name is none'}"
    return None
