"""A poll from question to commit: HTTP, reading, store, judging; 100 accounts on 100 hosts, one core.

    .venv/bin/python benchmarks/polls.py [--profile]

Beside a bare httpx client a host that asks the same and reads the JSON. The store's server and the vendor keep to the
other core; the store is on disk and writes through, as it does by default.
"""

import asyncio
import cProfile
import json
import pstats
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path

import httpx
from measuring import MINE, ROUNDS, THEIRS, beside, folder, median, now, quiet, stay_on, table
from stand_in import configuration, pbx, settings

from bot.alerts.kinds import Kind
from bot.app.service import catalogue
from bot.app.wiring import intake, open_accounts, rules
from bot.engine.engine import Engine
from bot.observability.metrics import Metrics
from bot.readings.accounts import Accounts
from bot.readings.poller import Poller
from bot.settings import Settings
from bot.store import Store
from bot.store.embedded import EmbeddedServer
from bot.store.throttle import StoreThrottle

HOSTS, AT_ONCE, POLLS = 100, 50, 1_000
ALERTS = [{"name": "agent-gone", "watch": "agent_offline"}, {"name": "pbx-down", "watch": "account_down"}]

Poll = Callable[[int], Awaitable[object]]


def _address(host: int, port: int) -> str:
    return f"http://127.0.0.{host + 1}:{port}/"


def _told(port: int, place: Path) -> Settings:
    accounts = {
        f"a{n}": {"provider": "momvoip", "api_key": f"key-{n}", "base_url": _address(n, port)} for n in range(HOSTS)
    }
    config = configuration("http://127.0.0.1:9/api/", str(place), accounts=accounts, alerts=ALERTS)
    return settings(config | {"poll": {"agents": "30s"}}, place)


def _opened(told: Settings, store: Store) -> Accounts:
    return open_accounts(
        told,
        catalogue()[0],
        throttle=lambda account, vendor: StoreThrottle(store, account.name, vendor.title, account.rate_limit, now),
        clock=now,
    )


def whole(told: Settings, store: Store, accounts: Accounts) -> Poll:
    """What the service does when a poll is due."""
    engine = Engine(store, rules(told, catalogue()[1]), now)
    into = intake(store, lambda: told, engine)
    poller = Poller(
        settings=lambda: told, accounts=lambda: accounts, store=store, intake=into, metrics=Metrics(), clock=now
    )
    return lambda host: poller.poll(f"a{host}", Kind.AGENTS)


def bare(clients: list[httpx.AsyncClient], port: int) -> Poll:
    """The same question, and its JSON read."""

    async def poll(host: int) -> object:
        form = {"apikey": f"key-{host}"}
        answer = await clients[host].post(f"{_address(host, port)}?loc=voip_api_get_status", data=form)
        return json.loads(answer.content)

    return poll


async def pace(poll: Poll) -> tuple[float, float]:
    """Polls a second by the clock, and what each costs, in CPU seconds."""
    hosts = iter([n % HOSTS for n in range(POLLS)])

    async def lane() -> None:
        for host in hosts:
            await poll(host)

    began, computed = time.perf_counter(), time.process_time()
    await asyncio.gather(*(lane() for _ in range(AT_ONCE)))
    return POLLS / (time.perf_counter() - began), (time.process_time() - computed) / POLLS


async def main() -> None:
    """All of them in turn, round by round."""
    quiet()
    profile = cProfile.Profile() if "--profile" in sys.argv else None
    with ExitStack() as stack, folder() as place:
        still, moving = stack.enter_context(beside(pbx)).recv()
        stay_on(THEIRS)
        async with AsyncExitStack() as rooms:
            store = Store(await rooms.enter_async_context(EmbeddedServer(place / "data")), clock=now)
            stay_on(MINE)
            rooms.push_async_callback(store.close)
            polls: dict[str, Poll] = {}
            clients = [await rooms.enter_async_context(httpx.AsyncClient()) for _ in range(HOSTS)]
            polls["httpx and json"] = bare(clients, still)
            for name, port in (
                ("Ringwatch, the answer is as before", still),
                ("Ringwatch, each answer differs", moving),
            ):
                told = _told(port, place)
                accounts = _opened(told, store)
                for account in accounts:
                    rooms.push_async_callback(account.provider.close)
                polls[name] = whole(told, store, accounts)
            for poll in polls.values():
                await pace(poll)
            found: dict[str, list[tuple[float, float]]] = {name: [] for name in polls}
            for _ in range(ROUNDS):
                for name, poll in polls.items():
                    if profile is not None and poll is not polls["httpx and json"]:
                        profile.enable()
                    found[name].append(await pace(poll))
                    if profile is not None:
                        profile.disable()
    floor = median([cost for _, cost in found["httpx and json"]])
    table(
        f"polls of {HOSTS} hosts, {AT_ONCE} at once, 2 KB of JSON each, to the commit",
        ("", "a second", "CPU µs each", "so a core does", "CPU to httpx"),
        [
            (
                name,
                f"{median([rate for rate, _ in each]):,.0f}",
                f"{(cost := median([one for _, one in each])) * 1e6:.0f}",
                f"{1 / cost:,.0f}",
                f"{cost / floor:.2f}",
            )
            for name, each in found.items()
        ],
    )
    if profile is not None:
        pstats.Stats(profile).sort_stats("tottime").print_stats(45)


if __name__ == "__main__":
    asyncio.run(main())
