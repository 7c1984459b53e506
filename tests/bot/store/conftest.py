"""Servers of a test's own, to be ill-treated: alone, in a cluster, behind TLS."""

import contextlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import redis

from bot.store.embedded import ending_with_us
from bot.store.servers import bundled, on_path
from tests.deadlines import PATIENCE


@pytest.fixture(params=["bundled", pytest.param("path", marks=pytest.mark.redis)])
def own_server(request, redis_servers):
    """A server of the test's own, each kind in turn."""
    shared = redis_servers(request.param)
    server = type(shared)("", shared.binary, fsync="always")
    yield server
    if server.process is not None:
        server.process.send_signal(signal.SIGCONT)
    server.close()


def eventually(condition: Callable[[], bool]) -> None:
    """Wait for another process, which tells us nothing."""
    patience = time.monotonic() + PATIENCE
    while True:
        with contextlib.suppress(redis.RedisError):
            if condition():
                return
        assert time.monotonic() < patience
        time.sleep(0.02)


def free_port(below: int = 65_536) -> int:
    """A port that nobody listens on."""
    while True:
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            port = int(found.getsockname()[1])
        if port < below:
            return port


@dataclass
class Node:
    """One server on a port. `flags` are its options beside the usual ones."""

    binary: Path
    folder: Path
    flags: dict[str, str]
    client: redis.Redis
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, on what it wrote before."""
        self.folder.mkdir(exist_ok=True)
        flags = {"dir": str(self.folder), "logfile": str(self.folder / "log"), "save": "", **self.flags}
        words = [part for name, value in flags.items() for part in (f"--{name}", *value.split(" "))]
        self.process = subprocess.Popen([*ending_with_us(self.binary), *words])
        eventually(lambda: self.process.poll() is not None or self.client.ping())
        log = (self.folder / "log").read_text()
        if "tls-port" in log.partition("\n")[0] or "Failed to configure TLS" in log:
            pytest.skip("the store server on PATH was built without TLS")
        assert self.process.poll() is None, log

    def kill(self) -> None:
        """What kill -9 does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@dataclass
class Nodes:
    """Starts servers on ports of this machine."""

    folder: Path
    nodes: list[Node] = field(default_factory=list)

    def add(self, flags: dict[str, str], *, below: int = 65_536) -> Node:
        """One more, a genuine Redis where there is one."""
        binary = on_path("redis-server") or on_path("valkey-server") or bundled()
        if binary is None:
            pytest.skip("no store server on this machine")
        port = free_port(below)
        flags = {"port": str(port), "appendonly": "yes", **flags}
        client = redis.Redis(port=port, socket_timeout=5)
        node = Node(binary, self.folder / str(len(self.nodes)), flags, client, port)
        self.nodes.append(node)
        node.start()
        return node

    def over_tls(self, flags: dict[str, str]) -> "Node":
        """One that speaks TLS alone. Skips the test where the server was built without."""
        binary = on_path("redis-server") or on_path("valkey-server")
        if binary is None:
            pytest.skip("no store server on PATH, and the bundled one speaks no TLS")
        port = free_port()
        papers: dict[str, Any] = {"ssl_ca_certs": flags["tls-ca-cert-file"]}
        if flags["tls-auth-clients"] == "yes":
            papers |= {"ssl_certfile": flags["tls-cert-file"], "ssl_keyfile": flags["tls-key-file"]}
        client = redis.Redis("127.0.0.1", port, ssl=True, **papers)
        flags = {"port": "0", "tls-port": str(port), "appendonly": "yes", **flags}
        node = Node(binary, self.folder / str(len(self.nodes)), flags, client, port)
        self.nodes.append(node)
        node.start()
        return node

    def close(self) -> None:
        """End them all."""
        for node in self.nodes:
            node.client.close()
            node.kill()


@pytest.fixture
def nodes(tmp_path) -> Iterator[Nodes]:
    """Servers of the test's own, on ports."""
    started = Nodes(tmp_path)
    yield started
    started.close()


@pytest.fixture
def cluster(nodes) -> list[Node]:
    """Three nodes with a third of the slots each, so that two of them are not ours."""
    flags = {"cluster-enabled": "yes", "cluster-node-timeout": "1000"}
    found = [nodes.add(flags, below=55_000) for _ in range(3)]
    for node, (first, last) in zip(found, [(0, 5460), (5461, 10922), (10923, 16383)], strict=True):
        node.client.execute_command("CLUSTER ADDSLOTSRANGE", first, last)
    for node in found[1:]:
        found[0].client.execute_command("CLUSTER MEET", "127.0.0.1", node.flags["port"])
    eventually(lambda: all(node.client.cluster("info")["cluster_state"] == "ok" for node in found))
    eventually(lambda: all(node.client.cluster("info")["cluster_known_nodes"] == "3" for node in found))
    return found


@dataclass
class Papers:
    """A CA, and a server's and a client's certificate by it."""

    folder: Path

    def __getitem__(self, name: str) -> str:
        return str(self.folder / name)


@pytest.fixture(scope="session")
def papers(tmp_path_factory) -> Papers:
    """Made by openssl, good for a day, for 127.0.0.1."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl on this machine to make certificates with")
    made = Papers(tmp_path_factory.mktemp("papers"))

    def run(*words: str) -> None:
        subprocess.run([openssl, *words], check=True, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1")
    for name in ("ca", "other-ca"):
        run("req", "-x509", *key, "-subj", f"/CN={name}", "-keyout", made[f"{name}.key"], "-out", made[f"{name}.pem"])
    made.folder.joinpath("san").write_text("subjectAltName=IP:127.0.0.1")
    by = ("-CA", made["ca.pem"], "-CAkey", made["ca.key"], "-CAcreateserial", "-days", "1", "-extfile", made["san"])
    for name in ("server", "client"):
        asked, paper = made[f"{name}.csr"], made[f"{name}.pem"]
        run("req", *key[:-2], "-subj", f"/CN={name}", "-keyout", made[f"{name}.key"], "-out", asked)
        run("x509", "-req", "-in", asked, *by, "-out", paper)
    return made


@pytest.fixture
def acl_rule() -> list[str]:
    """The rights that docs/store.md gives the user, with the password hunter2."""
    text = (Path(__file__).parents[3] / "docs" / "store.md").read_text(encoding="utf-8")
    (rule,) = re.findall(r"redis-cli ACL SETUSER ringwatch ((?:.*\\\n)*.*)", text)
    return [word.replace("PASSWORD", "hunter2") for word in shlex.split(rule.replace("\\\n", " "))]
