"""The line to the server: one client, Lua steps, and every failure as one sentence. Holds no state of ours.

A step is never repeated on its own: a lost answer is `StoreUnavailable`, and whoever asked looks again.
"""

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import uuid4

from redis.asyncio import BlockingConnectionPool, Redis, RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    MasterDownError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from bot.store.errors import StoreError, StoreUnavailable

Clock = Callable[[], datetime]

PREFIX = "{ringwatch}"  # one hash tag, so one slot: a step over many keys works on a cluster too
SCHEMA = 1
OLDEST = (7, 0)
CONNECTIONS = 32
TIMEOUT = 5.0  # seconds, to connect and for an answer

# What a server answers that may take the same step later, beside the errors that have a class.
PASSING = ("BUSY", "CLUSTERDOWN", "MISCONF", "NOREPLICAS")


def key(*parts: str) -> str:
    """The name of a key of ours."""
    return ":".join((PREFIX, *parts))


class Script:
    """One Lua step. It is sent by its digest, and whole only where the server does not know it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.sha = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


# Steps from an older schema to the next, by the number they start from. Each gets PREFIX as ARGV[1].
MIGRATIONS: Mapping[int, Script] = {}

READ_SCHEMA = Script("""
redis.call('SET', KEYS[1], ARGV[1], 'NX')
return tonumber(redis.call('GET', KEYS[1]))
""")


class Connection:
    """What every part of the store speaks through."""

    def __init__(self, url: str, *, clock: Clock, owner: str | None = None) -> None:
        self._url = url
        try:
            # A pool that lets people wait: the plain one refuses the hundred-and-first at once.
            pool = BlockingConnectionPool.from_url(url, max_connections=CONNECTIONS, timeout=TIMEOUT, **self._options())
            self._redis: Redis | RedisCluster = Redis.from_pool(pool)
        except ValueError:
            raise StoreError("The address in `store:` must be redis://…, rediss://… or unix://….") from None
        self._execute: Callable[..., Awaitable[Any]] = self._redis.execute_command
        self._clock = clock
        self._name = f"The store at {_where(url)}"
        self._checked = False
        self._checking = asyncio.Lock()
        self.owner = owner or uuid4().hex

    @staticmethod
    def _options() -> dict[str, Any]:
        return {
            "protocol": 2,
            "decode_responses": False,
            "socket_timeout": TIMEOUT,
            "socket_connect_timeout": TIMEOUT,
            "retry": Retry(NoBackoff(), 0),
            "client_name": "ringwatch",
        }

    async def ping(self) -> None:
        """Raise `StoreUnavailable` unless the server answers, `StoreError` where it cannot be used."""
        await self.ask("EXISTS", key("schema"))

    async def close(self) -> None:
        """Give back the connections."""
        await self._redis.aclose()

    async def ask(self, *command: Any) -> Any:
        """One plain command."""
        await self._check()
        with self._telling():
            return await self._execute(*command)

    async def run(self, script: Script, keys: list[str], *args: Any) -> Any:
        """One Lua step."""
        await self._check()
        with self._telling():
            return await self._eval(script, keys, args)

    async def _eval(self, script: Script, keys: list[str], args: tuple[Any, ...]) -> Any:
        try:
            return await self._execute("EVALSHA", script.sha, len(keys), *keys, *args)
        except NoScriptError:
            return await self._execute("EVAL", script.text, len(keys), *keys, *args)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Say what went wrong in one sentence."""
        try:
            yield
        except AuthenticationError as error:
            raise StoreUnavailable(f"{self._name} refused our login: {_plain(error)}.") from error
        except (RedisConnectionError, RedisTimeoutError, OSError) as error:
            raise StoreUnavailable(f"{self._name} does not answer: {_plain(error)}.") from error
        except ResponseError as error:
            passing = isinstance(error, (ReadOnlyError, OutOfMemoryError, MasterDownError, TryAgainError))
            if passing or str(error).startswith(PASSING):
                raise StoreUnavailable(f"{self._name} cannot take this now: {_plain(error)}.") from error
            raise StoreError(f"{self._name} refused a step: {_plain(error)}.") from error
        except RedisError as error:
            raise StoreError(f"{self._name} failed: {_plain(error)}.") from error

    async def _check(self) -> None:
        """Look once whether this is a server that our state can be trusted to."""
        if self._checked:
            return
        async with self._checking:
            if not self._checked:
                with self._telling():
                    server = _fields(await self._execute("INFO", "server"))
                    memory = _fields(await self._execute("INFO", "memory"))
                self._judge(server, memory)
                if server.get("redis_mode") == "cluster":
                    await self._go_by_slots()
                await self._migrate()
                self._checked = True

    def _judge(self, server: Mapping[str, str], memory: Mapping[str, str]) -> None:
        version = server.get("redis_version", "0")
        if not recent(version):
            raise StoreError(f"{self._name} is Redis {version}; Ringwatch needs Redis 7.0 or newer or Valkey.")
        policy = memory.get("maxmemory_policy", "noeviction")
        if policy != "noeviction":
            raise StoreError(
                f"{self._name} may drop our data when its memory is full (maxmemory-policy {policy}): "
                "set maxmemory-policy to noeviction."
            )

    async def _go_by_slots(self) -> None:
        """Speak to whichever node of the cluster has our slot."""
        alone, self._redis = self._redis, RedisCluster.from_url(self._url, **self._options())
        self._execute = self._redis.execute_command
        await alone.aclose()

    async def _migrate(self) -> None:
        """Bring what an older Ringwatch wrote forward; refuse what a newer one wrote."""
        name = key("schema")
        with self._telling():
            found = int(await self._eval(READ_SCHEMA, [name], (SCHEMA,)))
            while found < SCHEMA and found in MIGRATIONS:
                # The step and the new number are one script, so that two replicas cannot both take it.
                step = Script(
                    f"if redis.call('GET', KEYS[1]) ~= '{found}' then return 0 end\n"
                    f"redis.call('SET', KEYS[1], '{found + 1}')\n{MIGRATIONS[found].text}"
                )
                await self._eval(step, [name], (PREFIX,))
                found += 1
        if found != SCHEMA:
            raise StoreError(
                f"{self._name} was written by another version of Ringwatch (schema {found}, this one knows "
                f"{SCHEMA}): run that version, or point `store:` elsewhere."
            )


def recent(version: str) -> bool:
    """Whether a server of this version will do."""
    numbers = [int(n) for n in re.findall(r"\d+", version)[:2]]
    return tuple(numbers) >= OLDEST


def _where(url: str) -> str:
    """The address without its credentials and options."""
    return re.sub(r"//[^/]*@", "//", url.partition("?")[0])


def _plain(error: BaseException) -> str:
    text = " ".join(str(error).split()).rstrip(".")
    return text or type(error).__name__


def _fields(info: Any) -> dict[str, str]:
    """The lines of INFO, which the client has read for us or not."""
    if isinstance(info, Mapping):
        return {str(name): str(value) for name, value in info.items()}
    lines = info.decode().splitlines() if isinstance(info, bytes) else str(info).splitlines()
    return dict(line.split(":", 1) for line in lines if ":" in line)
