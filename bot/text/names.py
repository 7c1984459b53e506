"""Names: which ones a typed word means, and several of them in one sentence."""

from collections.abc import Iterable

MAX_LISTED_NAMES = 10  # names in one sentence


def fitting(word: str, names: Iterable[str]) -> list[str]:
    """Returns the names that a word means: those that are it, else those that begin with it; case does not count."""
    wanted, known = word.strip().casefold(), list(dict.fromkeys(names))
    exact = [name for name in known if name.casefold() == wanted]
    if exact or not wanted:
        return exact
    return [name for name in known if name.casefold().startswith(wanted)]


def listed(names: Iterable[str]) -> str:
    """Returns names as one phrase: ``a, b and c``; beyond ten they are counted; "" for none."""
    words = list(names)
    if len(words) > MAX_LISTED_NAMES:
        return f"{', '.join(words[:MAX_LISTED_NAMES])} and {len(words) - MAX_LISTED_NAMES} more"
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""
