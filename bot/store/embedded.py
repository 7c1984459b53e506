"""A store server of our own: bundled or from PATH, on a private socket, with its data in the data directory.

It speaks the same as a shared one and knows nothing of what is stored. One bot a data directory. The server
ends with the bot, also where the bot is killed; where it cannot, the next bot takes it over.
"""

import asyncio
import fcntl
import hashlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from bot.store.disk import disk_problem, unwritable
from bot.store.errors import StoreError
from bot.store.server_log import last_words, set_log_aside, tells_of_the_disk
from bot.store.servers import find_server

MAX_SOCKET_PATH_BYTES = 100  # bytes; Linux takes 107, macOS 103
READY_TIMEOUT_SECONDS = 60.0  # seconds; a long append-only file is read at the start
STOP_TIMEOUT_SECONDS = 5.0
CHECK_INTERVAL_SECONDS = 0.5  # seconds; at a server that we took over, and whether the socket is there
FIRST_RESTART_PAUSE_SECONDS = 0.2  # before the second start, doubled at each further one
MAX_RESTART_PAUSE_SECONDS = 10.0
STEADY_SECONDS = 10.0  # a server that has run so long is well

ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")

# On Linux the child asks to be killed when we die, makes sure that we have not yet, and becomes the server.
ENDS_WITH_US = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)
if os.getppid() != int(sys.argv[1]):
    sys.exit(1)
