"""Answers that no document describes, to every question: the right kind, a sentence for people, never a false zero."""

from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from providers.errors import ErrorKind, ProviderError
from providers.sdk.throttle import LocalThrottle
from tests.providers.panel import FAULTS, status

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
LISTS = {
    "VPC-1": lambda account: account.calls(NOW - timedelta(days=1), NOW),
    "VPC-2": lambda account: account.queue_calls(NOW - timedelta(hours=1)),
    "VPC-3": lambda account: account.vendor_table("ringgroups", ()),
}
QUESTIONS = {**LISTS, "VPC-5": lambda account: account.status()}

G, A, B, R, U, N, L, X = (
    ErrorKind.GARBLED,
    ErrorKind.AUTH,
    ErrorKind.IP_BLOCKED,
    ErrorKind.REJECTED,
    ErrorKind.UNAVAILABLE,
    ErrorKind.NOT_FOUND,
    ErrorKind.RATE_LIMITED,
    ErrorKind.BAD_REQUEST,
)


def told(code: int, body: object):
    async def answer(request):
        return web.json_response(body, status=code)

    return answer


HOSTILE = {
    **{case: told for case, told in FAULTS.items() if case != "plain words"},  # VPC-5 shows them as they are
    "null": ("null", R, "answered “null” instead of data"),
    "false": ("false", R, "answered “false” instead of data"),
    "zero": ("0", R, "answered “0” instead of data"),
    "an error": ({"error": "No such tenant"}, R, "says: “No such tenant”."),
    "a status": ({"status": "error", "message": "Bad things"}, R, "says: “Bad things”."),
    "a status in the message": ({"message": {"status": "error", "text": "Bad things"}}, R, "says: “Bad things”."),
    "a status beside 200": ({"code": 200, "status": "error", "message": "Bad things", "data": []}, R, "“Bad things”"),
    "an error without words": ({"status": "error"}, R, "answered “error” instead of data"),
    "code 0": ({"code": 0, "message": "Unknown error"}, U, "reports an unknown error (0): “Unknown error”."),
    "code 0 with data": ({"code": "0", "status": "success", "data": []}, U, "reports an unknown error (0)."),
    "code 400": ({"code": 400, "message": "Parameters error"}, X, "refused the request (400): “Parameters error”."),
    "code 402": ({"code": 402, "message": {"text": "No licence"}}, R, "a licence or a payment (402): “No licence”."),
    "code 404": ({"code": 404, "message": "Tenant not found"}, N, "(404): “Tenant not found”."),
    "code 418": ({"code": 418, "message": "Teapot"}, R, "says no (418): “Teapot”."),
    "code 503": ({"code": 503, "message": "Busy"}, U, "is having problems (503): “Busy”."),
    "code 401": ({"code": 401, "message": "Not authorised"}, A, "is not on its whitelist"),
    "code 403": ({"code": 403}, B, "is not on its whitelist"),
    "code 429": ({"code": 429, "message": "Too Many Requests"}, L, "asked for fewer requests (429)"),
    "400": (told(400, {"code": 400, "message": "Parameters error"}), X, "(400): “Parameters error”."),
    "402": (told(402, {"message": "Licence expired"}), R, "licence or a payment (402): “Licence expired”."),
    "404": (told(404, {"code": 404, "message": "Tenant not found"}), N, "(404): “Tenant not found”."),
    "404 that says success": (told(404, {"code": 200, "status": "success", "data": []}), N, "(404)."),
    "404 page": (status(404, "<html>nginx</html>"), N, "base_url, version or token may be wrong (404)."),
    "401": (status(401, "Not authorised"), A, "refused access (401): the token is wrong, or this server's IP address"),
    "403": (status(403, "<html>"), B, "is not on its whitelist"),
    "500 that says success": (told(500, {"code": 200, "data": []}), U, "is having problems (500)"),
    "an echo of the token": ({"status": "error", "message": "wrong: t0ken-of-ours-0042"}, None, "wrong: •••"),
    "a cut list": ('{"code":200,"data":[{"queue_name":"S', G, "cut off"),
    "depth": ("[" * 5000, G, "cannot be read"),
}
MISSHAPEN = {
    "a number": ("111", G, "unexpected form"),
    "true": ("true", G, "unexpected form"),
    "no data": ({"code": 200, "status": "success", "message": "OK"}, G, "unexpected form"),
    "null for data": ({"code": 200, "data": None}, R, "answered “null” instead of data"),
    "words for data": ({"code": 200, "data": "nothing today"}, R, "says: “nothing today”."),
    "an object for data": ({"code": 200, "data": {"calls": 3}}, G, "unexpected form"),
    "rows that are none": ({"code": 200, "data": [[1], "x"]}, G, "unexpected form"),
    "rows without a time": ([{"queue_name": "Sales"}], G, "unexpected form"),
    "plain words": ("Feature disabled", R, "says: “Feature disabled”."),
    "plain words on access": ("Invalid token", A, "refused access: “Invalid token”"),
}


