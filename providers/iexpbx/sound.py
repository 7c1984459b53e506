"""Finds out whether an answer of IEX-9 is a recording: raw GSM 06.10 has a mark on every frame, and no header.

No I/O.
"""

import re

from providers.model import Recording
from providers.sdk.exchange import Answer

FRAME_BYTES = 33  # bytes of GSM 06.10: 20 ms of sound
_MARK = 0xD  # the upper half of a frame's first byte
_CHECKED_FRAMES = 100  # frames
_CALL_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._:/@;-]{0,99}", re.ASCII)  # an id of IEX-3, or a channel id
_NOTHING_THERE = re.compile(
    r"\bnot? (found|such|record|file|audio|exist)|does ?n[o']t exist|bulunamad|kay[ıi]t yok", re.IGNORECASE
)


def is_call_id(text: str) -> bool:
    """Returns whether this may be the id of a call, or of a channel."""
    return bool(_CALL_ID.fullmatch(text))


def recording_in(answer: Answer, call_id: str) -> Recording | None:
    """Returns the sound; None where the answer is none. Some systems keep GSM inside a WAV file: that comes as one."""
    content = answer.content
    if content[:4] == b"RIFF" and content[8:12] == b"WAVE":
        return Recording(call_id, content)
    marks = content[: FRAME_BYTES * _CHECKED_FRAMES : FRAME_BYTES]
    if len(content) < FRAME_BYTES or any(byte >> 4 != _MARK for byte in marks):
        return None
    if len(content) % FRAME_BYTES and answer.content_type.casefold().startswith("text/"):
        return None  # words in an old Turkish charset may begin with the mark too
    return Recording(call_id, content, media_type="audio/x-gsm", extension="gsm")


def says_missing(words: str) -> bool:
    """Returns whether a refusal says that there is no such recording."""
    return bool(_NOTHING_THERE.search(words))
