"""A storm over the real service: hundreds of problems come and go while everything is killed, cut and delayed.

At the end every problem that is open at a vendor has exactly one live message, every other message is resolved, no
deed was done more often than it was asked for, and nothing is left in the outbox; else the exit status is 1.
"""

import argparse
import asyncio
import contextlib
import logging
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from time import monotonic

from stage import BELOW, CLEAR, COMPILER, LOW, Account, Stage, kill, now
from wire import Relay

from bot.demo.slack.faults import FaultKind
from bot.demo.slack.state import CannotDo
from bot.demo.slack.town import MANAGER
from bot.demo.slack.workspace import Message
from bot.store import Store, StoreError
from providers.model import NumberStatus

MOST_RAISES = 5  # of one subject: the sixth within an hour flaps, and stays open on purpose
LOOK = 0.25  # seconds between two looks at Slack
QUIET_WITHIN = 180.0
JUMPS = [timedelta(seconds=5), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(weeks=2)]
PACED = timedelta(seconds=30)  # a message whose figures change is edited every 15 seconds
Home = tuple[str, str]  # an alert's kind and its account


@dataclass
class Score:
    """What is counted."""

    faults: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    incidents: set[str] = field(default_factory=set)
    late: list[float] = field(default_factory=list)
    calls_asked: int = 0
    marks_asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


