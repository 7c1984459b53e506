"""Encodes the World's calls and devices as XML of MOR's pages, for the sandbox. No I/O."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from xml.sax.saxutils import escape, quoteattr

from providers.model import Agent, CallRecord, Disposition
from providers.sdk.lenient_xml import Element, read_xml
from providers.sdk.simulation.faults import MARKUP

PROLOG = '<?xml version="1.0" encoding="UTF-8"?>\n'
_ROWS = frozenset({"call", "device", "payment", "invoice", "subscription", "rate", "direction", "cli", "entry", "fax"})
_NAMED = ("name", "desc", "service", "alias", "details")
_CAUSES = {
    Disposition.ANSWERED: "Answered",
    Disposition.NO_ANSWER: "No Answer",
    Disposition.ABANDONED: "No Answer",
    Disposition.BUSY: "Busy",
    Disposition.CANCELED: "Cancel",
}  # every other call has "Failed"


def tag(name: str, *inner: Element | Iterable[Element], text: str = "", **attributes: str) -> Element:
    """Returns an element; each of `inner` is one, or many of them."""
    children: list[Element] = []
    for part in inner:
        children += [part] if isinstance(part, Element) else list(part)
    return Element(name, text, tuple(children), attributes)


def row(name: str, fields: Mapping[str, object]) -> Element:
    """Returns an element with one leaf a field."""
    return tag(name, (tag(key, text=str(value)) for key, value in fields.items()))


def written(root: Element) -> str:
    """Returns the text of a page, its prolog before it."""
    return PROLOG + _written(root) + "\n"


def _written(element: Element) -> str:
    attributes = "".join(f" {name}={quoteattr(value)}" for name, value in element.attributes.items())
    inner = "".join(f"\n{_written(child)}" for child in element.children)
    tail = "\n" if element.children else ""
    return f"<{element.name}{attributes}>{escape(element.text)}{inner}{tail}</{element.name}>"


def action(name: str, message: str, *, done: bool) -> Element:
    """Returns what a write is answered."""
    return row("action", {"name": name, "status": "ok" if done else "failed", "status_message": message})


def login_page(error: str = "") -> Element:
    """Returns MOR-1, which is also what everybody sees who is not signed in."""
    languages = tag("aval_languages", tag("language", text="en"), tag("language", text="ru"))
    return tag(
        "page",
        tag("pagename", text="Login page"),
        tag("language", text="en"),
        tag("error_msg", text=error),
        languages,
    )


def stamp(at: datetime | None, zone: tzinfo) -> str:
    """Returns a time on MOR's clock; "" for None."""
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") if at else ""


def clock(span: timedelta | None) -> str:
    """Returns a duration as MOR writes it."""
    seconds = int(span.total_seconds()) if span else 0
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def call(record: CallRecord, zone: tzinfo, rate: object) -> dict[str, object]:
    """Returns the fields of a *call* of MOR-19; `rate` is its price in the currency that is shown."""
    return {
        "date": stamp(record.started_at, zone),
        "called_from": record.caller,
        "called_to": record.callee,
        "destination": "United States FIX" if record.callee.startswith("1") else "United Kingdom FIX",
        "duration": clock(record.duration),
        "hangup_cause": _CAUSES.get(record.disposition, "Failed"),
        "price": rate,
    }


def missed_id(record: CallRecord) -> str:
    """Returns MOR's number of a missed call; here, as the World counts calls."""
    return record.call_id.rpartition(".")[2]


def device(agent: Agent, zone: tzinfo) -> dict[str, object]:
    """Returns a *device* of MOR-7: one telephone an agent, its password in clear as in the document."""
    return {
        "acc": agent.user_id or "",
        "description": agent.name or "",
        "type": "SIP",
        "extension": agent.extension,
        "username": agent.extension,
        "password": f"sip-{agent.extension}",
        "cid": f'"{agent.name}" <{agent.extension}>',
        "last_time_registered": stamp(agent.since, zone),
    }


def malformed_xml(name: str, body: bytes) -> bytes:
    """Returns a page whose first row is none, of another shape, with rows twice, or with markup for names."""
    if name == "wrong_shape":
        return written(tag("answer", tag("is", text="42"))).encode()
    root = read_xml(body.decode()).root
    if name == "slack_markup":
        return written(_marked(root)).encode()
    return written(_respelled(root, name, [False])).encode()


def _marked(element: Element) -> Element:
    if not element.children and element.text.strip() and any(part in element.name for part in _NAMED):
        return replace(element, text=MARKUP)
    return replace(element, children=tuple(_marked(child) for child in element.children))


def _respelled(element: Element, name: str, done: list[bool]) -> Element:
    children: list[Element] = []
    for child in element.children:
        if child.name not in _ROWS:
            children.append(_respelled(child, name, done))
        elif name == "duplicate_rows":
            children += [child, child]
        else:
            children.append(child if done[0] else Element(child.name, "\ufffd"))
            done[0] = True
    return replace(element, children=tuple(children))


def pdf(lines: Sequence[str]) -> bytes:
    """Returns a small valid PDF: one page with these lines."""
    drawn = " T* ".join(f"({_drawable(line)}) Tj" for line in lines)
    stream = f"BT /F1 10 Tf 14 TL 40 800 Td {drawn} ET"
    font = "<< /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>"
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font {font} >> >>",
        f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
    )
    body, places = b"%PDF-1.4\n", []
    for number, text in enumerate(objects, start=1):
        places.append(len(body))
        body += f"{number} 0 obj\n{text}\nendobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    count = len(objects) + 1
    end = f"xref\n0 {count}\n0000000000 65535 f \n{table}trailer\n<< /Size {count} /Root 1 0 R >>\n"
    return body + f"{end}startxref\n{len(body)}\n%%EOF\n".encode()


def _drawable(line: str) -> str:
    plain = line.encode("ascii", "replace").decode()
    return plain.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
