"""How `/call` is typed: NUMBER [as AGENT] [from CALLER_ID] [on ACCOUNT], in any order. Pure: it asks nobody."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace

from bot.dialog.parsing import WordsError
from bot.text.phone_numbers import same

_KEYS = ("as", "from", "on")


@dataclass(frozen=True, slots=True)
class Wish:
    """What was typed. `number` "": none yet; `caller` may then hold it as well, see `split`."""

    number: str = ""
    agent: str = ""
    caller: str = ""
    account: str = ""

    def value(self) -> str:
        """All but the number, for a form."""
        return json.dumps(asdict(replace(self, number="")))

    @classmethod
    def of(cls, value: str, number: str) -> "Wish":
        """From a form."""
        try:
            kept = json.loads(value)
            return cls(number, str(kept["agent"]), str(kept["caller"]), str(kept["account"]))
        except (ValueError, KeyError, TypeError):
            return cls(number)


def read(words: str) -> Wish:
    """Sort the words. Raises `WordsError` where a keyword stands twice, or alone."""
    found: dict[str, list[str]] = {key: [] for key in _KEYS}
    number: list[str] = []
    key, seen = "", set[str]()
    for word in words.split(" "):
        lowered = word.casefold()
        if lowered in _KEYS and (not key or found[key]):
            if lowered in seen:
                raise WordsError(f"The word “{lowered}” stands twice.")
            seen.add(lowered)
            key = lowered
        elif not word:
            continue
        elif key and _belongs(key, word, found[key]):
            found[key].append(word)
        else:
            key = ""
            number.append(word)
    for name in seen:
        if not found[name]:
            what = {"as": "an agent", "from": "one of our caller IDs", "on": "an account"}[name]
            raise WordsError(f"After “{name}” comes {what}.")
    return Wish(" ".join(number), *(" ".join(found[name]) for name in _KEYS))


def _belongs(key: str, word: str, so_far: list[str]) -> bool:
    """Whether a word still belongs to the keyword before it: a name may have two, a number many."""
    if not so_far:
        return True
    if key == "on":
        return False
    if key == "as":
        return any(c.isalpha() for c in word) and any(c.isalpha() for c in so_far[0])
    return not word.startswith("+") and not any(c.isalpha() for c in word)


def split(wish: Wish, ours: Iterable[str]) -> Wish:
    """Where the called number was swallowed by ``from``: the caller ID is the beginning that is one of ours."""
    if wish.number or not wish.caller:
        return wish
    words, known = wish.caller.split(" "), list(ours)
    for at in range(len(words) - 1, 0, -1):
        caller = " ".join(words[:at])
        if any(same(caller, number) for number in known):
            return replace(wish, caller=caller, number=" ".join(words[at:]))
    return wish
