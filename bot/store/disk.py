"""What the disk of the data directory says: whether anything can be written there, told in one sentence."""

import errno
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

PROBE_BYTES = 65_536  # bytes that are written to see whether it can be
MIN_FREE_BYTES = 1_000_000  # bytes; with less, nothing is begun

_WHY = {
    errno.ENOSPC: "is full",
    errno.EDQUOT: "has no room for us: the quota is used up",
    errno.EROFS: "is mounted read-only",
    errno.EACCES: "may not be written to by this user",
    errno.EPERM: "may not be written to by this user",
    errno.EIO: "fails: input/output error",
}
_DO = {
    errno.ENOSPC: "make room there, then it goes on by itself",
    errno.EDQUOT: "make room there, then it goes on by itself",
}


def disk_problem(error: OSError, data_dir: Path) -> str:
    """Returns what an error in the data directory means: the key, its path, what is free and what to do."""
    why = _WHY.get(error.errno or 0, f"cannot be used: {error.strerror or 'its name is none'}")
    do = _DO.get(error.errno or 0, "mend that, or set `data_dir` to another directory")
    what = "The disk of" if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO} else "The directory"
    return f"{what} `data_dir`, {data_dir}, {why} ({_free(data_dir)}): {do}."


def unwritable(data_dir: Path) -> str | None:
    """Returns why nothing can be written there, as a sentence; None where it can: that is tried, without a trace."""
    try:
        with tempfile.TemporaryFile(dir=data_dir) as probe:
            probe.write(os.urandom(PROBE_BYTES))
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        return disk_problem(error, data_dir)
    return None


def unfit(data_dir: Path) -> str | None:
    """Returns why a store cannot be kept there, as far as that shows without writing; None where it could."""
    place = data_dir.absolute()
    try:
        with suppress(FileNotFoundError, NotADirectoryError):
            os.lstat(place)  # a name that cannot be is found out here
        while not os.path.lexists(place):
            if place == place.parent:
                break
            place = place.parent
        if not place.is_dir():
            what = "it" if place == data_dir.absolute() else str(place)
            return f"The directory `data_dir`, {data_dir}, cannot be: {what} is no directory; name another."
        if not os.access(place, os.W_OK | os.X_OK):
            code = errno.EROFS if os.statvfs(place).f_flag & os.ST_RDONLY else errno.EACCES
            return disk_problem(OSError(code, os.strerror(code)), data_dir)
        if shutil.disk_usage(place).free < MIN_FREE_BYTES:
            return disk_problem(OSError(errno.ENOSPC, ""), data_dir)
    except (OSError, ValueError) as error:
        return disk_problem(
            error if isinstance(error, OSError) else OSError(errno.EINVAL, "its name is none"), data_dir
        )
    return None


def _free(data_dir: Path) -> str:
    for place in (data_dir, *data_dir.parents):
        try:
            return f"{shutil.disk_usage(place).free:,} bytes free"
        except (OSError, ValueError):
            continue
    return "what is free cannot be told"
