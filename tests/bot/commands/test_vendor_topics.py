"""What accounts bring along to `/pbx`: lists, files and changes."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.slack.blocks import render
from bot.slack.blocks_text import Eyes
from providers.errors import ErrorKind, ProviderError
from providers.model import CallOutcome, CallRecord, CallResult, Direction, Disposition, Page, Rows, VendorTable

CHANGE = "/pbx callflow set noanswer forward 101"


async def test_it_shows_a_list_in_pages_and_loses_no_row(office, wholesale):
    shown, seen = await office.type("/pbx payments"), []
    assert shown.verdict == "wholesale, payments: rows 1–30 of 70."
    assert shown.answer.share
    for _page in range(5):
        seen += [line for line in shown.lines if line.endswith(".00")]
        if "More" not in shown.labels():
            break
        shown = await office.press(shown.button("More"))
        assert shown.answer.replace
    assert seen == [f"{date}: {amount}" for date, amount in wholesale.tables["payments"].rows]
    back = await office.press(shown.button("Back"))
    assert "rows 31–60" in back.verdict


async def test_a_page_fits_into_one_message_however_wide_its_rows_are(office, wholesale):
    rows = tuple((str(n), "ї" * 40, "&" * 120, "<!channel>", "y" * 90) for n in range(200))
    wholesale.tables["payments"] = VendorTable(("a", "b", "c", "d", "e"), rows)
    shown, seen = await office.type("/pbx payments"), 0
    while True:
        rendered = render(shown.card, Eyes(public=False, region="UA"), spare=1)
        assert "… and" not in str(rendered.blocks)
        assert "<!channel>" not in str(rendered.blocks)
        seen += sum("y" * 90 in line for line in shown.lines)
        if "More" not in shown.labels():
            break
        shown = await office.press(shown.button("More"))
    assert seen == 200


async def test_it_passes_the_words_on_and_tells_the_vendors_own_for_wrong_ones(office, wholesale):
    await office.type("/pbx payments on wholesale 7d Tallinn")
    await office.type("/pbx payments whole 7d")
    await office.type("/pbx payments 7d on wholesale")
    assert wholesale.asked == [("payments", ("7d", "Tallinn")), ("payments", ("7d",)), ("payments", ("7d",))]
    shown = await office.type("/pbx payments wrong")
    assert shown.verdict == "Write a period as 2h or 7d."
    assert "Usage: /pbx payments" in shown.text


async def test_customers_numbers_are_such_where_others_read(office, wholesale):
    shown = await office.type("/pbx contacts")
    assert "+380671112233" in shown.text
    public = str(render(shown.card, Eyes(public=True, region="UA")).blocks)
    assert "111 2233" not in public
    assert "•" in public
    assert "John" in public


async def test_it_finds_topics_by_their_beginning_and_lists_them(office, wholesale):
    assert (await office.type("/pbx detail")).verdict == "wholesale, details: 2 rows."
    listing = (await office.type("/pbx help")).text
    assert "/pbx payments [[on] ACCOUNT] [words] — Payments of wholesale (MOR)" in listing
    assert "Did you mean “payments”?" in (await office.type("/pbx paymints")).verdict


async def test_help_of_a_topic_lists_its_files_and_changes(office, wholesale):
    for line in ("/pbx contacts help", "/pbx help contacts"):
        shown = await office.type(line)
        assert "/pbx contacts add NUMBER NAME: asks first" in shown.text
        assert "/pbx contacts delete NUMBER" in shown.text
    assert "/pbx rates pdf: a file" in (await office.type("/pbx rates help")).text
    assert "/pbx calls csv: a file" in (await office.type("/pbx calls help")).text
    assert "/pbx rates pdf" in (await office.type("/pbx rates")).text
    assert wholesale.asked == []


async def test_it_asks_which_account_where_several_have_it(office, wholesale):
    office.opened["other"] = replace(office.opened["wholesale"], name="other")
    for line in ("/pbx payments", "/pbx rates pdf", CHANGE):
        shown = await office.type(line, user="UADMIN")
        assert "Several accounts can do that" in shown.verdict
        assert "other (MOR)" in shown.text
    assert "wholesale (MOR) and other (MOR) can" in (await office.type("/pbx payments sales")).verdict


async def test_it_gives_a_file_to_the_one_who_asked(office, wholesale):
    shown = await office.type("/pbx rates pdf on wholesale")
    assert shown.answer.file.content == b"%PDF"
    assert shown.answer.file.name == "rates_of_me.pdf"
    assert "direct messages" in shown.verdict
    assert not shown.answer.share
    await office.type("/pbx calls wholesale csv 7d")
    assert wholesale.asked == [("rates", "pdf", ()), ("calls", "csv", ("7d",))]


async def test_a_vendors_list_stands_in_where_our_own_command_has_nobody_to_ask(office, wholesale):
    shown = await office.type("/pbx stats wholesale")
    assert "incoming · 12 · 1" in shown.text
    assert "1 row could not be read" in shown.text
    assert "agents" in (await office.type("/pbx stats sales")).verdict
    del office.opened["sales"]
    assert "incoming" in (await office.type("/pbx stats")).text


async def test_it_shows_a_change_first_and_sends_it_once(office, wholesale):
    asked = await office.type(CHANGE, user="UADMIN")
    assert asked.verdict == "Change callflow on wholesale (MOR)?"
    assert "callflow: set noanswer forward 101." in asked.text
    assert wholesale.done == []
    answers = await asyncio.gather(*(office.press(asked.button("Confirm"), user="UADMIN") for _ in range(20)))
    assert wholesale.done == [("callflow", "set", ("noanswer", "forward", "101"))]
    assert sum(a.verdict == "Done: MOR accepted the change." for a in answers) == 1
    record = (await office.store.audit_log(1))[0]
    assert (record.operation, record.outcome) == ("vendor_edit", "accepted")
    assert record.target == "callflow set: callflow: set noanswer forward 101."


async def test_a_change_is_for_those_who_may(office, wholesale):
    assert "not allowed" in (await office.type(CHANGE)).verdict
    assert (await office.audit())[0] == ("UMAX", "vendor_edit", "refused")
    assert "noanswer" in (await office.type("/pbx callflow")).text


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        (CallResult(CallOutcome.REJECTED, note="Please fill all fields"), "Refused by MOR: Please fill all fields."),
        (ProviderError(ErrorKind.UNKNOWN_OUTCOME, "The connection broke."), "may or may not have been made"),
        (ProviderError(ErrorKind.UNAVAILABLE, "MOR did not answer."), "Nothing was done"),
    ],
)
async def test_a_lost_change_is_told_and_never_sent_again(office, wholesale, outcome, told):
    wholesale.outcome = outcome
    asked = await office.type("/pbx contacts add +380671112233 Tea Room on wholesale", user="UADMIN")
    assert told in (await office.press(asked.button("Confirm"), user="UADMIN")).verdict
    await office.press(asked.button("Confirm"), user="UADMIN")
    assert wholesale.done == [("contacts", "add", ("+380671112233", "Tea", "Room"))]
    assert "+380671112233" not in str(await office.store.audit_log(3))


async def test_wrong_words_of_a_change_get_its_usage(office, wholesale):
    shown = await office.type("/pbx contacts delete", user="UADMIN")
    assert shown.verdict == "Words are missing. It is written: contacts delete NUMBER."
    assert wholesale.done == []


async def test_missed_calls_are_the_vendors_list_or_picked_from_its_calls(office, wholesale, clock):
    assert "10:00 · +380671112233 · no" in (await office.type("/pbx missed wholesale")).text
    assert "Several accounts can tell" in (await office.type("/pbx missed")).verdict

    class Ended:
        def __init__(self):
            self.asked = []

        async def close(self):
            pass

        async def calls(self, since, until, *, caller=None, callee=None, page=1):
            self.asked.append(page)
            kinds = [
                (Direction.INBOUND, Disposition.NO_ANSWER),
                (Direction.INBOUND, Disposition.ANSWERED),
                (Direction.OUTBOUND, Disposition.NO_ANSWER),
                (Direction.INBOUND, Disposition.ABANDONED),
            ]
            rows = tuple(
                CallRecord(f"{page}.{n}", clock() - timedelta(minutes=n), way, "+380671112233", "101", end, end.value)
                for n, (way, end) in enumerate(kinds)
            )
            return Page(Rows(rows), page, more=page < 3)

    made = Ended()
    office.opened["ended"] = replace(office.opened["sales"], name="ended", title="IEXPBX", provider=made)
    shown = await office.type("/pbx missed ended 2h")
    assert shown.verdict == "ended, the last 2 h: 6 missed calls."
    assert made.asked == [1, 2, 3]
    assert "abandoned" in shown.text
    assert "picked from 12 finished calls" in shown.text
    assert "no period" in (await office.type("/pbx missed ended tomorrow")).verdict


@pytest.mark.parametrize("number", ["911", "+79161234567", "+19005550123"])
async def test_a_change_that_sends_calls_to_a_number_passes_the_call_policy(office, wholesale, number):
    refused = await office.type(f"/pbx callflow set noanswer outside {number}", user="UADMIN")
    assert refused.labels() == []
    assert wholesale.done == []
    assert (await office.store.audit_log(1))[0].outcome.startswith("refused")


async def test_a_call_goes_through_an_account_that_lists_no_agents_by_the_extension_as_typed(office, wholesale):
    placed = []

    async def place_call(request):
        placed.append(request)
        return CallResult(CallOutcome.ACCEPTED)

    type(wholesale).place_call = staticmethod(place_call)
    try:
        shown = await office.type("/call +380671234567 as 1101 on wholesale")
        assert "1101" in shown.text
        await office.press(shown.button("Call now"))
    finally:
        del type(wholesale).place_call
    assert [request.agent.extension for request in placed] == ["1101"]
