"""What the call policy read is what the vendor gets, by the region of the account that it is asked of."""

from dataclasses import replace

import pytest

from bot.settings import Calls
from providers.model import CallOutcome, CallResult


@pytest.fixture
async def mor(office):
    """MOR on its sandbox; the requests that would change it are kept."""
    adapter = await office.open("wholesale", "mor")
    office.sent = []

    async def write(request, _shown=None):
        office.sent.append(dict(request.form or request.query))
        return CallResult(CallOutcome.ACCEPTED)

    adapter._write = write
    return office


def home(office, account, region):
    """The account with a region of its own."""
    opened = office.opened[account]
    office.opened[account] = replace(opened, settings=replace(opened.settings, region=region))


async def changed(office, words):
    preview = await office.type(f"/pbx {words} on wholesale", user="UADMIN")
    await office.press(preview.button("Confirm"), user="UADMIN")
    return preview


@pytest.mark.parametrize(
    ("region", "typed", "sent"),
    [
        ("UA", "675550123", "380675550123"),
        ("UA", "067 555 0123", "380675550123"),
        ("US", "2522345678", "12522345678"),
        ("US", "tel:+1\u2011252\u2011234\u20115678", "12522345678"),
    ],
)
async def test_calls_are_forwarded_to_the_number_that_was_allowed(mor, region, typed, sent):
    mor.settings = replace(mor.settings, calls=Calls(region=region))
    device = (await mor.opened["wholesale"].provider.vendor_table("devices", ())).rows[0][0]
    preview = await changed(mor, f"callflow set {device} busy forward number {typed}")
    assert sent in preview.text
    assert [form["ext_number"] for form in mor.sent] == [sent], preview.text


@pytest.mark.parametrize("typed", ["112", "911", "+252612345678", "0900123456", "612345"])
@pytest.mark.parametrize("change", ["callflow set 1 busy forward number {}", "contacts add {} Yard",
                                    "callerids add 1 {} Yard"])  # fmt: skip
async def test_no_change_hands_a_number_on_that_may_not_be_called(mor, change, typed):
    shown = await mor.type(f"/pbx {change.format(typed)} on wholesale", user="UADMIN")
    assert shown.labels() == []
    assert mor.sent == []
    assert (await mor.store.audit_log(1))[0].outcome.startswith("refused: ")


@pytest.mark.parametrize("typed", ["442079460103", "+44 20 7946 0103".replace(" ", "-"), "67-555-0123"])
async def test_a_phone_book_gets_the_number_that_was_read(mor, typed):
    mor.settings = replace(mor.settings, calls=Calls(region="UA", countries=("UA", "GB")))
    await changed(mor, f"contacts add {typed} Yard")
    wanted = "380675550123" if typed.startswith("67") else "442079460103"
    assert [form["number"] for form in mor.sent] == [wanted]


async def test_calls_that_are_paused_keep_no_contact_out(mor):
    await mor.type("/pbx pause calls", user="UADMIN")
    assert (await mor.type("/pbx contacts add 0675550123 Yard on wholesale", user="UADMIN")).labels()
    forward = "/pbx callflow set 1 busy forward number 0675550123 on wholesale"
    assert not (await mor.type(forward, user="UADMIN")).labels()


async def test_a_number_is_read_as_at_home_on_the_account_that_calls_it(office):
    office.settings = replace(office.settings, calls=Calls(region="UA", countries=("UA", "IL")))
    assert "+380508765493" in (await office.type("/call 0508765493")).text
    home(office, "sales", "IL")
    assert "+972508765493" in (await office.type("/call 0508765493")).text
    form = (await office.type("/call")).answer.form
    assert "+972528765493" in (await office.submit(form, number="052-876-5493")).text


async def test_no_region_of_an_account_opens_a_country(office):
    home(office, "sales", "IL")
    assert "only" in (await office.type("/call 0508765493")).verdict
    office.settings = replace(office.settings, calls=Calls())
    assert "calls.region" in (await office.type("/call 0508765493")).verdict


async def test_both_numbers_of_a_masked_call_are_read_by_the_accounts_region(office):
    await office.open("branch", "iexpbx")
    home(office, "branch", "PL")
    shown = await office.type("/pbx mask 501234567 and 48 22 123 45 67 on branch", user="UADMIN")
    assert "+48501234567" in shown.text
    assert "+48221234567" in shown.text
