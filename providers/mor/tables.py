"""MOR's plain lists: where each page keeps its rows, and which elements are its columns. No I/O.

SIP passwords (MOR-7) have no column; they are taken out where pages are read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from providers.model import VendorTable
from providers.sdk.lenient import UnfitError
from providers.sdk.lenient_xml import Element
from providers.sdk.text import clean

_MAX_CELL_CHARACTERS = 200


def cell(value: str | None) -> str:
    """Returns one line fit to show; empty where the page has nothing."""
    return clean(value or "", _MAX_CELL_CHARACTERS)


@dataclass(frozen=True, slots=True)
class Table:
    """A list of a page: where its rows are, and which elements are its columns (`customers` by their names)."""

    path: tuple[str, ...]
    columns: Mapping[str, str]  # element -> title
    customers: tuple[str, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)  # element of the page -> what it means
    narrowed: str = ""  # the element in which a word is looked for

    def vendor_table(self, page: Element, word: str = "") -> VendorTable:
        """Returns the rows; raises `UnfitError` where the page has no such list.

        Columns of one title are one (MOR misspells two). What no row has is left out; what is empty stays, since that
        means "not set".
        """
        if page.first(*self.path[:-1]) is None:
            raise UnfitError(f"no {self.path[-2] if len(self.path) > 1 else self.path[0]}")
        found, unreadable = [], 0
        for element in page.all(*self.path):
            fields = {name: said for name in self.columns if (said := element.said(name)) is not None}
            if not fields:
                unreadable += 1
            elif word.casefold() in fields.get(self.narrowed, "").casefold():
                found.append(fields)
        here = [name for name in self.columns if not found or any(name in fields for fields in found)]
        titles = list(dict.fromkeys(self.columns[name] for name in here))
        rows = tuple(tuple(cell(self._value(fields, title)) for title in titles) for fields in found)
        notes = tuple(f"{title}: {clean(said)}" for name, title in self.notes.items() if (said := page.said(name)))
        theirs = {self.columns[name] for name in self.customers}
        customers = frozenset(at for at, title in enumerate(titles) if title in theirs)
        return VendorTable(tuple(titles), rows, notes, unreadable, customers)

    def _value(self, fields: Mapping[str, str], title: str) -> str:
        return next((fields[name] for name, known in self.columns.items() if known == title and fields.get(name)), "")


_CALL = {
    "date": "Date",
    "called_from": "From",
    "called_to": "To",
    "destination": "Destination",
    "duration": "Duration",
    "hangup_cause": "Ended",
    "price": "Price",
}
_PARTIES = ("called_from", "called_to")
_NO_PRICE = {name: title for name, title in _CALL.items() if name not in {"destination", "price"}}
_CALLS = ("calls_stat", "calls", "call")
TABLES: Mapping[str, Table] = {
    "MOR-7": Table(
        ("devices", "device"),
        {
            "acc": "Device",
            "description": "Description",
            "type": "Type",
            "extension": "Extension",
            "username": "User name",
            "cid": "Caller ID",
            "last_time_registered": "Last registered",
        },
        narrowed="extension",
    ),
    "MOR-11": Table(
        ("rates", "rate"),
        {"ratename": "Destination", "ratetype": "Type", "ratecost": "Rate", "rate_vat_cost": "Rate with VAT"},
        notes={"currency": "Currency", "vat_percent": "VAT, percent"},
        narrowed="ratename",
    ),
    "MOR-12": Table(
        ("directions", "direction"),
        {"details": "Destination", "prefix": "Prefix", "dir_code": "Type"},
        notes={"groupname": "Group"},
    ),
    "MOR-16": Table(
        ("payments", "payment"),
        {
            "payment_date": "Date",
            "confirmed_date": "Confirmed",
            "payment_type": "Type",
            "amount": "Amount",
            "vat": "VAT, percent",
            "amount_vat": "With VAT",
            "currency": "Currency",
            "completed": "Completed",
        },
    ),
    "MOR-17": Table(
        ("invoices", "invoice"),
        {
            "inv_number": "Number",
            "user": "User",
            "period_start": "From",
            "period_end": "To",
            "issue_date": "Issued",
            "paid": "Paid",
            "paid_date": "Paid on",
            "price": "Price",
            "vat": "VAT, percent",
            "price_vat": "With VAT",
        },
    ),
    "MOR-18": Table(
        ("subscriptions", "subscription"),
        {
            "service": "Service",
            "date_added": "Added",
            "acivation_start": "Active from",
            "activation_start": "Active from",
            "acivation_end": "Active until",
            "activation_end": "Active until",
            "price": "Price",
        },
    ),
    "MOR-19": Table(_CALLS, _CALL, _PARTIES, {"total_calls": "Calls", "currency": "Currency"}),
    "MOR-23": Table(_CALLS, _NO_PRICE, _PARTIES),
    "MOR-24": Table(
        _CALLS, {"call_id": "Call", **_NO_PRICE, "processed": "Processed"}, _PARTIES, {"missed_total": "Missed"}
    ),
    "MOR-29": Table(
        ("clis", "cli"),
        {
            "cli_id": "Id",
            "device": "Device",
            "cli_name": "Number",
            "cli_desc": "Description",
            "added_at": "Added",
        },
        narrowed="device",
    ),
    "MOR-31": Table(
        ("entries", "entry"),
        {"entry_id": "Entry", "entry_number": "Number", "entry_name": "Name", "entry_added": "Added"},
        ("entry_number",),
        narrowed="entry_name",
    ),
    "MOR-34": Table(
        ("faxes", "fax"),
        {
            "receive_time": "Received",
            "device": "Device",
            "sender": "Sender",
            "status": "Status",
            "filename": "File",
        },
        ("sender",),
    ),
}