async def failure(account, ask) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await ask(account)
    error = caught.value
    assert error.user_text.startswith("VoIPcloud ")
    assert error.user_text.endswith(".")
    assert len(error.user_text) < 300
    assert "t0ken" not in str(error) + repr(error)
    return error


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("operation", QUESTIONS)
@pytest.mark.parametrize("case", HOSTILE)
async def test_it_tells_what_came_instead(panel, opened, version, operation, case):
    panel.anything, kind, words = HOSTILE[case]
    error = await failure(opened(version=version), QUESTIONS[operation])
    assert (error.kind, error.operation) == (kind or error.kind, operation)
    assert words in error.user_text
    assert len(panel.asked) == 1


@pytest.mark.parametrize("operation", LISTS)
@pytest.mark.parametrize("case", MISSHAPEN)
async def test_it_never_takes_something_else_for_a_list(panel, voipcloud, operation, case):
    panel.anything, kind, words = MISSHAPEN[case]
    error = await failure(voipcloud, LISTS[operation])
    assert (error.kind, error.operation) == (kind, operation)
    assert words in error.user_text


@pytest.mark.parametrize("code", [401, 403, 429])
async def test_a_code_in_the_body_cools_down_and_doubles_as_a_status_does(panel, voipcloud, clock, code):
    waits = []
    for _ in range(7):
        panel.anything = {"code": code, "status": "error"}
        error = await failure(voipcloud, QUESTIONS["VPC-2"])
        waits.append((error.retry_at - clock()).total_seconds())
        asked = len(panel.asked)
        assert (await failure_of_throttle(voipcloud)).retry_at == error.retry_at
        assert len(panel.asked) == asked
        clock.now = error.retry_at
    assert waits == [30, 60, 120, 240, 480, 900, 900]
    panel.anything = []
    await voipcloud.queue_calls(NOW)
    panel.anything = {"code": code}
    error = await failure(voipcloud, QUESTIONS["VPC-2"])
    assert (error.retry_at - clock()).total_seconds() == 30


async def failure_of_throttle(account) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await account.queue_calls(NOW)
    assert caught.value.kind is ErrorKind.RATE_LIMITED
    return caught.value


async def test_it_leaves_the_vendor_alone_for_as_long_as_it_says(panel, voipcloud, clock):
    panel.anything = status(429, **{"Retry-After": "60"})
    error = await failure(voipcloud, QUESTIONS["VPC-1"])
    assert error.retry_at == clock() + timedelta(seconds=60)


async def test_no_other_answer_cools_down(panel, voipcloud):
    for code in (0, 400, 402, 404, 500):
        panel.anything = {"code": code}
        await failure(voipcloud, QUESTIONS["VPC-2"])
    assert len(panel.asked) == 5


async def test_it_says_that_nobody_is_there(opened, clock):
    account = opened(base_url="http://127.0.0.1:1")
    for ask in QUESTIONS.values():
        assert (await failure(account, ask)).kind is U


async def test_a_token_that_no_header_can_hold_is_told_without_it(panel, clock, opened):
    for token in ("t0ken-ключ-0042", "t0ken\nof-ours"):
        error = await failure(opened(token=token), QUESTIONS["VPC-1"])
        assert error.kind is ErrorKind.BAD_REQUEST
        assert "ключ" not in error.user_text
    assert panel.asked == []


async def test_the_tokens_edges_are_not_sent(panel, opened):
    await opened(token=" t0ken-of-ours-0042\n").queue_calls(NOW)
    assert len(panel.asked) == 1


async def test_a_spent_budget_sends_nothing(panel, opened, clock):
    from providers.sdk.throttle import RateLimit

    account = opened(throttle=LocalThrottle(clock, "VoIPcloud", RateLimit(1, timedelta(minutes=15))))
    await account.queue_calls(NOW)
    with pytest.raises(ProviderError) as caught:
        await account.calls(NOW - timedelta(hours=1), NOW)
    assert caught.value.kind is ErrorKind.RATE_LIMITED
    assert len(panel.asked) == 1
