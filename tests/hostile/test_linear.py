"""Whatever a vendor sends, the time to read it grows as the answer does: growth is compared, not seconds."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from linearity import STEEPEST, exponent

from bot.alerts.model import LatestReading, Observed
from bot.queues.staffing import crew
from providers.iexpbx.wire import with_calls
from providers.model import ActiveCall, Agent, AgentState, CallState, Direction, Rows
from providers.sdk.lenient_json import UnreadableError, read_json
from providers.sdk.lenient_xml import read_xml
from providers.sdk.text import clean, decode, redactor

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

XML_PIECES = (
    "<", "<<a", "<?xml?>", "&", "& lt", "&#", "<a>", "<a/>", "</a>", "<!", "<!--", "<![CDATA[", "]]>", ".", "\x00", "<a b='", "<html>",
)  # fmt: skip
JSON_PIECES = (
    "[", "{", '"', '"\n', "'", "/*", "//", "/**/", ",", ", ", "..", "…", "\\", '\\"', '{"a":', "1", "-", "1e", "null", "“", " \n", "\x00",
)  # fmt: skip


def text(around: str, piece: str) -> Callable[[int], str]:
    return lambda n: around.replace("*", piece * n, 1)


def read(reader: Callable[[str], object]) -> Callable[[str], None]:
    def quietly(given: str) -> None:
        with suppress(UnreadableError):
            reader(given)

    return quietly


@pytest.mark.parametrize("piece", XML_PIECES)
@pytest.mark.parametrize("around", ["*", "<page>*", "<page>*</page>", "<page>*<", "<?xml?><page>*a</page>"])
def test_xml_is_read_in_a_time_that_grows_as_it_does(around: str, piece: str) -> None:
    assert exponent(read(read_xml), text(around, piece)) < STEEPEST


@pytest.mark.parametrize("piece", JSON_PIECES)
@pytest.mark.parametrize("around", ["*", "[*", "[*]", '["a" *', '{"a": "*'])
@pytest.mark.parametrize("curly", [False, True])
def test_json_is_read_in_a_time_that_grows_as_it_does(around: str, piece: str, curly: bool) -> None:
    assert exponent(read(lambda given: read_json(given, curly=curly)), text(around, piece)) < STEEPEST


@pytest.mark.parametrize("piece", ["a", "&#0", "&#x0", "\\u00", "%", "s3cret-", "s3cre", " ", "\u202e"])
def test_words_are_cleaned_in_a_time_that_grows_as_they_do(piece: str) -> None:
    redact = redactor(["s3cret-of-the-vendor", "aaaaaaaab"])
    assert exponent(lambda given: clean(redact(given)), text("*", piece)) < STEEPEST
    assert exponent(decode, lambda n: (piece * n).encode("utf-8", "replace")) < STEEPEST


def agents(n: int) -> Rows[Agent]:
    return Rows(tuple(Agent(str(1000 + i), AgentState.AVAILABLE, "") for i in range(n)))


def test_agents_and_calls_are_joined_in_a_time_that_grows_as_they_do() -> None:
    def made(n: int) -> tuple[Rows[Agent], Rows[ActiveCall]]:
        calls = (
            ActiveCall(
                str(i), CallState.TALKING, "", Direction.INBOUND, f"38067{i:07}", str(1000 + i), timedelta(minutes=1)
            )
            for i in range(n)
        )
        return agents(n), Rows(tuple(calls))

    assert exponent(lambda given: list(with_calls(given[0], given[1], NOW)), made) < STEEPEST


def test_who_serves_a_queue_is_found_in_a_time_that_grows_as_the_agents() -> None:
    def made(n: int) -> tuple[LatestReading, list[str]]:
        rows = agents(n)
        return LatestReading(observed=Observed(rows, NOW)), [agent.extension for agent in rows]

    assert exponent(lambda given: crew(given[0], given[1], NOW), made) < STEEPEST
