"""IEX-11, IEX-12, IEX-13: URL templates as people fill them in: broken, half filled, or nothing of ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.errors import ErrorKind, ProviderError
from providers.events import CallEnded, CallStarted, KeysPressed
from providers.iexpbx.webhook import read_event
from providers.model import Disposition


@pytest.mark.parametrize(
    "query",
    [
        [("chan", "1"), ("callstatus{status}", ""), ("callduration", "{duration}")],
        [("chan", "1"), ("callstatus", "{status}")],
        [("chan", "1"), ("callstatus", "")],
        [("chanid", "1"), ("callduration", "")],
    ],
)
def test_a_name_that_was_not_filled_in_is_missing(query):
    event = read_event(query)
    assert isinstance(event, CallEnded)
    assert (event.call.disposition, event.call.raw_disposition) == (Disposition.UNKNOWN, "")
    assert event.call.duration is None


@pytest.mark.parametrize(
    "query",
    [
        [],
        [("callstatusBUSY", "")],
        [("chan", ""), ("callstatus", "BUSY")],
        [("chan", "{chanid}"), ("callstatusBUSY", "")],
        [("caller", "905071234567"), ("called", "101")],
        [("chan", "x" * 200), ("callstatusBUSY", "")],
        [("chan", "1"), ("callstatusBUSY", "")] * 30,
    ],
)
def test_an_event_that_names_no_call_is_refused(query):
    with pytest.raises(ProviderError) as caught:
        read_event(query)
    assert caught.value.kind is ErrorKind.GARBLED
    assert caught.value.user_text.startswith("A pushed event of IEXPBX ")
    assert "905071234567" not in str(caught.value)


@pytest.mark.parametrize("query", [[("utm_source", "x")], [("id", "7")], [("chan", "1")]])
def test_what_is_no_event_is_passed_over(query):
    assert read_event(query) is None


def test_the_names_that_customers_use_are_known():
    started = [("chanid", "SIP/1"), ("src", "905071234567"), ("dst", "101"), ("type", "incoming")]
    assert read_event(started) == CallStarted("SIP/1", "905071234567", "101")
    ended = read_event([("chanid", "SIP/1"), ("status", "ANSWER"), ("duration", "12")])
    assert isinstance(ended, CallEnded)
    assert (ended.call.call_id, ended.call.disposition) == ("SIP/1", Disposition.ANSWERED)
    assert ended.call.duration.seconds == 12


def test_words_from_outside_stay_words():
    assert read_event([("CALLER", " <!channel>\n\u202ex "), ("called", "{dst}"), ("chan", "SIP/1;2")]) == CallStarted(
        "SIP/1;2", "<!channel> x", ""
    )
    assert read_event([("tuslama", "1" * 500), ("id", "{id}")]) == KeysPressed("1" * 99 + "…", "")
    assert read_event([("chan", "1"), ("callstatus", "ANSWER"), ("callduration", "-5")]).call.duration is None
    assert read_event([("chan", "1"), ("callstatus", "ANSWER"), ("callduration", "0")]).call.duration.seconds == 0


@given(
    st.lists(st.tuples(st.text(max_size=20) | st.sampled_from(["chan", "callstatus", "caller", "tuslama"]), st.text()))
)
def test_it_reads_any_query_or_refuses_it(query):
    try:
        event = read_event(query)
    except ProviderError as error:
        event, refused = None, error.kind
    else:
        refused = ErrorKind.GARBLED
    assert refused is ErrorKind.GARBLED
    assert event is None or isinstance(event, CallStarted | CallEnded | KeysPressed)
