"""The opened accounts: who supports what, which one a person means, and a refusal that names who can.

It asks no vendor anything.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from bot.settings import Account
from bot.store.throttle import StoreThrottle
from bot.text.names import fitting, folded, listed
from providers.capabilities import Provider
from providers.errors import ErrorKind, ProviderError
from providers.vendor import Vendor

Cap = TypeVar("Cap")


@dataclass(frozen=True, slots=True)
class AccountName:
    """An account as people read it: its name, and its vendor's title."""

    name: str
    title: str

    @property
    def label(self) -> str:
        """Returns how sentences name it: ``sales (PBX)``."""
        return f"{self.name} ({self.title})"


@dataclass(frozen=True, slots=True)
class WhoCan:
    """The accounts that are open, and the titles of all vendors, that can do `what` (``show a balance``)."""

    what: str
    accounts: tuple[AccountName, ...]
    vendors: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """Returns one sentence that names the accounts, or the vendors where no account can."""
        if self.accounts:
            return f"{listed(account.label for account in self.accounts)} can."
        if self.vendors:
            return f"No connected account can {self.what}; {listed(self.vendors)} can."
        return f"No vendor that this Ringwatch knows can {self.what}."


@dataclass(frozen=True, slots=True)
class OpenAccount:
    """One account with its adapter.

    `title` is the vendor's, for people; `throttle` limits its requests (None: nothing does).
    """

    name: str
    title: str
    provider: Provider
    settings: Account
    vendor: Vendor
    throttle: StoreThrottle | None = None

    @property
    def label(self) -> str:
        """Returns how sentences name it: ``sales (PBX)``."""
        return self.named.label

    @property
    def named(self) -> AccountName:
        """Returns its names, without its adapter."""
        return AccountName(self.name, self.title)

    def supports(self, capability: type[object]) -> bool:
        """Returns whether its adapter has this capability."""
        return isinstance(self.provider, capability)


@dataclass(frozen=True, slots=True)
class Able(Generic[Cap]):
    """An account that has a capability, and its adapter typed as that."""

    account: OpenAccount
    provider: Cap


@dataclass(frozen=True, slots=True)
class Accounts:
    """Every account that is open, by name. `vendors` are all that this Ringwatch knows, by slug."""

    opened: Mapping[str, OpenAccount]
    vendors: Mapping[str, Vendor] = field(default_factory=dict)

    def __iter__(self) -> Iterator[OpenAccount]:
        return iter(self.opened.values())

    def __len__(self) -> int:
        return len(self.opened)

    def supporting(self, capability: type[Cap], within: Iterable[OpenAccount] | None = None) -> list[Able[Cap]]:
        """Returns the accounts that have the capability, in the order of the configuration.

        `within`: of these alone.
        """
        chosen = self.opened.values() if within is None else within
        return [Able(a, a.provider) for a in chosen if isinstance(a.provider, capability)]

    def require(self, name: str, capability: type[Cap], what: str) -> Cap:
        """Returns this account's adapter.

        Raises `ProviderError`: NOT_FOUND for an unknown account, UNSUPPORTED, with who can do `what`, where it lacks
        the capability.
        """
        account = self.opened.get(name)
        if account is None:
            raise ProviderError(ErrorKind.NOT_FOUND, f"There is no account {name} any more.")
        if isinstance(account.provider, capability):
            return account.provider
        raise ProviderError(ErrorKind.UNSUPPORTED, f"{account.label} cannot {what}. {self.who_can(capability, what)}")

    def who_can(self, capability: type[object], what: str) -> str:
        """Returns one sentence on who can do `what` (``show a balance``): open accounts, else vendors."""
        return self.who(capability, what).sentence

    def who(self, capability: type[object], what: str) -> WhoCan:
        """Returns the same as data."""
        able = tuple(a.account.named for a in self.supporting(capability))
        return WhoCan(what, able, tuple(sorted(v.title for v in self.vendors.values() if _offers(v, capability))))

    def exactly(self, word: str) -> OpenAccount | None:
        """Returns the account of exactly this name, whose case does not count; None where there is none."""
        return next((self.opened[name] for name in self.opened if folded(name) == folded(word)), None)

    def find(self, word: str) -> list[OpenAccount]:
        """Returns the accounts that a word means: one by its exact name, else all that begin with it; may be empty."""
        return [self.opened[name] for name in fitting(word, self.opened)]


def _offers(vendor: Vendor, capability: type[object]) -> bool:
    """Returns whether the vendor's adapter class has this question or operation; nothing is opened."""
    return issubclass(vendor.provider, capability)
