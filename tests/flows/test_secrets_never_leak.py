"""A secret of its own in every key that takes one, everything failing at once: none is in anything that comes out."""

import asyncio
import base64
import json
import os
import signal
import sys
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import aiohttp
import pytest
import redis
import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.app.service import Service, catalogue
from bot.demo.manifest import whole_manifest
from bot.demo.slack import LocalSlack
from bot.demo.slack.town import MANAGER
from bot.settings import ConfigError, load
from bot.settings.secret_values import secrets_of
from bot.store import Store, StoreError
from providers.sdk.throttle import LocalThrottle
from providers.vendor import Opening
from tests.deadlines import PATIENCE, patient_slack

CHANNEL = "#voip-alerts"
ACCOUNTS = ("sales", "helpdesk", "wholesale", "office", "branch")
ASKED = (
    "/balance", "/agents", "/queue", "/spam", "/call +12025550177", "/pbx calls", "/pbx status", "/pbx users",
    "/pbx payments", "/pbx details", "/pbx active", "/pbx recording 1", "/pbx alerts", "/pbx audit", "/pbx contacts",
)  # fmt: skip


class Secrets:
    """Each asked for once, each unlike the others; some hold what addresses and JSON escape."""

    def __init__(self) -> None:
        self.all: dict[str, str] = {}

    def __call__(self, name: str, before: str = "", after: str = "") -> str:
        mark = f"Zq{len(self.all):02d}canary{name.title().replace('_', '')}"
        self.all[name] = f"{before}{mark}{after}"
        return self.all[name]

    def base64(self, name: str) -> str:
        self.all[name] = base64.b64encode(f"Zq{len(self.all):02d}{name}".ljust(32, "x").encode()).decode()
        return self.all[name]

    def found_in(self, text: str) -> list[str]:
        """The names of those that a text tells, in whatever way they travel."""
        return [
            name
            for name, secret in self.all.items()
            for form in {
                secret, quote(secret), quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1],
                base64.b64encode(secret.encode()).decode(),
            }
            if form in text
        ]  # fmt: skip


