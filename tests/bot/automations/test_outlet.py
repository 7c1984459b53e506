"""Actions carried out: on a real store, through the one workflow, against a vendor's sandbox, once whatever dies."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.alerts.automations import (
    AcknowledgeIncident,
    Automation,
    MarkNumbers,
    PauseCalls,
    PhoneNumber,
    PostMessage,
    SilenceTarget,
)
from bot.alerts.kinds import Kind
from bot.alerts.model import Phase
from bot.alerts.policy import Policy
from bot.automations.outlet import LIMITS, AutomationAccess, AutomationOutlet
from bot.engine.evaluation import Rule
from bot.notify.contexts import NotificationContexts
from bot.notify.dispatcher import Dispatcher
from bot.store import StoreUnavailable
from bot.watches.number_spam import NumberSpamKeys
from bot.watches.registry import watches
from providers.errors import ErrorKind, ProviderError
from providers.model import CallOutcome, CallResult, NumberStatus

SECOND = timedelta(seconds=1)
POST = PostMessage("#managers", "{summary}")


class Bench:
    """An alert on caller IDs of `sales`, its automations, and who carries them out."""

    def __init__(self, office):
        self.office, self.store, self.clock = office, office.store, office.clock
        self.outlet = AutomationOutlet(
            store=self.store,
            engine=office.engine,
            context=lambda actor: replace(office.context(), actor=actor, access=AutomationAccess()),
            clock=self.clock,
        )
        contexts = NotificationContexts(self.store, office.engine, self.clock)
        self.contexts = contexts
        self.dispatcher = Dispatcher([self.outlet], store=self.store, notifications=contexts, clock=self.clock)

    def rule(self, *actions, **changes):
        made = replace(Automation("rest", "spam-number", Phase.FIRING, actions), **changes)
        watch = watches()["number_spam"]
        policy = Policy("spam-number", "sales", watch.name, "#alerts", automations=(made,))
        self.office.engine.replace([Rule(policy, watch, NumberSpamKeys(), polled=frozenset({Kind.NUMBERS}))])

    async def flag(self, number=None):
        """A carrier flags a number, and the next poll sees it."""
        number = number or self.office.world.numbers[0].number
        self.office.world.flag(number, NumberStatus.SPAM)
        await self.office.watch(Kind.NUMBERS)
        await self.office.engine.observe("sales", Kind.NUMBERS)
        return number

    async def passes(self, seconds=0):
        await self.dispatcher.run_once("automation")
        for _ in range(seconds):
            self.clock.advance(SECOND)
            await self.dispatcher.run_once("automation")

    async def incident(self):
        ((_, _, incident),) = await self.office.engine.open_incidents()
        return incident

    async def outcomes(self):
        return dict((await self.incident()).automations["rest"].outcomes)

    async def reply(self):
        """The words in the thread; None while none is due."""
        rows = [r for r in await self.store.due_rows("slack", self.clock(), 50) if r.notice.automation]
        replies = [r for r in rows if r.notice.kind.value == "automation"]
        assert len(replies) <= 1
        return await self.contexts.message(replies[0]) if replies else None


@pytest.fixture
async def bench(office):
    made = Bench(office)
    yield made
    await made.dispatcher.stop(0)


async def test_it_marks_reads_back_writes_down_and_says_so_in_the_thread_alone(bench):
    bench.rule(MarkNumbers("active"))
    number = await bench.flag()
    await bench.passes()
    assert [n.status for n in bench.office.world.numbers if n.number == number] == [NumberStatus.ACTIVE]
    assert [h.kind for h in bench.office.heard] == [Kind.NUMBERS], "what it read back is a reading"
    message = await bench.reply()
    assert (message.aloud, message.mention) == (False, ())
    assert message.card.verdict == "Automation rest: acted."
    ((line,),) = ([row.line for row in section.rows] for section in message.card.body)
    assert line.startswith(f"Mark 1 caller ID as active: Done — MoMVOIP now lists {number} as active")
    assert [entry[:2] for entry in await bench.office.audit()] == [("automation rest", "mark_number")]
    await bench.passes(3)
    assert [form for _, form in bench.office.vendor.asked if number in str(form)] == [{"number": number}]
    assert await bench.store.outbox_size("automation") == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"dry_run": True}, "Automation rest: dry run, it would: mark 1 caller ID as active, post in #managers."),
        ({"at_most": (0, timedelta(hours=1))}, "as often as `at_most` allows"),
    ],
)
async def test_what_it_would_have_done_or_was_kept_from_is_told_and_written_down(bench, changes, words):
    bench.rule(MarkNumbers("active"), POST, **changes)
    number = await bench.flag()
    await bench.passes()
    assert [n.status for n in bench.office.world.numbers if n.number == number] == [NumberStatus.SPAM]
    assert words in (await bench.reply()).card.verdict
    ((user, operation, _),) = await bench.office.audit()
    assert (user, operation) == ("automation rest", "decision")


async def test_it_acknowledges_silences_and_pauses_as_a_person_would(bench):
    actions = (AcknowledgeIncident(), SilenceTarget("sales", timedelta(hours=2)), PauseCalls(paused=True))
    bench.rule(*actions)
    await bench.flag()
    await bench.passes()
    incident = await bench.incident()
    assert (incident.phase, incident.acknowledged_by) == (Phase.ACKNOWLEDGED, "automation rest")
    (silence,) = await bench.store.silences(bench.clock())
    assert (silence.target, silence.by) == ("sales", "automation rest")
    assert (await bench.store.calls_paused())[0] == "automation rest"
    assert await bench.outcomes() == {"0": "done", "1": "done", "2": "done"}


async def test_one_that_was_killed_while_it_acted_is_told_as_unknown_and_not_begun_again(bench, monkeypatch):
    bench.rule(MarkNumbers("active"))
    await bench.flag()
    begun = []

    async def killed(_outgoing):
        begun.append(1)
        raise StoreUnavailable("the process is dead")

    monkeypatch.setattr(bench.outlet, "send", killed)
    await bench.passes()
    monkeypatch.undo()
    await bench.passes(int(LIMITS.deadline.total_seconds()) + 5)
    assert (len(begun), await bench.store.outbox_size("automation")) == (1, 0)
    assert "it is not known whether this was done" in (await bench.outcomes())["0"]
    assert [n.status for n in bench.office.world.numbers].count(NumberStatus.SPAM) >= 1
    assert [entry[2] for entry in await bench.office.audit()] == ["unknown"]


async def test_a_restart_between_decision_and_deed_loses_nothing(bench):
    bench.rule(MarkNumbers("active"), after=timedelta(minutes=10))
    number = await bench.flag()
    bench.clock.advance(timedelta(minutes=10))
    await bench.office.engine.tick(bench.clock())
    again = Bench(bench.office)
    await again.passes()
    assert [n.status for n in bench.office.world.numbers if n.number == number] == [NumberStatus.ACTIVE]
    await again.dispatcher.stop(0)


async def test_what_the_vendor_refuses_is_told_and_not_tried_again(bench, monkeypatch):
    bench.rule(MarkNumbers("active"))
    await bench.flag()
    asked = []

    async def refuse(*args):
        asked.append(args)
        raise ProviderError(ErrorKind.REJECTED, "Not today.")

    monkeypatch.setattr(bench.office.opened["sales"].provider, "set_number_status", refuse)
    await bench.passes(5)
    assert len(asked) == 1
    assert (await bench.outcomes())["0"].startswith("Not marked: Not today.")


class Phone:
    """A vendor that rings people and speaks."""

    def __init__(self):
        self.asked, self.outcome = [], CallResult(CallOutcome.ACCEPTED)

    async def close(self):
        pass

    def leads_to(self, words):
        return {}

    async def ivr_call(self, number, words):
        self.asked.append((number, " ".join(words)))
        return self.outcome


async def test_it_phones_once_a_number_within_ten_minutes_under_the_call_policy(bench):
    phone = Phone()
    sales = bench.office.opened["sales"]
    bench.office.opened["branch"] = replace(sales, name="branch", provider=phone)
    bench.rule(PhoneNumber("branch", "+380 67 123 45 67", "Caller ID flagged"))
    first, second, third = (row.number for row in bench.office.world.numbers[:3])
    await bench.flag(first)
    await bench.passes()
    assert phone.asked == [("+380671234567", "Caller ID flagged")]
    bench.clock.advance(timedelta(minutes=2))
    await bench.flag(second)
    await bench.passes()
    outcomes = [i.automations["rest"].outcomes["0"] for _, _, i in await bench.office.engine.open_incidents()]
    assert sorted(o.startswith("not called: somebody was called") for o in outcomes) == [False, True]
    bench.office.settings = replace(bench.office.settings, calls=replace_calls(bench.office.settings.calls))
    await bench.store.ask("DEL", "{ringwatch}:lease:phone:+380 67 123 45 67")
    bench.clock.advance(timedelta(minutes=12))
    await bench.flag(third)
    await bench.passes()
    assert len(phone.asked) == 1, "the policy forbids it now"


def replace_calls(calls):
    return calls.model_copy(update={"region": "PL", "countries": ("PL",)})
