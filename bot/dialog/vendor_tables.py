"""A vendor's own list, shown as it is: pages, ages, and customers' numbers as such. It reads nothing into it."""

from bot.cards import Answer, Card, Customer, Line, Part, Quoted, Row, Section, Table, Text, Tone
from bot.dialog.context import Context
from bot.dialog.fan_out import ask_one
from bot.dialog.paging import Paging
from bot.dialog.parsing import WordsError, region_of
from bot.dialog.phrases import as_of, count
from bot.readings.accounts import Able
from bot.text.phone_numbers import digits
from providers.capabilities import SupportsVendorTables
from providers.errors import ErrorKind, ProviderError
from providers.model import VendorTable

PAGE_ROWS = 30  # of one message
PAGE_CHARACTERS = 7_000  # characters of one message's rows as Slack gets them
_MAX_CELL_CHARACTERS = 80  # characters of a cell; a table cuts what is longer, lines do not
_MAX_EXTENSION_DIGITS = 6  # digits: what is no longer is an extension, not a customer


async def shown(context: Context, able: Able[SupportsVendorTables], topic: str, words: str, paging: Paging) -> Answer:
    """Returns one page of the list.

    Raises `WordsError` with the vendor's sentence for words that it does not take, else `ProviderError`.
    """
    try:
        table = await ask_one(able, lambda p: p.vendor_table(topic, words.split()))
    except ProviderError as error:
        if error.kind is ErrorKind.BAD_REQUEST:
            raise WordsError(error.user_text) from error
        raise
    label = able.account.label
    starts = pages(table)
    page = max(at for at, start in enumerate(starts) if start <= paging.request.page or at == 0)
    first, after = starts[page], (*starts[1:], len(table.rows))[page]
    body: list[Section | Table] = list(_body(table, first, after, region_of(context, able.account)))
    if table.unreadable:
        body.append(Section((Row(f"{count(table.unreadable, 'row')} could not be read"),)))
    buttons = [paging.to("Back", starts[page - 1])] if page else []
    if page + 1 < len(starts):
        buttons.append(paging.to("More", starts[page + 1]))
    verdict, tone = _verdict(table, f"{able.account.name}, {topic}", first, after)
    now = context.clock()
    small: tuple[Line, ...] = (*table.notes, (*as_of(now, now), f" · {label}"))
    card = Card(verdict, tone, tuple(body), small, tuple(buttons))
    return Answer(card, share=bool(table.rows), replace=paging.request.page > 0)


def pages(table: VendorTable) -> list[int]:
    """Returns the index of each page's first row, so that all of a page fits into one message. The first is 0."""
    starts, rows, room = [0], 0, PAGE_CHARACTERS
    for at, row in enumerate(table.rows):
        size = sum(_size(cell) + 3 for cell in row) + 10
        if rows and (rows == PAGE_ROWS or size > room):
            starts.append(at)
            rows, room = 0, PAGE_CHARACTERS
        rows, room = rows + 1, room - size
    return starts


def _size(cell: str) -> int:
    """Returns how many characters a cell takes once it is escaped, for Slack and as JSON."""
    return len(cell) + 4 * cell.count("&") + 3 * (cell.count("<") + cell.count(">")) + cell.count('"')


def _verdict(table: VendorTable, lead: str, first: int, after: int) -> tuple[str, Tone]:
    total = len(table.rows)
    if not total:
        if table.unreadable:
            return f"{lead}: {count(table.unreadable, 'row')} came that could not be read.", Tone.UNKNOWN
        return f"{lead}: nothing is listed.", Tone.INFO
    tone = Tone.WARNING if table.unreadable else Tone.INFO
    if after - first < total:
        return f"{lead}: rows {first + 1}–{after} of {total:,}.", tone
    return f"{lead}: {count(total, 'row')}.", tone


def _body(table: VendorTable, first: int, after: int, region: str | None) -> tuple[Section | Table, ...]:
    rows = table.rows[first:after]
    if not rows:
        return ()
    wide = max(len(row) for row in (table.header, *rows))
    header = (*table.header, *("" for _ in range(wide - len(table.header))))
    if wide == 2:
        return (Section(tuple(Row(_pair(row, table, region)) for row in rows)),)
    if any(len(cell) > _MAX_CELL_CHARACTERS for row in rows for cell in row):
        return (Section(tuple(Row(_joined(row, table, region)) for row in rows), " · ".join(filter(None, header))),)
    cells = tuple((*_cells(row, table, region), *("" for _ in range(wide - len(row)))) for row in rows)
    return (Table(header, cells),)


def _cells(row: tuple[str, ...], table: VendorTable, region: str | None) -> tuple[Part, ...]:
    """Returns a row's parts, customers' numbers marked; an empty cell stays, so that columns stay where they are."""
    return tuple(_cell(cell, region, customer=at in table.customers) for at, cell in enumerate(row))


def _cell(cell: str, region: str | None, *, customer: bool) -> Part:
    return Customer(cell, region) if customer and len(digits(cell)) > _MAX_EXTENSION_DIGITS else cell


def _joined(row: tuple[str, ...], table: VendorTable, region: str | None) -> Line:
    line: list[Part] = []
    for part in _cells(row, table, region):
        if part:
            line += [" · ", part] if line else [part]
    return tuple(line)


def _pair(row: tuple[str, ...], table: VendorTable, region: str | None) -> Line:
    first, *rest = _cells(row, table, region)
    name = Text(first, bold=True) if isinstance(first, str) else first
    # what stands beside a name may be anything, a person's number among it
    return (name, ": ", *(Quoted(part) if isinstance(part, str) else part for part in rest)) if rest else (name,)
