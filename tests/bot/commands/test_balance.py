"""`/balance`: what is left, how fast it goes, when it is gone."""

from datetime import timedelta
from decimal import Decimal

import pytest

from bot.accounts import Accounts
from bot.alerts.model import Blind, Kind, Observed
from bot.commands.spending import Sample, runs_out, samples, spending
from bot.store import StoreUnavailable
from providers.capabilities import SupportsBalance
from providers.errors import ErrorKind
from providers.model import Balance, Money


async def poll(office, clock, *steps, name="sales"):
    """(minutes, balance) pairs, polled one after another."""
    for minutes, amount in steps:
        clock.advance(timedelta(minutes=minutes))
        office.worlds[name].set_balance(amount)
        await office.watch(Kind.BALANCE, name)


async def test_it_says_when_the_money_runs_out_at_todays_pace(office, clock):
    await poll(office, clock, (0, 120), (30, 110), (30, 100))
    shown = await office.type("/balance")
    assert shown.verdict == "sales: 100.00 USD, runs out about 18:00 at today's pace."
    assert "spent today 20.00 USD (20.00 USD an hour)" in shown.text
    assert "falling" in shown.text
    assert "in 5 h" in shown.text
    assert shown.answer.share


async def test_it_counts_downward_steps_alone_as_spend(office, clock):
    await poll(office, clock, (0, 20), (30, 14), (30, 108), (30, 102))
    shown = await office.type("/balance sales")
    assert "spent today 12.00 USD" in shown.text
    assert "Last top-up today: +94.00 USD at 13:00" in shown.text


async def test_it_needs_two_readings_to_say_anything_of_the_pace(office):
    shown = await office.type("/balance")
    assert "too few readings" in shown.verdict
    assert "two are needed" in shown.text


async def test_it_says_that_nothing_is_spent(office, clock):
    await poll(office, clock, (0, 50), (10, 50))
    shown = await office.type("/balance")
    assert "no spending today; not running out" in shown.verdict
    assert "not falling" in shown.text


async def test_it_begins_a_day_at_midnight_of_the_accounts_zone(office, clock):
    clock.advance(timedelta(hours=11, minutes=30))  # 23:30 UTC
    await poll(office, clock, (0, 100), (20, 90), (20, 80))  # midnight between the last two
    shown = await office.type("/balance")
    assert "too few readings today" in shown.verdict
    assert "1 reading today" in shown.text


async def test_it_shows_an_overdrawn_account_with_a_minus(office, clock):
    await poll(office, clock, (0, 5), (10, -12.4))
    shown = await office.type("/balance")
    assert "−12.40 USD" in shown.verdict
    assert "overdrawn" in shown.verdict
    assert "nothing is left" in shown.verdict
    assert shown.card.tone == "critical"


async def test_it_names_each_account_worst_first_and_never_adds_them(office, clock):
    await office.add("support", currency="EUR", seed=2)
    await poll(office, clock, (0, 1000), (30, 999))
    await poll(office, clock, (0, 10), (30, 4), name="support")
    shown = await office.type("/balance")
    assert shown.verdict.startswith("support: 4.00 EUR")
    assert "1 other account below" in shown.verdict
    headings = [section.heading for section in shown.card.body]
    assert headings == ["support (MoMVOIP)", "sales (MoMVOIP)"]
    assert "1,003" not in shown.text
    assert "1003" not in shown.text


async def test_it_goes_on_when_one_account_fails(office, clock):
    await office.add("support", seed=2)
    await poll(office, clock, (0, 77), name="support")
    clock.advance(timedelta(minutes=5))
    office.sandboxes["support"].faults["MOM-7"] = "http_500"
    office.world.set_balance(50)
    shown = await office.type("/balance")
    assert "1 account could not be asked" in shown.verdict
    assert "50.00 USD" in shown.text
    failed = next(line for line in shown.lines if line.startswith("support"))
    assert "Last known 77.00 USD at 12:00 (5 min ago) — not current." in failed


async def test_it_says_so_when_nobody_could_be_asked(office):
    office.faults["MOM-7"] = "html"
    shown = await office.type("/balance")
    assert "not known" in shown.verdict
    assert "0.00" not in shown.text
    assert not shown.answer.share


@pytest.mark.parametrize("fault", ["balance_none", "balance_nan", "balance_words", "empty", "null", "truncated"])
async def test_it_never_shows_a_false_zero(office, fault):
    office.faults["MOM-7"] = fault
    shown = await office.type("/balance")
    assert "0.00" not in shown.text
    assert shown.card.tone == "unknown"


