"""What a broker holds of ours, beside what it should: the messages that bring it there, in their order. Pure.

Home Assistant reads a state the moment it knows an entity. So a state comes before the entities that it tells of, and
goes after those that it told of.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.mqtt.states import encoded
from bot.mqtt.topics import Topics

EMPTY = b""  # a retained message that is empty takes away what stood there


@dataclass(frozen=True, slots=True)
class RetainedMessage:
    """A message that the broker keeps, in the place of the one before it."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the broker should hold: Home Assistant's devices, and what is known, each by its topic."""

    devices: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    states: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(slots=True)
class Held:
    """What the broker holds of ours, as far as we know: devices and states by their topics."""

    devices: dict[str, bytes] = field(default_factory=dict)
    states: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def read(cls, retained: Mapping[str, bytes], *places: Topics) -> "Held":
        """Returns what of it is ours, or was when our topics were others; not whether the service is there."""
        found = cls()
        for topic, payload in retained.items():
            if payload and topic != places[0].status and any(place.ours(topic) for place in places):
                device = any(place.device(topic) is not None for place in places)
                (found.devices if device else found.states)[topic] = payload
        return found

    def take(self, message: RetainedMessage, *, device: bool) -> None:
        """Notes that a message was sent: what it says stands there now."""
        here = self.devices if device else self.states
        if message.payload:
            here[message.topic] = message.payload
        else:
            here.pop(message.topic, None)


@dataclass(frozen=True, slots=True)
class Correction:
    """One message to be sent. `device`: it is of a device, and Home Assistant needs a moment to make entities of it."""

    message: RetainedMessage
    device: bool


def steps(held: Held, wanted: Wanted, *, anew: bool = False) -> Iterator[Correction]:
    """Yields what is to be sent, in this order; `anew`: what stands there already is sent again."""
    lost = {topic: _lost(held.devices.get(topic, EMPTY), device) for topic, device in wanted.devices.items()}
    for topic, gone in lost.items():
        if gone:
            before, device = _platforms(held.devices[topic]), wanted.devices[topic]
            kept = {key: one for key, one in device["components"].items() if key in before}
            yield Correction(RetainedMessage(topic, encoded({**device, "components": {**kept, **gone}})), device=True)
    for topic in held.devices.keys() - wanted.devices.keys():
        yield Correction(RetainedMessage(topic, EMPTY), device=True)
    for topic, payload in wanted.states.items():
        if anew or held.states.get(topic) != payload:
            yield Correction(RetainedMessage(topic, payload), device=False)
    for topic, device in wanted.devices.items():
        described = encoded(device)
        if anew or lost[topic] or held.devices.get(topic) != described:
            yield Correction(RetainedMessage(topic, described), device=True)
    for topic in held.states.keys() - wanted.states.keys():
        yield Correction(RetainedMessage(topic, EMPTY), device=False)


def _lost(held: bytes, device: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Returns the components that are there and should not be, each by its platform alone: that takes it away.

    One that should be there on another platform is another entity.
    """
    wanted = device["components"]
    return {
        key: {"platform": platform}
        for key, platform in _platforms(held).items()
        if key not in wanted or wanted[key]["platform"] != platform
    }


def _platforms(held: bytes) -> dict[str, str]:
    """Returns the platforms of the components in a device's message; none where it cannot be read."""
    try:
        components = json.loads(held)["components"]
        return {key: str(one["platform"]) for key, one in components.items() if set(one) != {"platform"}}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