os.execv(sys.argv[2], sys.argv[2:])
"""

log = structlog.get_logger(__name__)


def running(data_dir: Path) -> str | None:
    """Returns the address of the server that a running bot keeps in this data directory; None where no bot runs."""
    try:
        if not _held(data_dir / "lock", create=False):
            return None
        return _address_file(data_dir).read_text().strip() or None
    except FileNotFoundError:
        return None


class EmbeddedServer:
    """Starts a server, watches over it and stops it.

    It is to be started from the main thread, with whose end it ends.
    """

    def __init__(self, data_dir: Path, *, binary: Path | None = None) -> None:
        self._dir = data_dir.absolute()
        self._binary = binary
        self._lock: int | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self._socket: Path | None = None
        self._began = 0.0  # by the monotonic clock: when the server was ready
        self.problem: str | None = None  # why there is none, or was none a moment ago, as a sentence

    async def __aenter__(self) -> str:
        """Starts the server, and returns its address. Raises `StoreError`."""
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops the server."""
        await self.stop()

    async def start(self) -> str:
        """Starts the server, or takes over one that a killed bot left; returns its address. Raises `StoreError`."""
        await self._take_directory()
        try:
            if not await self._adopt():
                await self._launch()
            _address_file(self._dir).write_text(f"unix://{self._socket}\n")
        except OSError as error:
            await self.stop()
            raise StoreError(disk_problem(error, self._dir)) from error
        except StoreError as error:
            why = await asyncio.to_thread(unwritable, self._dir)
            await self.stop()
            raise StoreError(why or str(error)) from error
        except BaseException:
            await self.stop()
            raise
        self._watch = asyncio.create_task(self._supervise(), name="embedded store")
        return f"unix://{self._socket}"

    async def stop(self) -> None:
        """Stops the server, which first writes what it holds, and frees the data directory."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
            self._watch = None
        await self._end()
        if self._lock is not None:
            _address_file(self._dir).unlink(missing_ok=True)
            self._leave_socket()
            os.close(self._lock)
            self._lock = None

    async def _take_directory(self) -> None:
        try:
            self._dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            for pause in (0.05, 0.1, 0.0):  # somebody may only be checking
                self._lock = _locked(self._dir / "lock")
                if self._lock is not None:
                    return
                await asyncio.sleep(pause)
        except (OSError, ValueError) as error:
            why = error if isinstance(error, OSError) else OSError(str(error))
            raise StoreError(disk_problem(why, self._dir)) from error
        raise StoreError(
            f"The data directory {self._dir} is in use by another Ringwatch: stop that one or give this one "
            "its own `data_dir`; several replicas share a store by its address in `store:`."
        )

    async def _adopt(self) -> bool:
        """Takes over a server that still runs here, or waits for one that is ending.

        Returns whether it took one over.
        """
        waited = 0.0
        while _held(self._guard):
            self._socket = self._known_socket()
            if await self._say("PING"):
                log.info("took over the store server that was left running", data_dir=str(self._dir))
                return True
            if waited > READY_TIMEOUT_SECONDS:
                raise StoreError(f"A store server in {self._dir} neither answers nor ends: stop it.")
            await asyncio.sleep(0.05)
            waited += 0.05
        return False

    async def _launch(self) -> None:
        binary = find_server(self._binary)
        self._socket = self._new_socket()
        set_log_aside(self._log)
        guard = _locked(self._guard)
        if guard is None:
            raise StoreError(f"Another store server has just started in {self._dir}.")
        try:
            self._process = await asyncio.create_subprocess_exec(
                *ending_with_us(binary),
                *self._flags(),
                cwd=self._dir,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                umask=0o077,  # the directory may have been made by others, and open to them
                env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},  # ours may hold secrets
                pass_fds=(guard,),  # the server holds this lock as long as it lives, whatever becomes of us
                process_group=0,  # Ctrl-C reaches the bot alone, which drains first
            )
        except OSError as error:
            raise StoreError(f"The store server {binary} cannot be started: {error.strerror}.") from error
        finally:
            os.close(guard)
        await self._ready(self._process)

    async def _ready(self, process: asyncio.subprocess.Process) -> None:
        waited = 0.0
        while not await self._say("PING"):
            if process.returncode is not None:
                raise StoreError(self._complaint("did not start"))
            if waited > READY_TIMEOUT_SECONDS:
                raise StoreError(self._complaint("does not answer"))
            await asyncio.sleep(0.01)
            waited += 0.01

    def _flags(self) -> list[str]:
        flags = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self._dir),
            "logfile": str(self._log),
            "save": "",
            "appendonly": "yes",
            "appendfsync": "always",  # with everysec, answers overtake the file while the disk is slow
            "aof-use-rdb-preamble": "no",  # so that every engine from 7.0 on can read it
            "auto-aof-rewrite-min-size": "16mb",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        return [part for name, value in flags.items() for part in (f"--{name}", value)]

    async def _supervise(self) -> None:
        """Starts it again, for as long as it takes: at once where it was killed, else ever more slowly."""
        pause = 0.0
        while True:
            exited = waits = await self._died()
            pause = pause if self.problem is not None else 0.0
            if exited:
                disk = await asyncio.to_thread(unwritable, self._dir)
                self._report(disk or self._complaint("ended by itself"))
            else:
                log.error("the store server was killed and is started again", data_dir=str(self._dir))
            while True:
                if waits:
                    await asyncio.sleep(pause)
                    pause = min(max(FIRST_RESTART_PAUSE_SECONDS, 2 * pause), MAX_RESTART_PAUSE_SECONDS)
                if await self._again():
                    break
                waits = True
            if not exited:  # what ended by itself may do so again, and has yet to prove itself
                self.problem = None

    def _report(self, problem: str) -> None:
        """Logs a problem, unless it is the one that stands: other figures or words of the server make it no other."""
        kind = re.split(r"[:(]", problem, maxsplit=1)[0]
        if self.problem is None or not self.problem.startswith(kind):
            log.error("the store server ended or does not start", reason=problem)
        self.problem = problem

    def _complaint(self, what: str) -> str:
        """Returns what became of the server, with its last words."""
        words = last_words(self._log)
        return f"{self._named} {'cannot write' if tells_of_the_disk(words) else what}: {words}"

    @property
    def _named(self) -> str:
        return f"The store server in `data_dir`, {self._dir},"

    async def _again(self) -> bool:
        try:
            if not await self._adopt():
                disk = await asyncio.to_thread(unwritable, self._dir)
                if disk is not None:
                    raise StoreError(disk)  # it would start, and end at the first word that is to be kept
                await self._launch()
        except (StoreError, OSError) as error:
            self._report(str(error) if isinstance(error, StoreError) else disk_problem(error, self._dir))
            await self._end()
            return False
        self._began = monotonic()
        return True

    async def _died(self) -> bool:
        """Waits for its end; returns whether it ended of its own accord, and was not killed."""
        while self._reachable():
            try:
                # A server that we took over is another's child, of whose end we are not notified.
                ended = asyncio.sleep(CHECK_INTERVAL_SECONDS) if self._process is None else self._process.wait()
                await asyncio.wait_for(ended, CHECK_INTERVAL_SECONDS)
            except TimeoutError:
                pass
            if self.problem is not None and self._reachable() and monotonic() - self._began > STEADY_SECONDS:
                log.info("the store server runs again", data_dir=str(self._dir))
                self.problem = None
        code = self._process.returncode if self._process is not None else None
        await self._end()
        return code is not None and code >= 0

    def _reachable(self) -> bool:
        """Returns whether it lives and its socket is there: what sweeps temporary directories may have taken that."""
        lives = _held(self._guard) if self._process is None else self._process.returncode is None
        return lives and self._socket is not None and self._socket.exists()

    async def _end(self) -> None:
        """Ends the server, ours or an adopted one."""
        process, self._process = self._process, None
        if process is not None:
            if process.returncode is None:
                process.terminate()
                try:
                    await asyncio.wait_for(process.wait(), STOP_TIMEOUT_SECONDS)
                except TimeoutError:
                    process.kill()
                    await process.wait()
            return
        waited = 0.0
        if self._lock is not None and _held(self._guard):
            await self._say("SHUTDOWN", "NOSAVE")
            while _held(self._guard) and waited < STOP_TIMEOUT_SECONDS:
                await asyncio.sleep(0.02)
                waited += 0.02

    async def _say(self, *command: str) -> bool:
        """Returns whether the server took the command."""
        client = Redis(
            unix_socket_path=str(self._socket),
            protocol=2,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=STOP_TIMEOUT_SECONDS,
            socket_connect_timeout=STOP_TIMEOUT_SECONDS,
        )
        execute: Callable[..., Awaitable[Any]] = client.execute_command
        try:
            await execute(*command)
        except (RedisError, OSError):
            return False
        finally:
            await client.aclose()
        return True

    @property
    def _log(self) -> Path:
        return self._dir / "server.log"

    @property
    def _guard(self) -> Path:
        """Returns the path of the lock that the server itself holds."""
        return self._dir / "server.lock"

    def _known_socket(self) -> Path:
        """Returns where the running server listens: the one who started it may have had another TMPDIR."""
        try:
            return Path(_address_file(self._dir).read_text().strip().removeprefix("unix://"))
        except FileNotFoundError:
            return self._new_socket(tidy=False)

    def _new_socket(self, *, tidy: bool = True) -> Path:
        """Returns a short path in a private directory: a socket's path may not be long, a data directory's may."""
        name = f"ringwatch-{os.getuid()}-{hashlib.sha256(os.fsencode(self._dir)).hexdigest()[:12]}"
        parents = (Path(tempfile.gettempdir()), Path("/tmp"))  # noqa: S108  # what we make in it is ours alone
        sockets = [parent / name / "s" for parent in parents]
        socket = next((s for s in sockets if len(os.fsencode(s)) <= MAX_SOCKET_PATH_BYTES), sockets[-1])
        if tidy:
            folder = socket.parent
            folder.mkdir(mode=0o700, exist_ok=True)
            state = folder.lstat()
            if folder.is_symlink() or state.st_uid != os.getuid() or state.st_mode & 0o077:
                raise StoreError(f"{folder} is not ours alone: remove it, or set TMPDIR to another place.")
            socket.unlink(missing_ok=True)
        return socket

    def _leave_socket(self) -> None:
        if self._socket is not None and not _held(self._guard):
            with suppress(OSError):
                self._socket.unlink(missing_ok=True)
                self._socket.parent.rmdir()


def ending_with_us(binary: Path) -> list[str]:
    """Returns the command that becomes the server, and on Linux ends with this process."""
    if sys.platform != "linux":
        return [str(binary)]
    return [sys.executable, "-I", "-S", "-c", ENDS_WITH_US, str(os.getpid()), str(binary)]


def _address_file(data_dir: Path) -> Path:
    """Returns the file in which a running bot writes the address of its server."""
    return data_dir / "store.address"


def _locked(path: Path, *, create: bool = True) -> int | None:
    """Returns the descriptor that holds this lock; None while another has it."""
    handle = os.open(path, os.O_RDWR | (os.O_CREAT if create else 0), 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def _held(path: Path, *, create: bool = True) -> bool:
    """Returns whether another has this lock."""
    handle = _locked(path, create=create)
    if handle is not None:
        os.close(handle)
    return handle is None
