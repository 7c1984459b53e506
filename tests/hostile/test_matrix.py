"""Every hostile answer to every operation: one honest sentence, and the page that lists them all is up to date."""

import os
from typing import Any

import pytest
from hostile_asks import ASKS, PUSHED
from hostile_matrix import TITLES, VENDORS, Outcome, faults_of, play_vendor, wrong

from bot.slack.listeners import ANSWER_TIMEOUT_SECONDS
from providers.sdk.http import DEADLINE_SECONDS
from providers.sdk.simulation import faults as kit
from tools.hostile_page import DOCUMENT, FAULTS, cell, read_back

ALL = os.environ.get("RINGWATCH_HOSTILE") == "all"
SHARE = {"mor": 5}  # of so many of its operations one is played under each fault, another one under the next
HALVES = [(slug, half) for slug in ASKS for half in (0, 1)]
AGAIN = "run: python -m tools.hostile_page"


def test_every_operation_of_every_vendor_is_in_the_matrix(operations):
    asked = {ask.id.partition(" ")[0] for asks in ASKS.values() for ask in asks} - {"VC-click2call"}
    assert asked | PUSHED == {row.id for row in operations}
    assert set(ASKS) == set(VENDORS)
    assert set(FAULTS) == kit.FAULTS


@pytest.mark.parametrize(("slug", "half"), HALVES)
async def test_each_hostile_answer_is_told_in_one_honest_sentence_as_the_page_has_it(slug, half):
    page = read_back(DOCUMENT.read_text("utf-8"), TITLES[slug], [ask.id for ask in ASKS[slug]])
    broken: list[Any] = []
    for number, fault in enumerate(faults_of(VENDORS[slug])):
        if number % 2 == half:
            share = 1 if ALL else SHARE.get(slug, 1)
            outcomes = await play_vendor(slug, [fault], lambda at, n=number, s=share: (at + n // 2) % s == 0)  # type: ignore[misc]
            assert outcomes
            broken += [(o.operation, o.fault, o.raw, *wrong(o)) for o in outcomes if wrong(o)]
            broken += [(o.operation, o.fault, as_told(o), AGAIN) for o in outcomes if told_otherwise(page, o)]
    assert broken == []


def as_told(outcome: Outcome) -> tuple[str, str]:
    return outcome.kind, cell(outcome.told)


def told_otherwise(page: dict, outcome: Outcome) -> bool:
    return page.get((outcome.operation, outcome.fault)) != as_told(outcome)


@pytest.mark.parametrize("slug", sorted(ASKS))
async def test_each_operation_is_answered_where_nothing_is_wrong(slug):
    outcomes = await play_vendor(slug, [""])
    assert [(o.operation, o.kind) for o in outcomes if o.kind not in {"answered", "accepted"}] == []
    assert [o for o in outcomes if o.leaks] == []


def test_a_person_is_told_before_25_seconds_are_over():
    assert DEADLINE_SECONDS < ANSWER_TIMEOUT_SECONDS < 25


def test_the_page_holds_every_case():
    text = DOCUMENT.read_text("utf-8")
    for slug, asks in ASKS.items():
        told = read_back(text, TITLES[slug], [ask.id for ask in asks])
        assert set(told) == {(ask.id, fault) for ask in asks for fault in faults_of(VENDORS[slug])}, AGAIN
