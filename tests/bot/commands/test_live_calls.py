"""`/pbx active`, `hangup`, `ivr`, `mask`: who may, what is shown first, once, and what is told of a lost answer."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.settings import Calls, Permission
from providers.errors import ErrorKind, ProviderError
from providers.model import CallOutcome, CallResult, Recording

CHANNEL = "SIP/trunk-sip-Trunk110-36a9b"
ONE, TWO = "+380671234567", "+380501234567"
DEEDS = {
    f"/pbx hangup {CHANNEL}": ("hangup", CHANNEL),
    f"/pbx ivr {ONE} dest=7000": ("ivr", ONE, "dest=7000"),
    f"/pbx mask {ONE} and {TWO}": ("mask", ONE, TWO),
}
each_deed = pytest.mark.parametrize(("line", "done"), DEEDS.items(), ids=[done[0] for done in DEEDS.values()])


async def test_it_lists_the_calls_that_are_up(office, branch):
    shown = await office.type("/pbx active")
    assert shown.verdict == "2 calls are up, 1 talking, the longest for 1 min 35 s."
    assert "+380671112233 → 101 · talking · 1 min 35 s · queue 630 · id SIP" in shown.text
    assert "sales (MoMVOIP)" in shown.text
    assert "Hang up" not in shown.labels()
    assert (await office.type("/pbx active 102")).verdict.startswith("1 call of 102 is up")
    branch.up = []
    assert (await office.type("/pbx active")).verdict == "No call is up."


async def test_it_says_that_it_could_not_look(office, branch):
    branch.trouble = ProviderError(ErrorKind.UNAVAILABLE, "IEXPBX did not answer.")
    shown = await office.type("/pbx active")
    assert "not known" in shown.verdict
    assert "branch (IEXPBX): IEXPBX did not answer." in shown.text


async def test_it_turns_pages_of_calls_that_are_up(office, branch):
    branch.up = [replace(branch.up[0], call_id=f"SIP/{n}") for n in range(50)]
    shown = await office.type("/pbx active", user="UADMIN")
    assert shown.labels().count("Hang up") == 35
    assert (await office.press(shown.button("More"), user="UADMIN")).labels().count("Hang up") == 15


async def test_its_button_leads_to_the_same_question(office, branch):
    shown = await office.type("/pbx active", user="UADMIN")
    asked = await office.press(shown.button("Hang up"), user="UADMIN")
    assert asked.verdict == "Hang up this call on branch?"
    assert branch.done == []
    done = await office.press(asked.button("Confirm"), user="UADMIN")
    assert done.verdict == "Done: IEXPBX took the hang-up."
    assert branch.done == [("hangup", CHANNEL)]
    assert "not allowed" in (await office.press(shown.button("Hang up"))).verdict


@each_deed
async def test_it_asks_first_and_does_it_once(office, branch, line, done):
    asked = await office.type(line, user="UADMIN")
    assert "Good for 10 minutes" in asked.text
    assert branch.done == []
    answers = await asyncio.gather(*(office.press(asked.button("Confirm"), user="UADMIN") for _ in range(20)))
    assert branch.done == [done]
    assert sum(answer.verdict.startswith("Done") for answer in answers) == 1
    user, deed, outcome = (await office.audit())[0]
    assert (user, deed, outcome) == ("UADMIN", done[0], "accepted: ok")


@each_deed
async def test_it_is_for_those_who_may_and_asks_again_at_the_click(office, branch, line, done):
    refused = await office.type(line)
    assert "not allowed" in refused.verdict
    assert (await office.audit())[0] == ("UMAX", done[0], "refused")
    asked = await office.type(line, user="UADMIN")
    assert "only the person who asked" in (await office.press(asked.button("Confirm"))).verdict
    office.guard.forbidden.add(("UADMIN", Permission(done[0])))
    assert "not allowed" in (await office.press(asked.button("Confirm"), user="UADMIN")).verdict
    assert branch.done == []


@each_deed
async def test_it_is_over_after_ten_minutes_and_can_be_cancelled(office, branch, clock, line, done):
    asked = await office.type(line, user="UADMIN")
    again = await office.type(line, user="UADMIN")
    await office.press(again.button("Cancel"), user="UADMIN")
    assert "already (cancelled)" in (await office.press(again.button("Confirm"), user="UADMIN")).verdict
    clock.advance(timedelta(minutes=10))
    assert "nothing was done" in (await office.press(asked.button("Confirm"), user="UADMIN")).verdict
    assert branch.done == []


@each_deed
@pytest.mark.parametrize(
    ("outcome", "told", "booked"),
    [
        (CallResult(CallOutcome.REJECTED, note="no such +380671234567"), "Refused by IEXPBX", "refused by the vendor"),
        (CallResult(CallOutcome.UNKNOWN), "may or may not", "unknown"),
        (ProviderError(ErrorKind.UNKNOWN_OUTCOME, "The connection broke."), "may or may not", "unknown"),
        (ProviderError(ErrorKind.AUTH, "The login was refused."), "Nothing was done", "refused: auth"),
        (ZeroDivisionError(), "may or may not", "unknown"),
    ],
)
async def test_it_tells_three_outcomes_and_never_does_it_again(office, branch, line, done, outcome, told, booked):
    branch.outcome = outcome
    asked = await office.type(line, user="UADMIN")
    shown = await office.press(asked.button("Confirm"), user="UADMIN")
    assert told in shown.verdict
    assert "+380671234567" not in shown.verdict
    await office.press(asked.button("Confirm"), user="UADMIN")
    assert branch.done == [done]
    assert (await office.audit())[0][2].startswith(booked)


async def test_it_finds_a_call_by_extension_and_says_when_there_is_none(office, branch):
    asked = await office.type("/pbx hangup 101 on branch", user="UADMIN")
    await office.press(asked.button("Confirm"), user="UADMIN")
    assert branch.done == [("hangup", CHANNEL)]
    assert "nothing to hang up" in (await office.type("/pbx hangup 999", user="UADMIN")).verdict
    branch.up.append(replace(branch.up[0], call_id="SIP/other"))
    assert "Several calls of 101" in (await office.type("/pbx hangup 101", user="UADMIN")).verdict
    assert "Which call?" in (await office.type("/pbx hangup", user="UADMIN")).verdict


async def test_it_asks_though_it_could_not_look(office, branch):
    branch.trouble = ProviderError(ErrorKind.UNAVAILABLE, "IEXPBX did not answer.")
    asked = await office.type(f"/pbx hangup {CHANNEL}", user="UADMIN")
    assert "could not be looked at" in asked.text
    await office.press(asked.button("Confirm"), user="UADMIN")
    assert branch.done == [("hangup", CHANNEL)]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("/pbx ivr 112", "emergency"),
        ("/pbx mask +380671234567 and 112", "emergency"),
        ("/pbx mask 112 +380671234567", "emergency"),
        ("/pbx ivr +12025550143 dest=1", "countries"),
        ("/pbx mask +380671234567 +12025550143", "countries"),
        ("/pbx mask +380900123456 +380671234567", "type"),
        ("/pbx ivr +380671", "short codes"),
    ],
)
async def test_it_keeps_the_whole_call_policy_for_every_number(office, branch, line, rule):
    shown = await office.type(line, user="UADMIN")
    assert "rule:" in shown.verdict
    assert shown.labels() == []
    assert (await office.audit())[0][2].startswith("refused")
    assert branch.done == []


async def test_it_asks_the_policy_again_at_the_click(office, branch):
    asked = [await office.type(line, user="UADMIN") for line in DEEDS if "hangup" not in line]
    office.settings = replace(office.settings, calls=Calls(region="UA", countries=("UA",), blocked=("+38067*",)))
    for one in asked:
        assert "blocked" in (await office.press(one.button("Confirm"), user="UADMIN")).verdict
    office.settings = replace(office.settings, calls=Calls(region="UA", countries=("UA",)))
    await office.store.pause_calls("UBOSS", office.clock())
    for one in asked:
        assert "paused" in (await office.press(one.button("Confirm"), user="UADMIN")).verdict
    assert branch.done == []


async def test_it_counts_towards_the_days_limit(office, branch):
    office.settings = replace(office.settings, calls=Calls(region="UA", countries=("UA",), per_user_per_day=1))
    first = await office.type(f"/pbx mask {ONE} {TWO}", user="UADMIN")
    second = await office.type(f"/pbx ivr {ONE}", user="UADMIN")
    await office.press(first.button("Confirm"), user="UADMIN")
    assert "per_user_per_day" in (await office.press(second.button("Confirm"), user="UADMIN")).verdict
    assert "per_user_per_day" in (await office.type(f"/pbx ivr {ONE}", user="UADMIN")).verdict
    assert branch.done == [("mask", ONE, TWO)]


async def test_it_reads_numbers_with_spaces(office, branch):
    for line, done in {
        "/pbx mask +380 67 123 45 67 and 050 123 45 67": ("mask", ONE, TWO),
        "/pbx mask 067 123-45-67 +380 (50) 1234567 on branch": ("mask", ONE, TWO),
        "/pbx ivr on branch 067 123 45 67 dest=7 file=hello there": ("ivr", ONE, "dest=7", "file=hello", "there"),
    }.items():
        asked = await office.type(line, user="UADMIN")
        await office.press(asked.button("Confirm"), user="UADMIN")
        assert branch.done[-1] == done
    assert "Two numbers" in (await office.type("/pbx mask 067 123 45 67 050 123", user="UADMIN")).verdict
    assert "the same" in (await office.type(f"/pbx mask {ONE} 0671234567", user="UADMIN")).verdict
    assert "stands first" in (await office.type("/pbx ivr dest=7", user="UADMIN")).verdict


async def test_it_shows_how_the_vendor_says_that_it_is(office, branch):
    assert "IEXPBX says: two trunks are up" in (await office.type("/pbx status on branch")).text


async def test_it_masks_customers_in_the_books(office, branch):
    asked = await office.type(f"/pbx mask {ONE} {TWO}", user="UADMIN")
    await office.press(asked.button("Confirm"), user="UADMIN")
    record = (await office.store.audit_log(1))[0]
    assert record.target == "+380••••••567, +380••••••567"


async def test_a_gsm_recording_says_what_plays_it(office, branch):
    async def recording(call_id):
        return Recording(call_id, b"gsm", "audio/x-gsm", "gsm")

    branch.recording = recording
    given = await office.type("/pbx recording SIP/trunk-36a9b on branch", user="UADMIN")
    assert given.answer.file.name == "SIP_trunk-36a9b.gsm"
    assert "VLC" in given.answer.file.comment
