"""The net that looks for customers' numbers would catch one."""

from types import SimpleNamespace

import pytest

from tests import customers


@pytest.mark.parametrize(
    "text", ["+1 202 555 0177", "id 20261201-12025550177-1101", "+44 7700 900123", "tel:380-67-123-45-67", "0501112233"]
)
def test_a_customers_number_is_seen_in_every_spelling(text: str) -> None:
    assert customers.in_full(text)


@pytest.mark.parametrize("text", ["12025550110", "+380 •• ••• •567", "1763730000.000100"])
def test_our_own_and_what_is_masked_is_none(text: str) -> None:
    assert not customers.in_full(text)


def test_only_what_many_read_counts() -> None:
    kept = customers.leaks[:]
    for channel, user, only_for in (
        ("C1", "UBOT", None),
        ("D1", "UBOT", None),
        ("C1", "UMAX", None),
        ("C1", "UBOT", "U"),
    ):
        message = SimpleNamespace(
            channel=channel, user=user, only_for=only_for, text="+12025550177", blocks=[{"value": "1"}], attachments=[]
        )
        customers.heard("post", {"message": message}, bot="UBOT")
    found = customers.leaks[len(kept) :]
    customers.leaks[:] = kept
    assert len(found) == 1
