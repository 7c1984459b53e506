"""Parses `/call`: NUMBER [as AGENT] [from CALLER_ID] [on ACCOUNT], in any order. Pure: it asks nobody."""

from bot.dialog.parsing import WordsError
from bot.operations.call_plan import PlaceCallRequest

_KEYS = ("as", "from", "on")


def read(words: str) -> PlaceCallRequest:
    """Parses the words; raises `WordsError` where a keyword stands twice, or alone."""
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
    return PlaceCallRequest(" ".join(number), *(" ".join(found[name]) for name in _KEYS))


def _belongs(key: str, word: str, so_far: list[str]) -> bool:
    """Returns whether a word still belongs to the keyword before it: a name may have two, a number many."""
    if not so_far:
        return True
    if key == "on":
        return False
    if key == "as":
        return any(c.isalpha() for c in word) and any(c.isalpha() for c in so_far[0])
    return not word.startswith("+") and not any(c.isalpha() for c in word)
