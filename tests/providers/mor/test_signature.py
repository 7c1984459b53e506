"""The signature: only those public samples that can be reproduced are vectors."""

import hashlib

import pytest

from providers.errors import ErrorKind, ProviderError
from providers.mor.signature import mor_hash, signed


@pytest.mark.parametrize(
    ("values", "secret", "begins"),
    [
        (("123", "1252454580", "answered"), "Very Sercet Key", "b93c35d5"),
        (("123",), "456789", "f7c3bc1d808e04732adf679965ccc34ca7ae3441"),
        (("100",), "456789", "71516eea4850f7e0300ac86adf9fb64bca845aa7"),
        ((), "secret", "e5e9fa1b"),
        ((), "456789", "df298370"),
        ((), "123456", "7c4a8d09"),
    ],
)
def test_it_signs_as_the_public_samples_do(values, secret, begins):
    found = mor_hash(values, secret)
    assert found.startswith(begins)
    assert len(found) == 40


def test_it_signs_in_the_order_of_the_table_or_of_the_account_or_not_at_all():
    fields = {"currency": "EUR", "username": "anna"}
    sha = lambda text: hashlib.sha1(text.encode()).hexdigest()  # noqa: E731
    assert signed("user_balance_get", fields, "k", {})["hash"] == sha("annaEURk")
    assert signed("user_balance_get", fields, "k", {"user_balance_get": "currency, username"})["hash"] == sha(
        "EURannak"
    )
    assert signed("user_balance_get", fields, "k", {"*": "none"})["hash"] == sha("k")
    assert signed("user_balance_get", fields, "k", {"*": "none", "user_balance_get": "username"})["hash"] == sha(
        "annak"
    )
    assert signed("user_balance_get", fields, "k", {"*": "off"}) == fields
    assert signed("user_balance_get", {"username": "anna"}, "k", {})["hash"] == sha("annak")


async def test_it_asks_for_the_details_by_signature(panel, opened, sample):
    panel.answers["/billing/api/user_details_get"] = sample("mor-5")
    account = opened(user_id="123", api_secret="456789")
    await account.vendor_table("details", ["signed"])
    form = {"u": "anna", "user_id": "123", "hash": "f7c3bc1d808e04732adf679965ccc34ca7ae3441"}
    assert panel.asked == [("POST", "/billing/api/user_details_get", {}, form)]


async def test_it_says_what_is_missing_where_there_is_no_secret(panel, opened):
    with pytest.raises(ProviderError) as caught:
        await opened(api_secret=None).vendor_table("details", ["signed"])
    assert caught.value.kind is ErrorKind.AUTH
    assert caught.value.user_text == "MOR was not asked: api_secret is not set."
    assert panel.asked == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            "<status><error>Incorrect hash</error></status>",
            (
                "MOR refused the API signature: “Incorrect hash”. Check api_secret, and the order of the values (hash_order) for user_balance_get."
            ),
        ),
        (
            "<page><error>User was not found</error></page>",
            "MOR does not know the user: “User was not found”. Check user_id and username.",
        ),
        ("User not found", "MOR does not know the user: “User not found”. Check user_id and username."),
        (
            "<Status>Not authenticated</Status>",
            "MOR refused access: “Not authenticated”. Check the account's credentials.",
        ),
    ],
)
async def test_it_says_what_is_wrong_with_a_signature(panel, opened, answer, words):
    panel.anything = answer
    with pytest.raises(ProviderError) as caught:
        await opened(api="billing").balance()
    assert (caught.value.kind, caught.value.user_text) == (ErrorKind.AUTH, words)


@pytest.mark.parametrize(
    ("answer", "amount", "currency"),
    [
        ("<page><balance>15.4500</balance><currency>EUR</currency></page>", "15.4500", "EUR"),
        ("<page><balance>66.0000</balance></page>", "66.0000", None),
        ("-349282.18", "-349282.18", None),
        ("Balance:<?xml version='1.0'?><page><balance>-1 000,50 EUR</balance></page>", "-1000.50", "EUR"),
        ("<html><page><balance> 7 </balance></page></html>", "7", None),
    ],
)
async def test_it_reads_the_balance_of_a_real_server(panel, opened, answer, amount, currency):
    panel.anything = answer
    money = (await opened(api="billing").balance()).money
    assert (str(money.amount), money.currency) == (amount, currency)
    method, path, query, form = panel.asked[0]
    assert (method, path, query) == ("POST", "/billing/api/user_balance_get", {})
    assert form.pop("hash") == mor_hash(["anna", "USER", "1"], "s3cret key/of ours")
    assert form == {"u": "anna", "username": "anna", "currency": "USER", "user_currency": "1"}
    assert panel.logins == []