class Storm:
    """One run."""

    def __init__(self, stage: Stage, seed: int, incidents: int, kills: int, limit: float) -> None:
        self.stage, self.chance = stage, Random(seed)
        self.target, self.kills, self.limit = incidents, kills, limit
        self.score = Score()
        self.over = False
        self.gone: dict[str, set[str]] = {name: set() for name in stage.accounts}
        self.raises: Counter[tuple[str, str, str]] = Counter()
        self.raised_at: dict[tuple[str, str, str], float] = {}
        self.left_to_people: set[tuple[str, str]] = set()  # flagged numbers that a button shall mend
        self.flapping: set[tuple[str, str, str]] = set()
        self.live: dict[Home, dict[str, tuple[Message, frozenset[str]]]] = {}

    # --- what is so

    def expected(self, account: Account, alert: str) -> set[str]:
        """The subjects that are affected, by the vendor's own state."""
        world = account.world
        if alert == "spam":
            return {n.number.lstrip("+") for n in world.numbers if n.status is NumberStatus.SPAM}
        if alert == "gone":
            return self.gone[account.name]
        if alert == "low":
            return {account.name} if world.balance.money.amount < BELOW else set()
        return {account.name} if world.out else set()

    def look(self) -> None:
        """Read every channel: which incident has which message, and who is in it."""
        seen: dict[Home, dict[str, tuple[Message, frozenset[str]]]] = {}
        self.flapping = set()
        for account in self.stage.accounts.values():
            for message in self.stage.slack.workspace.standing(account.channel):
                metadata = message.metadata or {}
                if metadata.get("event_type") != "ringwatch_alert":
                    continue
                told = metadata["event_payload"]
                self.score.incidents.add(told["incident"])
                if told["state"] == "resolved":
                    continue
                home = (told["alert"].partition("-")[0], account.name)
                subjects = frozenset(filter(None, told["subjects"].split("; ")))
                seen.setdefault(home, {})[message.ts] = (message, subjects)
                for subject in subjects:
                    if "flapping" in message.words:  # it stays open on purpose, whatever is so
                        self.flapping.add((*home, subject))
                    at = self.raised_at.pop((*home, subject), None)
                    if at is not None:
                        self.score.late.append(monotonic() - at)
        self.live = seen

    def told(self, account: str, alert: str) -> list[str]:
        """Every subject in a live message, as often as it is told."""
        return sorted(s for _, subjects in self.live.get((alert, account), {}).values() for s in subjects)

    # --- what happens at the vendors

    def subjects(self, account: Account, alert: str) -> list[str]:
        """What may still break here without flapping."""
        if alert == "spam":
            names = [n.number for n in account.world.numbers if n.status is NumberStatus.ACTIVE]
        elif alert == "gone":
            names = [a.extension for a in account.world.agents if a.signed_in and a.extension != "1101"]
        else:
            names = [] if self.expected(account, alert) else [account.name]
        return [n for n in names if self.raises[alert, account.name, n.lstrip("+")] < MOST_RAISES]

    def change(self, account: Account, alert: str, subject: str, *, broken: bool) -> None:
        """Let it break, or mend it."""
        key = (alert, account.name, subject.lstrip("+"))
        if broken:
            self.raises[key] += 1
            self.raised_at[key] = monotonic()
        else:
            self.raised_at.pop(key, None)
        world = account.world
        match alert:
            case "spam":
                world.flag(subject, NumberStatus.SPAM if broken else NumberStatus.ACTIVE)
            case "gone":
                (world.drop_agents if broken else world.bring_back)([subject])
                (self.gone[account.name].add if broken else self.gone[account.name].discard)(subject)
            case "low":
                world.set_balance(LOW if broken else CLEAR)
            case _:
                world.outage(broken)

    async def trouble(self, account: Account, alert: str) -> None:
        """One alert on one account: problems come, are seen or not, and go."""
        while not self.over:
            await self.pause(0.2, 3.0)
            names = self.subjects(account, alert)
            if not names or (alert != "down" and account.world.out):
                await self.pause(1.0, 3.0)
                continue
            subject = self.chance.choice(names)
            self.change(account, alert, subject, broken=True)
            if self.chance.random() < 0.8:
                await self.until(lambda s=subject: s.lstrip("+") in self.told(account.name, alert), 60.0)  # type: ignore[misc]
            await self.pause(0.0, 2.0)
            if alert == "spam" and self.chance.random() < 0.4:  # somebody will press the button
                self.left_to_people.add((account.name, subject))
                await self.until(lambda s=subject: s.lstrip("+") not in self.expected(account, alert), 15.0)  # type: ignore[misc]
                self.left_to_people.discard((account.name, subject))
            if self.over:
                return
            self.change(account, alert, subject, broken=False)
            if self.chance.random() < 0.8:
                await self.until(lambda: not self.told(account.name, alert), 60.0)

    async def pause(self, least: float, most: float) -> None:
        """A while, by chance."""
        await asyncio.sleep(self.chance.uniform(least, most))

    async def until(self, ask: Callable[[], bool], within: float) -> None:
        """Until it is so, or the time is up."""
        end = monotonic() + within
        while not ask() and not self.over and monotonic() < end:
            await asyncio.sleep(LOOK)

    # --- what people do

    async def people(self) -> None:
        """Presses and calls, one after another; what nobody acknowledges is no fault here."""
        while not self.over:
            await self.pause(0.1, 0.6)
            with contextlib.suppress(CannotDo, TimeoutError):
                await (self.call() if self.chance.random() < 0.15 else self.press())

    async def press(self) -> None:
        """Some button of some live message."""
        if self.left_to_people and self.chance.random() < 0.7:
            await self.mark(*self.chance.choice(sorted(self.left_to_people)))
            return
        homes = [home for home, found in self.live.items() if found]
        if homes:
            home = self.chance.choice(homes)
            message, _ = self.chance.choice(list(self.live[home].values()))
            await self.stage.slack.press(MANAGER, message, "Acknowledge")

    async def mark(self, account: str, number: str) -> None:
        """**Mark as active** in the message that lists the number."""
        subject = number.lstrip("+")
        for message, subjects in self.live.get(("spam", account), {}).values():
            for _, element in message.elements:
                if subject in subjects and subject in str(element.get("value")):
                    self.score.marks_asked[account, subject] += 1
                    await self.stage.slack.press(MANAGER, message, element["action_id"], value=element["value"])
                    return

    async def call(self) -> None:
        """A call, whose button is pressed three times at once."""
        asked = await self.stage.slack.command(MANAGER, "#voip-alerts", "/call", "+1 212 555 0123 on a00")
        preview = await asked.answer(within=10.0)
        if "Call now" not in preview.buttons:
            return
        self.score.calls_asked += 1
        presses = [self.stage.slack.press(MANAGER, preview, "Call now") for _ in range(3)]
        await asyncio.gather(*presses, return_exceptions=True)

    # --- what goes wrong

    async def weather(self) -> None:
        """One fault after another; kills until there were enough."""
        faults: list[tuple[float, str, Callable[[], Awaitable[None]]]] = [
            (8, "kill", self.kill_replica),
            (2, "kill the store", self.kill_store),
            (2, "drop connections", self.drop),
            (1, "half-close connections", self.half_close),
            (1, "delay a wire", self.delay),
            (1, "refuse connections", self.refuse),
            (2, "lose Slack's answer", lambda: self.slack("lose_answer")),
            (1, "Slack's 429", lambda: self.slack("ratelimit")),
            (1, "Slack's 503", lambda: self.slack("error503")),
            (1, "Slack says nothing", lambda: self.slack("hang")),
            (0.5, "jump the clock", self.jump),
            (0.5, "suspend a replica", self.suspend),
            (0.5, "break the sockets", self.sockets),
            (0.5, "kill the broker", lambda: self.stage.outside.kill_broker(lambda: self.pause(0.0, 2.0))),
            (0.5, "hang the broker", lambda: self.stage.outside.hang_broker(lambda: self.pause(1.0, 4.0))),
        ]
        weights = [weight for weight, _, _ in faults]
        while not self.over:
            await self.pause(0.1, 1.0)
            _, name, strike = self.chance.choices(faults, weights)[0]
            self.score.faults[name] += 1
            await strike()

    async def kill_replica(self) -> None:
        """SIGKILL one, and start it again."""
        replica = self.chance.choice(self.stage.services)
        await replica.kill()
        self.score.kills += 1
        await self.pause(0.0, 0.5)
        await replica.start()
        if self.chance.random() < 0.8:  # else it is killed while it starts
            await self.until(lambda: len(self.stage.slack.sockets.open) >= len(self.stage.services), 60.0)
            await self.pause(0.0, 2.0)

    async def kill_store(self) -> None:
        """SIGKILL the store's server."""
        if self.stage.store is not None:
            await self.stage.store.kill()
            await self.pause(0.0, 1.0)
            await self.stage.store.start()
        elif (child := self.stage.services[0].store_child()) is not None:
            kill(child)
        self.score.kills += 1

    def wire(self) -> Relay:
        """Some relay."""
        wires = [self.stage.to_slack, self.chance.choice(list(self.stage.accounts.values())).relay]
        return self.chance.choice(wires if self.stage.store is None else [*wires, self.stage.to_store])

    async def drop(self) -> None:
        """Every connection of a wire breaks."""
        self.wire().drop()

    async def half_close(self) -> None:
        """Every connection of a wire is closed from the other side."""
        self.wire().half_close()

    async def delay(self) -> None:
        """A wire is slow for a while."""
        wire = self.wire()
        wire.delay = self.chance.uniform(0.05, 0.5)
        await self.pause(0.5, 2.0)
        wire.delay = 0.0

    async def refuse(self) -> None:
        """Nobody answers on a wire for a while."""
        wire = self.wire()
        wire.refusing = True
        wire.drop()
        await self.pause(0.5, 3.0)
        wire.refusing = False

    async def slack(self, fault: FaultKind) -> None:
        """Slack misbehaves."""
        method = self.chance.choice(["chat.postMessage", "chat.postMessage", "chat.update", "conversations.history"])
        times, pause = self.chance.randint(1, 5), self.chance.randint(1, 3)
        self.stage.slack.fail(method, fault, times=times, retry_after=pause)

    async def jump(self) -> None:
        """A replica's clock is wrong for some seconds: by an hour, or with --whole-clock by seconds to weeks."""
        replica = self.chance.choice(self.stage.services)
        far = self.chance.choice(JUMPS if self.stage.whole_clock else [timedelta(hours=1)])
        replica.skew(self.chance.choice([-1, 1]) * far.total_seconds())
        await self.pause(1.0, 4.0)
        replica.skew(0.0)

    async def suspend(self) -> None:
        """A replica stands still for some seconds, as a machine that is paused."""
        replica = self.chance.choice(self.stage.services)
        replica.suspend()
        await self.pause(1.0, 4.0)
        replica.resume()

    async def sockets(self) -> None:
        """Slack's sockets break."""
        self.stage.slack.drop_sockets()

    # --- the run

    async def run(self) -> Score:
        """All of it."""
        for replica in self.stage.services:
            await replica.start()
        await self.stage.slack.connected(len(self.stage.services))
        actors = [
            asyncio.create_task(self.trouble(account, alert))
            for account in self.stage.accounts.values()
            for alert in account.alerts
        ]
        actors += [asyncio.create_task(self.people()), asyncio.create_task(self.weather())]
        began = monotonic()
        while not self.over:
            await asyncio.sleep(LOOK)
            self.look()
            for actor in actors:
                if actor.done() and actor.exception() is not None:
                    raise actor.exception()
            enough = len(self.score.incidents) >= self.target and self.score.kills >= self.kills
            self.over = enough or monotonic() - began > self.limit
        await asyncio.gather(*actors)
        await self.calm()
        return self.score

    async def calm(self) -> None:
        """All well again, some problems left open; then judge."""
        self.stage.slack.heal()
        for relay in (self.stage.to_slack, *(a.relay for a in self.stage.accounts.values())):
            relay.refusing, relay.delay = False, 0.0
        for replica in self.stage.services:
            replica.skew(0.0)
            if not replica.alive():
                await replica.start()
        for account in self.stage.accounts.values():
            account.world.outage(False)
            for alert in account.alerts:
                names = self.subjects(account, alert)
                if alert != "down" and names and self.chance.random() < 0.4:
                    self.change(account, alert, self.chance.choice(names), broken=True)
        end = monotonic() + QUIET_WITHIN
        quiet = 0
        while monotonic() < end and quiet < 20:
            await asyncio.sleep(LOOK)
            self.look()
            quiet = quiet + 1 if not self.wrong() and await self.left() == 0 else 0
        homes = [(alert, account.name) for account in self.stage.accounts.values() for alert in account.alerts]
        untrue = await self.stage.outside.untrue(homes, self.told)
        while untrue and monotonic() < end:  # a lease may run out first
            await asyncio.sleep(LOOK)
            self.look()
            untrue = await self.stage.outside.untrue(homes, self.told)
        self.score.wrong = [*self.wrong(), *self.stage.outside.doubled(), *untrue]
        if left := await self.left():
            self.score.wrong.append(f"{left} rows are left in the outbox")

    def wrong(self) -> list[str]:
        """What is not as it must be."""
        found = []
        for account in self.stage.accounts.values():
            for alert in account.alerts:
                told, expected = (
                    [s for s in sorted(found) if (alert, account.name, s) not in self.flapping]
                    for found in (self.told(account.name, alert), self.expected(account, alert))
                )
                if told != expected:
                    found.append(f"{alert} on {account.name}: told {told}, so is {expected}")
            standing = Counter(
                (m.metadata or {}).get("event_payload", {}).get("incident")
                for m in self.stage.slack.workspace.standing(account.channel)
                if (m.metadata or {}).get("event_type") == "ringwatch_alert"
            )
            found += [f"{incident} has {count} messages" for incident, count in standing.items() if count > 1]
            changes = Counter(c.number.lstrip("+") for c in account.world.status_changes)
            for number, count in changes.items():
                if count > (asked := self.score.marks_asked[account.name, number]):
                    found.append(f"{number} on {account.name} was marked {count} times, asked {asked} times")
        calls = len(self.stage.accounts["a00"].world.placed_calls)
        if calls > self.score.calls_asked:
            found.append(f"{calls} calls were placed, {self.score.calls_asked} were asked for")
        return found

    async def left(self) -> int:
        """What waits in the outbox for longer than edits are paced; -1 while the store does not answer."""
        if self.stage.store is not None:
            url = f"unix://{self.stage.store.socket}"
        else:
            path = self.stage.folder / "data" / "store.address"
            url = path.read_text().strip() if path.exists() else ""
        if not url:
            return -1
        store = Store(url, clock=now)
        try:
            since = await store.waits_since("slack")
            return 0 if since is None or now() - since < PACED else await store.outbox_size()
        except StoreError:
            return -1
        finally:
            await store.close()


