"""Renders a card as Block Kit: every limit of Slack is kept here, and what did not fit is counted."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.cards import (
    Button,
    Card,
    Chart,
    Confirm,
    Control,
    Line,
    Menu,
    Part,
    Row,
    Section,
    Style,
    Table,
    Tone,
    WorkflowButton,
)
from bot.slack import blocks_data
from bot.slack.blocks_text import Eyes, cut, escape, mention, mrkdwn, plain, uncoded

Block = dict[str, Any]

MAX_BLOCKS = 50
MAX_CHARS = 11_800  # of all blocks as JSON; Slack refuses somewhat above 13,000
MAX_SECTION_CHARS = 2_900
MAX_LINE_CHARS = 700
MAX_TEXT_CHARS = 3_000
MAX_CONTROLS_CHARS = 5_000
MAX_TEXT_ROWS = 20  # of a table, that the text names
_SIGNS = {
    Tone.GOOD: (":white_check_mark:", ""),
    Tone.INFO: (":information_source:", ""),
    Tone.WARNING: (":warning:", "Warning"),
    Tone.CRITICAL: (":rotating_light:", "Critical"),
    Tone.UNKNOWN: (":grey_question:", "Not known"),
}


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rendered message: `text` is what a lock screen and a screen reader get, complete and with customers masked."""

    text: str
    blocks: list[Block]

    @property
    def has_data(self) -> bool:
        """Returns whether tables or charts are among the blocks, which an older Slack may refuse."""
        return any(block["type"] in blocks_data.TYPES for block in self.blocks)


@dataclass(slots=True)
class _BlockList:
    """Blocks that grow until one of Slack's limits is near."""

    room_blocks: int
    room_chars: int
    blocks: list[Block] = field(default_factory=list)
    _open: bool = False  # whether the last block takes more lines
    data: bool = True  # whether tables and charts are shown as such
    tables: int = 0
    charts: int = 0

    def put(self, block: Block, *, grows: bool = False) -> bool:
        size = _size(block)
        if self.room_blocks < 1 or size > self.room_chars:
            return False
        self.room_blocks -= 1
        self.room_chars -= size
        self.blocks.append(block)
        self._open = grows
        return True

    def line(self, text: str) -> bool:
        """Adds a line below the last one, in the same block where it fits; returns whether it fitted."""
        if self._open:
            last = self.blocks[-1]["text"]
            size = _size("\n" + text)
            if len(last["text"]) + 1 + len(text) <= MAX_SECTION_CHARS and size <= self.room_chars:
                last["text"] += "\n" + text
                self.room_chars -= size
                return True
        return self.put(_section(text), grows=True)

    def close(self) -> None:
        self._open = False

    def put_data(self, block: Block) -> bool:
        """Adds a table or a chart, whose JSON counts for nothing; returns whether there was a place."""
        if self.room_blocks < 1:
            return False
        self.room_blocks -= 1
        self.blocks.append(block)
        self._open = False
        return True


def render(
    card: Card,
    eyes: Eyes,
    *,
    mentions: Sequence[str] = (),
    block_id: str | None = None,
    spare: int = 0,
    data: bool = True,
) -> Rendered:
    """Returns the card's blocks and text. `block_id` marks the first block; `spare` blocks are left free.

    `data` False: tables stand as lists, and charts are left to the words around them.
    """
    sign, word = _SIGNS[card.tone]
    woken = " ".join(filter(None, map(mention, mentions[:20])))
    verdict = mrkdwn(card.verdict, eyes, limit=1_200, bold=True) or "*…*"
    head = " ".join(filter(None, (sign, f"*{word}* ·" if word else "", verdict, woken)))
    first = _section(head)
    if block_id is not None:
        first["block_id"] = block_id[:255]
    foot = [*_controls(card.controls), *_context(card, eyes)]
    filled = _BlockList(
        MAX_BLOCKS - spare - 2 - len(foot),
        MAX_CHARS - 250 * (spare + 1) - _size(first) - sum(map(_size, foot)),
        data=data,
    )
    ids = _Ids(foot)
    left = _fill(filled, card.body, eyes, ids)
    more = [_section(f"… and {left} more")] if left else []
    blocks = [first, *filled.blocks, *more, *foot]
    return Rendered(_text(card, word, woken, eyes), blocks)


