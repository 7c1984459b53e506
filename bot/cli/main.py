"""The command line: `ringwatch run | demo | check | manifest | alerts test | alerts replay`."""

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import structlog

from bot import __version__
from bot.actions import shortcuts
from bot.app.service import Service, catalogue
from bot.cli.alerts_replay import replay_alert
from bot.cli.alerts_test import AlertTestError, send_test_alert
from bot.cli.check import Check, offline_checks, print_checks, run_checks
from bot.cli.live_checks import probes
from bot.commands import commands
from bot.observability.logs import Redaction, configure
from bot.settings import (
    ConfigError,
    Loaded,
    Settings,
    UnknownAlertError,
    find_alert,
    load,
    load_manifest_keys,
    parse_duration,
)
from bot.settings.secret_values import secrets_of
from bot.slack.manifest import manifest, manifest_yaml, request_url
from bot.steps import steps
from bot.store import StoreError
from providers.registry import vendors

STOP_TIMEOUT_SECONDS = 9.0  # seconds; the promise is ten

log = structlog.get_logger(__name__)


def now() -> datetime:
    """Returns the time in UTC: the one clock of the house; everything else is given it."""
    return datetime.now(UTC)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(1, f"{self.prog}: {message}\n")  # 2 is kept for a wrong configuration


def _https(text: str) -> str:
    try:
        return request_url(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _duration(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is no duration: write it as 30m, 12h or 7d") from error


def _setting(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key.strip() or not equals:
        raise argparse.ArgumentTypeError(f"{text} is no KEY=VALUE: write it as below=30")
    return key.strip(), value.strip()


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="ringwatch", description="Watches hosted PBX systems from Slack.")
    parser.add_argument("--version", action="version", version=f"ringwatch {__version__}")
    verbs = parser.add_subparsers(dest="verb", required=True, parser_class=_Parser)
    config = _Parser(add_help=False)
    config.add_argument("--config", type=Path, help="default: $RINGWATCH_CONFIG, then ./ringwatch.yaml")
    verbs.add_parser("run", parents=[config], help="the service")
    demo = verbs.add_parser("demo", help="the service on simulated vendors and a local Slack in the browser")
    demo.add_argument("--port", type=int, default=8080, help="of the page; 0 takes any that is free")
    demo.add_argument("--no-browser", action="store_true", help="print the address and open nothing")
    check = verbs.add_parser("check", parents=[config], help="validate the configuration, ask Slack and every account")
    check.add_argument("--offline", action="store_true", help="ask nobody")
    manifest = verbs.add_parser("manifest", parents=[config], help="print the Slack app manifest")
    manifest.add_argument("--url", type=_https, help="https://HOST for HTTP mode; without it, Socket Mode")
    alerts = verbs.add_parser("alerts", help="an alert, tried without waiting for its problem")
    tried = alerts.add_subparsers(dest="trial", required=True, parser_class=_Parser)
    test = tried.add_parser("test", parents=[config], help="a marked test through the real path")
    replay = tried.add_parser("replay", parents=[config], help="the stored readings judged anew; changes nothing")
    for one in (test, replay):
        one.add_argument("name", metavar="NAME", help="of the alert, or how it alone begins")
    replay.add_argument("--since", type=_duration, default=timedelta(days=7), help="how far back; default: 7d")
    replay.add_argument(
        "--set", type=_setting, action="append", default=[], metavar="KEY=VALUE", help="another value of a key of it"
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one verb, and returns the exit status: 0 fine, 2 the configuration is wrong, 1 anything else."""
    arguments = _parser().parse_args(argv)
    try:
        match arguments.verb:
            case "run":
                return _run(arguments.config)
            case "demo":
                return _demo(arguments.port, browser=not arguments.no_browser)
            case "check":
                return _check(arguments.config, offline=arguments.offline)
            case "alerts" if arguments.trial == "test":
                return _test(arguments.config, arguments.name)
            case "alerts":
                return _replay(arguments.config, arguments.name, arguments.since, dict(arguments.set))
            case _:
                return _manifest(arguments.config, arguments.url)
    except ConfigError as error:
        print(error, file=sys.stderr)  # noqa: T201  # the answer of a command line
        return 2
    except (OSError, StoreError, AlertTestError, UnknownAlertError) as error:
        print(f"ringwatch: {error}", file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        return 130


def _path(given: Path | None) -> Path | None:
    if given is not None:
        return given
    named = os.environ.get("RINGWATCH_CONFIG")
    return Path(named) if named else None


def _load(path: Path | None) -> Loaded:
    return load(_path(path), os.environ, *catalogue())


def _run(path: Path | None) -> int:
    loaded = _load(path)
    redaction = Redaction()
    configure(redaction)
    for sentence in vendors().problems:
        log.warning("vendor left out", problem=sentence)
    for warning in loaded.warnings:
        log.warning("configuration", problem=str(warning))
    asyncio.run(_serve(loaded.settings, redaction, lambda: _load(path)))
    return 0


async def _serve(settings: Settings, redaction: Redaction, read_again: Callable[[], Loaded]) -> None:
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    loop.add_signal_handler(signal.SIGHUP, lambda: None)  # until there is something that can be reloaded
    service = await Service.open(settings, clock=now, redaction=redaction, read_again=read_again)
    reloads: set[asyncio.Task[object]] = set()

    def reload() -> None:
        task: asyncio.Task[object] = loop.create_task(service.reload())
        reloads.add(task)
        task.add_done_callback(reloads.discard)

    loop.add_signal_handler(signal.SIGHUP, reload)
    try:
        await service.start()
        await stopping.wait()
    finally:
        await service.stop(STOP_TIMEOUT_SECONDS)


def _demo(port: int, *, browser: bool) -> int:
    # Imported here: the service must not load the simulation.
    from bot.demo.run import run_demo  # noqa: PLC0415

    return asyncio.run(run_demo(port=port, browser=browser, clock=now))


def _check(path: Path | None, *, offline: bool) -> int:
    loaded = _quiet(path)
    left_out = [Check("W401", "warn", "vendors", sentence) for sentence in vendors().problems]
    found = [*left_out, *offline_checks(loaded)]
    if not offline:
        found = [*found, *asyncio.run(run_checks(probes(loaded.settings, catalogue()[0], now)))]
    return print_checks(found, sys.stdout)


def _test(path: Path | None, name: str) -> int:
    loaded = _quiet(path)
    print(asyncio.run(send_test_alert(loaded.settings, name, now)))  # noqa: T201
    return 0


def _replay(path: Path | None, name: str, since: timedelta, values: dict[str, str]) -> int:
    settings = _quiet(path).settings
    name = find_alert(settings, name).name
    other = load(_path(path), os.environ, *catalogue(), {name: values}).settings if values else None
    print(asyncio.run(replay_alert(settings, name, since, clock=now, tried=other, values=values)))  # noqa: T201
    return 0


def _quiet(path: Path | None) -> Loaded:
    """Returns the configuration, for a verb whose one answer says it all."""
    loaded = _load(path)
    configure(Redaction(secrets_of(loaded.settings)), level=logging.ERROR)
    return loaded


def _manifest(path: Path | None, url: str | None) -> int:
    keys = load_manifest_keys(_path(path), os.environ)
    chosen = steps().values() if keys.workflow_steps else ()
    tree = manifest(commands().values(), keys.commands, actions=shortcuts(), steps=chosen, url=url)
    print(manifest_yaml(tree), end="")  # noqa: T201
    return 0