def report(storm: Storm, took: float) -> str:
    """The figures."""
    score = storm.score
    late = sorted(score.late) or [0.0]
    worlds = [a.world for a in storm.stage.accounts.values()]
    doubles = sum(
        (m.metadata or {}).get("event_type") == "ringwatch_double"
        for a in storm.stage.accounts.values()
        for m in storm.stage.slack.workspace.standing(a.channel)
    )
    lines = [
        f"store       {'embedded' if storm.stage.store is None else f'shared by {len(storm.stage.services)} replicas'}",
        f"incidents   {len(score.incidents)} in {took:.0f} s",
        f"kills       {score.kills}",
        *(f"            {count:>4} × {name}" for name, count in sorted(score.faults.items())),
        f"marks       {sum(score.marks_asked.values())} asked, {sum(len(w.status_changes) for w in worlds)} done",
        f"calls       {score.calls_asked} asked, three clicks each, {sum(len(w.placed_calls) for w in worlds)} placed",
        f"late        p50 {late[len(late) // 2]:.1f} s, p99 {late[int(len(late) * 0.99)]:.1f} s, max {late[-1]:.1f} s",
        f"automations {len(storm.stage.outside.posted())} posts",
        f"broker      {'held to what is so' if storm.stage.outside.broker is not None else 'none on this machine'}",
        f"doubles     {doubles} found by the service itself and pointed to the older message",
        f"wrong       {len(score.wrong)}",
        *(f"            {sentence}" for sentence in score.wrong),
    ]
    return "\n".join(lines)


