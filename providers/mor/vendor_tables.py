"""MOR's lists as tables: what is asked for a topic's words, and how its page becomes rows. No I/O."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from providers.model import VendorTable
from providers.mor.parsing import PERIOD, WordsError, id_of, period
from providers.mor.tables import TABLES, cell
from providers.mor.wire import main_details, stamps
from providers.sdk.lenient import UnfitError
from providers.sdk.lenient_xml import Element
from providers.sdk.text import clean

CALL_STATES = ("before_call", "call", "hangup", "noanswer", "busy", "failed")
_ACTIONS = {"2": "forward", "3": "voicemail", "4": "fax detection"}
_FINANCES = ("stats", "finances")
_PERIODS = f"[{PERIOD}]"
USAGE: Mapping[str, str] = {
    "payments": "payments",
    "invoices": "invoices",
    "subscriptions": "subscriptions",
    "rates": "rates [COUNTRY], or rates destinations ID",
    "devices": "devices [EXTENSION]",
    "callflow": f"callflow DEVICE_ID, or callflow DEVICE_ID STATE, where STATE is one of {', '.join(CALL_STATES)}",
    "callerids": "callerids [DEVICE]",
    "faxes": f"faxes {_PERIODS} [STATUS] [DEVICE_ID]",
    "missed": f"missed {_PERIODS}",
    "contacts": "contacts [NAME]",
    "stats": f"stats {_PERIODS}, stats summary, stats calls, or stats new",
    "details": "details, or details signed",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """The request that a topic's words stand for: an operation, what it needs, and how its page is read."""

    operation: str
    read: Callable[[Element], VendorTable]
    fill: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = None
    signed: bool = False  # by the hash instead of the session


_PLAIN = {"payments": "MOR-16", "invoices": "MOR-17", "subscriptions": "MOR-18"}
_NARROWED = {"rates": "MOR-11", "devices": "MOR-7", "callerids": "MOR-29", "contacts": "MOR-31"}


def asked(topic: str, words: Sequence[str], now: datetime, zone: tzinfo, user_id: str) -> Asked:
    """Returns what these words ask for; raises `WordsError` with the usage."""
    if topic not in USAGE:
        raise WordsError(f"MOR has no list {topic!r}. It has {', '.join(USAGE)}.")
    try:
        return _asked(topic, [word for word in words if word], now, zone, user_id)
    except WordsError as error:
        raise WordsError(f"{error} Write: {USAGE[topic]}.") from None


def _asked(topic: str, words: list[str], now: datetime, zone: tzinfo, user_id: str) -> Asked:
    if topic in _PLAIN:
        return _no_more(words, _table(_PLAIN[topic]))
    if topic == "rates" and words[:1] == ["destinations"]:
        if len(words) != 2:
            raise WordsError("Which destination group?")
        return _table("MOR-12", fill={"dest_id": id_of(words[1], "a destination group")})
    if topic in _NARROWED:
        return _table(_NARROWED[topic], " ".join(words))
    if topic == "callflow":
        return _callflow(words)
    if topic == "details":
        signed = words == ["signed"]
        return _no_more([] if signed else words, Asked("MOR-4" if signed else "MOR-5", details, signed=signed))
    if topic == "stats" and words and words[0] in _STATS:
        return _no_more(words[1:], _STATS[words[0]])
    return _of_a_period(topic, words, now, zone, user_id)


def _of_a_period(topic: str, words: list[str], now: datetime, zone: tzinfo, user_id: str) -> Asked:
    """Returns missed, faxes or stats: as MOR shows them by itself, or of a period."""
    if not words:
        return {"missed": _table("MOR-24"), "faxes": _table("MOR-34"), "stats": Asked("MOR-27", statistics)}[topic]
    times = 2 if len(words) > 1 and words[1][:1].isdigit() and "-" in words[1] else 1
    times = 2 if words[1:2] in (["today"], ["yesterday"]) else times
    form = stamps(*period(words[:times], now, zone))
    more = words[times:]
    if topic == "stats":
        days = {name: stamp.partition(" ")[0] for name, stamp in form.items()}
        return _no_more(more, Asked("MOR-28", statistics, form=days))
    form = {"userid": user_id, "search_on": "1", **form}
    if topic == "missed":
        return _no_more(more, _table("MOR-24", operation="MOR-25", form=form))
    device = id_of(more.pop(), "a device") if more and more[-1].isdigit() else "all"
    status = more.pop() if more else "all"
    form |= {"fax_status": status, "device_id": device}
    return _no_more(more, _table("MOR-34", operation="MOR-35", form=form))


def _callflow(words: list[str]) -> Asked:
    if not words:
        raise WordsError("Which device?")
    fill = {"device_id": id_of(words[0], "a device")}
    if len(words) == 1:
        return Asked("MOR-8", callflow, fill)
    if words[1] not in CALL_STATES:
        raise WordsError(f"“{words[1]}” is no state of a call.")
    return _no_more(words[2:], Asked("MOR-9", call_state, fill, {"cft": words[1]}))


