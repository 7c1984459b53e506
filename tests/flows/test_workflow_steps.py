"""The steps of Workflow Builder, door to door: what a workflow gets, who is asked, and that each ends exactly once."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

STEPS = {"slack": {"workflow_steps": "true"}}


@pytest.fixture
async def ready(build: Any, mode: str) -> Any:
    house = await build(mode, **STEPS)
    await house.open()
    return house


async def ended(house: Any, step: str, **inputs: Any) -> Any:
    execution = await house.slack.workflows.run(step, inputs)
    assert execution.ack.ok, "it is acknowledged, whatever comes of it"
    return await house.slack.workflows.over(execution)


async def test_it_reads_a_balance_with_figures_and_a_sentence(ready: Any) -> None:
    ready.world.set_balance(111.74)
    done = await ended(ready, "read_balance", account="sales")
    assert (done.outputs["known"], done.outputs["amount"], done.outputs["currency"]) == (True, 111.74, "USD")
    assert "111.74 USD" in done.outputs["summary"]


async def test_it_reads_agents_numbers_and_alerts(build: Any) -> None:
    house = await build(**STEPS)
    await house.open()
    agents = (await ended(house, "read_agents", account="sales")).outputs
    assert agents["known"] is True
    assert agents["signed_in"] + agents["offline"] <= len(house.world.agents)
    assert agents["on_call"] <= agents["signed_in"]
    house.world.flag("17135550120")
    await house.slack.message("#voip-alerts", "17135550120")
    numbers = (await ended(house, "read_numbers", account="sales")).outputs
    assert numbers["spam"] >= 1
    assert numbers["active"] >= 1
    alerts = (await ended(house, "read_alerts")).outputs
    assert alerts["open"] >= 1
    assert "spam-number on sales" in alerts["summary"]


async def test_what_the_vendor_cannot_tell_has_no_figure(build: Any) -> None:
    house = await build(**STEPS)
    await house.open()
    queues = (await ended(house, "read_queues", account="sales")).outputs
    assert queues["known"] is False
    assert queues.keys() == {"known", "summary"}
    assert "MoMVOIP" in queues["summary"]


async def test_a_vendor_that_does_not_answer_is_not_known_and_never_zero(build: Any) -> None:
    house = await build(**STEPS)
    await house.open()
    house.sandbox.faults["*"] = "http_500"
    house.clock.advance(timedelta(seconds=5))  # what was read before is not fresh any more
    balance = (await ended(house, "read_balance", account="sales")).outputs
    assert balance["known"] is False
    assert balance.keys() == {"known", "summary"}


@pytest.mark.parametrize(
    ("step", "inputs", "sentence"),
    [
        ("read_balance", {"account": "nowhere"}, "There is no account “nowhere”. Accounts: sales (MoMVOIP)."),
        ("read_balance", {}, "The input account is missing"),
        ("read_balance", {"account": 7}, "There is no account “7”"),
        ("read_agents", {"account": "sales", "group": "Nobody"}, "There is no one group “Nobody”"),
        ("ask_to_call", {"person": "U0MANAGER01"}, "The input number is missing"),
        ("ask_to_call", {"number": "+12025550188"}, "The input person is missing"),
        ("ask_to_call", {"person": "U0MANAGER01", "number": "911"}, "emergency"),
        ("ask_to_call", {"person": "U0MANAGER01", "number": "+380671234567"}, "calls.countries"),
        ("ask_to_call", {"person": "U0GUEST0001", "number": "+12025550188"}, "not allowed"),
        ("ask_to_mark", {"person": "U0MANAGER01", "number": "12025550112", "status": "gone"}, "not as “gone”"),
        ("ask_to_mark", {"person": "U0MANAGER01", "number": "+12025550199", "status": "spam"}, "not one of our"),
    ],
)  # fmt: skip
async def test_what_cannot_be_done_ends_with_a_sentence_before_anybody_is_asked(
    build: Any, step: str, inputs: dict[str, Any], sentence: str
) -> None:
    house = await build(**STEPS)
    await house.open()
    done = await ended(house, step, **inputs)
    assert done.outputs is None
    assert sentence in done.error
    assert not [m for m in house.slack.messages("ivan") if m.by_app]


async def asked(house: Any, step: str, **inputs: Any) -> tuple[Any, Any]:
    execution = await house.slack.workflows.run(step, inputs)
    return execution, await house.slack.message("ivan", "A workflow asks you")


async def test_the_persons_press_decides_and_the_step_ends_with_what_came_of_it(ready: Any) -> None:
    execution, preview = await asked(
        ready, "ask_to_call", person="U0MANAGER01", number="(202) 555-0188", reason="They rang twice"
    )
    assert "They rang twice" in preview.words
    assert preview.buttons == ["Call now", "Cancel"]
    assert not ready.world.placed_calls
    assert not execution.over, "nothing is done before the press"
    await ready.slack.press("ivan", preview, "Call now")
    done = await ready.slack.workflows.over(execution)
    assert (done.outputs["outcome"], done.outputs["known"]) == ("accepted", True)
    assert [c.destination for c in ready.world.placed_calls] == ["12025550188"]
    await ready.slack.edited(preview, "Accepted by MoMVOIP")
    assert not preview.buttons, "the preview became the outcome"


async def test_cancel_is_declined_and_marking_is_read_back(build: Any) -> None:
    house = await build(**STEPS)
    await house.open()
    execution, preview = await asked(house, "ask_to_call", person="U0MANAGER01", number="+12025550188")
    await house.slack.press("ivan", preview, "Cancel")
    assert (await house.slack.workflows.over(execution)).outputs["outcome"] == "declined"
    assert not house.world.placed_calls
    execution, preview = await asked(
        house, "ask_to_mark", person="U0MANAGER01", number="+1 202 555 0112", status="spam"
    )
    await house.slack.press("ivan", preview, "Confirm")
    done = await house.slack.workflows.over(execution)
    assert done.outputs["outcome"] == "accepted"
    assert [(c.number, c.status.value) for c in house.world.status_changes] == [("12025550112", "spam")]


async def test_nobody_who_answers_is_expired_after_ten_minutes_and_the_buttons_are_dead(build: Any) -> None:
    house = await build(**STEPS)
    await house.open()
    execution, preview = await asked(house, "ask_to_call", person="U0MANAGER01", number="+12025550188")
    house.clock.advance(timedelta(minutes=10, seconds=1))
    done = await house.slack.workflows.over(execution)
    assert (done.outputs["outcome"], done.outputs["known"]) == ("expired", False)
    await house.slack.press("ivan", preview, "Call now")
    await house.slack.edited(preview, "good for 10 minutes")
    assert not house.world.placed_calls


async def test_an_event_that_comes_again_is_one_execution_and_is_completed_once(build: Any) -> None:
    house = await build(**STEPS)
    await house.open()
    await house.open()  # a second replica: each delivery reaches one of them
    execution, preview = await asked(house, "ask_to_call", person="U0MANAGER01", number="+12025550188")
    await asyncio.gather(*(house.slack.workflows.again(execution) for _ in range(4)))
    await house.slack.press("ivan", preview, "Call now")
    await house.slack.workflows.over(execution)
    await asyncio.gather(*(house.slack.workflows.again(execution) for _ in range(4)))
    read = await ended(house, "read_balance", account="sales")
    await asyncio.gather(*(house.slack.workflows.again(read) for _ in range(4)))
    await house.slack.settle()
    assert len([m for m in house.slack.messages("ivan") if m.by_app]) == 1
    assert [len(one.completions) for one in (execution, read)] == [1, 1]
    assert len(house.world.placed_calls) == 1


async def test_a_question_outlives_the_process_that_put_it(build: Any) -> None:
    house = await build(**STEPS)
    first = await house.open()
    execution, preview = await asked(house, "ask_to_call", person="U0MANAGER01", number="+12025550188")
    house.services.remove(first)
    await first.stop(6.0)
    await house.open()
    await house.slack.press("ivan", preview, "Call now")
    assert (await house.slack.workflows.over(execution)).outputs["outcome"] == "accepted"


async def test_a_completion_whose_answer_is_lost_is_told_again_and_counts_once(build: Any) -> None:
    house = await build(**STEPS)
    await house.open()
    house.slack.fail("functions.completeSuccess", "error503", times=2)
    done = await ended(house, "read_balance", account="sales")
    assert done.outputs["known"] is True


async def test_where_they_are_switched_off_a_step_ends_with_a_sentence(build: Any) -> None:
    house = await build()
    await house.open()
    done = await ended(house, "read_balance", account="sales")
    assert "slack.workflow_steps" in done.error
