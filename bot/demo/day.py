"""The scripted bad day on the simulated call centre, with play, pause, faster and levers."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from providers.sdk.simulation.world import World

SPEEDS = (1, 2, 4)
CAMPAIGN_DOLLARS_PER_HOUR = 3600  # an hour: a dollar a second, so that a minute shows what takes an afternoon
MONEY, QUEUES = "sales", "helpdesk"  # the accounts that the script is about
FLAGGED = "12025550110"
FIRST_OFF = ("1101", "1105")
MANY_OFF = ("1102", "1103", "1104", "1106", "1107", "1108", "1109", "1110", "1111", "1113")


Worlds = Mapping[str, World]  # a call centre behind each account


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happens, so many seconds into the day."""

    at: float
    title: str
    text: str
    pull: Callable[[Worlds], None] = lambda _worlds: None
    spends: bool = False  # the campaign runs until the next thing happens


def _outage(worlds: Worlds, *, on: bool) -> None:
    worlds[MONEY].outage(on=on)


def _pressure(worlds: Worlds, callers: int) -> None:
    if QUEUES in worlds:
        worlds[QUEUES].queue_pressure("620", callers)


SCRIPT: tuple[Happening, ...] = (
    Happening(0, "A quiet morning", "Type /balance or /agents.", lambda w: w[MONEY].set_balance(74)),
    Happening(6, "A campaign starts", "The dialler spends a dollar a second.", spends=True),
    Happening(34, "The campaign is stopped", "What is left will not last."),
    Happening(42, "A caller ID is flagged", "Mark it as active.", lambda w: w[MONEY].flag(FLAGGED)),
    Happening(55, "Callers pile up", "Five wait in Support. Type /queue.", lambda w: _pressure(w, 5)),
    Happening(70, "Two agents drop", "They were there a minute ago.", lambda w: w[MONEY].drop_agents(FIRST_OFF)),
    Happening(90, "Ten more at once", "Is it the PBX?", lambda w: w[MONEY].drop_agents(MANY_OFF)),
    Happening(112, "A vendor stops answering", "Blind is not zero.", lambda w: _outage(w, on=True)),
    Happening(140, "The vendor answers again", "", lambda w: _outage(w, on=False)),
    Happening(150, "The agents are back", "Messages resolve by themselves.", lambda w: w[MONEY].bring_back()),
    Happening(158, "Support catches up", "", lambda w: _pressure(w, 0)),
    Happening(166, "Somebody tops up 200", "Good news comes without a ping.", lambda w: w[MONEY].top_up(200)),
    Happening(180, "The day is over", "Press Again, or pull the levers."),
)


class ScriptedDay:
    """Plays the script. `tick` is called with the seconds that have passed."""

    def __init__(self, worlds: Worlds, changed: Callable[[], None] = lambda: None) -> None:
        self.worlds = worlds
        self.changed = changed
        self._playing = True
        self._speed = SPEEDS[0]
        self._passed = 0.0
        self._done = 0
        self._pace = 0

    def tick(self, seconds: float) -> None:
        """Lets time pass, and what is due happen."""
        for world in self.worlds.values():
            world.advance()
        self._spend()
        if not self._playing:
            return
        self._passed += seconds * self._speed
        while self._done < len(SCRIPT) and SCRIPT[self._done].at <= self._passed:
            SCRIPT[self._done].pull(self.worlds)
            self._done += 1
            self.changed()
        if self._done == len(SCRIPT):
            self._playing = False

    def _spend(self) -> None:
        """Spends at the pace of the script, and not while it is paused."""
        runs = self._playing and self._done > 0 and SCRIPT[self._done - 1].spends
        pace = CAMPAIGN_DOLLARS_PER_HOUR * self._speed if runs else 0
        if pace != self._pace:
            self._pace = pace
            self.worlds[MONEY].drain(pace)

    def state(self) -> dict[str, Any]:
        """Returns what the page shows of it."""
        now = SCRIPT[max(0, self._done - 1)]
        return {
            "playing": self._playing,
            "speed": self._speed,
            "title": now.title,
            "text": now.text,
            "steps": [
                {"title": h.title, "done": n < self._done - 1, "current": n == self._done - 1}
                for n, h in enumerate(SCRIPT)
            ],
        }

    def controls(self) -> Mapping[str, Callable[[], Awaitable[dict[str, Any]]]]:
        """Returns the buttons above the page, in their order."""
        world = self.worlds[MONEY]
        return {
            "play": self._control(self._play),
            "pause": self._control(self._pause),
            "faster": self._control(self._faster),
            "again": self._control(self._again),
            "top_up_100": self._control(lambda: world.top_up(100)),
            "flag_a_number": self._control(lambda: world.flag("13125550113")),
            "drop_an_agent": self._control(lambda: world.drop_agents(("1114",))),
            "bring_agents_back": self._control(world.bring_back),
        }

    def _control(self, pull: Callable[[], None]) -> Callable[[], Awaitable[dict[str, Any]]]:
        async def pulled() -> dict[str, Any]:
            pull()
            self.changed()
            return {}

        return pulled

    def _play(self) -> None:
        if self._done == len(SCRIPT):
            self._again()
        self._playing = True

    def _pause(self) -> None:
        self._playing = False

    def _faster(self) -> None:
        self._speed = SPEEDS[(SPEEDS.index(self._speed) + 1) % len(SPEEDS)]

    def _again(self) -> None:
        self.worlds[MONEY].bring_back()
        _outage(self.worlds, on=False)
        _pressure(self.worlds, 0)
        self._passed, self._done, self._playing = 0.0, 0, True
