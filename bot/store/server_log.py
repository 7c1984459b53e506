"""The log that a store server of our own writes: kept short, and its last words read out."""

import re
from pathlib import Path

MAX_LOG_BYTES = 5_000_000  # before it is set aside at a start

_DISK = re.compile(r"AOF.*(?:error|writing|write)|No space left|File too large|Read-only file", re.IGNORECASE)
_HEAD = re.compile(r"^\d+:\S+ .{20,24} [.\-*#] ")


def set_log_aside(log: Path) -> None:
    """Sets the log aside where it has grown long; raises OSError."""
    if log.exists() and log.stat().st_size > MAX_LOG_BYTES:
        log.replace(log.with_name(f"{log.name}.1"))


def last_words(log: Path) -> str:
    """Returns the last line, as a sentence; of the last three, the first that tells of the disk: it says why."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    last = [line for line in lines[-20:] if line.strip()]
    failed = (line for line in last[-3:] if tells_of_the_disk(line))
    line = next(failed, last[-1] if last else "it left no word")
    return _HEAD.sub("", line).rstrip(".") + "."


def tells_of_the_disk(words: str) -> bool:
    """Returns whether a line of the log says that something could not be kept."""
    return _DISK.search(words) is not None
