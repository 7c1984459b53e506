"""What a vendor pushes: who may, how often, and that the event arrives whole at everybody who hears of them."""

from dataclasses import dataclass, replace

import pytest
import structlog
from pydantic import SecretStr

from bot.alerts.kinds import Kind, worth_asking
from bot.observability.metrics import Metrics
from bot.readings.accounts import Accounts, OpenAccount
from bot.readings.vendor_events import (
    CALL_ID_TTL,
    FLOOD_REQUESTS,
    FLOOD_WINDOW,
    PushedEvent,
    PushedRequest,
    VendorEvents,
)
from bot.settings import Account
from bot.store import StoreError
from providers.errors import ErrorKind, ProviderError
from providers.events import AgentAnswered, CallEnded, CallStarted, KeysPressed, LeadAnswered
from providers.model import CallRecord, Direction, Disposition
from providers.momvoip import VENDOR

TOKEN = "a-long-random-word"
ENDED = CallEnded(CallRecord("c-1", None, Direction.INBOUND, "+380671112233", "100", Disposition.ANSWERED, "ANSWERED"))
EVENTS = {
    ENDED: {Kind.CALLS, Kind.AGENTS},
    LeadAnswered("12025550177", "Max", None, "7"): {Kind.AGENTS},
    AgentAnswered("1105", "Ann", "12025550177", None, "u5"): {Kind.AGENTS},
    CallStarted("SIP/1105-0a1b", "12025550177", "1105"): {Kind.QUEUES, Kind.AGENTS},
    KeysPressed("2", "order 7"): set(),
}


@dataclass
class Pushing:
    """An adapter that reads one event out of whatever comes."""

    event: object = None

    def read_event(self, *, method, query, content_type, body):
        if isinstance(self.event, Exception):
            raise self.event
        return self.event


@pytest.fixture
def vendor():
    return Pushing()


@pytest.fixture
def webhook(one_store, clock, settings, vendor, hearers):
    """The webhook of `sales`, with three who hear of its events."""
    account = Account(
        "sales", "momvoip", VENDOR.settings.model_validate({"api_key": "k"}), webhook_token=SecretStr(TOKEN)
    )
    made = VendorEvents(
        settings=lambda: replace(settings, accounts={"sales": account}),
        accounts=lambda: Accounts({"sales": OpenAccount("sales", "MoMVOIP", vendor, account, VENDOR)}, {}),
        store=one_store,
        metrics=Metrics(),
        clock=clock,
    )
    for hearer in hearers:
        made.subscribers.subscribe(hearer.name, hearer)
    return made


async def push(webhook, token=TOKEN):
    answer = await webhook.take(PushedRequest("sales", token, "POST", (), "application/json", b"{}"))
    return answer.status, answer.word


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
async def test_an_event_arrives_whole_at_everybody(webhook, vendor, hearers, order, event):
    vendor.event = event
    assert await push(webhook) == (200, "ok")
    assert order == ["first", "second", "third"]
    assert [hearer.heard for hearer in hearers] == [[PushedEvent("sales", event)]] * 3


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_it_is_worth_asking_what_may_have_changed(event):
    assert set(worth_asking(event)) == EVENTS[event]


@pytest.mark.parametrize("trouble", [ZeroDivisionError(), StoreError("It is away.")], ids=["a mistake", "the store"])
async def test_one_that_fails_keeps_no_other_from_hearing_and_the_vendor_hears_nothing_of_it(
    webhook, vendor, hearers, order, trouble
):
    vendor.event, hearers[0].trouble = ENDED, trouble
    assert await push(webhook) == (200, "ok")
    assert order == ["first", "second", "third"]


async def test_a_call_that_ended_is_heard_of_once_an_hour(webhook, vendor, hearers, clock):
    vendor.event = ENDED
    assert [await push(webhook), await push(webhook)] == [(200, "ok"), (200, "repeated")]
    assert len(hearers[0].heard) == 1
    clock.advance(CALL_ID_TTL)
    vendor.event = CallEnded(replace(ENDED.call, call_id="c-2"))
    assert await push(webhook) == (200, "ok")
    vendor.event = CallEnded(replace(ENDED.call, call_id=""))  # nothing tells it from another
    assert [await push(webhook), await push(webhook)] == [(200, "ok"), (200, "ok")]


async def test_nobody_hears_of_a_flood(webhook, vendor, hearers, clock):
    vendor.event = KeysPressed("2", "")
    answers = [await push(webhook) for _ in range(FLOOD_REQUESTS + 1)]
    assert answers == [(200, "ok")] * FLOOD_REQUESTS + [(429, "too many")]
    assert len(hearers[0].heard) == FLOOD_REQUESTS
    clock.advance(FLOOD_WINDOW)
    assert await push(webhook) == (200, "ok")


@pytest.mark.parametrize(
    ("event", "answer"),
    [
        (None, (200, "ignored")),
        (ProviderError(ErrorKind.GARBLED, "It cannot be read."), (400, "unreadable")),
        (ProviderError(ErrorKind.AUTH, "The key is wrong."), (404, "not found")),
    ],
)
async def test_nobody_hears_of_what_is_no_event(webhook, vendor, order, event, answer):
    vendor.event = event
    assert await push(webhook) == answer
    assert order == []


async def test_a_push_that_names_nothing_known_is_logged_once_by_its_names_alone(webhook):
    pushed = PushedRequest("sales", TOKEN, "GET", (("kim", "+380671112233"), ("0671112233", "")), "", b"")
    with structlog.testing.capture_logs() as logged:
        assert [(await webhook.take(pushed)).word for _ in range(3)] == ["ignored"] * 3
    assert [(line["account"], line["fields"]) for line in logged] == [("sales", ["kim"])]


async def test_nobody_hears_of_what_a_stranger_pushes(webhook, vendor, order):
    vendor.event = ENDED
    assert await push(webhook, "a-wrong-word") == (404, "not found")
    assert order == []
