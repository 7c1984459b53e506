"""How an incident is told: to a lock screen, to the channel, and to machines."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.alerts.kinds import Kind
from bot.alerts.model import (
    RISEN,
    WORSE,
    Escalation,
    Facts,
    Incident,
    Member,
    MessageRef,
    Notification,
    NotificationKind,
    Phase,
    Severity,
    Workflow,
)
from bot.alerts.policy import Policy
from bot.cards import Button, Channel, Link, Menu, Person, Tone, When, WorkflowButton
from bot.notify.incident_message import incident_message, verdict
from bot.notify.notification_context import NotificationContext
from bot.slack.blocks import render
from bot.slack.blocks_text import Eyes
from bot.watches.account_down import AccountDownFacts
from bot.watches.agent_offline.words import AgentOfflineFacts
from bot.watches.balance.facts import BalanceFacts
from bot.watches.number_spam import NumberSpamFacts
from bot.watches.registry import watches

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
K = NotificationKind
POLICY = Policy(
    "low-balance", "sales", "balance", "#alerts", mention=("!here",), escalate=Escalation(MINUTE, "#managers", ("S1",))
)
FACTS = {
    "balance": BalanceFacts(Decimal("38.20"), "USD", below=Decimal(50)),
    "agent_offline": AgentOfflineFacts("Max"),
    "number_spam": NumberSpamFacts("1202", active=1, total=2),
    "account_down": AccountDownFacts((Kind.BALANCE,), (), "It did not answer.", (Kind.BALANCE,)),
}


def member(subject="sales", watch="balance", **changes):
    return replace(Member(subject, FACTS[watch], Severity.WARNING, NOON), **changes)


def incident(*members, **changes):
    members = members or (member(),)
    return Incident("low.1", NOON, {m.subject: m for m in members}, Severity.WARNING, **changes)


def tell(of, kind=K.CARD, watch="balance", **more):
    now = more.pop("now", NOON + 30 * MINUTE)
    policy = more.pop("policy", POLICY)
    return incident_message(
        Notification(kind, of.id, ""), NotificationContext(of, policy, watches()[watch], now, **more)
    )


def said(part):
    match part:
        case str():
            return part
        case tuple():
            return "".join(said(one) for one in part)
        case When(at):
            return f"{at:%H:%M}"
        case Person(user):
            return f"@{user}"
        case Channel(channel):
            return channel
        case Link(url, words):
            return f"{words}<{url}>"
    return part.words


def text(told):
    card = told.card
    lines = [card.verdict, *(r.line for s in card.body for r in s.rows), *card.context]
    return "\n".join(said(line) for line in lines)


RESOLVED = {"phase": Phase.RESOLVED, "resolved_at": NOON + 30 * MINUTE}
GONE = {"left_at": NOON + 30 * MINUTE, "left_because": "102.40 USD now"}


def test_it_says_what_is_wrong_with_the_figure_and_the_account_in_one_sentence():
    told = tell(incident())
    assert told.card.verdict == "Balance of sales is low: 38.20 USD."
    assert told.card.tone is Tone.WARNING
    assert told.channel == "#alerts"


def test_it_turns_into_a_resolved_message_without_mention_or_buttons():
    told = tell(incident(member(**GONE), **RESOLVED))
    assert (
        told.card.verdict == "Resolved after 30 min: balance of sales was low, 38.20 USD at the last; 102.40 USD now."
    )
    assert told.card.tone is Tone.GOOD
    assert told.mention == ()
    assert told.card.controls == ()
    assert told.metadata["event_payload"]["state"] == "resolved"
    assert told.metadata["event_payload"]["subjects"] == ""


def test_it_mentions_when_it_is_raised_and_in_nothing_that_is_held():
    assert tell(incident()).mention == ("!here",)
    for phase in (Phase.ACKNOWLEDGED, Phase.SNOOZED):
        assert tell(incident(phase=phase)).mention == ()


def test_it_says_acknowledged_by_whom_and_when_and_can_be_taken_back():
    told = tell(incident(phase=Phase.ACKNOWLEDGED, acknowledged_by="U1", acknowledged_at=NOON + MINUTE))
    assert "Acknowledged by @U1 at 12:01" in text(told)
    assert "acknowledged" in told.card.verdict
    assert [c.action for c in told.card.controls] == ["unacknowledge", "snooze"]
    assert told.metadata["event_payload"]["state"] == "acknowledged"


@pytest.mark.parametrize(("until", "words"), [(NOON + 45 * MINUTE, "12:45"), (None, "it gets worse")])
def test_it_says_snoozed_until_when(until, words):
    told = tell(incident(phase=Phase.SNOOZED, snoozed_by="U1", snoozed_until=until))
    assert f"Snoozed by @U1 until {words}" in text(told)
    assert told.metadata["event_payload"]["state"] == "snoozed"


def test_it_offers_acknowledge_and_the_four_snoozes():
    acknowledge, snooze = tell(incident()).card.controls
    assert isinstance(acknowledge, Button)
    assert (acknowledge.action, acknowledge.words, acknowledge.value) == ("acknowledge", "Acknowledge", "low.1")
    assert isinstance(snooze, Menu)
    assert [words for words, _ in snooze.options] == [
        "30 minutes",
        "2 hours",
        "until tomorrow",
        "until it gets worse",
    ]
    assert [value for _, value in snooze.options] == ["low.1 30m", "low.1 2h", "low.1 tomorrow", "low.1 worse"]


def test_it_says_flapping_while_it_flaps():
    assert "flapping" in text(tell(incident(member(flapping=True))))
    assert "flapping" not in text(tell(incident()))


def test_it_says_since_when_it_was_not_seen():
    assert "Not seen since 12:05" in text(tell(incident(), blind_since=NOON + 5 * MINUTE))
    over = incident(member(**GONE), **RESOLVED)
    assert "Not seen" not in text(tell(over, blind_since=NOON + 5 * MINUTE))


def test_it_links_to_the_last_time_and_counts_today():
    again = incident(previous="low.0", raises_today=3)
    told = text(tell(again, previous=MessageRef("C1", "1.1", "https://slack.example/p1")))
    assert "3rd time today" in told
    assert "https://slack.example/p1" in told
    assert "3rd time today" in text(tell(again))
    assert "time today" not in text(tell(incident()))


def test_it_says_overdrawn():
    balance: Any = FACTS["balance"]
    low = member(facts=replace(balance, amount=Decimal("-12.40")), severity=Severity.CRITICAL)
    told = tell(replace(incident(low), severity=Severity.CRITICAL))
    assert told.card.verdict == "sales is overdrawn: −12.40 USD."
    assert told.card.tone is Tone.CRITICAL


def test_it_tells_who_left_and_why():
    back = member("1101", "agent_offline", left_at=NOON + MINUTE, left_because="signed in again")
    told = tell(incident(back, member("1102", "agent_offline")), watch="agent_offline")
    assert "1101 · signed in again · 12:01" in text(told)
    assert told.metadata["event_payload"]["subjects"] == "1102"


@pytest.mark.parametrize("kind", [K.REMINDER, K.RISE, K.WAKE])
def test_it_wakes_with_the_alerts_mention_and_without_metadata(kind):
    told = tell(incident(), kind)
    assert (told.mention, told.metadata, told.channel) == (("!here",), None, "#alerts")
    assert "30 min" in text(told)
    assert "Balance of sales is low: 38.20 USD" in said(told.card.verdict)


def test_it_offers_the_workflow_with_its_inputs_filled_while_it_is_open():
    url = "https://slack.com/shortcuts/Ft1/a"
    workflow = Workflow("Order a top-up", url, (("reason", "summary"), ("who", "account"), ("closed", "resolved_at")))
    policy = replace(POLICY, workflow=workflow)
    shown = tell(incident(), policy=policy)
    (button,) = (one for one in shown.card.controls if isinstance(one, WorkflowButton))
    words = verdict(NotificationContext(incident(), policy, watches()["balance"], NOON))
    assert button == WorkflowButton("Order a top-up", url, (("reason", words), ("who", "sales"), ("closed", "")))
    (element,) = (e for b in render(shown.card, Eyes()).blocks for e in b.get("elements", ()) if "workflow" in e)
    inputs = [{"name": "reason", "value": words}, {"name": "who", "value": "sales"}, {"name": "closed", "value": ""}]
    trigger = {"url": url, "customizable_input_parameters": inputs}
    text = {"type": "plain_text", "text": "Order a top-up"}
    assert element == {"type": "workflow_button", "text": text, "workflow": {"trigger": trigger}}
    over = incident(phase=Phase.RESOLVED, resolved_at=NOON + MINUTE)
    assert tell(over, policy=policy).card.controls == ()


def test_it_escalates_to_both():
    assert tell(incident(escalated_at=NOON), K.ESCALATION).mention == ("!here", "S1")
    copy = tell(incident(escalated_at=NOON), K.ESCALATION_COPY, links={"low.1": MessageRef("C1", "1.1", "https://s/1")})
    assert (copy.channel, copy.mention, copy.metadata) == ("#managers", ("S1",), None)
    assert "https://s/1" in text(copy)


def test_it_says_in_the_copy_who_acknowledged_or_that_it_ended():
    held = incident(
        phase=Phase.ACKNOWLEDGED, escalated_at=NOON, acknowledged_by="U1", acknowledged_at=NOON + 20 * MINUTE
    )
    assert "Acknowledged by @U1 at 12:20" in text(tell(held, K.ESCALATION_END))
    over = incident(member(**GONE), escalated_at=NOON, **RESOLVED)
    assert "Ended 12:30" in text(tell(over, K.ESCALATION_END))
    assert tell(over, K.ESCALATION_END).mention == ()


@pytest.mark.parametrize("kind", [K.REMINDER, K.RISE, K.ESCALATION])
@pytest.mark.parametrize("phase", [Phase.ACKNOWLEDGED, Phase.SNOOZED, Phase.RESOLVED])
def test_it_has_nothing_to_remind_of_once_somebody_has_it_or_it_is_over(kind, phase):
    rise = kind is K.RISE and phase is Phase.ACKNOWLEDGED
    assert (tell(incident(phase=phase, escalated_at=NOON), kind) is None) is not rise


def test_it_tells_a_rise_also_to_who_has_it():
    worse = replace(incident(), severity=Severity.CRITICAL, phase=Phase.ACKNOWLEDGED, acknowledged_by="U1")
    told = tell(worse, K.RISE)
    assert told.card.verdict.startswith("Now critical: ")
    assert "Acknowledged by @U1." in text(told)
    assert told.mention == ("!here",)
    assert "only a rise of severity is told" in text(tell(worse))


def test_it_has_no_words_for_an_address():
    assert tell(incident(), K.CHANGE) is None


@pytest.mark.parametrize("watch", sorted(FACTS))
def test_it_tells_every_watch_open_and_over(watch):
    several = [member(str(n), watch) for n in range(1 if watch in {"balance", "account_down"} else 3)]
    for one in (several[:1], several):
        assert "sales" in said(tell(incident(*one), watch=watch).card.verdict)
        gone = [replace(m, left_at=NOON, left_because="") for m in one]
        assert said(tell(incident(*gone, **RESOLVED), watch=watch).card.verdict).startswith("Resolved after 30 min: ")


def test_it_lists_two_hundred_subjects_at_most_and_counts_the_rest():
    many = [member(f"{n}", "agent_offline") for n in range(1000, 1400)]
    subjects = tell(incident(*many), watch="agent_offline").metadata["event_payload"]["subjects"].split("; ")
    assert len(subjects) == 201
    assert subjects[-1] == "+200"
    assert subjects[0] == "1000"


@pytest.mark.parametrize("name", ["x" * 120, "Черга підтримки клієнтів", '"' * 60])
def test_it_keeps_the_metadata_under_six_thousand_bytes(name):
    many = [member(f"{name}{n}", "agent_offline") for n in range(300)]
    metadata = tell(incident(*many), watch="agent_offline").metadata
    assert len(json.dumps(metadata).encode()) <= 6_000
    listed = metadata["event_payload"]["subjects"].split("; ")
    assert listed[-1] == f"+{300 - len(listed) + 1}"


def wake(of, reason="snooze over"):
    return incident_message(
        Notification(K.WAKE, of.id, reason), NotificationContext(of, POLICY, watches()["balance"], NOON + 30 * MINUTE)
    )


def test_it_says_that_it_rose_with_the_reminder_that_tells_it():
    worse = replace(incident(), severity=Severity.CRITICAL)
    assert said(wake(worse, RISEN).card.verdict).startswith("The snooze is over, and it is critical now: ")
    told = incident_message(
        Notification(K.REMINDER, "low.1", RISEN), NotificationContext(worse, POLICY, watches()["balance"], NOON)
    )
    assert said(told.card.verdict).startswith("Still so, and critical now: ")
    assert said(wake(incident()).card.verdict).startswith("The snooze is over: ")


def test_it_tells_the_end_of_a_snooze_to_who_had_acknowledged_before_it_and_not_after():
    held = incident(phase=Phase.ACKNOWLEDGED, acknowledged_by="U1", counted_from=NOON + 20 * MINUTE)
    before = wake(replace(held, acknowledged_at=NOON + MINUTE))
    assert "Acknowledged by @U1" in text(before)
    assert "Nobody" not in text(before)
    assert wake(replace(held, acknowledged_at=NOON + 25 * MINUTE)) is None
    assert wake(incident(phase=Phase.SNOOZED)) is None


def test_it_says_that_it_got_worse_when_that_ended_the_snooze():
    assert wake(incident(), WORSE).card.verdict.startswith("It got worse: Balance of sales is low")


def test_it_can_still_be_given_back_while_it_is_snoozed():
    told = tell(incident(phase=Phase.SNOOZED, acknowledged_by="U1", acknowledged_at=NOON, snoozed_until=NOON + MINUTE))
    assert [c.action for c in told.card.controls] == ["unacknowledge", "snooze"]
    assert told.metadata["event_payload"]["state"] == "snoozed"


CLEAR = {"clear_since": NOON + 5 * MINUTE}
KEPT = replace(POLICY, keep=10 * MINUTE)


def test_it_says_of_what_is_clear_and_held_since_when_and_not_that_it_is_so():
    told = tell(incident(member(**CLEAR)), policy=KEPT)
    assert told.card.verdict == "Clear now, held open: balance of sales was low, 38.20 USD at the last."
    assert text(told).split("\n")[1] == "sales · clear since 12:05, held until it has been clear for 10 min"
    assert "Do:" not in text(told)
    assert told.card.tone is Tone.WARNING
    assert told.metadata["event_payload"]["state"] == "firing"
    assert told.metadata["event_payload"]["subjects"] == "sales"


def test_it_lists_what_flaps_and_is_clear_for_as_long_as_it_is_held():
    told = tell(incident(member(flapping=True, **CLEAR)))
    assert told.card.verdict.endswith("at the last · flapping.")
    assert "sales · clear since 12:05, held until it has been clear for 15 min" in text(told)
    assert "stays open until it has been clear for 15 min" in text(told)
    assert told.metadata["event_payload"]["subjects"] == "sales"
    assert "for 20 min" in text(tell(incident(member(flapping=True)), policy=replace(POLICY, keep=20 * MINUTE)))


def test_it_tells_who_is_affected_and_apart_from_them_who_is_clear():
    gone, back = member("1101", "agent_offline"), member("1102", "agent_offline", **CLEAR)
    told = tell(incident(gone, back), watch="agent_offline", policy=KEPT)
    assert told.card.verdict == "Max (1101) on sales is offline."
    assert "1102 · clear since 12:05, held until it has been clear for 10 min" in text(told)
    assert "(1102)" not in text(told)
    assert told.metadata["event_payload"]["subjects"] == "1101; 1102"


def test_it_offers_no_button_of_the_vendors_for_what_is_clear():
    told = tell(incident(member("1202", "number_spam", **CLEAR)), watch="number_spam", policy=KEPT)
    assert [c.action for c in told.card.controls] == ["acknowledge", "snooze"]


def test_it_does_not_say_still_so_of_what_turned_clear_before_it_was_told():
    told = tell(incident(member(**CLEAR)), K.REMINDER, policy=KEPT)
    assert told.card.verdict == "Still open: balance of sales was low, 38.20 USD at the last."
    assert "clear since 12:05" in text(told)


def test_it_says_that_nothing_more_is_said_while_its_account_is_down():
    words = "nothing more is said here until it is read again"
    assert words in text(tell(incident(), blind_since=NOON, down=True))
    assert words not in text(tell(incident(), blind_since=NOON))
    assert words not in text(tell(incident(), down=True))
    assert words not in text(tell(incident(member(**GONE), **RESOLVED), blind_since=NOON, down=True))


def test_it_says_who_has_it_and_that_nobody_has():
    assert "Nobody has it yet." in text(tell(incident()))
    held = incident(phase=Phase.ACKNOWLEDGED, acknowledged_by="U1", acknowledged_at=NOON)
    for one in (held, incident(member(**GONE), **RESOLVED), incident(phase=Phase.SNOOZED, snoozed_by="U1")):
        assert "Nobody" not in text(tell(one))


def test_it_gives_a_lock_screen_what_is_wrong_the_facts_what_to_do_and_who_has_it():
    told = tell(incident())
    assert told.text is None
    lines = render(told.card, Eyes(), mentions=told.mention).text.split("\n")
    assert lines == [
        "Warning: Balance of sales is low: 38.20 USD. <!here>",
        "Balance 38.20 USD · alert below 50",
        "Do: Top up before calls stop.",
        "warning · low-balance · sales · since Fri 20 Nov 12:00 UTC",
        "Nobody has it yet.",
    ]


def trial(**changes):
    tried = Member("test", Facts(), Severity.WARNING, NOON)
    return incident(tried, test=True, **changes)


@pytest.mark.parametrize("watch", sorted(FACTS))
def test_it_tells_a_test_in_its_own_words_and_says_what_it_tries(watch):
    told = tell(trial(), watch=watch)
    assert told.card.verdict == "TEST, nothing is wrong · test of the alert low-balance on sales."
    assert "The alert low-balance on sales is told in #alerts." in text(told)
    assert "The buttons work" in text(told)
    assert [c.action for c in told.card.controls] == ["acknowledge", "snooze"]
    assert (told.mention, told.channel) == (("!here",), "#alerts")
    payload = told.metadata["event_payload"]
    assert (payload["state"], payload["subjects"]) == ("firing", "test")


def test_it_tells_the_end_of_a_test():
    over = Member("test", Facts(), Severity.WARNING, NOON, left_at=NOON + 2 * MINUTE, left_because="the test is over")
    told = tell(incident(over, test=True, phase=Phase.RESOLVED, resolved_at=NOON + 2 * MINUTE))
    assert told.card.verdict == (
        "TEST, nothing is wrong · Resolved after 2 min: test of low-balance on sales; the test is over."
    )
    assert (told.card.controls, told.mention) == ((), ())


def test_it_says_nothing_of_blindness_in_a_test_and_marks_each_word_of_it():
    assert "Not seen" not in text(tell(trial(), blind_since=NOON))
    told = tell(trial(), K.WAKE, blind_since=NOON)
    assert told.card.verdict.startswith("TEST, nothing is wrong · The snooze is over: ")
    assert "Not seen" not in text(told)


def test_it_gives_its_first_sentence_in_bare_words():
    assert (
        verdict(NotificationContext(incident(), POLICY, watches()["balance"], NOON))
        == "Balance of sales is low: 38.20 USD."
    )
