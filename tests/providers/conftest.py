"""What the vendors' tests share: accounts that are closed at the end. A vendor's conftest says how one is opened."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from tests.deadlines import VendorDeadlines, vendor_deadlines


@pytest.fixture
async def opened(open_account: Callable[..., Any]) -> AsyncIterator[Callable[..., Any]]:
    """Opens accounts on the panel; all are closed at the end."""
    accounts: list[Any] = []

    def opening(**settings: Any) -> Any:
        accounts.append(open_account(**settings))
        return accounts[-1]

    yield opening
    for account in accounts:
        await account.close()


@pytest.fixture
def deadlines() -> Iterator[VendorDeadlines]:
    """The deadlines of what is asked: `deadlines.run_out()` is what a test says once the request has arrived."""
    with vendor_deadlines() as found:
        yield found
