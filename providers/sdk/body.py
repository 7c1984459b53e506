"""Reads a body piece by piece, counted after decompression. Never holds more than its cap."""

import zlib
from collections.abc import AsyncIterator

import httpx

_PIECE_BYTES = 64 * 1024


class TooLargeError(Exception):
    """The body passes the cap."""


class BrokenBodyError(Exception):
    """The body cannot be decompressed, or ends early."""


class _Inflater:
    """Decompresses gzip or deflate, at most `room` bytes at a time, however small the piece that came."""

    def __init__(self, encoding: str) -> None:
        self._deflate = encoding == "deflate"
        self._stream = zlib.decompressobj(wbits=47)

    def feed(self, piece: bytes, room: int) -> bytes:
        try:
            return self._take(piece, room)
        except zlib.error:
            if not self._deflate:
                raise
        self._deflate = False  # some servers mean the raw stream by "deflate"
        self._stream = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
        return self._take(piece, room)

    def _take(self, piece: bytes, room: int) -> bytes:
        data = self._stream.decompress(piece, room + 1)
        if len(data) > room:
            raise TooLargeError
        self._deflate = self._deflate and not data
        return data

    @property
    def whole(self) -> bool:
        return self._stream.eof


async def read_capped(response: httpx.Response, most: int) -> bytes:
    """Returns the decompressed body; raises `TooLargeError` or `BrokenBodyError`, or what the connection raises."""
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding not in {"", "identity", "gzip", "x-gzip", "deflate"}:
        raise BrokenBodyError(f"content-encoding {encoding[:40]!r} was not asked for")
    declared = response.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared[:18]) > most:
        raise TooLargeError
    pieces = response.aiter_raw(_PIECE_BYTES)
    return await _plain(pieces, most) if encoding in {"", "identity"} else await _inflated(pieces, most, encoding)


async def _plain(pieces: AsyncIterator[bytes], most: int) -> bytes:
    body = bytearray()
    async for piece in pieces:
        if len(body) + len(piece) > most:
            raise TooLargeError
        body += piece
    return bytes(body)


async def _inflated(pieces: AsyncIterator[bytes], most: int, encoding: str) -> bytes:
    body, inflater, empty = bytearray(), _Inflater(encoding), True
    try:
        async for piece in pieces:
            body += inflater.feed(piece, most - len(body))
            empty = False
    except zlib.error as error:
        raise BrokenBodyError("the compressed body is damaged") from error
    if not empty and not inflater.whole:
        raise BrokenBodyError("the compressed body is cut off")
    return bytes(body)
