"""The two doors to the outside: Slack's requests and the vendors' pushes. Any shape gets a status, and no trace."""

import json
from datetime import timedelta
from urllib.parse import quote, urlencode

import aiohttp
import pytest
from hostile_fuzz import ANYTHING, WORDS, bent
from hostile_town import HOOK
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.demo.slack.town import GENERAL, MANAGER
from bot.demo.slack.workspace import TEAM
from bot.readings.vendor_events import PushedRequest
from tests.deadlines import PATIENCE

FORM = "application/x-www-form-urlencoded"
COMMAND = {
    "command": "/spam", "text": "help", "user_id": MANAGER, "channel_id": GENERAL, "team_id": TEAM, "trigger_id": "1.2",
    "response_url": "http://127.0.0.1:1/", "user_name": "ivan", "channel_name": "general", "api_app_id": "A1",
}  # fmt: skip
WHO = {"user": {"id": MANAGER, "team_id": TEAM}, "team": {"id": TEAM}, "channel": {"id": GENERAL}, "trigger_id": "1.2"}
PAYLOADS = [
    {
        "type": "block_actions", **WHO, "response_url": "http://127.0.0.1:1/",
        "container": {"type": "message", "message_ts": "1.2", "channel_id": GENERAL, "is_ephemeral": True},
        "message": {"ts": "1.2"}, "actions": [{"action_id": "call_now:1", "block_id": "b", "type": "button", "value": "t"}],
    },
    {
        "type": "block_actions", **WHO, "container": {"type": "message", "message_ts": "1.2", "channel_id": GENERAL},
        "actions": [{"action_id": "snooze", "type": "static_select", "selected_option": {"value": "i1 30m"}}],
    },
    {
        "type": "view_submission", **WHO,
        "view": {
            "id": "V1", "callback_id": "form:call_form", "hash": "1", "private_metadata": '{"value":"{}","channel":"C1"}',
            "state": {"values": {"number": {"input": {"type": "plain_text_input", "value": "+12025550177"}}}},
        },
    },
    {"type": "view_closed", **WHO, "view": {"id": "V1", "callback_id": "form:call_form"}},
    {"type": "message_action", **WHO, "callback_id": "x"},
    {"type": "block_suggestion", **WHO, "action_id": "x", "value": "y"},
]  # fmt: skip
EVENT = {
    "type": "event_callback", "team_id": TEAM, "event_id": "E1",
    "event": {"type": "app_mention", "user": MANAGER, "text": "hi", "channel": GENERAL, "ts": "1.2"},
}  # fmt: skip
PUSHES = {
    "sales": {
        "apikey": "", "event": "call_end", "call_id": "1714121428.13", "src": "1101", "dst": "222222222222",
        "stage": "Max", "group_name": "My Group", "disposition": "NO ANSWER",
        "start": "2024-04-30 11:28:19", "end": "2024-05-30 11:28:20", "duration": "10", "billsec": "0",
    },
    "branch": {"callstatus": "BUSY", "chan": "SIP/1105-0a1b", "caller": "1105", "called": "12025550177", "callduration": "00:01:02"},
}  # fmt: skip


@st.composite
def slack_requests(draw):
    """A body that Slack might sign, and its type."""
    kind = draw(st.sampled_from(["command", "interaction", "event", "words"]))
    if kind == "command":
        fields = {**COMMAND, draw(st.sampled_from(sorted(COMMAND))): draw(WORDS)}
        return urlencode(fields, errors="replace").encode(), FORM
    if kind == "interaction":
        body = draw(bent(json.dumps(draw(st.sampled_from(PAYLOADS))).encode()))
        return b"payload=" + quote(body).encode(), FORM
    if kind == "event":
        return draw(bent(json.dumps(EVENT).encode())), "application/json"
    return draw(ANYTHING.map(lambda v: json.dumps(v).encode())), draw(st.sampled_from([FORM, "application/json"]))


@pytest.fixture
async def open_town(town):
    await town.open()
    async with aiohttp.ClientSession() as town.http:
        yield town


def bugs(town) -> float:
    """How many works ended in a bug so far."""
    counted = town.service.metrics.commands.collect()[0].samples
    return sum(s.value for s in counted if s.labels.get("outcome") == "failed" and s.name.endswith("_total"))


@settings(max_examples=50, suppress_health_check=list(HealthCheck))
@given(request=slack_requests())
async def test_whatever_slack_signs_is_acknowledged_and_breaks_nothing(open_town, request):
    (body, kind), before = request, bugs(open_town)
    try:
        headers = {**open_town.slack.delivery.signed(body.decode()), "Content-Type": kind}
    except UnicodeDecodeError:
        return  # what is no text cannot be signed by Slack either
    async with open_town.http.post(open_town.url("/slack/events"), data=body, headers=headers) as answer:
        assert answer.status == 200, body
        assert "Traceback" not in await answer.text()
    await open_town.service.slack.listeners.drain(PATIENCE)
    assert bugs(open_town) == before, body


@st.composite
def pushes(draw):
    """One request at a webhook."""
    account = draw(st.sampled_from(["sales", "branch", "helpdesk", "nobody"]))
    true = {**PUSHES.get(account, {}), "apikey": draw(st.sampled_from(["KEY", "wrong", ""]))}
    body = draw(bent(json.dumps(true).encode()))
    pairs = st.tuples(st.one_of(WORDS, st.sampled_from(sorted(PUSHES["branch"]))), WORDS)
    query = draw(st.one_of(st.just(list(PUSHES["branch"].items())), st.lists(pairs, max_size=6)))
    token = draw(st.sampled_from([HOOK, HOOK, HOOK, "wrong", "", "\ud800", HOOK + "\x00"]))
    return account, draw(st.sampled_from(["POST", "GET"])), token, query, draw(WORDS), body


@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(push=pushes())
async def test_whatever_is_pushed_gets_a_status(open_town, push):
    account, method, token, query, kind, body = push
    body = body.replace(b"KEY", open_town.sandboxes["sales"].api_key.encode())
    open_town.clock.advance(timedelta(seconds=11))  # this is no flood
    answer = await open_town.service.inbound.take(PushedRequest(account, token, method, tuple(query), kind, body))
    known = {"sales": {200, 400, 404}, "branch": {200, 400}}.get(account, {404})
    assert answer.status in (known if token == HOOK else {404})
    assert len(answer.word) < 20
