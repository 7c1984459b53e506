"""How large a history grows: fifty agents asked every 30 s, measured on a real server and reckoned for 30 days."""

import random
import sys
from datetime import UTC, datetime, timedelta

from bot.alerts.kinds import Kind
from bot.alerts.model import Observed
from providers.model import Agent, AgentState, Rows

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
POLL = timedelta(seconds=30)
DAYS_AT_WORK, HOURS_AT_WORK, DAYS = 22, 9, 30

S = AgentState
# From each state: how long it lasts on average, in seconds, and what may follow.
LIFE = {
    S.AVAILABLE: (75, (S.RINGING, S.RINGING, S.DIALING, S.NOT_READY)),
    S.RINGING: (8, (S.ON_CALL, S.ON_CALL, S.AVAILABLE)),
    S.DIALING: (15, (S.ON_CALL, S.AVAILABLE)),
    S.ON_CALL: (200, (S.WRAP_UP, S.WRAP_UP, S.WRAP_UP, S.ON_HOLD)),
    S.ON_HOLD: (30, (S.ON_CALL,)),
    S.WRAP_UP: (25, (S.AVAILABLE,)),
    S.NOT_READY: (600, (S.AVAILABLE,)),
}
TALKING = {S.RINGING, S.DIALING, S.ON_CALL, S.ON_HOLD}


class Worker:
    """An agent at work, seen through a vendor that says for how many seconds."""

    def __init__(self, number: int, chance: random.Random) -> None:
        self.number, self.chance = number, chance
        self.state, self.since, self.peer = S.AVAILABLE, START, ""
        self.until = START + timedelta(seconds=chance.expovariate(1 / 60))

    def seen(self, now: datetime) -> Agent:
        while self.until <= now:
            self.since = self.until
            self.state = self.chance.choice(LIFE[self.state][1])
            self.until += timedelta(seconds=self.chance.expovariate(1 / LIFE[self.state][0]))
            if self.state not in TALKING:
                self.peer = ""
            elif not self.peer:
                self.peer = f"+38067{self.chance.randrange(10**7):07}"
        seconds = int((now - self.since).total_seconds() + self.chance.random())
        return Agent(
            str(1000 + self.number),
            self.state,
            self.state.value.upper(),
            name=f"Agent Number {self.number}",
            group=f"Team-{self.number % 4}",
            user_id=str(51000 + self.number * 37),
            reason="Lunch" if self.state is S.NOT_READY else None,
            since=now - timedelta(seconds=seconds),
            peer=self.peer,
        )


async def test_it_keeps_30_days_of_fifty_agents_in_less_than_20_mb(store, capsys):
    chance = random.Random(1)
    workers = [Worker(n, chance) for n in range(50)]
    gone = [Agent(str(1000 + n), S.OFFLINE, "UNAVAILABLE", name=f"Agent Number {n}") for n in range(50)]
    history = "{ringwatch}:history:sales:agents"
    at, sizes, changed = START, {}, 0
    for period, polls in (("work", 240), ("night", 240)):
        before = int(await store.ask("MEMORY", "USAGE", history, "SAMPLES", "0") or 0)
        last = None
        for _ in range(polls):
            rows = tuple(w.seen(at) for w in workers) if period == "work" else tuple(gone)
            states = [a.state for a in rows]
            changed += sum(a != b for a, b in zip(states, last or states, strict=True))
            last = states
            await store.record("sales", Kind.AGENTS, Observed(Rows(rows), at), keep=timedelta(days=30))
            at += POLL
        after = int(await store.ask("MEMORY", "USAGE", history, "SAMPLES", "0"))
        sizes[period] = (after - before) / polls
    a_day = 86_400 / 30
    at_work = DAYS_AT_WORK * HOURS_AT_WORK * 120
    megabytes = (at_work * sizes["work"] + (DAYS * a_day - at_work) * sizes["night"]) / 1e6
    with capsys.disabled():
        sys.stdout.write(
            f"\nhistory of fifty agents, {changed / 240:.1f} changes of state a poll: {sizes['work']:.0f} bytes a "
            f"poll at work, {sizes['night']:.0f} at night: {megabytes:.1f} MB in 30 days\n"
        )
    assert changed / 240 > 5, "the day was busy"
    assert megabytes < 20
