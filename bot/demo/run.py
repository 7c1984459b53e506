"""`ringwatch demo`: the very same service, on a simulated MoMVOIP and the local Slack. Nothing leaves the machine."""

import asyncio
import contextlib
import signal
import tempfile
import webbrowser
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import yaml
from aiohttp import web

from bot.bootstrap import Service, catalogue
from bot.commands.registry import commands
from bot.demo.day import Day
from bot.demo.slack import LocalSlack
from bot.demo.slack.town import AGENT, DIALLER, MANAGER, OWNER, VOIP
from bot.logs import Redaction, configure
from bot.manifest import manifest
from bot.settings import Settings, load
from providers.kit.simulation import World

TICK = 0.25  # seconds
STOP_WITHIN = 6.0
CHIEFS = [MANAGER, VOIP, OWNER]


def configuration(slack: LocalSlack, vendor: dict[str, str], data_dir: Path) -> str:
    """The demo's ringwatch.yaml: short intervals, so that a minute shows a day."""
    return yaml.safe_dump(
        {
            "timezone": "Europe/Kyiv",
            "data_dir": str(data_dir),
            "http": {"port": 0},
            "slack": {
                "bot_token": slack.bot_token,
                "app_token": slack.app_token,
                "api_url": slack.api_url,
                "channel": "#voip-alerts",
            },
            "poll": {"balance": "2s", "numbers": "2s", "agents": "2s", "calls": "10s"},
            "accounts": {"sales": {"provider": "momvoip", "currency": "USD", "timezone": "Europe/Kyiv", **vendor}},
            "agents": {
                MANAGER: {"account": "sales", "agent": "1101"},
                DIALLER: {"account": "sales", "agent": "1102"},
                AGENT: {"account": "sales", "agent": "1103"},
            },
            "permissions": {"recordings": CHIEFS, "admin": CHIEFS},
            "calls": {"region": "US", "countries": ["US", "GB"]},
            "alerts": [
                {"name": "low-balance", "watch": "balance", "below": 60, "clear_above": 80, "repeat": ["1m", "5m"]},
                {"name": "spam-number", "watch": "number_spam"},
                {"name": "agent-gone", "watch": "agent_offline", "for": "5s"},
                {"name": "pbx-down", "watch": "account_down", "severity": "critical", "mention": ["!here"]},
            ],
        },
        sort_keys=False,
    )


def _settings(text: str, folder: Path) -> Settings:
    path = folder / "ringwatch.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path, {}, *catalogue()).settings


@asynccontextmanager
async def stage(clock: Callable[[], datetime], port: int = 0) -> AsyncIterator[tuple[LocalSlack, Day]]:
    """The whole demo, running: the vendor, the local Slack on `port`, the service, the day."""
    world = World(7, clock=clock)
    day = Day(world)
    vendor = catalogue()[0]["momvoip"]
    runner = web.AppRunner(vendor.sandbox(world).app(), access_log=None, shutdown_timeout=1.0)
    slack = LocalSlack(clock, manifest=manifest(commands().values(), {}), controls=day.controls(), demo_state=day.state)
    day.changed = slack.changed
    with tempfile.TemporaryDirectory(prefix="ringwatch-demo-") as folder:
        try:
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            await slack.start(port=port)
            keys = vendor.sandbox_settings(world, f"http://127.0.0.1:{runner.addresses[0][1]}/")
            text = configuration(slack, dict(keys), Path(folder) / "data")
            service = Service(_settings(text, Path(folder)), clock=clock)
            try:
                await service.start()
                await slack.connected()
                yield slack, day
            finally:
                await service.stop(STOP_WITHIN)
        finally:
            await slack.stop()
            await runner.cleanup()


async def run_demo(*, port: int, browser: bool, clock: Callable[[], datetime]) -> int:
    """Run until it is interrupted. Prints the address when all is ready."""
    configure(Redaction(), level=40)  # the page is the show; errors still tell
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with stage(clock, port) as (slack, day):
        print(f"Ringwatch's demo is ready: {slack.base_url}\nStop it with Ctrl-C.", flush=True)  # noqa: T201
        if browser:
            await asyncio.to_thread(webbrowser.open, slack.base_url)
        while not stopping.is_set():
            day.tick(TICK)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), TICK)
    return 0
