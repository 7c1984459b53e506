"""The connection to the server: one client, Lua steps, and every failure as one sentence. Holds no state of ours.

A step is never repeated on its own: a lost answer is `StoreUnavailable`, and whoever asked reads again.
"""

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar
from uuid import uuid4

import structlog
from redis.asyncio import BlockingConnectionPool, Redis, RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    ClusterDownError,
    MasterDownError,
    NoPermissionError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisClusterException,
    RedisError,
    ResponseError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from bot.store.errors import StoreError, StoreUnavailable
from bot.store.server_facts import info_fields, mode, plain, recent, where

log = structlog.get_logger(__name__)

T = TypeVar("T")

Clock = Callable[[], datetime]
Command = tuple[Any, ...]

PREFIX = "{ringwatch}"  # one hash tag, so one slot: a step over many keys works on a cluster too
SCHEMA_VERSION = 1
MAX_CONNECTIONS = 32
TIMEOUT_SECONDS = 5.0  # seconds, to connect and for an answer
MAX_BATCH_COMMANDS = 100  # commands that share one way there and back

# What a server answers that may take the same step later: errors with a class, whose word is cut off, and others.
PASSES = (ClusterDownError, MasterDownError, OutOfMemoryError, ReadOnlyError, TryAgainError)
PASSING = ("BUSY", "MISCONF", "NOREPLICAS")


def key(*parts: str) -> str:
    """Returns the name of a key of ours, from its parts."""
    return ":".join((PREFIX, *parts))


