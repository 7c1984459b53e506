"""`/spam`: the list, and marking one of our numbers: asked, done once, read back."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.alerts.kinds import Kind
from bot.alerts.policy import Policy
from bot.engine.engine import Engine
from bot.engine.evaluation import Rule
from bot.operations.caller_ids import warning
from bot.operations.mark_plan import MarkRequest
from bot.settings import Permission
from bot.watches.registry import watches
from providers.errors import ErrorKind, ProviderError
from providers.model import NumberStatus, PhoneNumber, Rows

OURS = "12025550110"
ACTIVE, SPAM = "voip_api_number_set_active", "voip_api_number_set_spam"


async def test_it_lists_the_spam_ones_first_each_with_its_button(office):
    office.world.flag("17135550120")
    shown = await office.type("/spam")
    assert shown.verdict == "1 of 12 caller IDs is marked spam; 10 active."
    listed, buttons = shown.card.body
    assert listed.rows[0][:2] == ("17135550120", "spam")
    rows = buttons.rows
    assert "17135550120" in rows[0].line[0].words
    assert rows[0].control.words == "Mark as active"
    assert [row.control.words for row in rows].count("Mark as spam") == 10
    assert all(row.control.confirm is not None for row in rows)
    assert shown.answer.share


async def test_it_asks_before_a_button_marks(office):
    shown = await office.type("/spam")
    ask = shown.button("Mark as spam").confirm
    assert OURS in ask.text
    assert "11 → 10" in ask.text
    assert len(ask.title) <= 100
    assert len(ask.text) <= 300


async def test_it_marks_after_confirm_and_shows_what_the_vendor_lists_then(office):
    shown = await office.type("/spam +1 (202) 555-0110")
    assert "Mark 12025550110 as spam?" in shown.verdict
    assert "10 minutes" in shown.text
    assert office.vendor.of(SPAM) == []
    done = await office.press(shown.button("Confirm"))
    assert done.verdict == "Done — MoMVOIP now lists 12025550110 as spam (was active)."
    assert done.answer.replace
    assert office.vendor.of(SPAM) == [{"number": OURS}]
    assert (await office.audit())[0] == ("UMAX", "mark_number", "done: spam (was active)")


async def test_it_marks_as_active(office):
    office.world.flag(OURS)
    for line in (f"/spam active {OURS}", f"/spam {OURS} active", f"/pbx spam active +{OURS}"):
        office.world.flag(OURS)
        done = await office.press((await office.type(line)).button("Confirm"))
        assert done.verdict == "Done — MoMVOIP now lists 12025550110 as active (was spam)."


async def test_it_marks_once_for_many_clicks(office):
    shown = await office.type(f"/spam {OURS}")
    button = shown.button("Confirm")
    answers = await asyncio.gather(*(office.press(button) for _ in range(20)))
    assert len(office.vendor.of(SPAM)) == 1
    assert sum("Done" in answer.verdict for answer in answers) == 1
    assert sum("confirmed already" in answer.verdict for answer in answers) == 19


async def test_it_is_over_after_ten_minutes_and_good_for_the_asker_alone(office, clock):
    shown = await office.type(f"/spam {OURS}")
    other = await office.press(shown.button("Confirm"), user="UOTHER")
    assert "only the person who asked" in other.verdict
    assert (await office.audit())[0] == ("UOTHER", "mark_number", "refused: another person's preview")
    clock.advance(timedelta(minutes=10))
    late = await office.press(shown.button("Confirm"))
    assert "nothing was marked" in late.verdict
    assert office.vendor.of(SPAM) == []


async def test_it_cancels(office):
    shown = await office.type(f"/spam {OURS}")
    await office.press(shown.button("Cancel"))
    assert "confirmed already (cancelled)" in (await office.press(shown.button("Confirm"))).verdict
    assert office.vendor.of(SPAM) == []


async def test_it_marks_nothing_that_is_not_ours(office):
    shown = await office.type("/spam +380671234567")
    assert "not one of our numbers" in shown.verdict
    assert shown.labels() == []
    mark = MarkRequest("sales", "380671234567", NumberStatus.SPAM)
    assert "does not list that number" in (await press_mark(office, mark)).verdict
    assert office.vendor.of(SPAM) == []
    assert (await office.audit())[0][2].startswith("refused")


async def press_mark(office, mark, **over):
    from bot.cards import Button

    return await office.press(Button("mark_number", "Mark", mark.value()), **over)


async def test_it_does_nothing_where_it_is_so_already(office):
    shown = await office.type(f"/spam active {OURS}")
    assert "active already" in shown.verdict
    assert "active already" in (await press_mark(office, MarkRequest("sales", OURS, NumberStatus.ACTIVE))).verdict
    assert office.vendor.of(ACTIVE) == []


async def test_it_marks_from_an_alerts_button_and_tells_the_presser_alone(office):
    office.world.flag(OURS)
    done = await press_mark(office, MarkRequest("sales", OURS, NumberStatus.ACTIVE))
    assert "Done — MoMVOIP now lists 12025550110 as active" in done.verdict
    assert not done.answer.replace
    assert not done.answer.share


async def test_it_asks_for_permission_at_the_command_and_at_the_click(office):
    shown = await office.type(f"/spam {OURS}")
    office.guard.forbidden.add(("UMAX", Permission.MARK_NUMBERS))
    assert "not allowed" in (await office.press(shown.button("Confirm"))).verdict
    assert "not allowed" in (await office.type(f"/spam {OURS}")).verdict
    assert "not allowed" in (await press_mark(office, MarkRequest("sales", OURS, NumberStatus.SPAM))).verdict
    assert (await office.type("/spam")).labels() == []  # the list is for all, its buttons are not
    assert office.vendor.of(SPAM) == []
    assert {outcome for _, _, outcome in await office.audit()} == {"refused"}


@pytest.mark.parametrize("fault", ["empty", "html", "cut", "http_500"])
async def test_it_reads_back_where_the_answer_was_lost(office, fault):
    shown = await office.type(f"/spam {OURS}")
    office.faults["MOM-6"] = fault
    done = await office.press(shown.button("Confirm"))
    assert "now lists 12025550110 as spam" in done.verdict
    assert len(office.vendor.of(SPAM)) == 1


async def test_it_says_what_is_still_listed_where_nothing_changed(office, monkeypatch):
    async def ignored(number, status):
        return None

    shown = await office.type(f"/spam {OURS}")
    monkeypatch.setattr(office.opened["sales"].provider, "set_number_status", ignored)
    done = await office.press(shown.button("Confirm"))
    assert done.verdict == "MoMVOIP accepted the request but still lists 12025550110 as active."
    assert (await office.audit())[0][2] == "accepted, but listed as active"


async def test_it_does_not_claim_what_it_cannot_know(office, monkeypatch):
    async def lost(number, status):
        raise ProviderError(ErrorKind.UNKNOWN_OUTCOME, "MoMVOIP did not answer.")

    shown = await office.type(f"/spam {OURS}")
    monkeypatch.setattr(office.opened["sales"].provider, "set_number_status", lost)
    done = await office.press(shown.button("Confirm"))
    assert "still lists 12025550110 as active" in done.verdict
    assert "not known" in done.verdict
    again = await office.type(f"/spam {OURS}")
    office.faults["MOM-4"] = "http_500"
    blind = await office.press(again.button("Confirm"))
    assert "not known whether this was done" in blind.verdict


async def test_an_adapters_mistake_after_which_it_is_listed_so_is_told_as_done(office, monkeypatch):
    provider = office.opened["sales"].provider
    mark = provider.set_number_status

    async def marked_and_broken(number, status):
        await mark(number, status)
        raise KeyError("status")

    shown = await office.type(f"/spam {OURS}")
    monkeypatch.setattr(provider, "set_number_status", marked_and_broken)
    done = await office.press(shown.button("Confirm"))
    assert done.verdict == "Done — MoMVOIP now lists 12025550110 as spam (was active)."
    assert [outcome for _, _, outcome in await office.audit()] == ["done: spam (was active)"]


@pytest.mark.parametrize("where", ["the list", "the record"])
async def test_a_mistake_while_reading_back_leaves_the_outcome_neither_untold_nor_unwritten(office, monkeypatch, where):
    async def broken(*_args, **_more):
        raise ZeroDivisionError

    shown = await office.type(f"/spam {OURS}")
    if where == "the list":
        monkeypatch.setattr(office.opened["sales"].provider, "numbers", broken)
    else:
        monkeypatch.setattr(office.store, "record", broken)
    button = shown.button("Confirm")
    done = await office.press(button)
    assert "could not be read" in done.verdict or "may or may not be marked" in done.verdict
    assert done.verdict.count("ZeroDivisionError") == 1
    assert (await office.store.operation(button.value)).state == "done"
    assert [outcome.partition(":")[0] for _, _, outcome in await office.audit()] == ["unknown"]
    assert len(office.vendor.of(SPAM)) == 1


async def test_a_mistake_in_alerting_keeps_nobody_from_hearing_what_was_read_back(office, monkeypatch):
    async def broken(*_args):
        raise ZeroDivisionError

    monkeypatch.setattr(office.engine, "observe", broken)
    shown = await office.type(f"/spam {OURS}")
    done = await office.press(shown.button("Confirm"))
    assert done.verdict == "Done — MoMVOIP now lists 12025550110 as spam (was active)."
    assert [outcome for _, _, outcome in await office.audit()] == ["done: spam (was active)"]


async def test_what_was_read_back_goes_the_way_of_every_reading(office):
    await office.watch(Kind.NUMBERS)
    shown = await office.type(f"/spam {OURS}")
    await office.press(shown.button("Confirm"))
    (accepted,) = office.heard
    assert (accepted.account, accepted.kind, accepted.reading.at) == ("sales", Kind.NUMBERS, office.clock())
    assert [row.status for row in accepted.reading.value if row.number == OURS] == [NumberStatus.SPAM]
    assert (await office.store.latest_reading("sales", Kind.NUMBERS)).observed == accepted.reading


async def test_one_marking_of_a_number_keeps_another_out(office):
    shown = await office.type(f"/spam {OURS}")
    assert await office.store.lease(f"mark:sales:{OURS}", "another", timedelta(minutes=1)) is not None
    done = await office.press(shown.button("Confirm"))
    assert done.verdict == "Somebody else is marking 12025550110 just now: look again in a moment."
    assert office.vendor.of(SPAM) == []
    assert (await office.audit())[0][2] == "not sent: another marking was under way"


async def test_it_tells_the_vendors_no(office, monkeypatch):
    async def no(number, status):
        raise ProviderError(ErrorKind.REJECTED, "MoMVOIP says: not now.")

    shown = await office.type(f"/spam {OURS}")
    monkeypatch.setattr(office.opened["sales"].provider, "set_number_status", no)
    assert (await office.press(shown.button("Confirm"))).verdict == "Not marked: MoMVOIP says: not now."
    assert (await office.audit())[0][2] == "refused: rejected"


async def test_it_resolves_the_alert_at_once(office):
    watch = watches()["number_spam"]
    policy = Policy("spam-number", "sales", "number_spam", "C9")
    office.engine = Engine(office.store, [Rule(policy, watch, watch.keys())], office.clock)
    office.world.flag(OURS)
    await office.watch(Kind.NUMBERS)
    await office.engine.observe("sales", Kind.NUMBERS)
    assert len(await office.engine.open_incidents()) == 1
    assert "spam-number" in (await office.type("/pbx alerts")).text
    await press_mark(office, MarkRequest("sales", OURS, NumberStatus.ACTIVE))
    assert await office.engine.open_incidents() == []
    assert "No alert is open" in (await office.type("/pbx alerts")).verdict


async def test_it_warns_of_the_last_active_number(office):
    for number in office.world.numbers:
        if number.number != OURS:
            office.world.flag(number.number)
    shown = await office.type(f"/spam {OURS}")
    assert "LAST active number" in shown.text
    assert shown.card.tone == "critical"
    assert "LAST active number" in (await office.type("/spam")).button("Mark as spam").confirm.text


async def test_it_shows_both_rows_of_a_number_and_marks_neither(office, monkeypatch):
    provider = office.opened["sales"].provider
    twins = Rows(
        (
            PhoneNumber("123", NumberStatus.ACTIVE, "active"),
            PhoneNumber("123", NumberStatus.DISABLED, "disabled"),
            PhoneNumber("456", NumberStatus.ACTIVE, "active"),
        )
    )

    async def listed():
        return twins

    monkeypatch.setattr(provider, "numbers", listed)
    shown = await office.type("/spam")
    assert [row[:2] for row in shown.card.body[0].rows][:2] == [("123", "disabled"), ("123", "active")]
    assert sum("123 · listed" in text for text in shown.lines) == 2
    assert shown.labels() == ["Mark as spam"]
    assert "2 times" in (await office.type("/spam 123")).verdict
    assert "2 times" in (await press_mark(office, MarkRequest("sales", "123", NumberStatus.SPAM))).verdict


async def test_it_turns_the_pages_of_a_long_list(office, monkeypatch):
    many = Rows(tuple(PhoneNumber(f"1202555{n:04}", NumberStatus.ACTIVE, "active") for n in range(100)))

    async def listed():
        return many

    monkeypatch.setattr(office.opened["sales"].provider, "numbers", listed)
    first = await office.type("/spam sales")
    second = await office.press(first.button("More"))
    third = await office.press(second.button("More"))
    seen = [text for page in (first, second, third) for text in page.lines if text.startswith("1202555")]
    buttons = [text for text in seen if " · " not in text]
    assert len(buttons) == len(set(buttons)) == len(seen) - len(buttons) == 100
    assert second.answer.replace
    assert "More" not in third.labels()
    assert (await office.press(second.button("Back"))).lines == first.lines


async def test_it_goes_on_where_one_account_fails_and_asks_which_where_both_have_it(office, clock):
    await office.add("support", seed=2)
    shown = await office.type(f"/spam {OURS}")
    assert "Several accounts have that number" in shown.verdict
    chosen = await office.type(f"/spam {OURS} on support")
    await office.press(chosen.button("Confirm"))
    assert len(office.vendors["support"].of(SPAM)) == 1
    assert office.vendor.of(SPAM) == []
    clock.advance(timedelta(seconds=5))
    assert (await office.type("/spam")).verdict == "1 of 24 caller IDs is marked spam; 21 active."
    office.sandboxes["support"].faults["MOM-4"] = "http_500"
    listed = await office.type("/spam")
    assert "1 account could not be asked" in listed.verdict
    assert OURS in listed.text


async def test_it_says_that_nothing_is_known_where_nobody_answers(office):
    office.faults["MOM-4"] = "html"
    assert "not known" in (await office.type("/spam")).verdict
    assert "nothing is marked" in (await office.type(f"/spam {OURS}")).verdict


async def test_it_explains_wrong_words(office):
    for words, said in (("active", "Which number"), ("1202555011x", "no letters"), ("nope", "no account")):
        shown = await office.type(f"/spam {words}")
        assert said in shown.text
        assert "Usage: /spam" in shown.text


def test_it_reads_a_buttons_value_or_nothing():
    mark = MarkRequest("sales", OURS, NumberStatus.SPAM)
    assert MarkRequest.of(mark.value()) == mark
    for value in ("", "x", "[]", "{}", json.dumps({"account": "a", "number": "1", "status": "disabled"})):
        assert MarkRequest.of(value) is None


def test_it_counts_the_pool_of_the_numbers_group():
    rows = Rows(
        tuple(PhoneNumber(str(n), NumberStatus.ACTIVE, "active", group="East" if n < 3 else "West") for n in range(9))
    )
    assert warning(rows, "1", NumberStatus.SPAM) == "Active numbers of East: 3 → 2."
    one = replace(rows, items=rows.items[:1])
    assert warning(one, "0", NumberStatus.SPAM).startswith("This is the LAST active number of East")


async def test_it_knows_our_number_as_it_is_dialled_at_home(office):
    calls = office.settings.calls.model_copy(update={"region": "US"})
    office.settings = replace(office.settings, calls=calls)
    shown = await office.type("/spam (202) 555-0110")
    assert shown.verdict == "Mark 12025550110 as spam?"
    assert "only our own" in (await office.type("/spam (202) 555-0999")).verdict
