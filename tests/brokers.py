"""A real MQTT broker for tests, which can be killed, started empty, and made to hang; and somebody who reads it all."""

import asyncio
import base64
import contextlib
import hashlib
import json
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from tests.deadlines import PATIENCE

PLACES = ("/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/opt/homebrew/sbin/mosquitto")
MISSING = "no mosquitto on this machine"


def mosquitto() -> str | None:
    """The broker's binary; it stands where a user's PATH often does not lead."""
    return shutil.which("mosquitto") or next((place for place in PLACES if Path(place).exists()), None)


class MosquittoBroker:
    """One broker on a port of its own. With a `password` it lets in `ringwatch` and `reader` alone.

    With `papers`, a folder of `certificates`, it speaks TLS.
    """

    def __init__(self, *, password: str = "", papers: Path | None = None) -> None:
        binary = mosquitto()
        if binary is None:
            pytest.skip(MISSING)
        self.binary, self.password, self.papers = binary, password, papers
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder = Path(tempfile.mkdtemp(prefix="rw-mqtt-"))
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it; it holds nothing."""
        lines = [f"listener {self.port} 127.0.0.1", "persistence false", "user root", "log_type none"]
        if self.password:
            users = "".join(f"{name}:{_hashed(self.password)}\n" for name in ("ringwatch", "reader"))
            (self.folder / "users").write_text(users, "utf-8")
            lines += ["allow_anonymous false", f"password_file {self.folder}/users"]
        else:
            lines.append("allow_anonymous true")
        if self.papers is not None:
            lines += [f"certfile {self.papers}/server.pem", f"keyfile {self.papers}/server.key"]
        (self.folder / "conf").write_text("\n".join(lines) + "\n", "utf-8")
        self.process = subprocess.Popen(
            [self.binary, "-c", str(self.folder / "conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        patience = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            assert self.process.poll() is None, "the broker ended by itself"
            assert time.monotonic() < patience, "the broker does not answer"
            time.sleep(0.02)

    def kill(self) -> None:
        """End it at once: what it held is gone."""
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()
            self.process = None

    def hang(self) -> None:
        """Let it answer nobody: who connects waits."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it answer again."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        """End it, and take away what it left."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def certificates(folder: Path) -> Path:
    """An authority of our own (`ca.pem`), and what it signed for 127.0.0.1."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl on this machine")

    def run(*words: str) -> None:
        subprocess.run([openssl, *words], cwd=folder, check=True, capture_output=True)

    (folder / "names").write_text("subjectAltName=IP:127.0.0.1\n", "utf-8")
    fresh = ("-newkey", "rsa:2048", "-nodes")
    run("req", "-x509", *fresh, "-days", "2", "-subj", "/CN=Ours", "-keyout", "ca.key", "-out", "ca.pem")
    run("req", *fresh, "-subj", "/CN=broker", "-keyout", "server.key", "-out", "server.csr")
    signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names")
    run("x509", "-req", "-in", "server.csr", *signed, "-days", "2", "-out", "server.pem")
    return folder


def _hashed(password: str) -> str:
    salt = b"twelve bytes"
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, 101)
    return f"$7$101${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


