"""What one poll, one account, one incident and one idle replica cost the store: for docs/scaling.md.

    .venv/bin/python benchmarks/unit_costs.py [ADDRESS]

Commands are counted by the server, those inside of a step included; CPU is its own, then ours; memory is what it says
that it uses. The store is the embedded one, or the one at ADDRESS, which must be empty and nobody else's.
"""

import asyncio
import re
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from time import process_time

import yaml
from aiohttp.test_utils import TestServer

from bot.alerts.kinds import Kind
from bot.alerts.model import Observed
from bot.alerts.policy import Policy
from bot.app.service import Service, catalogue
from bot.commands import commands
from bot.demo.slack import LocalSlack
from bot.engine.engine import Engine
from bot.engine.evaluation import Rule
from bot.settings import load
from bot.slack.manifest import manifest
from bot.store import Store
from bot.store.embedded import EmbeddedServer, running
from bot.watches.registry import watches
from providers.model import Agent, AgentState, Balance, Money, NumberStatus, PhoneNumber, Rows
from providers.momvoip.sandbox import MomvoipSandbox, sandbox_settings
from providers.sdk.simulation.world import World
from tests.clocks import HandClock

POLLS = 400
ACCOUNTS = 200
AGENTS, NUMBERS = 50, 20
IDLE_SECONDS = 10.0
INCIDENTS = 20
DAY, EVERY = timedelta(days=1), timedelta(seconds=30)
BEGIN = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Cost:
    """What the server has done so far. `busy` and `ours` in seconds of CPU."""

    steps: float = 0
    commands: float = 0
    received: float = 0
    sent: float = 0
    memory: float = 0
    busy: float = 0
    ours: float = 0

    def of(self, times: float, before: "Cost") -> "Cost":
        """One of so many, since then."""
        return Cost(*(
            (getattr(self, name) - getattr(before, name)) / times for name in Cost.__dataclass_fields__
        ))  # fmt: skip

    def less(self, idle: "Cost", seconds: float) -> "Cost":
        """Without what so many seconds cost anyway."""
        return Cost(*(
            getattr(self, name) - (getattr(idle, name) * seconds if name != "memory" else 0)
            for name in Cost.__dataclass_fields__
        ))  # fmt: skip


async def cost(store: Store) -> Cost:
    """As of now."""

    async def info(section: str) -> Mapping[str, str]:
        text = await store.ask("INFO", section)
        if isinstance(text, Mapping):
            return {str(name): str(value) for name, value in text.items()}
        return dict(line.split(":", 1) for line in text.decode().splitlines() if ":" in line)

    stats, memory, cpu = [await info(section) for section in ("stats", "memory", "cpu")]
    steps = calls = 0
    for name, what in (await info("commandstats")).items():
        n = int(re.findall(r"calls\W+(\d+)", what)[0])
        steps += n if name == "cmdstat_evalsha" else 0
        calls += n if name not in {"cmdstat_info", "cmdstat_evalsha", "cmdstat_eval"} else 0
    return Cost(
        steps,
        calls,
        float(stats["total_net_input_bytes"]),
        float(stats["total_net_output_bytes"]),
        float(memory["used_memory"]),
        float(cpu["used_cpu_sys"]) + float(cpu["used_cpu_user"]),
        process_time(),
    )


def agents(turn: int) -> Rows[Agent]:
    """Fifty agents; with each turn three others are on a call."""
    busy = {(3 * turn + n) % AGENTS for n in range(3)}
    states = (AgentState.ON_CALL if n in busy else AgentState.AVAILABLE for n in range(AGENTS))
    return Rows(tuple(Agent(f"{1101 + n}", state, "", name=f"Agent {n}") for n, state in enumerate(states)))


def rules(account: str) -> list[Rule]:
    """The alert that looks at agents."""
    known = watches()["agent_offline"]
    policy = Policy("agent-gone", account, "agent_offline", "#alerts")
    return [Rule(policy, known, known.keys(), polled=frozenset({Kind.AGENTS}), every={Kind.AGENTS: EVERY})]


async def polls(url: str) -> list[tuple[str, Cost]]:
    """Turn, record and judge."""
    clock = HandClock(BEGIN)
    store = await Store.connect(url, clock=clock)
    engine = Engine(store, rules("sales"), clock)
    told = []
    for title, step in (("a poll of 50 agents, nothing changed", 0), ("a poll of 50 agents, six changed", 1)):
        before = await cost(store)
        for turn in range(POLLS):
            clock.now += EVERY
            await store.poll_due("sales", Kind.AGENTS, EVERY, clock())
            await store.record("sales", Kind.AGENTS, Observed(agents(turn * step), clock()), keep=30 * DAY)
            await engine.observe("sales", Kind.AGENTS)
        told.append((title, (await cost(store)).of(POLLS, before)))
    before = await cost(store)
    for _ in range(POLLS):
        await store.next_polls()
    own = (await cost(store)).of(POLLS, before)
    told.append(("a look at what is due, one poll configured", own))
    await store.close()
    return told


