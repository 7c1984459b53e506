"""Production is production: a service that runs, with an account of every vendor, has loaded no simulator.

What was not configured is not loaded either, where it would bring a library along.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from providers.registry import vendors
from providers.sandboxes import sandbox_of
from providers.sdk.simulation.world import World

NOWHERE = "http://127.0.0.1:9/"  # Slack and the vendors: the service starts all the same

RUNS = """
import asyncio, json, sys
from pathlib import Path

from bot.app.service import Service
from bot.cli.main import _load, now

async def run(path):
    service = await Service.open(_load(path).settings, clock=now)
    await service.start()
    await service.stop(3)

asyncio.run(run(Path(sys.argv[1])))
looked_at = {"bot", "providers", "tools", "tests", "aiomqtt", "paho"}
ours = {name: module.__file__ for name, module in sys.modules.items() if name.split(".")[0] in looked_at}
print(json.dumps(ours))
"""


@pytest.fixture
def run(tmp_path: Path, redis_servers: Callable[[str], Any]) -> Callable[..., dict[str, str]]:
    """`run(**keys)`: our modules that a service loads from its start to its stop, and their files."""

    def ran_with(**keys: Any) -> dict[str, str]:
        server = redis_servers("bundled")
        server.flush()
        known = vendors(entry_points=lambda **_: [])
        world = World(7, clock=lambda: datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
        config = {
            "store": str(server.url),
            "http": {"port": 0},
            "slack": {"bot_token": "xoxb-1", "app_token": "xapp-1", "api_url": NOWHERE, "channel": "#alerts"},
            "accounts": {slug: {"provider": slug, **sandbox_of(slug).settings(world, NOWHERE)} for slug in known},
            "alerts": [{"name": "down", "watch": "account_down"}],
            **keys,
        }
        path = tmp_path / "ringwatch.yaml"
        path.write_text(yaml.safe_dump(config), encoding="utf-8")
        ran = subprocess.run(
            [sys.executable, "-c", RUNS, str(path)],
            cwd=Path(__file__).parent.parent, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr
        return dict(json.loads(ran.stdout.splitlines()[-1]))

    return ran_with


@pytest.fixture
def loaded(run: Callable[..., dict[str, str]]) -> dict[str, str]:
    """What a service loads with an account of every vendor, and nothing else configured."""
    return run()


def simulates(module: str) -> bool:
    """Whether a module is there for the demo, the tests or the tools."""
    parts = module.split(".")
    return (
        module.startswith(("bot.demo", "providers.sandboxes", "providers.sdk.simulation"))
        or parts[0] in {"tools", "tests"}
        or bool({"sandbox", "encode"} & set(parts))
    )


def test_a_running_service_has_loaded_every_vendor_and_no_simulator(loaded: dict[str, str]) -> None:
    adapters = {name.split(".")[1] for name in loaded if name.endswith(".adapter")}
    assert adapters == set(vendors(entry_points=lambda **_: []))
    assert [name for name in loaded if simulates(name)] == []


def test_without_a_broker_nothing_that_speaks_to_one_is_loaded(loaded: dict[str, str]) -> None:
    assert [name for name in loaded if name.startswith(("aiomqtt", "paho", "bot.mqtt"))] == []


def test_the_read_api_is_loaded_where_it_is_configured_alone(run: Callable[..., dict[str, str]]) -> None:
    def of_the_api(modules: dict[str, str]) -> list[str]:
        return [name for name in modules if name.startswith("bot.api")]

    assert of_the_api(run()) == []
    assert "bot.api.server" in of_the_api(run(api={"tokens": {"test": "0123456789abcdef-of-a-test"}}))
