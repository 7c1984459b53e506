"""MOR's exported files: what is asked, and whether what came is one (MOR-13, 14, 21, 22). No I/O."""

from codecs import BOM_UTF8
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo

from providers.mor.parsing import PERIOD, WordsError, period
from providers.mor.wire import stamps
from providers.sdk.lenient_json import Damage, UnreadableError
from providers.sdk.lenient_xml import unpacked
from providers.sdk.text import decode
from providers.sdk.vendor_clock import walls

DOCUMENTS: Mapping[str, str] = {
    "rates pdf": "MOR-13",
    "rates csv": "MOR-14",
    "calls pdf": "MOR-21",
    "calls csv": "MOR-22",
}
_CALL_TYPES = ("outgoing", "incoming", "all")
_MAX_UNPACKED_BYTES = 20_000_000  # bytes, unpacked
_PDF_END_BYTES = 2048  # bytes at the end in which a PDF says that it is whole
_SEPARATORS = ",;\t"


def asked_document(
    topic: str, form: str, words: Sequence[str], now: datetime, zone: tzinfo
) -> tuple[str, Mapping[str, str]]:
    """Returns the operation, and its query; raises `WordsError`.

    Calls are those of the last day unless words say else.
    """
    operation = DOCUMENTS.get(f"{topic} {form}")
    if operation is None:
        raise WordsError(f"MOR has no such file. It has {', '.join(DOCUMENTS)}.")
    left = [word for word in words if word]
    if topic == "rates":
        if left:
            raise WordsError("The export of rates takes no words.")
        return operation, {}
    kind = left.pop().casefold() if left and left[-1].casefold() in _CALL_TYPES else "all"
    try:
        span = period(left, now, zone) if left else walls(now - timedelta(days=1), now, zone)
    except WordsError as error:
        raise WordsError(f"{error} Write: {topic} {form} [{PERIOD}] [{'|'.join(_CALL_TYPES)}].") from None
    times = stamps(*span)
    return operation, {"call_type": kind, "date_from": times["period_start"], "date_till": times["period_end"]}


def document_in(content: bytes, form: str) -> bytes | None:
    """Returns the file, unpacked; None for what is none, a page or words.

    Raises `UnreadableError` for a PDF that is cut off.
    """
    try:
        content = unpacked(content, _MAX_UNPACKED_BYTES)
    except UnreadableError:
        return None
    if form == "pdf":
        content = content.removeprefix(BOM_UTF8)
        if content.startswith(b"%PDF-") and b"%%EOF" not in content[-_PDF_END_BYTES:]:
            raise UnreadableError(Damage.CUT_OFF)
        return content if content.startswith(b"%PDF-") else None
    first = decode(content[:4096]).lstrip()
    header = first.partition("\n")[0]
    is_table = first[:1] not in {"<", "{", "["} and "\x00" not in first and any(c in header for c in _SEPARATORS)
    return content if is_table else None