async def main() -> int:
    """Run one storm; 0 where all is as it must be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--incidents", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--accounts", type=int, default=30)
    parser.add_argument("--replicas", type=int, default=0, help="0: one, on its embedded store")
    parser.add_argument("--limit", type=float, default=1800.0, help="seconds before it judges what there was so far")
    parser.add_argument("--keep", action="store_true", help="leave the folder with the logs")
    parser.add_argument(
        "--whole-clock", action="store_true", help="set the clocks of whole processes, by seconds to weeks"
    )
    given = parser.parse_args()
    if given.whole_clock and COMPILER is None:
        parser.error("--whole-clock needs Linux and a C compiler, cc")
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # connections that break are the point
    stage = Stage(given.accounts, given.replicas, given.whole_clock)
    began = monotonic()
    try:
        await stage.build(given.seed)
        storm = Storm(stage, given.seed, given.incidents, given.kills, given.limit)
        await storm.run()
        print(report(storm, monotonic() - began), flush=True)
        bad = storm.score.wrong or not storm.score.incidents or not storm.score.kills
        if bad or given.keep:
            print(f"logs        {stage.folder}", flush=True)
        return 1 if bad else 0
    finally:
        await stage.close(keep=given.keep or "storm" not in locals() or bool(storm.score.wrong))


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