class Reader:
    """Somebody who reads everything: what is held now, and all that came, in its order."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self.client = client
        self.held: dict[str, bytes] = {}
        self.came: list[tuple[float, str, bytes]] = []
        self._news = asyncio.Event()

    def json(self, topic: str) -> Any:
        """What stands there; None where nothing does."""
        held = self.held.get(topic)
        return None if held is None else json.loads(held)

    def texts(self, topic: str) -> list[str]:
        """Everything that came there, in its order."""
        return [payload.decode() for _, where, payload in self.came if where == topic]

    def events(self, topic: str) -> list[Any]:
        """The same, as JSON."""
        return [json.loads(text) for text in self.texts(topic)]

    def at(self, topic: str, nth: int = -1) -> float:
        """When something came there, by the loop's clock; the last where nothing else is asked for."""
        return [at for at, where, _ in self.came if where == topic][nth]

    async def until(self, holds: Callable[[], object], what: str) -> None:
        """Wait until it is so."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not holds():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"never came: {what}; held: {sorted(self.held)}") from None

    async def say(self, topic: str, text: str, *, retain: bool = False) -> None:
        """Publish something, as Home Assistant or a person would."""
        await self.client.publish(topic, text, qos=1, retain=retain)

    async def listen(self) -> None:
        """Take everything in."""
        async for message in self.client.messages:
            topic, payload = str(message.topic), bytes(message.payload)
            self.came.append((asyncio.get_running_loop().time(), topic, payload))
            if payload:
                self.held[topic] = payload
            else:
                self.held.pop(topic, None)
            self._news.set()


@contextlib.asynccontextmanager
async def reading(broker: MosquittoBroker) -> AsyncIterator[Reader]:
    """Somebody who reads this broker, from now on and what it holds."""
    login: dict[str, Any] = {"username": "reader", "password": broker.password} if broker.password else {}
    async with aiomqtt.Client("127.0.0.1", broker.port, **login) as client:
        reader = Reader(client)
        await client.subscribe("#", qos=1)
        listening = asyncio.create_task(reader.listen())
        try:
            yield reader
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            with contextlib.suppress(aiomqtt.MqttError):  # the broker may be gone
                await client.__aexit__(None, None, None)


class OldBroker:
    """A broker that speaks MQTT 3.1.1 alone: it refuses a newer hello, and passes all else on to a real one."""

    def __init__(self, behind: MosquittoBroker) -> None:
        self.behind = behind
        self.port = self.refused = 0
        self._server: asyncio.Server | None = None
        self._ways: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "OldBroker":
        self._server = await asyncio.start_server(self._welcome, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for way in self._ways:
            way.cancel()
        await asyncio.gather(*self._ways, return_exceptions=True)

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello = await reader.read(4096)
        if hello[hello.index(b"MQTT") + 4] > 4:
            self.refused += 1
            writer.write(b"\x20\x02\x00\x01")  # unacceptable protocol version
            await writer.drain()
            writer.close()
            return
        there, back = await asyncio.open_connection("127.0.0.1", self.behind.port)
        back.write(hello)
        for ways in ((reader, back), (there, writer)):
            way = asyncio.create_task(_pass_on(*ways))
            self._ways.add(way)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(4096):
            writer.write(chunk)
            await writer.drain()
    writer.close()


class EventWire:
    """The way to a real broker, on which events can be lost. All else passes while there is a way at all."""

    def __init__(self, behind: MosquittoBroker) -> None:
        self.behind = behind
        self.port = self.made = 0
        self.arrived: list[Any] = []  # the events that the broker has been given, as JSON
        self.faults: list[str] = []
        self.open = True
        self.closes: Callable[[], None] = lambda: None  # called when an event finds the way closing
        self._server: asyncio.Server | None = None
        self._ways: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "EventWire":
        self._server = await asyncio.start_server(self._welcome, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        await asyncio.gather(*self._ways, return_exceptions=True)

    def cut(self) -> None:
        """End every connection."""
        for way in self._ways:
            way.cancel()

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.open:
            writer.transport.abort()
            return
        task = asyncio.create_task(self._carry(reader, writer))
        self._ways.add(task)
        task.add_done_callback(self._ways.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.behind.port)
        answers = asyncio.create_task(_pass_on(there, writer))
        try:
            while packet := await _packet(reader):
                event = _event(packet)
                fault = ""
                if event is not None:
                    self.made += 1
                    fault = self.faults.pop(0) if self.faults else ""
                if fault == "hang":
                    await asyncio.Event().wait()
                if fault == "cut":
                    return
                if fault == "close":
                    self.open = False
                    self.closes()
                    return
                if fault == "lose_answer":
                    answers.cancel()
                back.write(packet)
                await back.drain()
                if event is not None:
                    self.arrived.append(event)
                if fault == "lose_answer":
                    return
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            answers.cancel()
            for one in (writer, back):
                one.transport.abort()


async def _packet(reader: asyncio.StreamReader) -> bytes:
    """The next packet of MQTT, whole; empty at the end."""
    head = await reader.read(1)
    length, shift = 0, 0
    while head:
        digit = await reader.readexactly(1)
        head += digit
        length |= (digit[0] & 0x7F) << shift
        shift += 7
        if not digit[0] & 0x80:
            return head + await reader.readexactly(length)
    return b""


def _event(packet: bytes) -> Any:
    """What an event says; None for any other packet."""
    if packet[0] >> 4 != 3:
        return None
    head = 1 + next(n for n in range(1, 5) if not packet[n] & 0x80)
    topic = packet[head + 2 : head + 2 + int.from_bytes(packet[head : head + 2], "big")]
    return json.loads(packet[packet.index(b"{") :]) if topic.endswith(b"/event") else None
