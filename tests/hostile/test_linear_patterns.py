"""No pattern takes longer than its text is long, whatever the text: each is attacked by texts made of its own parts."""

import math
import re
from collections.abc import Callable
from time import process_time

import pytest
from linearity import STEEPEST
from pattern_attacks import Used, attacks, patterns

CHARACTERS = 6_000
QUICK_SECONDS = 0.002  # of so many characters: what is quadratic takes several times that

# Put together as they are needed, each out of plain words of our own; `re.escape` on what is given.
BUILT = {
    "providers/sdk/text.py: f'{before}{_head(secret[0])}(?i:{rest}){after}'": "test_linear.py holds it",
    "bot/commands/alerts/standing.py: f'(?<!\\\\w){re.escape(clause.subject)}(?!\\\\w)'": "one literal",
    "bot/mqtt/topics.py: f'{re.escape(self.root)}/(?:{told})'": "no two of its pieces meet but at a slash",
    "bot/mqtt/topics.py: f'{re.escape(self.discovery)}/device/{re.escape(self.root)}_": "the same",
    "bot/mqtt/commands.py: f'{re.escape(topics.root)}/({_NAME})/(alerts|numbers)/({_NAM": "the same",
    "bot/settings/deprecated.py: f'({_PREFIX}{above}){named(self.old)}(_FILE|__.+)?'": "names of variables of the operator's",
}
# Of the operator's own file, read once, at the start and at a reload.
CONFIGURED = {
    "bot/alerts/hours.py: _PART",
    "bot/settings/closed_days.py: _WRITTEN",
    "providers/sdk/throttle.py: '\\\\s*(\\\\d{1,9})\\\\s*/\\\\s*(\\\\d{0,6})\\\\s*([smhd])\\\\s*'",
}
FOUND = list(patterns())


def growth(ask: Callable[[str], object], before: str, pump: str, end: str) -> float:
    """The exponent, from a size that is short enough for what is cubic."""

    def seconds(characters: int) -> float:
        best = math.inf
        for _ in range(3):
            began = process_time()
            ask(before + pump * (characters // len(pump)) + end)
            best = min(best, process_time() - began)
        return best

    return math.log2(seconds(CHARACTERS) / max(seconds(CHARACTERS // 8), 1e-5)) / 3


def asked(pattern: re.Pattern[str], method: str) -> Callable[[str], object]:
    if method == "sub":
        return lambda text: pattern.sub("", text)
    if method == "finditer":
        return pattern.findall
    return getattr(pattern, method)


@pytest.mark.parametrize(
    "used", [one for one in FOUND if one.pattern and one.where not in CONFIGURED], ids=lambda used: used.where
)
def test_a_pattern_is_asked_in_a_time_that_grows_as_the_text_does(used: Used) -> None:
    steep = []
    for method in used.methods:
        ask = asked(used.pattern, method)
        for before, pump, end in sorted(attacks(used.pattern)):
            began = process_time()
            ask(before + pump * (CHARACTERS // len(pump)) + end)
            if process_time() - began < QUICK_SECONDS:
                continue
            grows = growth(ask, before, pump, end)
            if grows >= STEEPEST:
                steep.append((method, before, pump, end, round(grows, 2)))
                break
    assert steep == []


def test_it_attacks_every_pattern_but_those_that_are_named() -> None:
    assert {one.where for one in FOUND if one.pattern is None} == set(BUILT)
    assert {one.where for one in FOUND} >= CONFIGURED
    assert len(FOUND) > 90


@pytest.mark.parametrize(
    ("pattern", "method"),
    [(r"<{2,}(?=[A-Za-z_/])", "sub"), (r"[+-]?\d[\d\s.,]*(\s*[A-Z]{3})?", "fullmatch"), (r"<tel:[^|>]*\|", "sub")],
)  # fmt: skip
def test_it_finds_those_that_are_not(pattern: str, method: str) -> None:
    with pytest.raises(AssertionError):
        test_a_pattern_is_asked_in_a_time_that_grows_as_the_text_does(Used("", re.compile(pattern), (method,)))
