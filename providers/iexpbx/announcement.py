"""Parses the words behind ``/pbx ivr NUMBER`` to the fields of IEX-7. Nothing that could end a field early passes.

No I/O.
"""

import re
from collections.abc import Mapping, Sequence

from providers.iexpbx.settings import IexpbxSettings
from providers.iexpbx.wire import number

USAGE = "[menu=NO] [plan=NAME] [data=WORD] [play=FILE] WORDS TO SAY"

_NAME = re.compile(r"[\w.-]{1,64}")
_OPTION = re.compile(r"(menu|plan|data|play)=(.*)", re.IGNORECASE | re.DOTALL)
_FIELDS = {"menu": "dest", "plan": "dp", "data": "uf"}
_MAX_SPOKEN_CHARACTERS = 500  # characters that are said
_MOST_PARTS = 20


class AnnouncementError(ValueError):
    """The words are wrong; the text says how, as the end of a sentence."""


def leads_to(words: Sequence[str]) -> Mapping[int, str]:
    """Returns what stands after ``menu=`` and ``plan=``, by place, where no letter makes a name of it."""
    options = {at: found for at, word in enumerate(words) if (found := _OPTION.fullmatch(word))}
    led = {at: found[2] for at, found in options.items() if found[1].casefold() in {"menu", "plan"}}
    return {at: text for at, text in led.items() if text and not any(c.isalpha() for c in text)}


def fields_of(words: Sequence[str], settings: IexpbxSettings) -> list[tuple[str, str]]:
    """Returns the fields `dp`, `dest`, `uf` and `file`; raises `AnnouncementError`.

    Words are said, in the order of the files between them: ``play=hello Your order is ready play=bye`` is ``hello|{Your
    order is ready}|bye``.
    """
    found: dict[str, str] = {}
    parts: list[tuple[str, str]] = []
    for word in words:
        option = _OPTION.fullmatch(word)
        if option is None:
            parts.append(("say", _encoded(word)))
        elif option[1].casefold() == "play":
            parts.append(("play", _named("play", option[2])))
        else:
            name = option[1].casefold()
            international = number(option[2], settings.international) if option[2].startswith("+") else ""
            found[_FIELDS[name]] = _data(option[2]) if name == "data" else international or _named(name, option[2])
    fields = {"dp": settings.dial_plan or "", "dest": settings.ivr or "", **found, "file": _joined(parts)}
    if not fields["dest"]:
        raise AnnouncementError("it is not said which IVR runs: write menu=NUMBER, or set ivr for the account")
    return [(name, fields[name]) for name in ("dp", "dest", "uf", "file") if fields.get(name)]


def _joined(parts: Sequence[tuple[str, str]]) -> str:
    """Joins words that stand together into one in braces; bars part what is said from what is played."""
    groups: list[tuple[str, list[str]]] = []
    for kind, word in parts:
        if kind == "say" and groups and groups[-1][0] == "say":
            groups[-1][1].append(word)
        else:
            groups.append((kind, [word]))
    if len(groups) > _MOST_PARTS:
        raise AnnouncementError(f"there are more than {_MOST_PARTS} parts to play")
    if sum(len(word) for _, group in groups for word in group) > _MAX_SPOKEN_CHARACTERS:
        raise AnnouncementError(f"the announcement is longer than {_MAX_SPOKEN_CHARACTERS} characters")
    return "|".join("{" + " ".join(group) + "}" if kind == "say" else group[0] for kind, group in groups)


def _named(option: str, text: str) -> str:
    if not _NAME.fullmatch(text):
        raise AnnouncementError(f"{option}= wants one name of letters, digits, dots and hyphens")
    return text


def _data(text: str) -> str:
    if not text or len(text) > 200 or not text.isprintable():
        raise AnnouncementError("data= wants up to 200 printable characters")
    return text


def _encoded(word: str) -> str:
    if set(word) & set("{}|") or not word.isprintable():
        raise AnnouncementError("what is said must not hold braces, bars or control characters")
    return word