def compact(cards: Sequence[Card], eyes: Eyes, *, room_blocks: int, room_bytes: int) -> tuple[list[Block], int]:
    """Returns the blocks of several cards one below the other, for a page, and how many cards did not fit."""
    ids, blocks = _Ids(), list[Block]()
    for at, card in enumerate(cards):
        made = _compacted(card, eyes, ids)
        size = len(json.dumps(made).encode())
        if len(blocks) + len(made) > room_blocks or size > room_bytes:
            return blocks, len(cards) - at
        blocks += made
        room_bytes -= size
    return blocks, 0


def _compacted(card: Card, eyes: Eyes, ids: "_Ids") -> list[Block]:
    sign, word = _SIGNS[card.tone]
    verdict = mrkdwn(card.verdict, eyes, limit=1_200, bold=True) or "*…*"
    head = " ".join(filter(None, (sign, f"*{word}* ·" if word else "", verdict)))
    rows = [row.line for item in card.body if isinstance(item, Section) for row in item.rows]
    lines = [head, *(f"• {mrkdwn(line, eyes, limit=MAX_LINE_CHARS) or '…'}" for line in rows)]
    text = "\n".join(lines)
    elements = list(_elements(card.controls, ids))[:25]
    buttons = [{"type": "actions", "elements": elements}] if elements else []
    return [_section(cut(text, MAX_SECTION_CHARS)), *_context(card, eyes), *buttons]


def _text(card: Card, word: str, woken: str, eyes: Eyes) -> str:
    """Returns everything in words. A lock screen is no private place: customers' numbers are masked here always."""
    hidden = replace(eyes, public=True, plain=True)

    def written(line: Line) -> str:
        return mrkdwn(line, hidden, limit=MAX_LINE_CHARS, marks=False)

    lines = [" ".join(filter(None, (f"{word}:" if word else "", written(card.verdict) or "…", woken)))]
    for item in card.body:
        if isinstance(item, Chart):
            lines += [escape(item.gap)] if item.gap else []
            continue
        lines += [escape(item.heading)] if item.heading else []
        if isinstance(item, Table):
            lines += [written(_joined(row)) for row in item.rows[:MAX_TEXT_ROWS]]
            left = len(item.rows) - MAX_TEXT_ROWS
            lines += [f"… and {left} more rows"] if left > 0 else []
        else:
            lines += [written(row.line) for row in item.rows]
    lines += [written(line) for line in card.context]
    out = lines[0]
    for line in filter(None, lines[1:]):
        if len(out) + 1 + len(line) > MAX_TEXT_CHARS:
            return out + "\n…"
        out += "\n" + line
    return out


def _fill(filled: _BlockList, body: Sequence[Section | Table | Chart], eyes: Eyes, ids: "_Ids") -> int:
    """Adds what fits, and returns the number of rows that did not."""
    for at, item in enumerate(body):
        if isinstance(item, Chart):
            _put_chart(filled, item)
            continue
        put = _put_table(filled, item, eyes) if isinstance(item, Table) else _put_section(filled, item, eyes, ids)
        if put < len(item.rows):
            return (
                len(item.rows) - put + sum(len(later.rows) for later in body[at + 1 :] if not isinstance(later, Chart))
            )
        filled.close()
    return 0


def _put_chart(filled: _BlockList, item: Chart) -> None:
    """Adds the chart, where it can be shown; what it leaves out is said in any case."""
    block = blocks_data.chart(item) if filled.data and filled.charts < blocks_data.MAX_CHARTS else None
    if block is not None and filled.put_data(block):
        filled.charts += 1
    if item.gap:
        filled.close()
        filled.line(escape(item.gap, 300))
    filled.close()


def _put_section(filled: _BlockList, section: Section, eyes: Eyes, ids: "_Ids") -> int:
    if section.heading and not filled.line(f"*{escape(section.heading, 150).strip() or '…'}*"):
        return 0
    for at, row in enumerate(section.rows):
        if not _put_row(filled, row, eyes, ids):
            return at
    return len(section.rows)


def _put_row(filled: _BlockList, row: Row, eyes: Eyes, ids: "_Ids") -> bool:
    line = mrkdwn(row.line, eyes, limit=MAX_LINE_CHARS) or "…"
    element = _element(row.control, ids) if row.control is not None else None
    if element is None:
        return filled.line(f"• {line}")
    return filled.put({**_section(line), "accessory": element})


