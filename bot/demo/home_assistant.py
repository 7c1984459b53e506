"""What a Home Assistant would show of the demo: read from what a broker would hold. There is no broker."""

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import structlog

from bot.app.service import Service
from bot.mqtt.entities import devices
from bot.mqtt.look import Look
from bot.mqtt.states import states
from bot.mqtt.topics import OFFLINE, Topics
from bot.settings import Mqtt
from bot.store import StoreError

log = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
MQTT = Mqtt(host="localhost", port=1883, encrypted=False)
TOPICS = Topics(MQTT.topic, MQTT.discovery)
SHOWN = frozenset({"sensor", "binary_sensor", "switch"})  # the platforms that have a state to read
_STEP = re.compile(r'\["([^"]+)"\]')  # of a value template: value_json["queues"]["sales"]["free"]


class HomeAssistantPanel:
    """The devices with their entities, as the last look found them. `changed` is called after each that differs."""

    def __init__(self, service: Service, *, clock: Callable[[], datetime], changed: Callable[[], None]) -> None:
        self._look = Look(
            store=service.store,
            engine=service.engine,
            settings=service.configuration.settings,
            accounts=service.configuration.accounts,
            clock=clock,
        )
        self._changed = changed
        self.devices: list[dict[str, Any]] = []

    async def run(self) -> None:
        """Looks once a second until it is cancelled; where the store is away, the last look stands."""
        while True:
            try:
                await self.refresh()
            except StoreError as error:
                log.warning("the panel of Home Assistant is not renewed", error=str(error))
            await asyncio.sleep(LOOK_SECONDS)

    async def refresh(self) -> None:
        """Looks anew. Raises `StoreError`."""
        snapshot = await self._look.snapshot()
        held = states(snapshot, TOPICS, names=MQTT.names)
        found = [_device(device, held) for device in devices(snapshot, TOPICS, MQTT).values()]
        if found != self.devices:
            self.devices = found
            self._changed()


def _device(device: Mapping[str, Any], held: Mapping[str, bytes]) -> dict[str, Any]:
    entities = [shown(one, held) for one in device["components"].values() if one["platform"] in SHOWN]
    about = device["device"]
    return {"name": about["name"], "of": about["manufacturer"], "entities": entities}


def shown(component: Mapping[str, Any], held: Mapping[str, bytes]) -> dict[str, Any]:
    """Returns it as Home Assistant would: `unavailable` by its topics, `unknown` where the value is null."""
    away = any(held.get(one["topic"]) == OFFLINE.encode() for one in component["availability"])
    value = json.loads(held[component["state_topic"]])
    for step in _STEP.findall(component["value_template"]):
        value = value.get(step) if isinstance(value, dict) else None
    return {
        "name": component["name"],
        "state": "unavailable" if away else "unknown" if value is None else str(value),
        "unit": component.get("unit_of_measurement"),
        "class": component.get("device_class"),
        "diagnostic": component.get("entity_category") == "diagnostic",
    }
