"""The problems of a configuration, as lines for people. A problem never holds a secret's value."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake or warning.

    `file` is a path, or the environment variable that gave the value; `line` counts from 1. `key` is the path
    joined by dots. `text` says what was found, `hint` what is allowed or what to do; either may stand alone.
    """

    file: str
    line: int | None
    key: str
    text: str
    hint: str = ""
    id: str = ""  # of a warning: which kind it is

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        said = "; ".join(part for part in (self.text, self.hint) if part)
        return ": ".join(part for part in (place, self.key, said) if part)

    @property
    def order(self) -> tuple[bool, int, str]:
        """Returns its key for sorting: by line, what has none first, the environment's after the file's."""
        return (self.file.startswith("RINGWATCH_"), self.line or 0, self.key)


class Kinds(StrEnum):
    """The kinds of warnings, for those who filter them."""

    UNKNOWN_VARIABLE = "W201"
    EMPTY_FILE = "W202"
    SLOWED = "W203"
    CANNOT_TELL = "W204"
    WATCHES_NOTHING = "W205"
    TOLD_TWICE = "W206"
    POINTLESS = "W207"
    TOO_SHORT = "W208"
    OLD_NAME = "W209"
    COMMENT = "W210"
    GUESSABLE = "W211"
    PASTED = "W212"
    UNREADABLE_FILE = "W213"


class ConfigError(Exception):
    """The configuration is wrong: every mistake that was found, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(dict.fromkeys(problems), key=lambda problem: problem.order)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Returns the known word that was probably meant; None where none is near."""
    names = {name.lower(): name for name in known}
    close = get_close_matches(word.lower(), names, n=1, cutoff=0.6)
    return names[close[0]] if close else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Returns a hint: the nearest known word where there is one, else all of them."""
    names = list(known)
    close = nearest(word, names)
    return f"did you mean {close}?" if close else f"allowed: {', '.join(names) or 'none'}"


def one_of(word: str, known: Iterable[str]) -> str:
    """Returns a hint: the nearest known word where there is one, and all of them."""
    names = list(known)
    close = nearest(word, names)
    return f"{f'did you mean {close}? ' if close else ''}allowed: {', '.join(names) or 'none'}"
