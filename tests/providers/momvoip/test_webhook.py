"""What the vendor pushes: nobody is believed without our key."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.errors import ErrorKind, ProviderError
from providers.events import AgentAnswered, CallEnded, LeadAnswered
from providers.model import Money
from providers.momvoip import webhook, wire
from providers.sdk.errors import ErrorMapping
from providers.sdk.text import redactor

KEY = "k3y-of-ours-0042"
ENDED = {"apikey": KEY, "event": "call_end", "call_id": "1714121428.13", "src": "1111", "dst": "380441234567"}


def read(body, content_type="application/json"):
    raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    conceal = redactor([KEY], data=True)
    return webhook.read_event(
        raw,
        content_type,
        key=KEY,
        zone=wire.ZONE,
        currency="USD",
        verdicts=ErrorMapping("MoMVOIP", conceal),
        conceal=conceal,
    )


def refused(body) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        read(body)
    assert KEY not in str(caught.value)
    assert caught.value.operation == "MOM-9"
    return caught.value


@pytest.mark.parametrize(
    "key", [None, "", "wrong", KEY + " ", KEY.upper(), 42, True, [KEY], {"a": KEY}, "ключ", "\ud800"]
)
def test_it_believes_nobody_without_our_key(key):
    assert refused({**ENDED, "apikey": key}).kind is ErrorKind.AUTH


def test_it_believes_nobody_who_leaves_the_key_out():
    assert refused({k: v for k, v in ENDED.items() if k != "apikey"}).kind is ErrorKind.AUTH
    assert refused({"event": "no_such_event"}).kind is ErrorKind.AUTH
    assert refused({}).kind is ErrorKind.AUTH


@pytest.mark.parametrize("event", ["call_start", "", None, 7])
def test_it_passes_over_events_that_it_does_not_know(event):
    assert read({**ENDED, "event": event}) is None


def test_it_passes_over_a_missing_event():
    assert read({"apikey": KEY}) is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"apikey=x&event=call_end",
        b"[]",
        b"null",
        b"7",
        b'{"apikey":"',
        b"[" * 100,
        b"\x00\xff",
    ],
)
def test_it_takes_what_cannot_be_read_and_has_no_key_for_a_stranger(body):
    assert refused(body).kind is ErrorKind.AUTH


@pytest.mark.parametrize(
    "body",
    [f"apikey={KEY}&event=call_end".encode(), json.dumps([KEY]).encode(), f'{{"apikey":"{KEY}'.encode()],
)
def test_it_says_that_it_cannot_read(body):
    assert refused(body).kind is ErrorKind.GARBLED


def test_it_reads_nothing_that_is_too_large():
    assert refused(b" " * 1_000_001).kind is ErrorKind.GARBLED


def test_it_takes_one_event_at_a_time():
    assert isinstance(read([ENDED]), CallEnded)
    assert refused([ENDED, ENDED]).kind is ErrorKind.GARBLED


@pytest.mark.parametrize("event", ["call_end", "dialer_lead_answer", "dialer_agent_answer"])
def test_it_refuses_an_event_without_what_it_is_about(event):
    assert refused({"apikey": KEY, "event": event}).kind is ErrorKind.GARBLED


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/x-www-form-urlencoded", "text/html; charset=utf-8"]
)
def test_it_minds_no_content_type(content_type):
    assert isinstance(read(ENDED, content_type), CallEnded)


@pytest.mark.parametrize(
    "text",
    [
        '{"apikey":"%s", // the key\n "event":"call_end", /* x */ "call_id":"1.1",}',
        '{"apikey":"%s","event":"call_end”,"call_id":"1.1"}',
        "{“apikey”:“%s”,“event”:“call_end”,“call_id”:“1.1”}",
        '\ufeff{"apikey":"%s" "event":"call_end" "call_id":"1.1"},',
    ],
)
def test_it_reads_damaged_events(text):
    assert isinstance(read(text % KEY), CallEnded)


def test_it_takes_the_duration_as_it_is_sent():
    event = read(
        {**ENDED, "start": "2024-04-26 11:50:28", "end": "2024-05-26 11:50:28", "duration": "10", "billsec": "4"}
    )
    assert (event.call.duration, event.call.talk) == (timedelta(seconds=10), timedelta(seconds=4))
    assert read({**ENDED, "start": "2024-04-26 11:50:28", "end": "2024-04-26 11:50:38"}).call.duration is None


def test_it_reads_a_cost_in_the_accounts_currency():
    assert read({**ENDED, "cost": 0.25}).call.cost == Money(Decimal("0.25"), "USD")


def test_it_takes_our_key_out_of_the_words():
    event = read(
        {"apikey": KEY, "event": "dialer_lead_answer", "lead_name": f"Max {KEY}", "lead_phone": "380441234567"}
    )
    assert event == LeadAnswered(lead="380441234567", name="Max •••", at=None, campaign=None)


def test_it_reads_what_an_agents_event_has():
    event = read({"apikey": KEY, "event": "Dialer_Agent_Answer", "user_exten": 1111, "lead_phone": 380441234567})
    assert event == AgentAnswered(extension="1111", agent=None, lead="380441234567", at=None, user_id=None)


@given(st.binary(max_size=200) | st.recursive(st.none() | st.text(max_size=9) | st.integers(), lambda x: st.lists(x) | st.dictionaries(
    st.sampled_from(["apikey", "event", "call_id", "start"]), x | st.just(KEY) | st.just("call_end")), max_leaves=6).map(lambda v: json.dumps(v).encode()))  # fmt: skip
def test_it_fails_with_its_own_error_alone(body):
    try:
        read(body)
    except ProviderError as error:
        kinds.add(error.kind)
    assert kinds <= {ErrorKind.AUTH, ErrorKind.GARBLED}


kinds: set[ErrorKind] = set()
