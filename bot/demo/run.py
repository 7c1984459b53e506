"""`ringwatch demo`: the very same service, on a simulated MoMVOIP and the local Slack. Nothing leaves the machine."""

import asyncio
import contextlib
import signal
import tempfile
import webbrowser
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web

from bot.app.service import Service, catalogue
from bot.demo.day import ScriptedDay
from bot.demo.home_assistant import HomeAssistantPanel
from bot.demo.manifest import whole_manifest
from bot.demo.slack import LocalSlack
from bot.demo.slack.town import AGENT, DIALLER, MANAGER, OWNER, VOIP
from bot.observability.logs import Redaction, configure
from bot.settings import Settings, load
from providers.sandboxes import sandbox_of
from providers.sdk.simulation.world import World

TICK_SECONDS = 0.25  # seconds
STOP_TIMEOUT_SECONDS = 6.0
CHIEFS = [MANAGER, VOIP, OWNER]
PLACES = {"sales": "momvoip", "helpdesk": "voicenter", "wholesale": "mor", "office": "voipcloud", "branch": "iexpbx"}


def configuration(slack: LocalSlack, accounts: Mapping[str, Mapping[str, str]], data_dir: Path) -> str:
    """Returns the demo's ringwatch.yaml: short intervals, so that a minute shows a day."""
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
                "workflow_steps": "true",
            },
            "poll": {"balance": "2s", "numbers": "2s", "agents": "2s", "queues": "5s", "calls": "10s"},
            "accounts": {
                name: {"provider": PLACES[name], "currency": "USD", "timezone": "Europe/Kyiv", "region": "US", **keys}
                for name, keys in accounts.items()
            },
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
                {"name": "long-wait", "watch": "queue_wait", "longest_wait_above": "30s", "waiting_above": 3},
                {"name": "pbx-down", "watch": "account_down", "severity": "critical", "mention": ["!here"]},
            ],
            "automations": [
                {
                    "name": "tell-the-owner",
                    "when": {"alert": "low-balance", "state": "firing"},
                    "after": "20s",
                    "then": [{"post": {"channel": "#managers", "text": "Nobody has it yet: {summary} {link}"}}],
                },
            ],
        },
        sort_keys=False,
    )


def _settings(text: str, folder: Path) -> Settings:
    path = folder / "ringwatch.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path, {}, *catalogue()).settings


@asynccontextmanager
async def stage(clock: Callable[[], datetime], port: int = 0) -> AsyncIterator[tuple[LocalSlack, ScriptedDay]]:
    """Yields the whole demo, running: the vendors, the local Slack on `port`, the service, the day."""
    worlds = {name: World(seed, clock=clock) for seed, name in enumerate(PLACES, start=7)}
    day = ScriptedDay(worlds)
    panels: list[HomeAssistantPanel] = []  # the page stands before the service that it shows

    def state() -> dict[str, Any]:
        return day.state() | {"home_assistant": [device for panel in panels for device in panel.devices]}

    slack = LocalSlack(clock, manifest=whole_manifest(), controls=day.controls(), demo_state=state)
    day.changed = slack.changed
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ringwatch-demo-")))
        accounts = {}
        for name, slug in PLACES.items():
            sandbox = sandbox_of(slug)
            url = await _listen(stack, sandbox.open(worlds[name]).app())
            accounts[name] = sandbox.settings(worlds[name], url)
        await slack.start(port=port)
        stack.push_async_callback(slack.stop)
        service = await Service.open(_settings(configuration(slack, accounts, folder / "data"), folder), clock=clock)
        stack.push_async_callback(service.stop, STOP_TIMEOUT_SECONDS)
        await service.start()
        await slack.connected()
        panels.append(HomeAssistantPanel(service, clock=clock, changed=slack.changed))
        looking = asyncio.create_task(panels[0].run())
        stack.push_async_callback(_stopped, looking)
        yield slack, day


async def _stopped(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _listen(stack: AsyncExitStack, app: web.Application) -> str:
    """Serves a sandbox on a free port of this machine; returns its address."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return f"http://127.0.0.1:{runner.addresses[0][1]}/"


async def run_demo(*, port: int, browser: bool, clock: Callable[[], datetime]) -> int:
    """Runs until it is interrupted, and returns the exit status. Prints the address when all is ready."""
    configure(Redaction(), level=40)  # the page is the show; errors are still logged
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with stage(clock, port) as (slack, day):
        print(f"Ringwatch's demo is ready: {slack.base_url}\nStop it with Ctrl-C.", flush=True)  # noqa: T201
        if browser:
            await asyncio.to_thread(webbrowser.open, slack.base_url)
        while not stopping.is_set():
            day.tick(TICK_SECONDS)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), TICK_SECONDS)
    return 0
