"""Start-up checks: a summary of the configuration, and a question to each account. One line each, no secret."""

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TextIO
from urllib.parse import urlsplit

from bot.settings import Account, Alert, Loaded, Settings, show_duration
from bot.store.errors import StoreError
from providers.errors import ProviderError

ANSWER_TIMEOUT_SECONDS = 10.0  # seconds a probe may take

Level = Literal["ok", "warn", "error"]
_WORDS: dict[Level, str] = {"ok": "ok", "warn": "warn", "error": "FAIL"}


@dataclass(frozen=True, slots=True)
class Check:
    """One line of `ringwatch check`. `id` is E… or W… where something is odd, "" where all is well."""

    id: str
    level: Level
    name: str
    text: str = ""

    def __str__(self) -> str:
        said = " ".join(self.text.split())
        marked = f"[{self.id}] {said}" if self.id else said
        return f"{_WORDS[self.level]:<4}  {self.name}{': ' if marked else ''}{marked}"


class CheckError(Exception):
    """A probe found something wrong: one sentence, free of secrets. `warning`: it works all the same."""

    def __init__(self, text: str, *, warning: bool = False) -> None:
        super().__init__(text)
        self.warning = warning


@dataclass(frozen=True, slots=True)
class Probe:
    """A probe is one read-only question. `ask` returns a few words for the line, or raises; `id` is its error's.

    What `CheckError`, `ProviderError` and `StoreError` say is shown; of any other exception only its type.
    """

    name: str
    ask: Callable[[], Awaitable[str]]
    id: str = "E301"


async def run_checks(probes: Iterable[Probe], *, deadline: float = ANSWER_TIMEOUT_SECONDS) -> list[Check]:
    """Asks all side by side, each within `deadline` seconds; returns the lines in the order of the probes."""
    return list(await asyncio.gather(*(_run(probe, deadline) for probe in probes)))


async def _run(probe: Probe, deadline: float) -> Check:
    try:
        async with asyncio.timeout(deadline):
            return Check("", "ok", probe.name, await probe.ask())
    except TimeoutError:
        return Check(probe.id, "error", probe.name, f"no answer within {deadline:g} s")
    except CheckError as error:
        level: Level = "warn" if error.warning else "error"
        return Check(f"W{probe.id[1:]}" if error.warning else probe.id, level, probe.name, str(error))
    except ProviderError as error:
        return Check(probe.id, "error", probe.name, error.user_text)
    except StoreError as error:
        return Check(probe.id, "error", probe.name, f"{error} {error.hint}")
    except Exception as error:  # noqa: BLE001  # a probe that breaks is a line too; its text may hold a secret
        return Check(probe.id, "error", probe.name, f"the question failed with {type(error).__name__}")


def offline_checks(loaded: Loaded) -> list[Check]:
    """Returns the lines of a valid configuration, without asking anybody: the warnings, then one line each."""
    settings = loaded.settings
    lines = [Check(one.id, "warn", "configuration", str(one)) for one in loaded.warnings]
    lines.append(Check("", "ok", "configuration", _summary(settings)))
    lines += [_account(account) for account in settings.accounts.values()]
    lines += [_alert(alert) for alert in settings.alerts if alert.accounts]
    lines += _in_the_clear(settings)
    if not settings.accounts:
        lines.append(Check("W301", "warn", "accounts", "none is configured, so nothing is watched"))
    if not settings.calls.countries:
        hint = "without calls.region and calls.countries it refuses every number"
        lines.append(Check("W302", "warn", "call", hint))
    elif settings.calls.per_user_per_day == 0:
        lines.append(Check("W303", "warn", "call", "calls.per_user_per_day is 0, so nobody may place a call"))
    return lines


def print_checks(checks: Sequence[Check], stream: TextIO) -> int:
    """Prints the lines, and returns the exit status: 1 where something failed, else 0."""
    stream.writelines(f"{check}\n" for check in checks)
    return int(any(check.level == "error" for check in checks))


def _summary(settings: Settings) -> str:
    modes = {"Socket Mode": settings.slack.app_token, "HTTP mode": settings.slack.signing_secret}
    slack = " and ".join(mode for mode, secret in modes.items() if secret is not None)
    accounts, alerts = _count(len(settings.accounts), "account"), _count(len(settings.alerts), "alert")
    return f"{accounts}, {alerts}, Slack in {slack}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _account(account: Account) -> Check:
    polls = [f"{kind} {show_duration(every) if every is not None else 'off'}" for kind, every in account.poll.items()]
    return Check("", "ok", f"account {account.name}", f"{account.provider}, polled for {', '.join(polls) or 'nothing'}")


def _in_the_clear(settings: Settings) -> list[Check]:
    """Returns a warning for each that is sent its credentials over http through a network that is not ours."""
    asked = {f"account {account.name}": account.vendor.base_url for account in settings.accounts.values()}
    found = [
        Check("W306", "warn", name, "its credentials travel unencrypted over http://: use https://, or a VPN")
        for name, url in {"slack": settings.slack.api_url, **asked}.items()
        if url is not None and url.lower().startswith("http:") and not _near(urlsplit(url).hostname or "")
    ]
    mqtt = settings.mqtt
    if mqtt is not None and mqtt.password is not None and not mqtt.encrypted and not _near(mqtt.host):
        words = "its password travels unencrypted over mqtt://: use mqtts://, or a VPN"
        found.append(Check("W306", "warn", "mqtt", words))
    return found


def _near(host: str) -> bool:
    """Returns whether this is a machine of our own network, as far as its name shows."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith((".localhost", ".local", ".lan", ".internal", ".home.arpa"))
    return address.is_private or address.is_loopback or address.is_link_local


def _alert(alert: Alert) -> Check:
    return Check("", "ok", f"alert {alert.name}", f"{alert.watch} on {', '.join(alert.accounts)}, to {alert.channel}")