def _table(
    name: str,
    word: str = "",
    *,
    operation: str = "",
    fill: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
) -> Asked:
    table = TABLES[name]
    return Asked(operation or name, lambda page: table.vendor_table(page, word), fill or {}, form=form)


def _no_more(words: Sequence[str], found: Asked) -> Asked:
    if words:
        raise WordsError(f"“{words[0]}” means nothing here.")
    return found


def _pairs(rows: Iterator[tuple[str, str]] | Sequence[tuple[str, str]], notes: tuple[str, ...] = ()) -> VendorTable:
    return VendorTable(("What", "Value"), tuple((cell(name), cell(value)) for name, value in rows), notes)


def summary(page: Element) -> VendorTable:
    """Returns what the welcome page counts, and the account's money. MOR-3."""
    stats = page.first("stats")
    if stats is None:
        raise UnfitError("no stats")
    rows = [("Missed today", stats.said("missed_calls", "missed_today") or "")]
    rows.append(("Missed in all", stats.said("missed_calls", "missed_total") or ""))
    for calls in stats.all("call_history", "calls"):
        counted = f"{calls.said('call_counts') or '?'} in {calls.said('call_duration') or '?'}"
        rows.append((f"Calls, {calls.said('period') or '?'}", counted))
    rows += [(name.capitalize(), page.said(*_FINANCES, name) or "") for name in ("account", "balance", "credit")]
    return _pairs([row for row in rows if row[1]])


def statistics(page: Element) -> VendorTable:
    """Returns a row a day; the sums and ways that calls ended are notes. Units are MOR's, unnamed. MOR-27, MOR-28."""
    body = page.first("details")
    if body is None:
        raise UnfitError("no details")
    notes = [f"{page.said('start_date') or '?'} to {page.said('end_date') or '?'}"]
    for way in ("incoming", "outgoing"):
        counts = [f"{e.name.replace('_', ' ')} {e.text.strip()}" for e in _children(body.first("calls", way))]
        notes += [f"{way.capitalize()}: {', '.join(counts)}"] if counts else []
    main = [f"{e.name.replace('_', ' ')} {e.text.strip()}" for e in _children(body.first("main_details"))]
    notes += [", ".join(main)] if main else []
    columns = {
        "date": "Date",
        "calls_count": "Calls",
        "duration": "Duration",
        "avg_time": "Average",
        "calls_normative": "Normative",
    }
    rows = body.all("detailed_by_date", "call_by_date")
    cells = tuple(tuple(cell(row.said(name)) for name in columns) for row in rows)
    return VendorTable(tuple(columns.values()), cells, tuple(clean(note) for note in notes))


def _children(element: Element | None) -> Sequence[Element]:
    return element.children if element is not None else ()


def details(page: Element) -> VendorTable:
    """Returns the account's own data. MOR-4 and MOR-5."""
    parts = [main_details(page), page.first("details", "other_details"), page.first("details", "registration")]
    if not any(parts):
        raise UnfitError("no details")
    return _pairs([(field.name, field.text) for part in parts for field in _children(part) if field.text.strip()])


def callflow(page: Element) -> VendorTable:
    """Returns what happens in each state of a call to a device. MOR-8."""
    device = page.first("device")
    if device is None or device.first("callflows") is None:
        raise UnfitError("no callflows")
    flows = device.all("callflows", "callflow")
    rows = tuple((cell(f.said("call_state")), cell(f.said("callflow_action"))) for f in flows)
    named = f"Device {device.said('device_id') or '?'}: {device.said('device_description') or '?'}"
    return VendorTable(("State", "Action"), rows, (clean(named),))


def call_state(page: Element) -> VendorTable:
    """Returns what may be done in one state of a call, and with which devices. MOR-9."""
    flow = page.first("callflow")
    if flow is None or flow.first("actions") is None:
        raise UnfitError("no actions")
    rows = []
    for action in flow.all("actions", "action"):
        number = (action.said("action_id") or "").strip()
        devices = (
            f"{d.said('device_id') or '?'} ({d.said('device_name') or '?'})"
            for d in action.all("aval_devices", "device")
        )
        rows.append((cell(action.said("priority")), _ACTIONS.get(number, f"action {number}"), cell(", ".join(devices))))
    state = f"{flow.said('device_description') or '?'}: {flow.said('call_state') or '?'}"
    return VendorTable(("Priority", "Action", "Devices"), tuple(rows), (clean(state),))


_STATS: Mapping[str, Asked] = {
    "summary": Asked("MOR-3", summary),
    "calls": _table("MOR-19"),
    "new": _table("MOR-23"),
}
