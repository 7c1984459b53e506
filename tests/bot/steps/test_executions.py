"""An execution of a step through every way to fail: whatever dies, it is told once what came of it."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from bot.dialog.step import StepReply
from bot.notify.port import SendFate, SendResult
from bot.operations.workflow import cancel, confirm
from bot.steps import steps
from bot.steps.executions import LEASE_TTL, StepRunner
from bot.store import StepExecution, Store
from bot.store.errors import StoreUnavailable

DONE = SendResult(SendFate.DELIVERED)
SECOND = timedelta(seconds=1)


@dataclass
class Workflows:
    """Slack, as far as a step needs it: `answers` are given one after the other, and the last for ever."""

    answers: list = field(default_factory=lambda: [DONE])
    asking: list = field(default_factory=lambda: [DONE])
    ended: list = field(default_factory=list)
    asked: list = field(default_factory=list)

    async def succeed(self, execution_id, outputs):
        self.ended.append(("succeed", execution_id, dict(outputs)))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    async def fail(self, execution_id, error):
        self.ended.append(("fail", execution_id, error))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    async def ask(self, person, card):
        self.asked.append((person, card))
        return self.asking.pop(0) if len(self.asking) > 1 else self.asking[0]


@pytest.fixture
def workflows():
    return Workflows()


@pytest.fixture
def runner(office, workflows):
    return made(office, office.store, workflows)


def made(office, store, workflows, known=None):
    return StepRunner(
        steps=known or steps(),
        store=store,
        context=lambda actor: replace(office.context(actor.user_id, actor.channel_id), store=store),
        workflows=workflows,
        clock=office.clock,
    )


def execution(office, step="ask_to_call", name="Fx1", **inputs):
    given = inputs or {"person": "UMAX", "number": "+380671234567", "account": "sales"}
    return StepExecution(name, step, given, office.clock(), "T1")


async def begun(runner, one):
    runner.begin(one)
    await runner.stop(60)


async def looked(office, runner, later=SECOND):
    office.clock.advance(later)
    await runner.look()
    await runner.stop(60)


async def test_it_asks_waits_and_tells_what_the_press_came_to(office, runner, workflows):
    await begun(runner, execution(office))
    [(person, card)] = workflows.asked
    assert person == "UMAX"
    await looked(office, runner)
    assert workflows.ended == []
    token = card.controls[0].value
    result = await confirm(office.context(), token)
    assert result.status.value == "accepted"
    await looked(office, runner)
    [(how, name, outputs)] = workflows.ended
    assert (how, name, outputs["outcome"], outputs["known"]) == ("succeed", "Fx1", "accepted", True)
    assert "+380671234567" not in outputs["summary"], "a customer's number is masked where a workflow may post it"
    await looked(office, runner)
    assert len(workflows.ended) == 1


async def test_another_persons_press_decides_nothing(office, runner, workflows):
    await begun(runner, execution(office))
    token = workflows.asked[0][1].controls[0].value
    await confirm(office.context("UOTHER"), token)
    await cancel(office.context("UOTHER"), token)
    await looked(office, runner)
    assert workflows.ended == []
    await cancel(office.context(), token)
    await looked(office, runner)
    assert workflows.ended[0][2]["outcome"] == "declined"


@pytest.mark.parametrize("fault", ["cut", "http_502_html"])
async def test_a_lost_answer_of_the_vendor_is_unknown(office, runner, workflows, fault):
    await begun(runner, execution(office))
    office.faults["MOM-1"] = fault
    await confirm(office.context(), workflows.asked[0][1].controls[0].value)
    await looked(office, runner)
    assert (workflows.ended[0][2]["outcome"], workflows.ended[0][2]["known"]) == ("unknown", False)


async def test_who_died_while_asking_leaves_no_live_button_and_the_question_is_put_again(office, runner, workflows):
    class DiedError(Exception):
        pass

    async def dies(person, card):
        workflows.asked.append((person, card))
        raise DiedError

    workflows.ask, ask = dies, workflows.ask
    await begun(runner, execution(office))
    workflows.ask = ask
    await looked(office, runner, LEASE_TTL + SECOND)
    assert len(workflows.asked) == 2
    first, second = (card.controls[0].value for _, card in workflows.asked)
    assert (await confirm(office.context(), first)).status.value == "over"
    assert not office.world.placed_calls
    assert (await confirm(office.context(), second)).status.value == "accepted"


async def test_who_answered_the_question_of_one_that_died_is_heard(office, runner, workflows):
    async def dies(person, card):
        workflows.asked.append((person, card))
        await confirm(office.context(), card.controls[0].value)
        raise RuntimeError("killed")

    workflows.ask = dies
    await begun(runner, execution(office))
    await looked(office, runner, LEASE_TTL + SECOND)
    assert len(workflows.asked) == 1
    assert workflows.ended[0][2]["outcome"] == "accepted"
    assert len(office.world.placed_calls) == 1


async def test_a_question_that_slack_may_have_taken_is_not_put_again(office, runner, workflows):
    workflows.asking = [SendResult(SendFate.UNKNOWN)]
    await begun(runner, execution(office))
    await looked(office, runner)
    office.clock.advance(timedelta(minutes=10))
    await looked(office, runner)
    assert len(workflows.asked) == 1
    assert workflows.ended[0][2]["outcome"] == "expired"


async def test_one_that_cannot_be_sent_yet_is_sent_later_and_one_that_is_refused_ends(office, runner, workflows):
    workflows.asking = [SendResult(SendFate.LATER, "Slack is away"), SendResult(SendFate.REFUSED, "cannot_dm_bot")]
    await begun(runner, execution(office))
    assert workflows.ended == []
    await looked(office, runner, LEASE_TTL)
    assert len(workflows.asked) == 2
    [(how, _, sentence)] = workflows.ended
    assert (how, sentence) == ("fail", "The person could not be asked: cannot_dm_bot")


async def test_what_is_decided_is_told_again_until_the_workflow_has_heard(office, runner, workflows):
    workflows.answers = [SendResult(SendFate.UNKNOWN), SendResult(SendFate.LATER, wait=timedelta(seconds=30)), DONE]
    await begun(runner, execution(office, "read_balance", account="sales"))
    office.world.set_balance(1)
    await looked(office, runner)
    await looked(office, runner)
    assert len(workflows.ended) == 2
    await looked(office, runner, timedelta(seconds=30))
    assert len(workflows.ended) == 3
    assert len({str(one) for one in workflows.ended}) == 1, "the same each time"
    await looked(office, runner, timedelta(hours=1))
    assert len(workflows.ended) == 3


async def test_outputs_that_slack_does_not_take_end_it_with_a_sentence(office, runner, workflows):
    workflows.answers = [SendResult(SendFate.REFUSED, "parameter_validation_failed"), DONE]
    await begun(runner, execution(office, "read_balance", account="sales"))
    assert [how for how, *_ in workflows.ended] == ["succeed", "fail"]
    await looked(office, runner)
    assert len(workflows.ended) == 2


async def test_a_mistake_of_ours_ends_it_with_a_mark_that_the_log_has(office, workflows, caplog):
    async def fails(_context, _inputs):
        raise KeyError("oops")

    runner = made(office, office.store, workflows, {"x": replace(steps()["read_balance"], run=fails)})
    await begun(runner, execution(office, "x", account="sales"))
    assert "it is in the log as" in workflows.ended[0][2]
    await begun(runner, execution(office, "gone", "Fx2", account="sales"))
    assert workflows.ended[1] == ("fail", "Fx2", "There is no step gone in this version of Ringwatch.")


async def test_of_two_replicas_one_works_and_when_it_dies_the_other_goes_on(office, workflows, one_redis_url, clock):
    other = await Store.connect(one_redis_url, clock=clock, owner="other")
    one, two = made(office, office.store, workflows), made(office, other, workflows)
    await begun(one, execution(office))
    await begun(two, execution(office))
    assert len(workflows.asked) == 1
    await confirm(office.context(), workflows.asked[0][1].controls[0].value)
    office.clock.advance(SECOND)
    await one.look()
    await two.look()
    await one.stop(60)
    await two.stop(60)
    assert len(workflows.ended) == 1
    await other.close()


async def test_while_the_store_is_away_it_is_kept_in_hand(office, workflows, monkeypatch):
    monkeypatch.setattr("bot.steps.executions.STORE_PAUSE_SECONDS", 0.0)
    runner, away = made(office, office.store, workflows), [1, 1, 1]
    begin = office.store.begin_step

    async def begin_step(one):
        if away:
            away.pop()
            raise StoreUnavailable("away")
        return await begin(one)

    monkeypatch.setattr(office.store, "begin_step", begin_step)
    await begun(runner, execution(office, "read_balance", account="sales"))
    assert workflows.ended[0][2]["known"] is True


def test_a_figure_that_is_not_known_is_no_output():
    assert StepReply(False, "Nobody knows.").outputs == {"known": False, "summary": "Nobody knows."}
