"""One replica under test: `ringwatch run`, with a clock that a file can set wrong. CONFIG and OFFSET are its arguments."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

from bot.cli import main


class WrongClock:
    """Real time and an offset in seconds, read again from its file ten times a second."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = timedelta()
        self._read_at = -1.0

    def __call__(self) -> datetime:
        """Now, as this replica believes."""
        if monotonic() - self._read_at > 0.1:
            self._read_at = monotonic()
            words = self._path.read_text() if self._path.exists() else ""
            self._offset = timedelta(seconds=float(words or 0))
        return datetime.now(UTC) + self._offset


if __name__ == "__main__":
    main.now = WrongClock(Path(sys.argv[2]))
    sys.exit(main.main(["run", "--config", sys.argv[1]]))