async def accounts(url: str) -> list[tuple[str, Cost]]:
    """The first look at many, and what a look at what is due costs then."""
    clock = HandClock(BEGIN)
    store = await Store.connect(url, clock=clock)
    before = await cost(store)
    numbers = Rows(tuple(PhoneNumber(f"+38044000{n:04}", NumberStatus.ACTIVE, "active") for n in range(NUMBERS)))
    for n in range(ACCOUNTS):
        values = {Kind.AGENTS: agents(0), Kind.BALANCE: Balance(Money(Decimal(n), "USD")), Kind.NUMBERS: numbers}
        for kind, value in values.items():
            await store.poll_due(f"account-{n:06}", kind, EVERY, clock())
            await store.record(f"account-{n:06}", kind, Observed(value, clock()), keep=30 * DAY)
    first = (await cost(store)).of(ACCOUNTS, before)
    before = await cost(store)
    for _ in range(20):
        await store.next_polls()
    look = (await cost(store)).of(20 * 3 * ACCOUNTS, before)
    before = await cost(store)
    for turn in range(DAY // EVERY):
        clock.now += EVERY
        await store.poll_due("account-000000", Kind.AGENTS, EVERY, clock())
        await store.record("account-000000", Kind.AGENTS, Observed(agents(turn // 3), clock()), keep=30 * DAY)
    day = (await cost(store)).of(1, before)
    await store.close()
    return [
        ("an account of three kinds, first looks", first),
        ("each poll in a look at what is due", look),
        ("a day of 50 agents, every third poll with six changes", day),
    ]


async def service(folder: Path, url: str | None) -> list[tuple[str, Cost]]:
    """A whole replica: idle, and telling incidents."""
    world = World(3, clock=now)
    async with (
        TestServer(MomvoipSandbox(world).app()) as vendor,
        LocalSlack(now, manifest=manifest(commands().values(), {})) as slack,
    ):
        config = {
            "store": url or "embedded",
            "data_dir": str(folder / "service"),
            "http": {"host": "127.0.0.1", "port": 0},
            "slack": {
                "bot_token": slack.bot_token,
                "app_token": slack.app_token,
                "api_url": slack.api_url,
                "channel": "#voip-alerts",
            },
            "poll": dict.fromkeys(("balance", "numbers", "agents", "calls"), "1d"),
            "accounts": {
                "sales": {
                    "provider": "momvoip",
                    "currency": "USD",
                    **sandbox_settings(world, str(vendor.make_url("/"))),
                }
            },
            "alerts": [{"name": "low-balance", "watch": "balance", "below": 1}],
        }
        path = folder / "ringwatch.yaml"
        path.write_text(yaml.safe_dump(config), encoding="utf-8")
        replica = await Service.open(load(path, {}, *catalogue()).settings, clock=now)
        await replica.start()
        await slack.connected()
        await asyncio.sleep(3)
        store = await Store.connect(url or running(folder / "service") or "", clock=now)
        before = await cost(store)
        await asyncio.sleep(IDLE_SECONDS)
        idle = (await cost(store)).of(IDLE_SECONDS, before)
        before, began = await cost(store), asyncio.get_running_loop().time()
        for _ in range(INCIDENTS):
            told = await replica.engine.test("low-balance", None)
            await _quiet(store)
            if told is not None:
                await replica.engine.end_test(told.id)
            await _quiet(store)
        seconds = (asyncio.get_running_loop().time() - began) / INCIDENTS
        incident = (await cost(store)).of(INCIDENTS, before).less(idle, seconds)
        await store.close()
        await replica.stop(5.0)
    return [("a second of an idle replica", idle), ("an incident: told, ended, both delivered", incident)]


async def _quiet(store: Store) -> None:
    while await store.outbox_size():  # it is asked from outside
        await asyncio.sleep(0.1)


def now() -> datetime:
    """Real time."""
    return datetime.now(UTC)


def show(rows: list[tuple[str, Cost]]) -> None:
    """One line each."""
    titles = ("steps", "commands", "bytes in", "bytes out", "memory", "its CPU us", "our CPU us")
    sys.stdout.write(" " * 56 + "".join(f"{title:>12}" for title in titles) + "\n")
    for title, each in rows:
        counts = f"{each.steps:12.2f}{each.commands:12.2f}{each.received:12.0f}{each.sent:12.0f}{each.memory:12.0f}"
        sys.stdout.write(f"{title:56}{counts}{each.busy * 1e6:12.1f}{each.ours * 1e6:12.1f}\n")


async def main(url: str | None) -> None:
    """All of it."""
    rows: list[tuple[str, Cost]] = []
    with tempfile.TemporaryDirectory(prefix="rw-costs-") as name:
        for part in (polls, accounts):
            if url is not None:
                rows += await part(url)
                continue
            async with EmbeddedServer(Path(name) / part.__name__) as embedded:
                rows += await part(embedded)
        rows += await service(Path(name), url)
    show(rows)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else None))