async def test_it_takes_a_look_of_this_second_and_says_how_old(office, clock):
    await office.watch(Kind.BALANCE)
    clock.advance(timedelta(seconds=1))
    shown = await office.type("/balance")
    assert "as of 12:00 (1 s ago)" in shown.text
    assert len(office.vendor.of("voip_api_get_balance")) == 1
    clock.advance(timedelta(seconds=2))
    await office.type("/balance")
    assert len(office.vendor.of("voip_api_get_balance")) == 2


async def test_it_asks_the_vendor_where_the_last_look_failed(office):
    await office.watch(Kind.BALANCE)
    blind = Blind("It did not answer.", ErrorKind.UNAVAILABLE, office.clock())
    await office.store.record("sales", Kind.BALANCE, blind, keep=timedelta(days=1))
    await office.type("/balance")
    assert len(office.vendor.of("voip_api_get_balance")) == 2


async def test_it_answers_from_the_vendor_when_the_store_is_away(office, monkeypatch):
    async def away(*_args, **_kwargs):
        raise StoreUnavailable("The store does not answer.")

    for name in ("sight", "history"):
        monkeypatch.setattr(office.store, name, away)
    shown = await office.type("/balance")
    assert "186.40 USD" in shown.verdict
    assert "alerts are paused" in shown.text


async def test_it_names_the_account_that_cannot_tell_and_who_can(office):
    class Dumb:
        async def close(self):
            pass

    from dataclasses import replace

    office.opened["helpdesk"] = replace(office.opened["sales"], name="helpdesk", title="Dumb", provider=Dumb())
    shown = await office.type("/balance")
    assert "helpdesk (Dumb): Dumb cannot show a balance" in shown.text
    assert "sales (MoMVOIP) can." in shown.text
    alone = await office.type("/balance helpdesk")
    assert alone.verdict == "helpdesk (Dumb) cannot show a balance. sales (MoMVOIP) can."


async def test_it_explains_wrong_words(office):
    await office.add("support", seed=2)
    for words, said in (("nope", "no account “nope”"), ("s", "Several accounts"), ("sales now", "more than one word")):
        shown = await office.type(f"/balance {words}")
        assert said in shown.verdict
        assert "Usage: /balance [ACCOUNT]" in shown.text
        assert "Example: /balance sales" in shown.text
    assert "186.40" in (await office.type("/balance SAL")).verdict
    assert "186.40" in (await office.type("/pbx balance on sales")).verdict


async def test_it_answers_help_with_the_whole_usage(office):
    for word in ("help", "HELP", "?"):
        shown = await office.type(f"/balance {word}")
        assert "Usage: /balance [ACCOUNT]" in shown.text
    assert office.vendor.asked == []


async def test_it_uses_the_renamed_command_in_its_usage(office):
    from dataclasses import replace

    slack = office.settings.slack.model_copy(update={"commands": {"balance": "money", "pbx": "phone"}})
    office.settings = replace(office.settings, slack=slack)
    assert "Usage: /money [ACCOUNT]" in (await office.type("/balance help")).text
    assert "/phone calls" in (await office.type("/pbx help")).text


def test_it_reckons_as_the_vector_says(clock):
    start = clock()
    steps = [(0, 20), (30, 14), (60, 108), (90, 102)]
    found = [Sample(start + timedelta(minutes=m), Decimal(a)) for m, a in steps]
    spent = spending(found, start)
    assert (spent.spent, spent.readings) == (12, 4)
    assert spent.per_hour == 8
    assert spent.top_up.amount == 94


def test_it_reckons_credit_in(clock):
    def balance(amount, credit):
        return Balance(Money(Decimal(amount)), credit)

    now = clock()
    assert runs_out(balance(10, "unlimited"), Decimal(5), now) is None
    assert runs_out(balance(10, None), Decimal(5), now) == now + timedelta(hours=2)
    assert runs_out(balance(-10, Money(Decimal(20))), Decimal(5), now) == now + timedelta(hours=2)
    assert runs_out(balance(-10, Money(Decimal(10))), Decimal(0), now) == now
    assert runs_out(balance(10, None), Decimal(0), now) is None
    assert runs_out(balance(10, None), Decimal("1e-30"), now) is not None


def test_it_leaves_blind_readings_out(clock):
    now = clock()
    history = [Observed(Balance(Money(Decimal(5))), now), Blind("?", ErrorKind.GARBLED, now + timedelta(seconds=1))]
    assert len(samples(history, now + timedelta(minutes=1), None, None)) == 1


async def test_it_says_who_could_where_no_account_can():
    from providers.momvoip import VENDOR

    accounts = Accounts({}, {"momvoip": VENDOR})
    said = accounts.who_can(SupportsBalance, "show a balance")
    assert said == "No connected account can show a balance; MoMVOIP can."
