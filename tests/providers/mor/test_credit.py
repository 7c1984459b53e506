"""The credit by `user_details_get`, where the balance does not report it."""

import logging
from datetime import timedelta
from decimal import Decimal

import pytest

from providers.model import Money

BALANCE, DETAILS = "/billing/api/user_balance_get", "/billing/api/user_details_get"


@pytest.fixture
def billed(panel, opened):
    panel.answers[BALANCE] = "<page><balance>-4.50</balance><currency>EUR</currency></page>"
    return opened(api="billing")


def details(credit, account="Postpaid", name="main_detail"):
    told = f"<account>{account}</account><balance>-4.50 EUR</balance><credit>{credit}</credit>"
    return f"<page><details><{name}>{told}</{name}></details></page>"


@pytest.mark.parametrize("name", ["main_detail", "main_details"])
@pytest.mark.parametrize(
    ("told", "credit"),
    [
        ("10.0000 EUR", Money(Decimal("10.0000"), "EUR")),
        ("10", Money(Decimal(10), "EUR")),
        ("Unlimited", "unlimited"),
        ("infinity", "unlimited"),
    ],
)
async def test_the_credit_and_the_plan_are_those_of_the_details(panel, billed, told, credit, name):
    panel.answers[DETAILS] = details(told, name=name)
    balance = await billed.balance()
    assert (balance.money, balance.credit, balance.plan) == (Money(Decimal("-4.50"), "EUR"), credit, "postpaid")


async def test_a_credit_is_asked_once_an_hour(panel, billed, clock):
    panel.answers[DETAILS] = details("10 EUR")
    for _ in range(3):
        await billed.balance()
        clock.now += timedelta(minutes=29)
    assert len(panel.asked_of(DETAILS)) == 1
    panel.answers[DETAILS] = details("20 EUR")
    assert (await billed.balance()).credit == Money(Decimal(20), "EUR")


async def test_a_balance_with_its_credit_asks_no_details(panel, billed):
    panel.answers[BALANCE] = "<page><balance>7</balance><credit>5</credit></page>"
    assert (await billed.balance()).credit == Money(Decimal(5), None)
    assert panel.asked_of(DETAILS) == []


async def test_details_that_are_refused_leave_the_balance_and_are_asked_again_after_a_day(panel, billed, clock, caplog):
    caplog.set_level(logging.WARNING)
    panel.answers[DETAILS] = "<status><error>Incorrect hash</error></status>"
    for _ in range(2):
        balance = await billed.balance()
        assert (balance.money.amount, balance.credit) == (Decimal("-4.50"), None)
        clock.now += timedelta(hours=3)
    assert len(panel.asked_of(DETAILS)) == 1
    assert caplog.text.count("Incorrect hash") == 1
    clock.now += timedelta(days=1)
    panel.answers[DETAILS] = details("10 EUR")
    assert (await billed.balance()).credit == Money(Decimal(10), "EUR")


async def test_a_fault_of_an_hour_leaves_the_credit_that_was_known(panel, billed, clock):
    panel.answers[DETAILS] = details("10 EUR")
    await billed.balance()
    clock.now += timedelta(hours=2)
    panel.answers[DETAILS] = details("what?").replace("-4.50", "?")
    assert (await billed.balance()).credit == Money(Decimal(10), "EUR")
