from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.errors import ErrorKind, ProviderError
from providers.sdk.throttle import LocalThrottle, RateLimit, asking, cooldown, parse_rate_limit, words


@pytest.fixture
def person():
    token = asking.set("person")
    yield
    asking.reset(token)


async def refusal(throttle, operation="OP-1", **more) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await throttle.admit(operation, **more)
    assert caught.value.kind is ErrorKind.RATE_LIMITED
    return caught.value


async def test_it_keeps_a_fifth_of_the_budget_for_people(clock):
    throttle = LocalThrottle(clock, "Acme", parse_rate_limit("10/15m"))
    for _ in range(8):
        await throttle.admit("OP-1")
    error = await refusal(throttle)
    assert error.retry_at == clock.now + timedelta(minutes=15)
    assert error.user_text == (
        "The request limit of Acme is used up (10 requests per 15 min) but for a fifth that is kept for people."
    )
    token = asking.set("person")
    try:
        await throttle.admit("OP-1")
        await throttle.admit("OP-1")
        assert "kept for people" not in (await refusal(throttle)).user_text
    finally:
        asking.reset(token)


async def test_it_slides_the_window(clock, person):
    throttle = LocalThrottle(clock, "Acme", RateLimit(2, timedelta(minutes=1)))
    await throttle.admit("OP-1")
    clock.advance(timedelta(seconds=40))
    await throttle.admit("OP-1")
    error = await refusal(throttle)
    assert error.retry_at == clock.now + timedelta(seconds=20)
    clock.advance(timedelta(seconds=20))
    await throttle.admit("OP-1")
    assert (await refusal(throttle)).retry_at == clock.now + timedelta(seconds=40)


async def test_it_tells_watches_when_their_share_is_free_again(clock):
    throttle = LocalThrottle(clock, "Acme", RateLimit(5, timedelta(minutes=1)))
    token = asking.set("person")
    for _ in range(5):
        await throttle.admit("OP-1")
        clock.advance(timedelta(seconds=5))
    asking.reset(token)
    error = await refusal(throttle)
    assert error.retry_at == clock.now + timedelta(seconds=60 - 25 + 5)
    clock.now = error.retry_at
    await throttle.admit("OP-1")


async def test_it_spaces_one_operation_and_no_other(clock):
    throttle = LocalThrottle(clock, "Acme")
    half = timedelta(seconds=30)
    await throttle.admit("OP-1", spacing=half)
    await throttle.admit("OP-2", spacing=half)
    clock.advance(timedelta(seconds=29))
    error = await refusal(throttle, spacing=half)
    assert error.retry_at == clock.now + timedelta(seconds=1)
    assert error.user_text == "Acme answers this question once in 30 s."
    clock.advance(timedelta(seconds=1))
    await throttle.admit("OP-1", spacing=half)


async def test_it_counts_nothing_that_it_refused(clock, person):
    throttle = LocalThrottle(clock, "Acme", RateLimit(2, timedelta(minutes=1)))
    await throttle.admit("OP-1", spacing=timedelta(seconds=10))
    for _ in range(5):
        await refusal(throttle, spacing=timedelta(seconds=10))
    await throttle.admit("OP-2")


async def test_it_doubles_the_cool_down_up_to_a_quarter_of_an_hour(clock):
    throttle = LocalThrottle(clock, "Acme")
    waits = []
    for _ in range(8):
        until = await throttle.refused(403, None)
        waits.append((until - clock.now).total_seconds())
        error = await refusal(throttle)
        assert (error.retry_at, error.http_status) == (until, 403)
        clock.now = until
        await throttle.admit("OP-1")
    assert waits == [30, 60, 120, 240, 480, 900, 900, 900]
    await throttle.answered()
    assert await throttle.refused(401, None) == clock.now + timedelta(seconds=30)


async def test_it_honours_retry_after_within_reason(clock):
    throttle = LocalThrottle(clock, "Acme")
    assert await throttle.refused(429, timedelta(seconds=7)) == clock.now + timedelta(seconds=7)
    clock.advance(timedelta(seconds=7))
    assert await throttle.refused(429, timedelta(days=3)) == clock.now + timedelta(minutes=15)
    clock.advance(timedelta(minutes=15))
    assert await throttle.refused(429, timedelta(seconds=-5)) == clock.now + timedelta(seconds=1)


async def test_it_counts_refusals_that_were_under_way_together_once(clock):
    throttle = LocalThrottle(clock, "Acme")
    first = await throttle.refused(429, timedelta(seconds=100))
    assert await throttle.refused(429, None) == first
    clock.now = first
    assert await throttle.refused(429, None) == clock.now + timedelta(seconds=60)


async def test_it_lets_a_late_good_answer_not_end_a_cool_down(clock):
    throttle = LocalThrottle(clock, "Acme")
    await throttle.refused(429, None)
    await throttle.answered()
    await refusal(throttle)


@pytest.mark.parametrize(
    ("text", "count", "per"),
    [
        ("100/15m", 100, timedelta(minutes=15)),
        (" 5 / 1s ", 5, timedelta(seconds=1)),
        ("30/m", 30, timedelta(minutes=1)),
        ("1000/1d", 1000, timedelta(days=1)),
        ("2/3h", 2, timedelta(hours=3)),
    ],
)
def test_it_reads_a_rate_limit(text, count, per):
    assert parse_rate_limit(text) == RateLimit(count, per)


@pytest.mark.parametrize(
    "text", ["", "100", "0/15m", "100/0m", "100/15", "x/15m", "-1/15m", "100/15w", "9" * 99 + "/1m"]
)
def test_it_refuses_what_is_no_rate_limit(text):
    with pytest.raises(ValueError, match="write it like 100/15m"):
        parse_rate_limit(text)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "1 s"),
        (0.2, "1 s"),
        (59, "59 s"),
        (60, "1 min"),
        (119, "119 s"),
        (130, "3 min"),
        (3600, "1 h"),
        (172800, "2 days"),
    ],
)
def test_it_says_how_long_and_never_too_short(seconds, said):
    assert words(timedelta(seconds=seconds)) == said


@given(st.integers(0, 10**6), st.none() | st.timedeltas())
def test_it_keeps_every_cool_down_between_a_second_and_a_quarter_of_an_hour(refusals, retry_after):
    assert timedelta(seconds=1) <= cooldown(refusals, retry_after) <= timedelta(minutes=15)


@given(st.lists(st.integers(0, 30), max_size=60))
async def test_it_never_admits_more_than_the_limit_in_any_window(gaps):
    now = [datetime(2026, 1, 1, tzinfo=UTC)]
    throttle = LocalThrottle(lambda: now[0], "Acme", RateLimit(5, timedelta(seconds=60)))
    admitted, early = [], 0
    for gap in gaps:
        now[0] += timedelta(seconds=gap)
        try:
            await throttle.admit("OP-1")
            admitted.append(now[0])
        except ProviderError as error:
            early += error.retry_at <= now[0]
    assert not early
    for at in admitted:
        assert sum(at - timedelta(seconds=60) < other <= at for other in admitted) <= 4
