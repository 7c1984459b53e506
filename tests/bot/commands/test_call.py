"""`/call`, from the words to the vendor's wire: at most one request, and none for what may not be called."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.settings import Calls, Permission
from providers.errors import ErrorKind, ProviderError
from providers.model import CallOutcome, CallResult, NumberStatus

HOSTILE = json.loads((Path(__file__).parents[1] / "operations" / "hostile_numbers.json").read_text(encoding="ascii"))
GOOD = "+380671234567"
PLACE = "voip_api_call"
STRICT = Calls(region="UA", countries=("UA", "PL"), blocked=("+38067777777*", "+48500600700"))


async def test_it_shows_who_is_rung_who_is_called_and_what_is_shown(office):
    shown = await office.type(f"/call {GOOD} from +1 202 555 0110")
    assert "Olena Kovalenko (1101)" in shown.verdict
    assert "rings first" in shown.verdict
    assert f"Call: {GOOD} · Ukraine (UA), mobile" in shown.text
    assert "Caller ID shown: 12025550110 · active" in shown.text
    assert "Their time: 14:00" in shown.text
    assert "0 of 30" in shown.text
    assert "10 minutes" in shown.text
    assert shown.labels() == ["Call now", "Cancel"]
    assert office.vendor.of(PLACE) == []


async def test_it_places_one_call_at_the_click(office):
    preview = await office.type(f"/call {GOOD} from 12025550110")
    done = await office.press(preview.button("Call now"))
    assert "Accepted by MoMVOIP" in done.verdict
    assert done.answer.replace
    assert office.vendor.of(PLACE) == [{"user_id": "234", "number": "380671234567", "ex_number": "12025550110"}]
    assert (await office.audit())[0] == ("UMAX", "call", "accepted")


async def test_it_writes_the_called_number_masked(office):
    preview = await office.type(f"/call {GOOD}")
    await office.press(preview.button("Call now"))
    targets = [record.target for record in await office.store.audit_log(10)]
    assert targets == ["+380••••••567 (rung first: 1101)"]


async def test_it_answers_a_second_click_without_a_second_call(office):
    preview = await office.type(f"/call {GOOD}")
    button = preview.button("Call now")
    await office.press(button)
    again = await office.press(button)
    assert "used already" in again.verdict
    assert not again.answer.replace  # the outcome of the first stays where it is
    assert len(office.vendor.of(PLACE)) == 1


async def test_it_places_one_call_for_fifty_clicks_at_once(office):
    preview = await office.type(f"/call {GOOD}")
    button = preview.button("Call now")
    answers = await asyncio.gather(*(office.press(button) for _ in range(50)))
    assert len(office.vendor.of(PLACE)) == 1
    assert sum("Accepted" in answer.verdict for answer in answers) == 1
    assert sum("used already" in answer.verdict for answer in answers) == 49
    assert sum(answer.answer.replace for answer in answers) == 1


async def test_it_does_nothing_after_ten_minutes(office, clock):
    preview = await office.type(f"/call {GOOD}")
    clock.advance(timedelta(minutes=10))
    late = await office.press(preview.button("Call now"))
    assert "10 minutes" in late.verdict
    assert office.vendor.of(PLACE) == []


async def test_it_takes_the_click_just_before_ten_minutes(office, clock):
    preview = await office.type(f"/call {GOOD}")
    clock.advance(timedelta(minutes=9, seconds=59))
    assert "Accepted" in (await office.press(preview.button("Call now"))).verdict


async def test_it_lets_nobody_use_another_persons_preview(office):
    preview = await office.type(f"/call {GOOD}")
    for label in ("Call now", "Cancel"):
        other = await office.press(preview.button(label), user="UOTHER")
        assert "only the person who asked" in other.verdict
        assert "not allowed" in other.verdict
    assert office.vendor.of(PLACE) == []
    assert "Accepted" in (await office.press(preview.button("Call now"))).verdict


async def test_it_cancels_for_good(office):
    preview = await office.type(f"/call {GOOD}")
    gone = await office.press(preview.button("Cancel"))
    assert "nothing was done" in gone.verdict
    assert gone.answer.replace
    assert "used already" in (await office.press(preview.button("Call now"))).verdict
    assert office.vendor.of(PLACE) == []


async def test_it_is_too_late_to_cancel_a_call(office):
    preview = await office.type(f"/call {GOOD}")
    await office.press(preview.button("Call now"))
    assert "too late" in (await office.press(preview.button("Cancel"))).verdict


async def test_it_lets_no_hostile_number_reach_the_vendor(office):
    office.settings = replace(office.settings, calls=STRICT)
    tried = 0
    for numbers in HOSTILE.values():
        for number in numbers:
            shown = await office.type(f"/call {number} as 1101")
            if shown.answer.form is None:
                assert shown.labels() == [], number
            tried += 1
    assert tried >= 200
    assert office.vendor.asked == []
    assert office.world.placed_calls == []
    office.settings = replace(office.settings, calls=STRICT.model_copy(update={"confirm": False}))
    for numbers in HOSTILE.values():
        for number in numbers:
            await office.type(f"/call as 1101 {number}")
    assert office.vendor.of(PLACE) == []


async def test_it_refuses_a_wrong_number_in_the_form(office):
    office.settings = replace(office.settings, calls=STRICT)
    form = (await office.type("/call")).answer.form
    assert [field.label for field in form.fields] == ["Number"]
    for numbers in HOSTILE.values():
        for number in numbers:
            errors = await office.submit(form, number=number)
            assert set(errors) == {"number"}, number
    assert office.vendor.asked == []


async def test_it_answers_the_form_with_the_same_preview(office):
    form = (await office.type("/call as 1104 from 12025550110")).answer.form
    shown = await office.submit(form, number="067 123 45 67")
    assert "Daniel Okafor (1104)" in shown.verdict
    assert "12025550110 · active" in shown.text
    await office.press(shown.button("Call now"))
    assert office.vendor.of(PLACE)[0]["number"] == "380671234567"


async def test_it_asks_for_the_number_where_a_caller_id_is_all_that_was_typed(office):
    for line in ("/call from 12025550110", "/call from +1 202 555 0110 on sales"):
        form = (await office.type(line)).answer.form
        shown = await office.submit(form, number=GOOD)
        assert "12025550110 · active" in shown.text


async def test_it_calls_at_once_where_no_preview_is_wanted(office):
    office.settings = replace(office.settings, calls=Calls(region="UA", confirm=False))
    shown = await office.type(f"/call {GOOD}")
    assert "Accepted" in shown.verdict
    assert len(office.vendor.of(PLACE)) == 1
    assert "emergency" in (await office.type("/call 112")).verdict
    assert len(office.vendor.of(PLACE)) == 1


@pytest.mark.parametrize("fault", ["cut", "empty", "html", "http_500", "truncated"])
async def test_it_tells_a_lost_answer_as_lost_and_never_calls_twice(office, fault):
    preview = await office.type(f"/call {GOOD}")
    office.faults["MOM-1"] = fault
    lost = await office.press(preview.button("Call now"))
    assert "may or may not have been placed" in lost.verdict
    assert "before dialling again" in lost.verdict
    assert len(office.vendor.of(PLACE)) == 1
    assert (await office.audit())[0][2].startswith("unknown")
    office.faults.clear()
    assert "used already" in (await office.press(preview.button("Call now"))).verdict
    assert len(office.vendor.of(PLACE)) == 1


async def test_it_says_that_no_call_was_placed_where_that_is_certain(office):
    preview = await office.type(f"/call {GOOD}")
    office.faults["MOM-12"] = "http_500"  # the look-up before the call
    shown = await office.press(preview.button("Call now"))
    assert "No call was placed" in shown.verdict
    assert office.vendor.of(PLACE) == []
    assert (await office.audit())[0][2].startswith("refused")


async def test_it_tells_the_vendors_no(office, monkeypatch):
    async def no(request):
        return CallResult(CallOutcome.REJECTED, note="Low balance.")

    preview = await office.type(f"/call {GOOD}")
    monkeypatch.setattr(office.opened["sales"].provider, "place_call", no)
    assert (await office.press(preview.button("Call now"))).verdict == "Refused by MoMVOIP: Low balance."


async def test_it_takes_an_adapters_own_mistake_for_an_unknown_outcome(office, monkeypatch):
    async def broken(request):
        raise KeyError("number")

    preview = await office.type(f"/call {GOOD}")
    monkeypatch.setattr(office.opened["sales"].provider, "place_call", broken)
    assert "may or may not" in (await office.press(preview.button("Call now"))).verdict


async def test_it_commits_the_click_before_the_request_leaves(office, monkeypatch):
    preview = await office.type(f"/call {GOOD}")
    button, seen = preview.button("Call now"), []

    async def place(request):
        seen.append((await office.store.operation(button.value)).state)
        raise ProviderError(ErrorKind.UNKNOWN_OUTCOME, "Nobody knows.")

    monkeypatch.setattr(office.opened["sales"].provider, "place_call", place)
    await office.press(button)
    assert seen == ["in_flight"]
    assert (await office.store.operation(button.value)).state == "done"


async def test_it_stops_at_the_days_limit_at_the_command_and_at_the_click(office):
    office.settings = replace(office.settings, calls=Calls(region="UA", per_user_per_day=2))
    previews = [await office.type(f"/call {GOOD}") for _ in range(3)]
    assert "Accepted" in (await office.press(previews[0].button("Call now"))).verdict
    assert "Accepted" in (await office.press(previews[1].button("Call now"))).verdict
    assert "per_user_per_day" in (await office.press(previews[2].button("Call now"))).verdict
    assert "per_user_per_day" in (await office.type(f"/call {GOOD}")).verdict
    assert "rings first" in (await office.type(f"/call {GOOD} as 1101", user="UOTHER")).verdict
    assert len(office.vendor.of(PLACE)) == 2


async def test_it_counts_a_day_by_the_configured_zone(office, clock):
    office.settings = replace(office.settings, calls=Calls(region="UA", per_user_per_day=1))
    assert "Accepted" in (await office.press((await office.type(f"/call {GOOD}")).button("Call now"))).verdict
    clock.advance(timedelta(hours=12))
    assert "rings first" in (await office.type(f"/call {GOOD}")).verdict


async def test_it_asks_for_permission_at_the_command_and_at_the_click(office):
    preview = await office.type(f"/call {GOOD}")
    office.guard.forbidden.add(("UMAX", Permission.CALL))
    assert "not allowed" in (await office.type(f"/call {GOOD}")).verdict
    assert "not allowed" in (await office.type("/call")).verdict
    assert "not allowed" in (await office.press(preview.button("Call now"))).verdict
    assert office.vendor.of(PLACE) == []
    assert (await office.audit())[0] == ("UMAX", "call", "refused")


async def test_it_asks_the_rules_again_at_the_click(office):
    preview = await office.type(f"/call {GOOD} from 12025550110")
    office.settings = replace(office.settings, calls=Calls(region="PL"))
    assert "calls.countries" in (await office.press(preview.button("Call now"))).verdict
    assert (await office.audit())[0] == ("UMAX", "call", "refused: countries")
    assert office.vendor.of(PLACE) == []


async def test_it_sees_at_the_click_that_a_caller_id_became_spam(office):
    from bot.alerts.kinds import Kind

    preview = await office.type(f"/call {GOOD} from 12025550110")
    office.world.flag("12025550110")
    await office.watch(Kind.NUMBERS)
    assert "only an active one" in (await office.press(preview.button("Call now"))).verdict
    assert office.vendor.of(PLACE) == []


async def test_it_stops_while_calls_are_paused(office):
    preview = await office.type(f"/call {GOOD}")
    await office.type("/pbx pause calls", user="UADMIN")
    assert "paused by @UADMIN" in (await office.type(f"/call {GOOD}")).verdict
    assert "paused by @UADMIN" in (await office.press(preview.button("Call now"))).verdict
    assert office.vendor.of(PLACE) == []
    await office.type("/pbx resume calls", user="UADMIN")
    assert "Accepted" in (await office.press(preview.button("Call now"))).verdict


async def test_it_names_the_key_without_region_and_countries(office):
    office.settings = replace(office.settings, calls=Calls())
    for number in (GOOD, "067 123 45 67", "112"):
        assert "calls.region" in (await office.type(f"/call {number}")).verdict
    assert office.vendor.asked == []


async def test_it_writes_every_refusal_into_the_audit_with_the_number_masked(office):
    await office.type("/call 112")
    await office.type("/call +44 20 7946 0958")
    records = await office.store.audit_log(10)
    assert [record.outcome for record in records] == ["refused: countries", "refused: emergency"]
    assert all("7946" not in record.target for record in records)


@pytest.mark.parametrize(
    "line",
    [
        f"{GOOD} as 1104 from 12025550110 on sales",
        f"on sales from +1 (202) 555-0110 as Daniel {GOOD}",
        f"as daniel okafor on SALES {GOOD} from 1 202 555 0110",
        "from 1 202 555 0110 067 123 45 67 as 1104",
        "as 1104 067 123 45 67 from 12025550110",
    ],
)
async def test_it_takes_its_words_in_any_order(office, line):
    shown = await office.type(f"/call {line}")
    await office.press(shown.button("Call now"))
    assert office.vendor.of(PLACE) == [{"user_id": "237", "number": "380671234567", "ex_number": "12025550110"}]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (f"{GOOD} as", "After “as” comes an agent"),
        (f"{GOOD} on", "After “on” comes an account"),
        (f"{GOOD} as 1101 as 1102", "stands twice"),
        (f"{GOOD} on nowhere", "no account “nowhere”"),
        (f"{GOOD} as nobody", "no agent “nobody”"),
        (f"{GOOD} as nobody", "Usage: /call NUMBER"),
        (f"{GOOD} from 12025550199", "not one of"),
        (f"{GOOD} from 18085550121", "disabled"),
        ("hello", "no letters"),
        ("hello", "Example: /call +380"),
    ],
)
async def test_it_explains_wrong_words(office, line, said):
    shown = await office.type(f"/call {line}")
    assert said in shown.text
    assert office.vendor.of(PLACE) == []


async def test_it_lists_agents_when_several_fit(office):
    shown = await office.type(f"/call {GOOD} as 111")
    assert "Several agents" in shown.verdict
    assert "Viktor Bondar (1112) on sales" in shown.text
    assert "Usage: /call NUMBER" in shown.text


async def test_it_does_not_know_who_a_stranger_is(office):
    shown = await office.type(f"/call {GOOD}", user="UNEW")
    assert "add “as AGENT”" in shown.verdict


async def test_it_warns_where_the_agent_is_not_there(office):
    shown = await office.type(f"/call {GOOD} as 1112")
    assert "would ring first, but this agent is offline" in shown.verdict


async def test_it_places_nothing_where_the_agents_cannot_be_read(office):
    office.faults["MOM-2"] = "http_500"
    shown = await office.type(f"/call {GOOD}")
    assert "nothing was placed" in shown.verdict
    assert shown.labels() == []


async def test_it_calls_from_the_account_that_is_named(office):
    await office.add("support", seed=2)
    shown = await office.type(f"/call {GOOD} as 1104 on support")
    await office.press(shown.button("Call now"))
    assert office.vendor.of(PLACE) == []
    assert len(office.vendors["support"].of(PLACE)) == 1
    assert "several agents" in (await office.type(f"/call {GOOD} as 1104")).verdict.casefold()


async def test_it_does_not_show_a_caller_id_that_stands_twice(office, monkeypatch):
    provider = office.opened["sales"].provider
    numbers = await provider.numbers()
    twin = replace(numbers.items[0], status=NumberStatus.DISABLED, raw_status="disabled")

    async def twice():
        return replace(numbers, items=(*numbers.items, twin))

    monkeypatch.setattr(provider, "numbers", twice)
    shown = await office.type(f"/call {GOOD} from {twin.number}")
    assert "active and disabled" in shown.verdict