class Script:
    """A script is one Lua step. It is sent by its digest, and whole only where the server does not know it."""

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
    """The connection that every part of the store uses.

    `looks`: it is only read, so that not even our mark is written.

    `problem` knows why there is no server, where that is known better than by its silence.
    """

    def __init__(
        self,
        url: str,
        *,
        clock: Clock,
        owner: str | None = None,
        looks: bool = False,
        problem: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._url = url
        self._problem = problem
        self._looks = looks
        try:
            # A pool that lets people wait: the plain one refuses the hundred-and-first at once.
            pool = BlockingConnectionPool.from_url(
                url,
                max_connections=MAX_CONNECTIONS,
                timeout=TIMEOUT_SECONDS,
                redis_connect_func=self._connected,
                **self._options(),
            )
            pool.connection_class(
                **pool.connection_kwargs
            )  # opens nothing, and is where an option that is none is found out
            self._redis: Redis | RedisCluster = Redis.from_pool(pool)
        except ValueError:
            raise StoreError("The address in `store:` must be redis://…, rediss://… or unix://….") from None
        except TypeError as error:
            option = re.search(r"argument '(\w+)'", str(error))
            what = f" ({option[1]})" if option else ""
            raise StoreError(f"The address in `store:` has an option behind its ? that there is not{what}.") from None
        except RedisError:
            raise StoreError("The address in `store:` has an option behind its ? that cannot be.") from None
        self._alone: Callable[..., Awaitable[Any]] = self._redis.execute_command
        self._waiting: list[tuple[Command, asyncio.Future[Any]]] = []
        self._under_way: set[asyncio.Task[None]] = set()
        self._decoded: dict[str, tuple[bytes, Any]] = {}
        self._clock = clock
        self._name = f"The store at {where(url)}"
        self._checked = False
        self._checking = asyncio.Lock()
        self._run_id = ""  # of the server that was found good
        self._away = False  # logged once when lost and once when back
        self._stale = False  # our connections lead to a server that is the master no longer
        self._room = asyncio.Semaphore(MAX_CONNECTIONS)
        self.owner = owner or uuid4().hex

    @staticmethod
    def _options() -> dict[str, Any]:
        return {
            "protocol": 2,
            "decode_responses": False,
            "encoding_errors": "surrogatepass",  # half a pair in one command must not fail all that leave with it
            "socket_timeout": TIMEOUT_SECONDS,
            "socket_connect_timeout": TIMEOUT_SECONDS,
            "retry": Retry(NoBackoff(), 0),
            "client_name": "ringwatch",
        }

    async def ping(self) -> None:
        """Returns when the server answers.

        Raises `StoreUnavailable` unless it does, `StoreError` where it cannot be used.
        """
        if self._looks:
            await self.ask("EXISTS", key("schema"))
        else:  # one that only reads has become a replica, or has no disk: it is no store
            await self.ask("SET", key("ping"), self.owner, "PX", 60_000)

    async def survey(self) -> str:
        """Returns what kind of server it is, in a few words. Writes nothing; raises what keeps it from being our store.

        That it is a replica, full, or has no disk counts too: nothing could be written then.
        """
        await self._check()
        with self._reporting():
            server, memory = await self._info("server"), await self._info("memory")
            role, disk = await self._info("replication"), await self._info("persistence")
        if role.get("role") in {"slave", "replica"}:
            raise StoreUnavailable(f"{self._name} is a replica, which cannot be written to: name its master.")
        if "err" in {disk.get("aof_last_write_status"), disk.get("rdb_last_bgsave_status")}:
            raise StoreUnavailable(f"{self._name} could not write to its own disk: make room there.")
        if 0 < int(memory.get("maxmemory", 0)) <= int(memory.get("used_memory", 0)):
            raise StoreUnavailable(f"{self._name} is full: raise its maxmemory.")
        version = server.get("valkey_version")
        return f"Valkey {version}" if version else f"Redis {server.get('redis_version', '')}"

    async def close(self) -> None:
        """Closes the connections, once what is under way is through, or was given a second."""
        if self._waiting:
            self._leave()
        if self._under_way:
            _, late = await asyncio.wait(self._under_way, timeout=1.0)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        if isinstance(self._redis, RedisCluster):  # its own `aclose` does nothing right after an error
            for which in ("nodes_cache", "startup_nodes"):
                await self._redis.nodes_manager.aclose(which)
        await self._redis.aclose()

    async def ask(self, *command: Any) -> Any:
        """Returns the answer to one plain command; raises `StoreError`."""
        await self._check()
        with self._reporting():
            answer = await self._execute(*command)
        self._answered()
        return answer

    async def run(self, script: Script, keys: list[str], *args: Any) -> Any:
        """Returns the result of one Lua step; raises `StoreError`."""
        await self._check()
        with self._reporting():
            answer = await self._eval(script, keys, args)
        self._answered()
        return answer

    def decoded(self, name: str, text: bytes, decode: Callable[[bytes], T]) -> T:
        """Returns `decode` of a text; while the text under this name stays the same, it is decoded once and shared."""
        last = self._decoded.get(name)
        if last is None or last[0] != text:
            last = self._decoded[name] = text, decode(text)
        found: T = last[1]
        return found

    def _execute(self, *command: Any) -> Awaitable[Any]:
        """Sends one command. What is asked for in the same turn of the event loop leaves together."""
        if isinstance(self._redis, RedisCluster):
            return self._alone(*command)
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._leave)
        self._waiting.append((command, answer))
        return answer

    def _leave(self) -> None:
        waiting, self._waiting = self._waiting, []
        for start in range(0, len(waiting), MAX_BATCH_COMMANDS):
            task = asyncio.create_task(self._go(waiting[start : start + MAX_BATCH_COMMANDS]))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def _go(self, batch: list[tuple[Command, asyncio.Future[Any]]]) -> None:
        """Sends a batch and answers it. Whoever asked gets an answer or an error, but for those that gave up."""
        answers: list[Any]
        try:
            if len(batch) == 1:
                answers = [await self._alone(*batch[0][0])]
            else:
                line: Any = self._redis.pipeline(transaction=False)
                for command, _ in batch:
                    line.execute_command(*command)
                answers = await line.execute(raise_on_error=False)
        except Exception as error:  # noqa: BLE001  # it is raised where each of them is awaited
            answers = [error] * len(batch)
        except asyncio.CancelledError:
            for _, waiting in batch:
                waiting.cancel()
            raise
        for (_, waiting), answer in zip(batch, answers, strict=True):
            if waiting.done():
                continue
            if isinstance(answer, Exception):
                waiting.set_exception(answer)
            else:
                waiting.set_result(answer)

    async def _eval(self, script: Script, keys: list[str], args: tuple[Any, ...]) -> Any:
        try:
            return await self._execute("EVALSHA", script.sha, len(keys), *keys, *args)
        except NoScriptError:
            return await self._execute("EVAL", script.text, len(keys), *keys, *args)

    def _answered(self) -> None:
        if self._away:
            self._away = False
            log.info("the store is back", store=self._name)

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        """Raises what went wrong as `StoreError`, in one sentence."""
        try:
            yield
        except (RedisError, RedisClusterException, OSError) as error:
            told = self._report(error)
            if isinstance(told, StoreUnavailable) and not self._away:
                self._away = True
                log.warning("the store is away", error=str(told))
            raise told from error

    def _report(self, error: BaseException) -> StoreError:
        if isinstance(error.__cause__, RedisError):
            return self._report(error.__cause__)  # on a unix socket the client hides what was said at the login
        why = plain(error)
        match error:
            case AuthenticationError():
                return StoreUnavailable(
                    f"{self._name} refused our login: {why}.", hint="Are user and password in `store:` right?"
                )
            case RedisConnectionError() | RedisTimeoutError() | RedisClusterException() | OSError():
                self._checked = False  # another server may answer next
                return StoreUnavailable(
                    self._problem() or f"{self._name} does not answer: {why}.",
                    hint="Does it run, and are scheme, host and port in `store:` right?",
                )
            case NoPermissionError():
                return StoreError(f"{self._name} gives our user too few rights ({why}): docs/store.md has the rule.")
            case ReadOnlyError():
                self._checked, self._stale = False, True
                return StoreUnavailable(f"{self._name} has become a replica, which cannot be written to: {why}.")
            case ResponseError():
                if isinstance(error, PASSES) or str(error).startswith(PASSING):
                    return StoreUnavailable(f"{self._name} cannot take this now: {why}.")
                if "DB index" in why:
                    return StoreError(
                        f"{self._name} has no database of the number behind the host in `store:`: write 0, or none."
                    )
                return StoreError(f"{self._name} refused a step: {why}.")
        return StoreError(f"{self._name} failed: {why}.")

    async def _check(self) -> None:
        """Checks once at each server whether our state can be trusted to it."""
        if self._checked:
            return
        async with self._checking:
            if self._checked:
                return
            with self._reporting():
                if self._stale:  # the name may lead elsewhere by now, and only a new connection goes there
                    await self._hang_up()
                server = await self._info("server")
                if mode(server) == "cluster" and not isinstance(self._redis, RedisCluster):
                    await self._go_by_slots()
                    server = await self._info("server")
                memory = await self._info("memory")
                role = (await self._info("replication")).get("role")
            self._check_server(server, memory)
            if role in {"slave", "replica"} and not self._looks:
                self._stale = True
                raise StoreUnavailable(f"{self._name} is a replica, which cannot be written to: name its master.")
            await self._migrate()
            self._run_id = server.get("run_id", "")
            if not self._looks:
                with self._reporting():
                    await self._met(self._run_id)
            self._checked = True

    async def _hang_up(self) -> None:
        """Closes the connections that nobody uses now; those in use are closed when they answer READONLY themselves."""
        if isinstance(self._redis, Redis):
            await self._redis.connection_pool.disconnect(inuse_connections=False)
        self._stale = False

    async def _connected(self, connection: Any) -> None:
        """Checks whether it is still the same server: a pool connects anew in silence."""
        await connection.on_connect()
        await connection.send_command("INFO", "server")
        if info_fields(await connection.read_response()).get("run_id") != self._run_id:
            self._checked = False

    async def _met(self, run_id: str) -> None:
        """Does what is to be done when another server, or the same one started anew, is spoken to."""

    async def _info(self, section: str) -> dict[str, str]:
        """Returns a section of INFO of the server that has our keys."""
        if not isinstance(self._redis, RedisCluster):
            return info_fields(await self._execute("INFO", section))
        await self._redis.initialize()
        return info_fields(await self._alone("INFO", section, target_nodes=self._redis.get_node_from_key(PREFIX)))

    def _check_server(self, server: Mapping[str, str], memory: Mapping[str, str]) -> None:
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
        """Speaks from now on to whichever node of the cluster has our slot."""
        cluster = RedisCluster.from_url(self._url, max_connections=MAX_CONNECTIONS, **self._options())

        async def in_turn(*command: Any, **how: Any) -> Any:
            async with self._room:  # its pool refuses where ours lets people wait
                return await cluster.execute_command(*command, **how)

        alone, self._redis, self._alone = self._redis, cluster, in_turn
        await alone.aclose()

    async def _migrate(self) -> None:
        """Brings what an older Ringwatch wrote forward; refuses what a newer one wrote."""
        name = key("schema")
        with self._reporting():
            if self._looks:
                found = int(await self._execute("GET", name) or SCHEMA_VERSION)
            else:
                found = int(await self._eval(READ_SCHEMA, [name], (SCHEMA_VERSION,)))
            while found < SCHEMA_VERSION and found in MIGRATIONS and not self._looks:
                # The step and the new number are one script, so that two replicas cannot both take it.
                step = Script(
                    f"if redis.call('GET', KEYS[1]) ~= '{found}' then return 0 end\n"
                    f"redis.call('SET', KEYS[1], '{found + 1}')\n{MIGRATIONS[found].text}"
                )
                await self._eval(step, [name], (PREFIX,))
                found += 1
        if found != SCHEMA_VERSION:
            raise StoreError(
                f"{self._name} was written by another version of Ringwatch (schema {found}, this one knows "
                f"{SCHEMA_VERSION}): run that version, or point `store:` elsewhere."
            )
