"""`ringwatch check` asks the store: one line each of what is wrong, with what to do, and nothing is written."""

import socket
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis

from bot.cli.check import Check, run_checks
from bot.cli.live_checks import probes
from bot.cli.main import main
from bot.settings import load
from bot.store import servers
from bot.store.embedded import EmbeddedServer, ending_with_us
from bot.store.servers import find_server

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SLACK = 'slack: {bot_token: xoxb-0123456789abcdef, app_token: xapp-0123456789abcdef, channel: "#alerts"}\n'


@pytest.fixture
def port() -> Iterator[int]:
    """One that nobody else takes while the test runs, and that nobody listens on."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[redis.Redis]:
    """A server with a password."""
    path = tmp_path / "s"
    flags = ["--port", "0", "--unixsocket", str(path), "--dir", str(tmp_path), "--save", "", "--requirepass", "hunter2"]
    process = subprocess.Popen([*ending_with_us(find_server()), *flags], stdout=subprocess.DEVNULL)
    client = redis.Redis(unix_socket_path=str(path), password="hunter2", decode_responses=True)
    while True:
        try:
            client.ping()
            break
        except redis.ConnectionError:
            assert process.poll() is None
    yield client
    client.close()
    process.terminate()
    process.wait()


def address(server: redis.Redis, password: str = "hunter2", more: str = "") -> str:
    return f"unix://:{password}@{server.connection_pool.connection_kwargs['path']}{more}"


async def line(tmp_path: Path, store: str, data_dir: Path | None = None) -> Check:
    file = tmp_path / "ringwatch.yaml"
    file.write_text(f"{SLACK}store: '{store}'\ndata_dir: '{data_dir or tmp_path / 'data'}'\n")
    (probe,) = [one for one in probes(load(file, {}, {}, {}).settings, {}, lambda: NOW) if one.name == "store"]
    (found,) = await run_checks([probe])
    return found


async def test_a_store_that_will_do_is_named_and_nothing_is_written(tmp_path: Path, server: redis.Redis) -> None:
    found = await line(tmp_path, address(server))
    assert str(found).startswith(("ok    store: Redis ", "ok    store: Valkey "))
    assert found.text.endswith(" answers")
    assert server.keys() == []


async def test_a_wrong_password_is_said_without_it(tmp_path: Path, server: redis.Redis) -> None:
    found = await line(tmp_path, address(server, "hunter3"))
    assert str(found).startswith("FAIL  store: [E308] The store at unix://")
    assert "refused our login: invalid username-password pair or user is disabled. " in found.text
    assert found.text.endswith("Are user and password in `store:` right?")
    assert "hunter" not in str(found)


@pytest.mark.parametrize(
    "wrong", ["redis://127.0.0.1:{port}", "redis://no-such-host.invalid", "unix:///no/such/socket"]
)
async def test_a_wrong_address_is_said_with_what_to_look_at(tmp_path: Path, port: int, wrong: str) -> None:
    found = await line(tmp_path, wrong.format(port=port))
    assert (found.level, found.id) == ("error", "E308")
    assert " does not answer: " in found.text
    assert found.text.endswith("Does it run, and are scheme, host and port in `store:` right?")


async def test_a_store_that_evicts_is_said_with_what_to_set(tmp_path: Path, server: redis.Redis) -> None:
    server.config_set("maxmemory-policy", "allkeys-lru")
    found = await line(tmp_path, address(server))
    assert found.level == "error"
    assert "(maxmemory-policy allkeys-lru): set maxmemory-policy to noeviction." in found.text


async def test_a_replica_is_said_with_what_to_name(tmp_path: Path, server: redis.Redis, port: int) -> None:
    server.replicaof("127.0.0.1", str(port))
    found = await line(tmp_path, address(server))
    assert found.level == "error"
    assert found.text.strip().endswith("is a replica, which cannot be written to: name its master.")


async def test_a_store_that_is_full_is_said(tmp_path: Path, server: redis.Redis) -> None:
    server.config_set("maxmemory", "1000")
    found = await line(tmp_path, address(server))
    assert found.text.strip().endswith("is full: raise its maxmemory.")


async def test_a_database_that_there_is_not_is_said(tmp_path: Path, server: redis.Redis) -> None:
    found = await line(tmp_path, address(server, more="?db=99"))
    assert found.level == "error"
    assert found.text.strip().endswith("has no database of the number behind the host in `store:`: write 0, or none.")


async def test_a_store_of_our_own_is_looked_at_and_not_made(tmp_path: Path) -> None:
    data = tmp_path / "not" / "yet"
    found = await line(tmp_path, "embedded", data)
    assert (found.level, found.text) == (
        "ok",
        f"embedded: {find_server().name} would be started, with its data in {data}",
    )
    assert not data.parent.exists()


async def test_the_store_of_a_service_that_runs_is_asked(tmp_path: Path) -> None:
    async with EmbeddedServer(tmp_path / "data"):
        found = await line(tmp_path, "embedded")
    assert found.level == "ok"
    assert found.text.startswith("embedded: the ")
    assert found.text.endswith(" of the service that runs answers")


async def test_a_data_directory_that_cannot_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = await line(tmp_path, "embedded", tmp_path / "file" / "data")
    assert (found.level, found.id) == ("error", "E308")
    assert found.text == (
        f"The directory `data_dir`, {tmp_path / 'file' / 'data'}, cannot be: {tmp_path / 'file'} is no directory; "
        "name another."
    )


async def test_a_machine_without_a_server_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "bundled", lambda: None)
    monkeypatch.setenv("PATH", "/nowhere")
    found = await line(tmp_path, "embedded")
    assert found.level == "error"
    assert "install redis-server or valkey-server" in found.text


@pytest.mark.parametrize(
    ("store", "said"),
    [
        ("redis://h/ringwatch", "behind the host stands at most the number of a database, such as /0"),
        ("rediss://h?ssl_ca=/etc/ca.pem", "behind its ? stands an option ssl_ca that there is not; did you mean ssl_ca_certs?"),
        ("redis://h?ssl_ca_certs=/etc/ca.pem", "its option ssl_ca_certs is for TLS, so the address begins with rediss://"),
        ("rediss://h?ssl_ca_certs=/no/ca.pem", "its option ssl_ca_certs is wrong: the file that it names cannot be read: No such"),
        ("rediss://h?ssl_ca_certs={file}", "the file of its option ssl_ca_certs holds no certificate in PEM form"),
        ("rediss://h?ssl_ca_path={file}", "its option ssl_ca_path is wrong: it names the directory of certificates, and that is"),
        ("rediss://h?ssl_certfile={file}", "the files of its options ssl_certfile and ssl_keyfile are not a certificate and its"),
        ("rediss://h?ssl_keyfile={file}", "its option ssl_keyfile needs ssl_certfile too"),
        ("rediss://h?ssl_cert_reqs=never", "its option ssl_cert_reqs is wrong: allowed: none, optional, required"),
        ("redis://h?decode_responses=true", "behind its ? stands an option decode_responses that there is not; there are db,"),
        ("redis://h?redis_connect_func=x", "behind its ? stands an option redis_connect_func that there is not;"),
        ("redis://h?s3cret=hunter2", "behind its ? stands an option that there is not; there are db,"),
        ("redis://h?socket_timeout=soon", "its option socket_timeout is wrong: seconds are needed, more than none"),
        ("redis://h?socket_timeout=0", "its option socket_timeout is wrong: seconds are needed, more than none"),
        ("redis://h?max_connections=0", "its option max_connections is wrong: a whole number is needed, at least 1"),
        ("unix:///s?db=first", "its option db is wrong: a whole number is needed"),
        ("redis://h:0", "embedded, or an address redis://…, rediss://… or unix://… is needed"),
        ("memcached://h", "embedded, or an address redis://…, rediss://… or unix://… is needed"),
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_is_one_sentence_and_2_for_every_verb(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], store: str, said: str
) -> None:
    file = tmp_path / "ringwatch.yaml"
    file.write_text(f"{SLACK}store: '{store.format(file=file)}'\n")
    for verb in (["run"], ["check"], ["check", "--offline"]):
        assert main([*verb, "--config", str(file)]) == 2
        (told,) = capsys.readouterr().err.splitlines()
        assert told.startswith(f"{file}:2: store: found a value of {len(store.format(file=file))} characters; {said}")
        assert "hunter2" not in told
        assert "s3cret" not in told
