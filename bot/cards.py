"""Cards, the form of all that we say: a verdict, facts, lists and buttons, in plain words. Knows no Slack.

All text here is plain: nothing is escaped, and the marks that Slack reads mean nothing. `bot.slack.blocks` renders a
card, escapes it and cuts it to Slack's limits.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

_SLACK_USER = re.compile(r"[UW][A-Z0-9]+")
_OTHER_ACTORS = {"mqtt": "Home Assistant (MQTT)"}


class Tone(StrEnum):
    """The tone of a verdict. It is shown as a word and a sign, never as a colour alone."""

    GOOD = "good"
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"
    UNKNOWN = "unknown"  # it could not be read


class Style(StrEnum):
    """The look of a button."""

    PLAIN = "plain"
    PRIMARY = "primary"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Text:
    """A run of words; `bold` for what the eye must find."""

    words: str
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer's number: shown in full to the person who asked, its middle masked wherever others read.

    `region` is that of the account that tells it, by which one without + is read; None: the reader's.
    """

    number: str
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Quoted:
    """A vendor's own words, such as a call's id: as they are for the person who asked, numbers masked for others."""

    words: str


@dataclass(frozen=True, slots=True)
class When:
    """A moment: each reader sees it in their own zone."""

    at: datetime
    style: str = "time"  # "time" 14:05 · "day" Mon 17 Nov 14:05


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a table: its words, and the number by which a column of them is sorted."""

    words: str
    value: float


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel, as a link."""

    channel_id: str


@dataclass(frozen=True, slots=True)
class Person:
    """A Slack user, by id; shown as a mention that wakes nobody in an edit."""

    user_id: str


def is_person(by: str) -> bool:
    """Returns whether who did something is a person of Slack's: no automation, and nothing that came by MQTT."""
    return _SLACK_USER.fullmatch(by) is not None


def by_whom(by: str) -> "Part":
    """Returns who did something: a person of Slack's as a mention, all others in words."""
    if is_person(by):
        return Person(by)
    return _OTHER_ACTORS.get(by, by) or "nobody"


@dataclass(frozen=True, slots=True)
class UserGroup:
    """A Slack user group, by id; shown as its mention. Only for who asked: posted, it wakes them."""

    group_id: str


@dataclass(frozen=True, slots=True)
class Link:
    """A link of ours (a permalink, a panel); never one that a vendor sent."""

    url: str
    words: str


Part = str | Text | Customer | Quoted | When | Figure | Channel | Person | UserGroup | Link
Line = Part | tuple[Part, ...]  # a line of words: one part, or several side by side


@dataclass(frozen=True, slots=True)
class Confirm:
    """A question that is asked before a button does what it says."""

    title: str
    text: str
    yes: str
    no: str = "Cancel"


@dataclass(frozen=True, slots=True)
class Button:
    """A button. `action` names a file of `bot.actions`; `value` comes back with the press (at most 2,000 characters).

    `confirm` None: it asks nothing first.
    """

    action: str
    words: str
    value: str = ""
    style: Style = Style.PLAIN
    confirm: Confirm | None = None


@dataclass(frozen=True, slots=True)
class Menu:
    """A small menu in place of a row of buttons; `options` are (words, value) pairs."""

    action: str
    words: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class WorkflowButton:
    """A button that starts a workflow of the messenger's by its link; `inputs` are its own names with their values."""

    words: str
    url: str
    inputs: tuple[tuple[str, str], ...] = ()


Control = Button | Menu | WorkflowButton


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list, with at most one control beside it (None: none)."""

    line: Line
    control: Control | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """Rows under an optional heading. What does not fit is counted: "… and 12 more"."""

    rows: tuple[Row, ...]
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table: a header, then rows of as many cells. A column of figures stands to the right, and is sorted as such.

    An empty cell is "". What does not fit is counted, as in a section.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[Part, ...], ...]
    heading: str = ""


def table(header: tuple[str, ...], rows: "Sequence[tuple[Part, ...]]", heading: str = "") -> Table:
    """Returns a table without the columns in which no row has anything; the first always stays."""
    kept = [at for at in range(len(header)) if at == 0 or any(row[at] != "" for row in rows)]
    cells = tuple(tuple(row[at] for at in kept) for row in rows)
    return Table(tuple(header[at] for at in kept), cells, heading)


@dataclass(frozen=True, slots=True)
class Series:
    """One course of a chart: a value for each of its categories."""

    name: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A course over categories, such as times. What was not seen has no category: it is left out, and `gap` says so.

    `line`: a line, else bars. The card says the same in words.
    """

    title: str
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str = ""
    line: bool = True
    gap: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """One message. `verdict` is a whole sentence and what a lock screen shows: no customer's number in it.

    `context` is small print: provider, age, filter. `controls` is the row of buttons at the end.
    """

    verdict: Line
    tone: Tone = Tone.INFO
    body: "tuple[Section | Table | Chart, ...]" = ()
    context: tuple[Line, ...] = ()
    controls: tuple[Control, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """One input of a form. `initial` is what it holds when the form opens."""

    name: str
    label: str
    placeholder: str = ""
    hint: str = ""
    initial: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """A form (modal). `action` names the file of `bot.actions` that reads it; `value` comes back with it."""

    action: str
    title: str
    submit: str
    fields: tuple[Field, ...]
    value: str = ""
    intro: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """A file for the person who asked."""

    name: str
    title: str
    content: bytes = field(repr=False)
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a command or a press; None parts are left out.

    `share`: the card has data worth a Share button. `replace`: it takes the place of the message whose button was
    pressed. `errors`: a form's fields that were refused, with the reason.
    """

    card: Card | None = None
    share: bool = False
    replace: bool = False
    form: Form | None = None
    file: File | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
