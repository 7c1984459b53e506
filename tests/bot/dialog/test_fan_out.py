"""Side by side, each with its own deadline."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from bot.dialog import fan_out
from bot.dialog.periods import period
from bot.dialog.phrases import ago, money, rounded
from bot.text.names import fitting, listed
from providers.errors import ErrorKind, ProviderError
from providers.model import Balance, Money
from providers.sdk.throttle import asking as who_asks


class Slow:
    """An account that answers after the others have asked."""

    def __init__(self, gate, all_here):
        self.gate, self.all_here = gate, all_here

    async def close(self):
        pass

    async def balance(self):
        assert who_asks.get() == "person"
        self.gate.append(self)
        if len(self.gate) == 2:
            self.all_here.set()
        await self.all_here.wait()
        return Balance(Money(Decimal(5)))


async def test_it_asks_all_at_once(office):
    here = asyncio.Event()
    gate: list[Any] = []
    for name in ("a", "b"):
        office.opened[name] = replace(office.opened["sales"], name=name, provider=Slow(gate, here))
    shown = await office.type("/balance")
    assert "could not be asked" not in shown.text
    assert "a (MoMVOIP)" in shown.text


async def test_it_waits_for_nobody_longer_than_its_deadline(office, monkeypatch):
    monkeypatch.setattr(fan_out, "DEADLINE_SECONDS", 0.05)
    office.opened["slow"] = replace(office.opened["sales"], name="slow", provider=Slow([], asyncio.Event()))
    shown = await office.type("/balance slow")
    assert "did not answer within" in shown.text


async def test_it_makes_an_adapters_mistake_a_line(office, monkeypatch):
    async def broken():
        raise KeyError("secret")

    monkeypatch.setattr(office.opened["sales"].provider, "balance", broken)
    shown = await office.type("/balance")
    assert "failed with KeyError" in shown.text
    assert "secret" not in shown.text


async def test_it_says_until_when_an_account_is_left_alone(office, monkeypatch, clock):
    until = clock() + timedelta(minutes=5)

    async def cooling():
        raise ProviderError(ErrorKind.RATE_LIMITED, "MoMVOIP asked for fewer requests (429).", retry_at=until)

    monkeypatch.setattr(office.opened["sales"].provider, "balance", cooling)
    shown = await office.type("/balance")
    assert f"asked for fewer requests (429). Left alone until {until:%H:%M}." in shown.text


def test_it_finds_names_exact_first_then_by_their_beginning():
    names = ["Sales", "sales-2", "Support"]
    assert fitting("SALES", names) == ["Sales"]
    assert fitting("s", names) == names
    assert fitting("sup", names) == ["Support"]
    assert fitting("x", names) == []
    assert fitting("", names) == []
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(map(str, range(12))).endswith("9 and 2 more")


def test_it_says_amounts_and_how_long_ago(clock):
    assert money(Money(Decimal("-12.4"), "USD")) == "−12.40 USD"
    assert money(Money(Decimal("349282.18"))) == "349,282.18"
    assert rounded(Decimal(1) / 3, "EUR") == "0.33 EUR"
    assert ago(clock() + timedelta(minutes=12), clock()) == "12 min ago"


def test_it_reads_periods(clock):
    from zoneinfo import ZoneInfo

    kyiv = ZoneInfo("Europe/Kyiv")
    today, yesterday = period("today", clock(), kyiv), period("Yesterday", clock(), kyiv)
    assert today.since.isoformat() == "2026-11-20T22:00:00+00:00"
    assert yesterday.until == today.since
    assert (yesterday.until - yesterday.since) == timedelta(days=1)
    assert period("2h", clock(), kyiv).since == clock() - timedelta(hours=2)
    for word in ("tomorrow", "0h", "99d", "h", "-2h", ""):
        assert period(word, clock(), kyiv) is None