def _put_table(filled: _BlockList, table: Table, eyes: Eyes) -> int:
    if table.heading and not filled.line(f"*{escape(table.heading, 150).strip() or '…'}*"):
        return 0
    made = blocks_data.table(table, eyes) if filled.data and not filled.tables else None
    if made is not None and filled.put_data(made.block):
        filled.tables += 1
        if made.rows < len(table.rows):
            filled.line(f"… and {len(table.rows) - made.rows} more rows")
        return len(table.rows)
    filled.close()
    names = mrkdwn(" · ".join(filter(None, table.header)), eyes, limit=MAX_LINE_CHARS, bold=True)
    if names and not filled.line(names):
        return 0
    for at, row in enumerate(table.rows):
        if not filled.line("• " + (mrkdwn(_joined(row), eyes, limit=MAX_LINE_CHARS) or "…")):
            return at
    return len(table.rows)


def _joined(row: Sequence[Part]) -> Line:
    line: list[Part] = []
    for cell in row:
        if cell != "":
            line += [" · ", cell] if line else [cell]
    return tuple(line)


class _Ids:
    """Makes action ids, unique within one message: the action's name, then the name with a count."""

    def __init__(self, taken: Sequence[Block] = ()) -> None:
        self._seen: dict[str, int] = {}
        for block in taken:
            for element in block.get("elements", ()):
                if "action_id" in element:
                    self.new(element["action_id"].partition(":")[0])

    def new(self, action: str) -> str:
        count = self._seen[action] = self._seen.get(action, 0) + 1
        return action[:240] if count == 1 else f"{action[:240]}:{count}"


def _controls(controls: Sequence[Control]) -> list[Block]:
    ids = _Ids()
    elements: list[Block] = []
    size = 0
    for element in _elements(controls, ids):
        size += _size(element)
        if size > MAX_CONTROLS_CHARS or len(elements) == 25:
            break
        elements.append(element)
    return [{"type": "actions", "elements": elements}] if elements else []


def _elements(controls: Sequence[Control], ids: _Ids) -> Iterator[Block]:
    for control in controls:
        element = _element(control, ids)
        if element is not None:
            yield element


def _element(control: Control, ids: _Ids) -> Block | None:
    """Returns one button or menu; None for one that Slack would refuse: a value may never be cut."""
    if isinstance(control, Menu):
        options = [
            {"text": _plain(words, 75), "value": value}
            for words, value in control.options[:100]
            if 0 < len(value) <= 150
        ]
        if not options:
            return None
        return {
            "type": "static_select",
            "action_id": ids.new(control.action),
            "placeholder": _plain(control.words, 150),
            "options": options,
        }
    if isinstance(control, WorkflowButton):
        return _workflow_button(control)
    if len(control.value) > 2_000:
        return None
    return _button(control, ids)


def _workflow_button(control: WorkflowButton) -> Block:
    """A press of it is Slack's own affair: it has no `action_id`, and nothing comes back to us."""
    inputs = [{"name": name, "value": value} for name, value in control.inputs]
    trigger: Block = {"url": control.url, "customizable_input_parameters": inputs} if inputs else {"url": control.url}
    return {"type": "workflow_button", "text": _plain(control.words, 75), "workflow": {"trigger": trigger}}


def _button(control: Button, ids: _Ids) -> Block:
    block: Block = {"type": "button", "text": _plain(control.words, 75), "action_id": ids.new(control.action)}
    if control.value:
        block["value"] = control.value
    if control.style is not Style.PLAIN:
        block["style"] = control.style.value
    if control.confirm is not None:
        block["confirm"] = _confirm(control.confirm, danger=control.style is Style.DANGER)
    return block


def _confirm(confirm: Confirm, *, danger: bool) -> Block:
    block: Block = {
        "title": _plain(confirm.title, 100),
        "text": _plain(confirm.text, 300),
        "confirm": _plain(confirm.yes, 30),
        "deny": _plain(confirm.no, 30),
    }
    return {**block, "style": "danger"} if danger else block


def _context(card: Card, eyes: Eyes) -> list[Block]:
    lines = (mrkdwn(line, eyes, limit=400) for line in card.context[:10])
    elements = [{"type": "mrkdwn", "text": line, "verbatim": True} for line in lines if line]
    while elements and _size(elements) > 3_000:
        elements.pop()
    return [{"type": "context", "elements": elements}] if elements else []


def _section(text: str) -> Block:
    # verbatim: Slack is not to look for names, channels and addresses in what a vendor wrote
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def _plain(words: str, limit: int) -> Block:
    return {"type": "plain_text", "text": cut(uncoded(plain(words, limit)), limit) or "…"}


def _size(block: Any) -> int:
    return len(json.dumps(block, ensure_ascii=False))
