"""What may stand in a log line."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from bot.observability.logs import Redaction, configure
from tests.logs import configure_logs


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    yield stream
    root.handlers[:], root.level = handlers, level
    configure_logs()


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_it_writes_one_json_object_a_line_for_both_libraries(stream: io.StringIO) -> None:
    configure(Redaction(), stream=stream)
    structlog.get_logger("ours").info("poll done", account="sales", rows=3)
    logging.getLogger("theirs").warning("slow %s", "answer")
    ours, theirs = lines(stream)
    assert (ours["event"], ours["account"], ours["rows"], ours["level"]) == ("poll done", "sales", 3, "info")
    assert (theirs["event"], theirs["logger"], theirs["level"]) == ("slow answer", "theirs", "warning")


def test_it_never_writes_a_secret_wherever_it_stands(stream: io.StringIO) -> None:
    redaction = Redaction()
    configure(redaction, stream=stream)
    redaction.learn(["s3cr3t-key"])
    log = structlog.get_logger("ours")
    log.info("key s3cr3t-key", nested={"a": ["s3cr3t-key"]})
    try:
        raise ValueError("https://user:hunter2@pbx.example.com/?password=hunter2&x=1 xoxb-123-abc s3cr3t-key")
    except ValueError:
        log.exception("failed")
    text = stream.getvalue()
    for secret in ("s3cr3t-key", "hunter2", "xoxb-123"):
        assert secret not in text
    assert "ValueError" in text


@pytest.mark.parametrize("number", ["+44 7700 900123", "447700900123", "+1 (202) 555-0143", "+380441234567"])
def test_it_masks_telephone_numbers(number: str) -> None:
    cleaned = Redaction().clean(f"rang {number} twice")
    assert "•••" in cleaned
    assert number not in cleaned


@pytest.mark.parametrize(
    "harmless", ["1714121428.13", "1763730000.000100", "2026-11-21 12:00:00", "took 1234567 ms", "port 3000"]
)
def test_it_leaves_what_is_no_number(harmless: str) -> None:
    assert Redaction().clean(harmless) == harmless
