"""The scripted bad day: what happens when on the simulated call centre, with play, pause, faster and levers."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from providers.kit.simulation import World

SPEEDS = (1, 2, 4)
CAMPAIGN = 3600  # an hour: a dollar a second, so that a minute shows what takes an afternoon
FLAGGED = "12025550110"
FIRST_OFF = ("1101", "1105")
MANY_OFF = ("1102", "1103", "1104", "1106", "1107", "1108", "1109", "1110", "1111", "1113")


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happens, so many seconds into the day."""

    at: float
    title: str
    text: str
    pull: Callable[[World], None]


SCRIPT: tuple[Happening, ...] = (
    Happening(0, "A quiet morning", "Everybody is at work. Type /balance or /agents.", lambda w: w.set_balance(74)),
    Happening(6, "A campaign starts", "The dialler spends about a dollar a second.", lambda w: w.drain(CAMPAIGN)),
    Happening(34, "The campaign is stopped", "What is left will not last. Acknowledge it.", lambda w: w.drain(0)),
    Happening(42, "A caller ID is flagged", "Customers see “Spam”. Mark it as active.", lambda w: w.flag(FLAGGED)),
    Happening(60, "Two agents drop", "They were signed in a minute ago.", lambda w: w.drop_agents(FIRST_OFF)),
    Happening(85, "Ten more at once", "One message asks whether it is the PBX.", lambda w: w.drop_agents(MANY_OFF)),
    Happening(110, "The vendor stops answering", "Blind is not zero: watch what is said.", lambda w: w.outage(on=True)),
    Happening(140, "The vendor answers again", "", lambda w: w.outage(on=False)),
    Happening(150, "The agents are back", "Their messages resolve by themselves.", lambda w: w.bring_back()),
    Happening(165, "Somebody tops up 200", "Good news is told in place, without a ping.", lambda w: w.top_up(200)),
    Happening(180, "The day is over", "Press Again, or pull the levers yourself.", lambda w: None),
)


class Day:
    """Where the script is. `tick` is called with the seconds that have passed."""

    def __init__(self, world: World, changed: Callable[[], None] = lambda: None) -> None:
        self.world = world
        self.changed = changed
        self._playing = True
        self._speed = SPEEDS[0]
        self._passed = 0.0
        self._done = 0

    def tick(self, seconds: float) -> None:
        """Let time pass, and what is due happen."""
        self.world.advance()
        if not self._playing:
            return
        self._passed += seconds * self._speed
        while self._done < len(SCRIPT) and SCRIPT[self._done].at <= self._passed:
            SCRIPT[self._done].pull(self.world)
            self._done += 1
            self.changed()
        if self._done == len(SCRIPT):
            self._playing = False

    def state(self) -> dict[str, Any]:
        """What the page shows of it."""
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
        """The buttons above the page, in their order."""
        world = self.world
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
        self.world.bring_back()
        self.world.outage(on=False)
        self._passed, self._done, self._playing = 0.0, 0, True
