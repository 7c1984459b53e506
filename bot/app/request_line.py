"""The request line of a push, mended before HTTP's parser refuses it: a PBX fills in names and numbers as they are."""

import asyncio
import re
from collections.abc import Callable

_STARTS = (b"GET /hooks/", b"POST /hooks/")
_MAX_LINE_BYTES = 8190  # bytes of a line that is waited for; the parser's own limit
_LINE = re.compile(rb"((?:GET|POST) )(.+)( HTTP/1\.[01]\r?)", re.DOTALL)
_RAW = re.compile(rb"[^\x21-\x7e]")


def mended(line: bytes) -> bytes:
    """Returns the request line, blanks and raw bytes in its address percent-encoded; else as it is."""
    found = _LINE.fullmatch(line)
    if found is None:
        return line
    return found[1] + _RAW.sub(lambda raw: b"%%%02X" % raw[0][0], found[2]) + found[3]


class MendedRequestLines(asyncio.Protocol):
    """Hands a connection on to the HTTP server's own protocol, the request lines of pushes mended."""

    def __init__(self, http: Callable[[], asyncio.Protocol]) -> None:
        self._http = http()
        self._held = b""
        self.connection_made = self._http.connection_made  # type: ignore[method-assign]
        self.connection_lost = self._http.connection_lost  # type: ignore[method-assign]
        self.pause_writing = self._http.pause_writing  # type: ignore[method-assign]
        self.resume_writing = self._http.resume_writing  # type: ignore[method-assign]

    def data_received(self, data: bytes) -> None:
        """Hands on what came; a push's line that is not whole yet is waited for."""
        data, self._held = self._held + data, b""
        if any(data.startswith(start) or start.startswith(data) for start in _STARTS):
            line, end, rest = data.partition(b"\n")
            if not end and len(line) < _MAX_LINE_BYTES:
                self._held = line
                return
            data = mended(line) + end + rest
        self._http.data_received(data)

    def eof_received(self) -> bool | None:
        """Hands on what was held back, and that it is all."""
        if self._held:
            self._http.data_received(self._held)
        return self._http.eof_received()
