"""Who is rung first, and where a call is led: a known extension, or a number under the whole call policy."""

from dataclasses import replace

import pytest

from bot.settings import AgentLink, Calls
from providers.model import CallOutcome, CallResult

GOOD = "+380671234567"
NEVER = ["112", "911", "999", "101", "+252612345678", "+881612345678", "0900123456", "000", "+112", "1-1-2", "0100", "2345678",
         "\u2066112\u2069", "tel:112"]  # fmt: skip


@pytest.fixture(params=["voipcloud", "mor"])
async def desk(office, request):
    """An account that lists no agents; what it is asked to place is kept."""
    adapter = await office.open("desk", request.param)
    office.placed = []

    async def place_call(asked):
        office.placed.append((asked.agent.extension, asked.destination))
        return CallResult(CallOutcome.ACCEPTED)

    adapter.place_call = place_call
    return office


@pytest.mark.parametrize("first", NEVER)
async def test_it_rings_no_number_first_that_may_not_be_called(desk, first):
    shown = await desk.type(f"/call {GOOD} as {first} on desk")
    assert shown.labels() == []
    record = (await desk.store.audit_log(1))[0]
    assert (record.operation, record.account) == ("call", "desk")
    assert record.outcome.startswith("refused: ")
    assert "rung first" in record.target
    assert desk.placed == []


async def test_it_says_how_an_emergency_number_becomes_an_extension(desk):
    shown = await desk.type(f"/call {GOOD} as 112 on desk")
    title = desk.opened["desk"].label
    expected = f"112 is an emergency number and no extension of {title} that I know of; name it under “agents:”"
    assert shown.verdict.startswith(expected)
    desk.settings = replace(desk.settings, agents={"UANN": AgentLink(account="desk", agent="112")})
    preview = await desk.type(f"/call {GOOD} as 112 on desk")
    await desk.press(preview.button("Call now"))
    assert desk.placed == [("112", GOOD)]
    assert (await desk.store.audit_log(1))[0].target == "+380••••••567 (rung first: 112)"


@pytest.mark.parametrize(("first", "sent"), [("1101", "1101"), ("\u200e1104", "1104"), ("7", "7")])
async def test_it_rings_a_short_extension_as_it_is(desk, first, sent):
    preview = await desk.type(f"/call {GOOD} as {first} on desk")
    await desk.press(preview.button("Call now"))
    assert desk.placed == [(sent, GOOD)]


async def test_it_rings_an_outside_number_as_it_was_allowed(desk):
    preview = await desk.type(f"/call {GOOD} as 0501234567 on desk")
    await desk.press(preview.button("Call now"))
    assert desk.placed == [("+380501234567", GOOD)]
    assert (await desk.store.audit_log(1))[0].target == "+380••••••567 (rung first: +380••••••567)"


async def test_it_asks_about_the_first_phone_again_at_the_click(desk):
    preview = await desk.type(f"/call {GOOD} as 0501234567 on desk")
    desk.settings = replace(desk.settings, calls=Calls(region="UA", countries=("UA",), blocked=("+38050*",)))
    assert "blocked" in (await desk.press(preview.button("Call now"))).verdict
    assert desk.placed == []


async def test_who_is_listed_is_rung_whatever_the_extension_looks_like(office):
    provider, agents = office.opened["sales"].provider, office.opened["sales"].provider.agents

    async def listed():
        rows = await agents()
        return replace(rows, items=(replace(rows.items[0], extension="112"), *rows.items[1:]))

    provider.agents = listed
    assert (await office.type(f"/call {GOOD} as 112")).labels() == ["Call now", "Cancel"]


@pytest.fixture
async def branch(office):
    """IEXPBX on its sandbox; what its IVR call is asked for is kept."""
    adapter = await office.open("branch", "iexpbx")
    office.asked = []

    async def write(operation, fields):
        office.asked.append((operation, dict(fields)))
        return CallResult(CallOutcome.ACCEPTED)

    adapter._write = write
    return office


@pytest.mark.parametrize("option", ["menu=112", "plan=911", "menu=+252612345678", "menu=0900123456", "plan=380501"])
async def test_an_ivr_call_is_led_to_no_number_that_may_not_be_called(branch, option):
    allowed = option == "plan=380501"  # as short as an extension
    shown = await branch.type(f"/pbx ivr {GOOD} menu=7000 {option} Hello on branch", user="UADMIN")
    assert bool(shown.labels()) is allowed
    assert branch.asked == []


async def test_an_ivr_call_is_led_where_it_was_allowed_to(branch):
    typed = f"/pbx ivr {GOOD} menu=0501234567 plan=night Hello on branch"
    preview = await branch.type(typed, user="UADMIN")
    assert "menu=+380501234567" in preview.text
    await branch.press(preview.button("Confirm"), user="UADMIN")
    fields = {"number": "380671234567", "dp": "night", "dest": "380501234567", "file": "{Hello}"}
    assert branch.asked == [("IEX-7", fields)]


async def test_an_ivr_menu_that_the_account_lists_is_known(branch):
    rows = await branch.opened["branch"].provider.agents()
    one = replace(rows, items=(replace(rows.items[0], extension="112"),))

    async def listed():
        return one

    branch.opened["branch"].provider.agents = listed
    assert (await branch.type(f"/pbx ivr {GOOD} menu=112 Hi on branch", user="UADMIN")).labels()
