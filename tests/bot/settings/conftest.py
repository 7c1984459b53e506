"""Small stand-ins for vendors and watches, and a way to load a text as the configuration."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from pydantic import Field, SecretStr, model_validator

from bot.alerts.kinds import Kind
from bot.settings import ConfigError, Loaded, load
from bot.settings.problems import Kinds
from bot.watches import Watch, WatchKeys, agent_offline, balance
from providers.capabilities import SupportsAgents, SupportsBalance, SupportsNumbers
from providers.vendor import Vendor, VendorSettings

MINIMAL = """
    slack: {bot_token: xoxb-bot, app_token: xapp-app, channel: "#alerts"}
"""


SHORT_HERE = {Kinds.GUESSABLE, Kinds.PASTED}


class KeySettings(VendorSettings):
    api_key: SecretStr = Field(description="The key.")
    base_url: str | None = "https://panel.example.com/"
    retry_after: timedelta = timedelta(seconds=5)


class LoginSettings(VendorSettings):
    username: str
    password: SecretStr


class Talker:
    """Tells everything but queues."""

    async def close(self) -> None: ...
    async def balance(self) -> Any: ...
    async def numbers(self) -> Any: ...
    async def agents(self) -> Any: ...
    async def calls(self, *args: Any, **words: Any) -> Any: ...


class Quiet:
    """Tells finished calls alone."""

    async def close(self) -> None: ...
    async def calls(self, *args: Any, **words: Any) -> Any: ...


class BalanceKeys(WatchKeys):
    below: Decimal | None = None
    clear_above: Decimal | None = None

    @classmethod
    def contradiction(cls, own: Mapping[str, Any]) -> tuple[str, str] | None:
        return balance.BalanceKeys.contradiction(own)

    @model_validator(mode="after")
    def _some_rule(self) -> "BalanceKeys":
        if self.below is None:
            raise ValueError("say when: below, for one")
        return self


class GroupKeys(WatchKeys):
    groups: tuple[str, ...] = ()


def _vendor(slug: str, title: str, settings: type[VendorSettings], provider: type, **more: Any) -> Vendor:
    def never(*_: Any) -> Any:
        raise AssertionError("reading the configuration opens nothing")

    return Vendor(slug, title, settings, never, provider, **more)


def _watch(name: str, kinds: tuple[Kind, ...], needs: tuple[type, ...], keys: type[WatchKeys], **more: Any) -> Watch:
    def never(*_: Any) -> Any:
        raise AssertionError("reading the configuration judges nothing")

    return Watch(name, kinds, needs, keys, never, never, **more)


@pytest.fixture(scope="session")
def vendors() -> Mapping[str, Vendor]:
    return {
        "momvoip": _vendor(
            "momvoip", "MoMVOIP", KeySettings, Talker, min_intervals={Kind.AGENTS: timedelta(seconds=30)}
        ),
        "quiet": _vendor("quiet", "QuietPBX", LoginSettings, Quiet, rate_limit="100/15m"),
    }


@pytest.fixture(scope="session")
def watches() -> Mapping[str, Watch]:
    return {
        "balance": _watch("balance", (Kind.BALANCE,), (SupportsBalance,), BalanceKeys),
        "number_spam": _watch("number_spam", (Kind.NUMBERS,), (SupportsNumbers,), GroupKeys),
        "agent_offline": _watch(
            "agent_offline", (Kind.AGENTS,), (SupportsAgents,), GroupKeys, warnings=agent_offline.WATCH.warnings
        ),
        "account_down": _watch("account_down", (), (), WatchKeys),
    }


class Loader:
    """Loads texts. `minimal` adds what every configuration needs.

    Keys and tokens are short here, to be read; that they are is told in test_text_checks.py alone.
    """

    def __init__(self, directory: Path, vendors: Mapping[str, Vendor], watches: Mapping[str, Watch]) -> None:
        self.file = directory / "ringwatch.yaml"
        self.vendors = vendors
        self.watches = watches

    def __call__(self, text: str = "", environ: Mapping[str, str] | None = None, *, minimal: bool = True) -> Loaded:
        self.file.write_text((dedent(MINIMAL) if minimal else "") + dedent(text), encoding="utf-8")
        loaded = load(self.file, environ or {}, self.vendors, self.watches)
        return replace(loaded, warnings=tuple(one for one in loaded.warnings if one.id not in SHORT_HERE))

    def mistakes(self, text: str = "", environ: Mapping[str, str] | None = None, *, minimal: bool = True) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            self(text, environ, minimal=minimal)
        return [str(one).removeprefix(f"{self.file}:") for one in caught.value.problems]


@pytest.fixture
def loading(tmp_path: Path, vendors: Mapping[str, Vendor], watches: Mapping[str, Watch]) -> Loader:
    return Loader(tmp_path, vendors, watches)