@dataclass
class Echo:
    """A vendor, a webhook's receiver and a dead man's switch that fail in turn, repeating what they were sent."""

    url: str = ""
    got: list[str] = field(default_factory=list)
    turn: Iterator[int] = field(default_factory=count)

    async def take(self, request: web.Request) -> web.StreamResponse:
        body = (await request.read()).decode(errors="replace")
        usual = {"Host", "User-Agent", "Accept", "Accept-Encoding", "Connection", "Content-Type", "Content-Length"}
        own = " ".join(value for name, value in request.headers.items() if name not in usual)
        said = f"{own} {body} {request.path_qs}"  # the secrets first: what is quoted is cut
        self.got.append(said)
        as_data = json.dumps({"status": "error", "message": said, "balance": said, "error": {"text": said}})
        answers: tuple[tuple[int, str, str], ...] = (
            (200, "application/json", as_data),
            (500, "text/plain", said),
            (200, "text/html", f"<html><title>{said}</title><b>{said}</b></html>"),
            (404, "application/json", as_data),
            (200, "application/json", as_data[: len(as_data) // 2]),
            (302, "text/plain", said),
            (400, "text/html", f"<p>{said}</p>"),
            (503, "application/json", as_data),
        )
        at = next(self.turn) % (len(answers) + 1)
        if at == len(answers):
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        status, kind, text = answers[at]
        headers = {"Location": f"{self.url}{quote(said[:500])}"} if status == 302 else {}
        return web.Response(status=status, content_type=kind, text=text, headers=headers)


@dataclass
class Stage:
    """The world outside, the file, and what every secret is."""

    folder: Path
    server: Any
    slack: LocalSlack
    echo: Echo
    secrets: Secrets
    environ: dict[str, str]

    @property
    def path(self) -> Path:
        return self.folder / "ringwatch.yaml"

    def text(self) -> str:
        """ringwatch.yaml: some secrets in it, some by ``${…}``, some by a variable or a file."""
        secret, url = self.secrets, self.echo.url
        webhook = url.replace("://", f"://{secret('hook_user')}:{secret('hook_login')}@") + secret("hook_path")
        accounts: dict[str, Any] = {
            "sales": {"provider": "momvoip", "api_key": "${MOM}"},
            "helpdesk": {"provider": "voicenter", "code": secret("code", after="/+=%&")},
            "wholesale": {
                "provider": "mor", "username": secret("mor_user"), "password": secret("mor_password", after='<"&\\'),
                "user_id": "17", "api_secret": secret("api_secret"),
            },
            "office": {"provider": "voipcloud", "token": secret("token")},
            "branch": {"provider": "iexpbx", "username": secret("iex_user"), "password": secret("iex_password", after=":@/é ")},
        }  # fmt: skip
        for name, account in accounts.items():
            account |= {"base_url": url, "webhook_token": secret(f"hook_{name}")}
        return yaml.safe_dump(
            {
                "store": "${STORE}",
                "data_dir": str(self.folder / "data"),
                "http": {"port": 0},
                "slack": {
                    "bot_token": self.slack.bot_token,
                    "signing_secret": self.slack.signing_secret,
                    "api_url": self.slack.api_url,
                    "channel": CHANNEL,
                },
                "poll": dict.fromkeys(("balance", "numbers", "agents", "queues", "calls"), "1s"),
                "accounts": accounts,
                "agents": {MANAGER: {"account": "sales", "agent": "1101"}},
                "calls": {"region": "US"}, "api": {"tokens": {"grafana": secret("api_token")}},
                "permissions": {"admin": [MANAGER], "recordings": [MANAGER]},
                "alerts": [
                    {
                        "name": "down", "watch": "account_down", "webhook": webhook,
                        "webhook_secret": secret.base64("webhook_secret"),
                    },
                    {"name": "low", "watch": "balance", "below": 50},
                ],
                "heartbeat": {"url": f"{url}{secret('beat_path')}?key={secret('beat_query')}", "every": "1s"},
            },
            allow_unicode=True,
        )  # fmt: skip


@pytest.fixture
async def stage(tmp_path: Path, redis_servers: Callable[[str], Any]) -> AsyncIterator[Stage]:
    secret = Secrets()
    shared = redis_servers("bundled")
    server = type(shared)("", shared.binary)
    slack = patient_slack(
        lambda: datetime.now(UTC), manifest=whole_manifest(),
        bot_token=secret("bot_token", "xoxb-"), app_token=secret("app_token", "xapp-"),
        signing_secret=secret("signing_secret"),
    )  # fmt: skip
    echo = Echo()
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", echo.take)
    async with AsyncExitStack() as stack:
        stack.callback(server.close)
        vendor = await stack.enter_async_context(TestServer(app))
        echo.url = str(vendor.make_url("/"))
        await stack.enter_async_context(slack)
        password = secret("store_password")
        with redis.Redis.from_url(server.url) as client:
            client.config_set("requirepass", password)
        (tmp_path / "app_token").write_text(f"{slack.app_token}\n", encoding="utf-8")
        environ = {
            "MOM": secret("api_key"),
            "STORE": server.url.replace("unix://", f"unix://:{password}@"),
            "RINGWATCH_SLACK__APP_TOKEN_FILE": str(tmp_path / "app_token"),
        }
        made = Stage(tmp_path, server, slack, echo, secret, environ)
        made.path.write_text(made.text(), encoding="utf-8")
        yield made


class Run:
    """`ringwatch` as a process of its own. `log` is what it has said so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.log = ""
        self._new = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(cls, stage: Stage, *words: str) -> "Run":
        environ = {**os.environ, **stage.environ, "NO_COLOR": "1"}
        return cls(
            await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot.cli", *words, "--config", str(stage.path), env=environ,
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            )
        )  # fmt: skip

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.log += line.decode()
            self._new.set()

    async def says(self, words: str, within: float = PATIENCE) -> None:
        async with asyncio.timeout(within):
            while words not in self.log:
                self._new.clear()
                await self._new.wait()

    async def ended(self) -> int:
        async with asyncio.timeout(PATIENCE):
            status = await self.process.wait()
            await self._reading
        return status

    async def kill(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.ended()


async def test_check_tells_none(stage: Stage) -> None:
    checked = await Run.start(stage, "check")
    assert await checked.ended() == 1
    assert checked.log.count("FAIL") == len(ACCOUNTS), checked.log
    assert stage.secrets.found_in(checked.log) == []
    assert len(stage.secrets.found_in(" ".join(stage.echo.got))) >= 5, "they did travel"
    with redis.Redis.from_url(stage.environ["STORE"]) as client:
        client.config_set("requirepass", "another")
    replayed = await Run.start(stage, "alerts", "test", "down")
    assert await replayed.ended() == 1
    assert "refused our login" in replayed.log
    assert stage.secrets.found_in(replayed.log) == []


async def test_a_wrong_configuration_tells_none(stage: Stage) -> None:
    whole = yaml.safe_load(stage.path.read_text(encoding="utf-8"))
    mixed = dict(whole)
    mixed["slack"] = {**whole["slack"], "channel": whole["slack"]["bot_token"], whole["slack"]["signing_secret"]: "x"}
    mixed["accounts"] = {
        name: {**keys, "base_url": keys["webhook_token"], "poll": keys["webhook_token"]}
        for name, keys in whole["accounts"].items()
    }
    mixed["accounts"]["wholesale"]["user_id"] = whole["accounts"]["wholesale"]["password"]
    mixed["heartbeat"] = {"url": "ftp" + whole["heartbeat"]["url"]}
    mixed["alerts"] = [{**whole["alerts"][0], "webhook": "x" + whole["alerts"][0]["webhook"]}]
    mixed["store"] = "mysql://" + stage.secrets.all["store_password"]
    stage.path.write_text(yaml.safe_dump(mixed, allow_unicode=True), encoding="utf-8")
    refused = await Run.start(stage, "run")
    assert await refused.ended() == 2
    assert refused.log.count("\n") >= 10, refused.log
    assert stage.secrets.found_in(refused.log) == []
    with pytest.raises(ConfigError) as caught:
        load(stage.path, stage.environ, *catalogue())
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(caught.value.problems)
    assert stage.secrets.found_in(told) == []


async def test_a_run_in_which_everything_fails_tells_none(stage: Stage) -> None:
    told: list[str] = []
    service = await Run.start(stage, "run")
    try:
        await service.says("ringwatch runs")
        port = json.loads(next(line for line in service.log.splitlines() if "ringwatch runs" in line))["port"]
        base = f"http://127.0.0.1:{port}"
        async with aiohttp.ClientSession() as http:

            async def get(path: str, want: int | None = None, **headers: str) -> str:
                async with asyncio.timeout(PATIENCE):
                    while True:
                        async with http.get(base + path, headers=headers) as answer:
                            told.append(f"{answer.status} {dict(answer.headers)} {await answer.text()}")
                            if want in {None, answer.status}:
                                return told[-1]
                        await asyncio.sleep(0.05)

            await stage.slack.connected()
            await get("/readyz", 200)
            await _people(stage, told)
            await stage.slack.message(CHANNEL, "down")
            for name in ACCOUNTS:
                await get(f"/hooks/{name}/wrong")
                await get(f"/hooks/{name}/{stage.secrets.all[f'hook_{name}']}")
            for what in ("balances", "agents", "queues", "numbers", "alerts", "incidents"):
                await get(f"/api/v1/{what}", 200, Authorization=f"Bearer {stage.secrets.all['api_token']}")
            async with http.post(base + "/slack/events", data="x", headers={"X-Slack-Signature": "v0=00"}) as answer:
                told.append(await answer.text())
            for kind in ("error503", "invalid_auth", "cut"):
                with _fault(stage, kind):
                    await _people(stage, told, 3)
            stage.path.write_text("slack: [" + stage.secrets.all["api_key"], encoding="utf-8")
            service.process.send_signal(signal.SIGHUP)
            await service.says("configuration not applied")
            password = stage.secrets.all["store_password"]
            with redis.Redis.from_url(stage.environ["STORE"]) as client:
                client.config_set("rdbcompression", "no")
                kept = "".join(repr(client.dump(name)) for name in client.scan_iter())
                client.config_set("requirepass", "another")
                client.client_kill_filter(_type="normal", skipme=True)
            assert "refused our login" in await get("/readyz", 503)
            await _people(stage, told, 3)
            with redis.Redis.from_url(stage.environ["STORE"].replace(password, "another")) as client:
                client.config_set("requirepass", password)
            await get("/readyz", 200)
            stage.server.kill()
            assert "does not answer" in await get("/readyz", 503)
            await get("/metrics")
        service.process.terminate()
        assert await service.ended() == 0
    finally:
        await service.kill()
    told += [repr(message) for message in stage.slack.messages(CHANNEL)]
    told += [repr(entry) for entry in stage.slack.journal.of("post", "edit", "ephemeral")]
    lines = [json.loads(line) for line in service.log.splitlines()]
    assert (len(lines) > 5, len(told) > 40) == (True, True)
    assert stage.secrets.found_in(service.log) == []
    assert "helpdesk" in kept
    assert stage.secrets.found_in(kept) == [], "the store has none either"
    assert [(found, text[:300]) for text in told if (found := stage.secrets.found_in(text))] == []
    assert len(stage.secrets.found_in(" ".join(stage.echo.got))) >= 9, "they did travel"


async def _people(stage: Stage, told: list[str], first: int = len(ASKED)) -> None:
    """Ask everything, and keep what is answered."""
    for words in ASKED[:first]:
        name, _, text = words.partition(" ")
        asked = await stage.slack.command(MANAGER, CHANNEL, name, text)
        await asked.answer()
        told += [repr(answer) for answer in asked.answers]


class _fault:  # noqa: N801  # reads as a word
    """Slack failing in one way, for as long as this lasts."""

    def __init__(self, stage: Stage, kind: str) -> None:
        self._slack, self._kind = stage.slack, kind

    def __enter__(self) -> None:
        for method in ("chat.postMessage", "chat.update", "users.info", "auth.test"):
            self._slack.fail(method, self._kind, times=20)  # type: ignore[arg-type]

    def __exit__(self, *_: object) -> None:
        self._slack.heal()


async def test_nothing_that_may_be_printed_tells_one(stage: Stage) -> None:
    loaded = load(stage.path, stage.environ, *catalogue())
    settings = loaded.settings
    printed: list[Any] = [loaded, settings, settings.slack, settings.heartbeat, *settings.alerts]
    printed += [thing for account in settings.accounts.values() for thing in (account, account.vendor)]
    vendors, clock = catalogue()[0], lambda: datetime.now(UTC)
    for account in settings.accounts.values():
        opening = Opening(account.name, account.vendor, LocalThrottle(clock, "x"), clock)
        provider = vendors[account.provider].open(opening)
        printed += [opening, provider]
        for question in ("balance", "agents", "queues", "users"):
            try:
                await getattr(provider, question, provider.close)()
            except Exception as error:  # noqa: BLE001  # whatever it is, it may be logged
                printed += [error, error.args, "".join(traceback.format_exception(error))]
        await provider.close()
    wrong = settings.store.get_secret_value().replace(stage.secrets.all["store_password"], "wrong")
    stage.secrets.all["wrong_password"] = "Zq99canaryWrongPassword"
    for url in (wrong.replace("wrong", "Zq99canaryWrongPassword"), "redis://:Zq99canaryWrongPassword@127.0.0.1:1/0"):
        with pytest.raises(StoreError) as caught:
            await Store.connect(url, clock=clock)
        printed += [caught.value, "".join(traceback.format_exception(caught.value))]
    store = Store(settings.store.get_secret_value(), clock=clock)
    printed += [Service(settings, store, clock=clock), store]
    assert len(printed) > 40
    leaks = [(found, repr(thing)[:200]) for thing in printed if (found := stage.secrets.found_in(f"{thing!r} {thing}"))]
    assert leaks == []


async def test_logs_know_every_secret_of_the_configuration(stage: Stage) -> None:
    """What is planted is all that there is: a new key that takes a secret is planted here too."""
    known = " ".join(secrets_of(load(stage.path, stage.environ, *catalogue()).settings))
    logins = {"mor_user", "iex_user"}
    assert set(stage.secrets.found_in(known)) == stage.secrets.all.keys() - logins
