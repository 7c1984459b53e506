"""Run in a process of its own by `test_one_more_kind`: the table of kinds with one row more, and nothing else changed.

    python one_more_kind.py REDIS_URL FOLDER

Writes as JSON what became of it: configured, polled, stored, read back, published.
"""

import asyncio
import importlib.util
import json
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from providers.events import KeysPressed
from providers.model import Rows
from providers.momvoip import VENDOR
from tests.deadlines import PATIENCE

ROW = """
    WEATHER = KindDefinition(
        "weather",
        Rows[Station],
        default_interval=timedelta(minutes=2),
        questions=(Question(SupportsWeather, lambda provider, _now: provider.weather()),),
        row=Station,
        row_key="place",
        events=(KeysPressed,),
    )
"""
END = "\n    @property\n    def capabilities"  # of the rows
MODULE = "bot.alerts.kinds"
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Station:
    """What the made-up kind is made of."""

    place: str
    degrees: int


@runtime_checkable
class SupportsWeather(Protocol):
    """Who can be asked for it."""

    async def weather(self) -> Rows[Station]:
        """Every station."""


class Sky:
    """A vendor that can tell nothing else."""

    degrees = 4

    async def close(self) -> None:
        """Nothing to give back."""

    async def weather(self) -> Rows[Station]:
        """It gets warmer each time."""
        self.degrees += 1
        return Rows((Station("Kyiv", self.degrees), Station("Lviv", 3)))


def with_one_more() -> None:
    """Have the kinds imported from their own file with the row in it."""
    spec = importlib.util.find_spec(MODULE)
    assert spec is not None
    assert spec.origin is not None
    source = Path(spec.origin).read_text("utf-8")
    before, end, after = source.partition(END)
    assert end, "the rows end elsewhere now"
    assert MODULE not in sys.modules
    kinds = importlib.util.module_from_spec(spec)
    vars(kinds).update(Station=Station, SupportsWeather=SupportsWeather, KeysPressed=KeysPressed)
    sys.modules[MODULE] = kinds
    exec(compile(before + ROW + end + after, spec.origin, "exec"), vars(kinds))


async def tried(url: str, folder: Path) -> dict[str, Any]:
    """Once from the configuration to a subscriber, twice, and once more since something was pushed."""
    from bot.alerts.kinds import Kind
    from bot.observability.metrics import Metrics
    from bot.readings.accounts import Accounts, OpenAccount
    from bot.readings.intake import AcceptedReading, Intake
    from bot.readings.poller import POLL_NOW_INTERVAL, Poller
    from bot.readings.vendor_events import PushedEvent
    from bot.settings import load
    from bot.store import Store

    now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    vendor, sky = replace(VENDOR, slug="sky", title="Sky", provider=Sky, min_intervals={}, rate_limit=None), Sky()
    slack = 'slack: {bot_token: xoxb-1, app_token: xapp-1, channel: "#c"}\n'
    accounts = (
        "accounts:\n  sky: {provider: sky, api_key: k}\n  slow: {provider: sky, api_key: k, poll: {weather: 9m}}\n"
    )
    file = folder / "ringwatch.yaml"
    file.write_text(slack + accounts, "utf-8")
    settings = load(file, {}, {"sky": vendor}, {}).settings
    kind = Kind("weather")
    opened = {"sky": OpenAccount("sky", "Sky", sky, settings.accounts["sky"], vendor)}
    heard: list[AcceptedReading] = []

    async def hear(accepted: AcceptedReading) -> None:
        heard.append(accepted)

    store = await Store.connect(url, clock=lambda: now)
    intake = Intake(store, lambda: settings)
    intake.subscribers.subscribe("test", hear)
    poller = Poller(
        settings=lambda: settings,
        accounts=lambda: Accounts(opened, {}),
        store=store,
        intake=intake,
        metrics=Metrics(),
        clock=lambda: now,
    )

    async def heard_after(span: timedelta) -> int:
        nonlocal now
        now += span
        await poller.sweep()
        await poller.drain(PATIENCE)
        return len(heard)

    counts = [await heard_after(span) for span in (timedelta(), MINUTE, MINUTE)]
    await poller.hear(PushedEvent("sky", KeysPressed("2", "")))
    counts.append(await heard_after(POLL_NOW_INTERVAL))
    await store.close()
    other = await Store.connect(url, clock=lambda: now)
    latest = (await other.latest_readings("sky"))[kind].observed
    history = await other.history("sky", kind, now - timedelta(hours=1))
    await other.close()
    return {
        "poll": {
            name: {str(k): str(v) for k, v in account.poll.items()} for name, account in settings.accounts.items()
        },
        "heard after": counts,
        "published is what is stored": [accepted.reading for accepted in heard] == history,
        "read back": repr(latest.value.items) if latest is not None else None,
        "degrees": [reading.value.items[0].degrees for reading in history],
    }


if __name__ == "__main__":
    with_one_more()
    sys.stdout.write(json.dumps(asyncio.run(tried(sys.argv[1], Path(sys.argv[2])))))
