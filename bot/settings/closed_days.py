"""An alert's `holidays`: which days a country is closed. The package that knows is asked in a process of its own."""

import json
import re
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator

from bot.settings.problems import nearest, one_of

SCRIPT = Path(__file__).with_name("holiday_list.py")
NEEDED = "a country code such as PL or US is needed, or one with a part of the country such as DE-BY"
ANSWER_TIMEOUT_SECONDS = 30.0  # seconds; it takes half a one
_WRITTEN = re.compile(r"(?P<country>[^\W\d_][^\W\d_ ]*(?: [^\W\d_]+)*)(?:\s*-\s*(?P<part>[\w ]*))?")
_UNASKED = "the package holidays could not be asked"
_MAX_VALUE_CHARACTERS = 60
_MAX_CODE_CHARACTERS = 3


@dataclass(frozen=True, slots=True)
class ClosedDays:
    """The public holidays of a country or of a part of it, `PL` or `DE-BY`. Called with a day, it says if it is one."""

    code: str
    days: frozenset[date] = field(compare=False, repr=False)

    def __call__(self, day: date) -> bool:
        """Returns whether this day is a holiday."""
        return day in self.days


def closed_days(value: object) -> ClosedDays:
    """Returns the days that a code means. Raises `ValueError` with what is allowed."""
    if isinstance(value, ClosedDays):
        return value
    if not isinstance(value, str):
        raise ValueError("write one value here, not a list or a map")  # pydantic collects ValueErrors
    written = _WRITTEN.fullmatch(value.strip()) if len(value) <= _MAX_VALUE_CHARACTERS else None
    if written is None:
        raise ValueError(NEEDED)
    country, part = written["country"].upper(), written["part"]
    told = _asked(country, "" if part is None else part or "-")
    if "countries" in told:
        raise ValueError(_meant(country, told["countries"]))
    if "parts" in told:
        raise ValueError(_parts(country, part, told["parts"]))
    return ClosedDays(told["code"], frozenset(map(date.fromisoformat, told["days"])))


@cache
def _asked(country: str, part: str) -> dict[str, Any]:
    """Returns what `holiday_list` says. -P: the files beside it are no modules of the standard library."""
    try:
        done = subprocess.run(  # noqa: S603  # our own script; the words are letters, and no shell reads them
            [sys.executable, "-P", str(SCRIPT), country, part],
            capture_output=True,
            check=True,
            timeout=ANSWER_TIMEOUT_SECONDS,
            text=True,
        )
    except subprocess.CalledProcessError as error:
        raise ValueError(f"{_UNASKED}: {error.stderr.strip().rpartition(chr(10))[2]}") from error
    except (OSError, subprocess.SubprocessError) as error:
        raise ValueError(f"{_UNASKED}: {type(error).__name__}") from error
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _parts(country: str, part: str, parts: list[str]) -> str:
    return f"parts of {country}: {one_of(part, parts)}" if parts else f"{country} is one whole"


def _meant(word: str, countries: dict[str, str]) -> str:
    close = nearest(word, countries) if len(word) > _MAX_CODE_CHARACTERS else None  # codes alike are no countries alike
    return f"did you mean {countries[close]}? {NEEDED}" if close else NEEDED


Holidays = Annotated[ClosedDays, BeforeValidator(closed_days)]
