"""What a server says of itself, and what may be said of it: read and put into words, asked by others."""

import re
from collections.abc import Mapping
from typing import Any

OLDEST_VERSION = (7, 0)


def recent(version: str) -> bool:
    """Returns whether a server of this version will do."""
    numbers = [int(n) for n in re.findall(r"\d+", version)[:2]]
    return tuple(numbers) >= OLDEST_VERSION


def where(url: str) -> str:
    """Returns the address without its credentials, database and options: only what follows the last @ can be a host."""
    scheme, _, rest = url.partition("://")
    bare = rest.rpartition("@")[2]
    return f"{scheme}://{bare.partition('?')[0] if scheme == 'unix' else re.split('[/?#]', bare, maxsplit=1)[0]}"


def plain(error: BaseException) -> str:
    """Returns what an error says, in one line; its type where it says nothing."""
    text = " ".join(str(error).split()).rstrip(".")
    return text or type(error).__name__


def mode(server: Mapping[str, str]) -> str:
    """Returns ``cluster``, ``standalone`` or ``sentinel``; Valkey calls the field by another name."""
    return server.get("redis_mode") or server.get("server_mode", "")


def info_fields(info: Any) -> dict[str, str]:
    """Returns the lines of INFO, which the client has read for us or not."""
    if isinstance(info, Mapping):
        return {str(name): str(value) for name, value in info.items()}
    lines = info.decode().splitlines() if isinstance(info, bytes) else str(info).splitlines()
    return dict(line.split(":", 1) for line in lines if ":" in line)
