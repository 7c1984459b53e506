"""Home Assistant's devices and entities, as its MQTT discovery takes them: one message a device. Pure.

Held to what was measured on 2025.4 and 2026.11: no key at the top that the older one does not know, a `unique_id` in
each component, `monetary` with `total` alone, one availability topic a kind, and never `expire_after`.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from bot import __version__
from bot.alerts.kinds import Kind
from bot.mqtt.incidents import EVENT_TYPES, OFF, ON
from bot.mqtt.snapshot import AccountSnapshot, Snapshot, plain
from bot.mqtt.states import free_agents
from bot.mqtt.topics import KINDS, Topics
from bot.settings import Mqtt, MqttAllowed
from bot.settings.mqtt_keys import SERVICE
from providers.model import Balance, NumberStatus, Queue

Component = dict[str, Any]
TITLE = "Ringwatch"
ACKNOWLEDGE, PAUSE, RESUME = "acknowledge", "pause", "resume"
_DIAGNOSTIC = {"entity_category": "diagnostic"}
_MEASURED = {"state_class": "measurement"}
_SECONDS = {"device_class": "duration", "unit_of_measurement": "s", **_MEASURED}
_AGENTS = {
    "signed_in": "Agents signed in",
    "on_call": "Agents on call",
    "free": "Agents free",
    "offline": "Agents offline",
    "unknown": "Agents unknown",
}


def devices(snapshot: Snapshot, topics: Topics, mqtt: Mqtt) -> dict[str, dict[str, Any]]:
    """Returns the discovery message of each device by the topic where it stands; none where there is no prefix."""
    if topics.discovery is None:
        return {}
    service = {"name": TITLE, "manufacturer": TITLE, "model": "Service"}
    found = {topics.config(SERVICE): _device(topics, SERVICE, service, _service(topics, mqtt))}
    for account in snapshot.accounts:
        about = {"name": f"{TITLE} {account.name}", "manufacturer": account.title, "model": "Hosted PBX account"}
        components = _Entities(account, topics, mqtt).components(snapshot)
        found[topics.config(account.name)] = _device(topics, account.name, about, components)
    return found


def _device(topics: Topics, name: str, about: dict[str, str], components: Mapping[str, Component]) -> dict[str, Any]:
    node = topics.node(name)
    return {
        "device": {"identifiers": [node], **about, "sw_version": __version__},
        "origin": {"name": TITLE, "sw_version": __version__},
        "qos": 1,
        "components": {key: {**one, "unique_id": f"{node}_{key}"} for key, one in components.items()},
    }


def _service(topics: Topics, mqtt: Mqtt) -> dict[str, Component]:
    there = {"state_topic": topics.service, "availability": [{"topic": topics.status}], "availability_mode": "all"}
    found: dict[str, Component] = {
        "open_alerts": {
            "platform": "sensor",
            "name": "Open alerts",
            "value_template": _value("open_alerts"),
            "unit_of_measurement": "alerts",
            **_MEASURED,
            **there,
        }
    }
    if MqttAllowed.PAUSE_CALLS in mqtt.allow:
        found["calls_allowed"] = {
            "platform": "switch",
            "name": "Calls allowed",
            "value_template": _value("calls_allowed"),
            "state_on": ON,
            "state_off": OFF,
            "command_topic": topics.calls_command,
            "payload_on": RESUME,
            "payload_off": PAUSE,
            **there,
        }
    return found


class _Entities:
    """The entities of one account."""

    def __init__(self, account: AccountSnapshot, topics: Topics, mqtt: Mqtt) -> None:
        self._account, self._topics, self._mqtt = account, topics, mqtt
        self._found: dict[str, Component] = {}

    def components(self, snapshot: Snapshot) -> dict[str, Component]:
        """Returns them by their keys."""
        told = {kind for kind in KINDS if self._account.told(kind) is not None}
        if Kind.BALANCE in told:
            self._balance()
        if Kind.AGENTS in told:
            self._agents()
        if Kind.QUEUES in told:
            self._queues(snapshot)
        if Kind.NUMBERS in told:
            self._numbers()
        self._alerts()
        self._polls()
        return self._found

    def _sensor(self, key: str, name: str, kind: Kind, value: str, more: Mapping[str, Any]) -> None:
        self._found[key] = {"platform": "sensor", "name": name, "value_template": value, **more, **self._of(kind)}

    def _of(self, kind: Kind) -> Component:
        """Where an entity of a kind is told, and by what it is available: Home Assistant keys that by its topic."""
        account, topics = self._account.name, self._topics
        return {
            "state_topic": topics.kind(account, kind),
            "availability": [{"topic": topics.status}, {"topic": topics.kind_status(account, kind)}],
            "availability_mode": "all",
        }

    def _there(self, topic: str) -> Component:
        return {"state_topic": topic, "availability": [{"topic": self._topics.status}], "availability_mode": "all"}

    def _balance(self) -> None:
        polled = self._account.told(Kind.BALANCE)
        observed = polled.latest.observed if polled is not None else None
        balance = observed.value if observed is not None else None
        told = balance.money.currency if isinstance(balance, Balance) else None
        currency = told or self._account.currency
        money = {"device_class": "monetary", "unit_of_measurement": currency} if currency is not None else {}
        more = {**money, "state_class": "total", "suggested_display_precision": 2}
        self._sensor(Kind.BALANCE.value, "Balance", Kind.BALANCE, _value("amount"), more)
        self._sensor("runs_out", "Runs out", Kind.BALANCE, _value("runs_out"), {"device_class": "timestamp"})

    def _agents(self) -> None:
        for key, name in _AGENTS.items():
            if key == "free" and self._account.registered_only:
                continue
            more = {"unit_of_measurement": "agents", **_MEASURED, **(_DIAGNOSTIC if key == "unknown" else {})}
            self._sensor(f"agents_{key}", name, Kind.AGENTS, _value(key), more)

    def _queues(self, snapshot: Snapshot) -> None:
        if not self._account.finished_only:
            waiting = {"unit_of_measurement": "callers", **_MEASURED}
            self._sensor("callers_waiting", "Callers waiting", Kind.QUEUES, _value("waiting"), waiting)
            self._sensor("longest_wait", "Longest wait", Kind.QUEUES, _value("longest_wait"), _SECONDS)
        for slug, queue in self._account.queues.items():
            for key, name, more in self._of_queue(queue, snapshot):
                value = _value("queues", slug, key)
                self._sensor(f"queue_{slug}_{key}", f"{plain(queue.name)} {name}", Kind.QUEUES, value, more)

    def _of_queue(self, queue: Queue, snapshot: Snapshot) -> Iterable[tuple[str, str, Mapping[str, Any]]]:
        if self._account.finished_only:
            yield "waited", "waited lately", _SECONDS
            return
        yield "waiting", "callers waiting", {"unit_of_measurement": "callers", **_MEASURED}
        yield "longest_wait", "longest wait", _SECONDS
        tells = self._account.told(Kind.AGENTS) is not None and not self._account.registered_only
        if (queue.members is not None and tells) or free_agents(self._account, queue, snapshot.now) is not None:
            yield "free", "agents free", {"unit_of_measurement": "agents", **_MEASURED}

    def _numbers(self) -> None:
        for key, name in (("spam", "Caller IDs marked as spam"), ("active", "Caller IDs active")):
            more = {"unit_of_measurement": "numbers", **_MEASURED}
            self._sensor(f"numbers_{key}", name, Kind.NUMBERS, _value(key), more)
        if not self._mqtt.names:
            return
        for digits in self._account.numbers:
            status, told = _path("numbers", digits), self._of(Kind.NUMBERS)
            problem = f"{{{{ {{'spam': '{ON}', 'active': '{OFF}', 'disabled': '{OFF}'}}.get({status}) }}}}"
            self._found[f"number_{digits}"] = {
                "platform": "binary_sensor",
                "name": f"Caller ID {digits}",
                "device_class": "problem",
                "value_template": problem,
                **told,
            }
            if self._account.markable and MqttAllowed.MARK_NUMBERS in self._mqtt.allow:
                options = [NumberStatus.ACTIVE.value, NumberStatus.SPAM.value]
                self._found[f"number_{digits}_mark"] = {
                    "platform": "select",
                    "name": f"Caller ID {digits} is",
                    "options": options,
                    "value_template": f"{{{{ {status} if {status} in {json.dumps(options)} else none }}}}",
                    "command_topic": self._topics.number_command(self._account.name, digits),
                    **told,
                }

    def _alerts(self) -> None:
        account, topics = self._account.name, self._topics
        for alert in self._account.alerts:
            topic, key = topics.alert(account, alert.name), f"alert_{alert.name.replace('-', '_')}"
            self._found[key] = {
                "platform": "binary_sensor",
                "name": alert.name,
                "device_class": "problem",
                "value_template": _value("state"),
                "json_attributes_topic": topic,
                **self._there(topic),
            }
            if MqttAllowed.ACKNOWLEDGE in self._mqtt.allow:
                self._found[f"{key}_acknowledge"] = {
                    "platform": "button",
                    "name": f"Acknowledge {alert.name}",
                    "command_topic": topics.alert_command(account, alert.name),
                    "payload_press": ACKNOWLEDGE,
                    "availability": [{"topic": topics.status}],
                    "availability_mode": "all",
                }
        event = {"platform": "event", "name": "Alert", "event_types": list(EVENT_TYPES)}
        self._found["event"] = {**event, **self._there(topics.event(account))}

    def _polls(self) -> None:
        there = self._there(self._topics.polls(self._account.name))
        self._found["reachable"] = {
            "platform": "binary_sensor",
            "name": "Reachable",
            "device_class": "connectivity",
            "value_template": _value("reachable"),
            **_DIAGNOSTIC,
            **there,
        }
        self._found["last_look"] = {
            "platform": "sensor",
            "name": "Last look",
            "device_class": "timestamp",
            "value_template": _value("last_look"),
            **_DIAGNOSTIC,
            **there,
        }


def _value(*path: str) -> str:
    return f"{{{{ {_path(*path)} }}}}"


def _path(*path: str) -> str:
    return "value_json" + "".join(f"[{json.dumps(step)}]" for step in path)
