"""The sandbox's pages of money and calls (MOR-3 to 6, 11 to 28, and the signed ones). Sends nothing."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from providers.model import CallRecord, Direction, Disposition
from providers.mor.sandbox import books as kept
from providers.mor.sandbox.books import Books
from providers.mor.sandbox.encode import action, call, clock, missed_id, pdf, row, stamp, tag
from providers.sdk.lenient_xml import Element
from providers.sdk.simulation.world import World
from providers.sdk.vendor_clock import instant

Fields = Mapping[str, str]

_DAY = timedelta(days=1)


class MoneyPages:
    """The pages of what the account owes, and whom it called."""

    def __init__(self, world: World, books: Books) -> None:
        self._world = world
        self._books = books

    def answers(self) -> Mapping[str, Callable[[Fields], Element | bytes]]:
        """Returns the operations that are answered here."""
        return {
            "MOR-3": self._main,
            "MOR-4": self._details,
            "MOR-5": self._details,
            "MOR-6": self._change_details,
            "MOR-11": self._rates,
            "MOR-12": self._directions,
            "MOR-13": lambda fields: pdf([" ".join(line) for line in self._rate_rows()]),
            "MOR-14": lambda fields: _csv(self._rate_rows()),
            "MOR-15": self._currency,
            "MOR-16": self._payments,
            "MOR-17": self._invoices,
            "MOR-18": self._subscriptions,
            "MOR-19": self._calls,
            "MOR-20": self._calls,
            "MOR-21": lambda fields: pdf([" ".join(line) for line in self._call_rows(fields)[:50]]),
            "MOR-22": lambda fields: _csv(self._call_rows(fields)),
            "MOR-23": self._new_calls,
            "MOR-24": self._missed,
            "MOR-25": self._missed,
            "MOR-26": self._process,
            "MOR-27": self._statistics,
            "MOR-28": self._statistics,
            "user_balance_get": self._balance,
        }

    # money

    def _main(self, fields: Fields) -> Element:
        counted = []
        for name, span in (("Month", 30 * _DAY), ("Day", _DAY)):
            calls = self._listed(self._world.now - span, self._world.now)
            total = sum((c.duration or timedelta() for c in calls), timedelta())
            fields_ = {"call_counts": len(calls), "period": name, "call_duration": clock(total)}
            counted.append(row("calls", fields_))
        missed = self._unanswered(self._world.now - 30 * _DAY, self._world.now)
        today = self._world.now.astimezone(self._world.zone).date()
        todays = [c for c in missed if c.started_at and c.started_at.astimezone(self._world.zone).date() == today]
        return self._page(
            "Main page",
            tag(
                "stats",
                row("missed_calls", {"missed_today": len(todays), "missed_total": len(missed)}),
                tag("call_history", counted),
                row("finances", self._finances()),
            ),
        )

    def _finances(self) -> Fields:
        currency = self._books.currency
        return {"account": "Prepaid", "balance": f"{self._left()} {currency}", "credit": f"0 {currency}"}

    def _left(self) -> Decimal:
        return self._books.shown(self._world.balance.money.amount, self._world.currency).quantize(Decimal("0.01"))

    def _balance(self, fields: Fields) -> Element:
        return row("page", {"balance": self._left(), "currency": self._books.currency})

    def _details(self, fields: Fields) -> Element:
        told = self._books.details
        other = {name: value for name, value in told.items() if not name.startswith("reg_")}
        registered = {name: value for name, value in told.items() if name.startswith("reg_")}
        parts = (
            row("main_details", {"alias": "17", **self._finances()}),
            row("other_details", {**other, "vat_percent": kept.VAT}),
            row("registration", registered),
        )
        return self._page("Personal details", tag("details", parts))

    def _change_details(self, fields: Fields) -> Element:
        self._books.details.update({name: fields.get(name, "") for name in self._books.details})
        return action("edit_personal", "Personal details changed", done=True)

    def _rates(self, fields: Fields) -> Element:
        lines = self._rate_rows()[1:]
        names = ("ratename", "ratetype", "ratecost", "rate_vat_cost")
        rates = [row("rate", {**dict(zip(names, line, strict=True)), "rateicon": "flag.png"}) for line in lines]
        return self._page(
            "Payments",  # sic
            tag("currency", text=self._books.currency),
            tag("vat_percent", text=str(kept.VAT)),
            tag("aval_currencies", (tag("currency", text=code) for code in kept.RATES)),
            tag("rates", rates),
        )

    def _currency(self, fields: Fields) -> Element:
        if fields.get("currency") in kept.RATES:
            self._books.currency = fields["currency"]
        return self._rates(fields)

    def _rate_rows(self) -> list[list[str]]:
        lines = [["Destination", "Type", "Rate", "Rate with VAT"]]
        for name, kind, cost in kept.COUNTRIES:
            price = self._books.shown(Decimal(cost), "USD")
            lines.append([name, kind, f"{price:.4f}", f"{price * (1 + kept.VAT / 100):.4f}"])
        return lines

    def _directions(self, fields: Fields) -> Element:
        name, found = kept.DIRECTIONS.get(fields["dest_id"], ("", ()))
        rows = [row("direction", {"details": a, "prefix": b, "dir_code": c}) for a, b, c in found]
        return self._page(
            "Destinations", tag("groupname", text=name), tag("groupicon", text="flag.png"), tag("directions", rows)
        )

    def _payments(self, fields: Fields) -> Element:
        rows = [
            {
                "payment_date": paid,
                "confirmed_date": confirmed,
                "payment_type": how,
                "amount": amount,
                "vat": kept.VAT,
                "amount_vat": amount * (1 + kept.VAT / 100),
                "currency": self._world.currency,
                "completed": "Yes",
            }
            for paid, confirmed, how, amount in kept.PAYMENTS
        ]
        return self._page("Payments", tag("payments", (row("payment", line) for line in rows)))

    def _invoices(self, fields: Fields) -> Element:
        line = {
            "user": "ringwatch",
            "inv_number": "INV-26-02",
            "period_start": "2026-02-01 00:00:00",
            "period_end": "2026-02-28 23:59:59",
            "issue_date": "2026-03-01 06:00:00",
            "paid": "",
            "paid_date": "",
            "price": Decimal("212.40"),
            "vat": kept.VAT,
            "price_vat": Decimal("254.88"),
        }
        return self._page("Invoices", tag("invoices", row("invoice", line)))

    def _subscriptions(self, fields: Fields) -> Element:
        rows = [
            {
                "service": name,
                "date_added": "2026-01-02 10:00:00",
                "acivation_start": "2026-01-02 10:00:00",  # sic
                "acivation_end": "2027-01-02 10:00:00",  # sic
                "price": f"{price} {self._world.currency}",
            }
            for name, price in kept.SUBSCRIPTIONS
        ]
        return self._page("User subscriptions", tag("subscriptions", (row("subscription", line) for line in rows)))

    # calls

    def _listed(self, since: datetime, until: datetime) -> list[CallRecord]:
        """Returns the calls that reached a device of the account, or left one."""
        calls = self._world.calls_between(since, until)
        return [c for c in calls if c.disposition is not Disposition.ABANDONED]

    def _unanswered(self, since: datetime, until: datetime) -> list[CallRecord]:
        """Returns the calls of callers who gave up: they are on the list of missed calls alone."""
        calls = self._world.calls_between(since, until)
        return [c for c in calls if c.disposition is Disposition.ABANDONED]

    def _period(
        self, fields: Fields, start: str = "period_start", end: str = "period_end"
    ) -> tuple[datetime, datetime]:
        try:
            since, until = (datetime.fromisoformat(fields[name]) for name in (start, end))
        except (KeyError, ValueError):
            return self._world.now - _DAY, self._world.now
        whole_day = len(fields[end]) == len("2026-01-01")
        last = until + (_DAY - timedelta(seconds=1) if whole_day else timedelta())
        return instant(since, self._world.zone), instant(last, self._world.zone)

    def _price(self, record: CallRecord) -> Decimal:
        cost = record.cost.amount if record.cost else Decimal(0)
        return self._books.shown(cost, self._world.currency).quantize(Decimal("0.0001"))

    def _calls(self, fields: Fields) -> Element:
        since, until = self._period(fields)
        found = [c for c in self._listed(since, until) if _goes(c, fields.get("calltype", "all"))]
        rows = [row("call", call(c, self._world.zone, self._price(c))) for c in found]
        parts = {"error_msg": "", "show_device": "all", "status": "all", "direction": "all", "total_calls": len(found)}
        return self._page(
            "Calls",
            row("page", parts).children,
            tag("username", text="Nadia"),
            tag("currency", text=self._books.currency),
            tag("calls_stat", self._span(since, until), tag("calls", rows)),
        )

    def _span(self, since: datetime, until: datetime) -> Element:
        zone = self._world.zone
        return row("period", {"period_start": stamp(since, zone), "period_end": stamp(until, zone)})

    def _call_rows(self, fields: Fields) -> list[list[str]]:
        since, until = self._period(fields, "date_from", "date_till")
        found = [c for c in self._listed(since, until) if _goes(c, fields.get("call_type", "all"))]
        lines = [[str(value) for value in call(c, self._world.zone, self._price(c)).values()] for c in found]
        return [["Date", "Called from", "Called to", "Destination", "Duration", "Hangup cause", "Price"], *lines]

    def _new_calls(self, fields: Fields) -> Element:
        found = self._listed(self._world.now - timedelta(minutes=15), self._world.now)
        dropped = ("destination", "price")
        rows = [row("call", {k: v for k, v in call(c, self._world.zone, 0).items() if k not in dropped}) for c in found]
        return self._page("Calls", tag("calls_stat", tag("total_calls", text=str(len(rows))), tag("calls", rows)))

    def _missed(self, fields: Fields) -> Element:
        since, until = self._period(fields)
        rows = []
        for record in self._unanswered(since, until):
            line = call(record, self._world.zone, 0)
            del line["destination"], line["price"]
            ref = missed_id(record)
            done = int(ref in self._books.processed)
            rows.append(row("call", {"call_id": ref, **line, "processed": done}))
        total = tag("missed_total", text=str(len(rows)))
        return self._page("Missed calls", total, tag("calls_stat", self._span(since, until), tag("calls", rows)))

    def _process(self, fields: Fields) -> Element:
        self._books.processed.add(fields.get("call_id") or fields.get("processed", ""))
        return self._missed({})

    def _statistics(self, fields: Fields) -> Element:
        since, until = self._period(fields)
        calls = self._listed(since, until)
        ways = [
            row(
                name,
                {how: len([c for c in calls if c.direction is way and c.disposition is end]) for how, end in _ENDS},
            )
            for name, way in (("incoming", Direction.INBOUND), ("outgoing", Direction.OUTBOUND))
        ]
        days: dict[str, list[CallRecord]] = {}
        for record in calls:
            days.setdefault(stamp(record.started_at, self._world.zone)[:10], []).append(record)
        by_date = []
        for day, theirs in sorted(days.items(), reverse=True):
            minutes = sum((c.duration or timedelta() for c in theirs), timedelta()).total_seconds() / 60
            counted = {
                "calls_count": len(theirs),
                "duration": f"{minutes:.1f}",
                "avg_time": f"{minutes / len(theirs):.1f}",
            }
            by_date.append(row("call_by_date", {"date": day, **counted, "calls_normative": 100}))
        main = row("main_details", {"todays_normative": 0, "months_normative": 0, "new_calls": 0})
        zone = self._world.zone
        return self._page(
            "Detailed statistics",
            tag("start_date", text=stamp(since, zone)[:10]),
            tag("end_date", text=stamp(until, zone)[:10]),
            tag("details", main, tag("calls", ways), tag("detailed_by_date", by_date)),
        )

    def _page(self, name: str, *parts: Element | Sequence[Element]) -> Element:
        head = row("page", {"pagename": name, "language": "en", "userid": "17"}).children
        return tag("page", head, *parts)


_ENDS = (
    ("answered", Disposition.ANSWERED),
    ("no_answer", Disposition.NO_ANSWER),
    ("busy", Disposition.BUSY),
    ("failed", Disposition.FAILED),
)


def _goes(record: CallRecord, kind: str) -> bool:
    ways = {"outgoing": Direction.OUTBOUND, "incoming": Direction.INBOUND}
    return kind not in ways or record.direction is ways[kind]


def _csv(lines: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    return text.getvalue().encode()
