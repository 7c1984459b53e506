"""Names: which ones a typed word means, and several of them in one sentence."""

import unicodedata
from collections.abc import Iterable

MAX_LISTED_NAMES = 10  # names in one sentence


def folded(name: str) -> str:
    """Returns a name as it is compared: composed, without case, blanks around it, and marks that cannot be seen."""
    if name.isascii() and name.isprintable():
        return name.casefold().strip()
    visible = "".join(" " if c.isspace() else c for c in name if unicodedata.category(c) != "Cf")
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", visible).casefold()).strip()


def fitting(word: str, names: Iterable[str]) -> list[str]:
    """Returns the names that a word means: those that are it, else those that begin with it; compared `folded`."""
    wanted, known = folded(word), list(dict.fromkeys(names))
    exact = [name for name in known if folded(name) == wanted]
    if exact or not wanted:
        return exact
    return [name for name in known if folded(name).startswith(wanted)]


def listed(names: Iterable[str]) -> str:
    """Returns names as one phrase: ``a, b and c``; beyond ten they are counted; "" for none."""
    words = list(names)
    if len(words) > MAX_LISTED_NAMES:
        return f"{', '.join(words[:MAX_LISTED_NAMES])} and {len(words) - MAX_LISTED_NAMES} more"
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""
