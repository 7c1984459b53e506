"""The types of a vendor's sandbox: the simulated call centre, answering in that vendor's words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from providers.sdk.simulation.world import World


class Sandbox(Protocol):
    """A vendor's words backwards: the simulated call centre answers as this vendor.

    `faults` maps an operation number to a fault's name, or ``"*"`` for all; both may be changed at any time.
    """

    faults: dict[str, str]

    def app(self) -> Any:
        """Returns an `aiohttp.web.Application` that speaks the vendor's wire."""


@dataclass(frozen=True, slots=True)
class VendorSandbox:
    """The way to open a sandbox of one vendor: `providers.sandboxes` finds it.

    `settings` takes a world and the address where its sandbox is served, and returns the keys of an account there.
    `own_faults` names the faults that this sandbox plays besides the shared ones.
    """

    open: Callable[[World], Sandbox]
    settings: Callable[[World, str], Mapping[str, str]]
    own_faults: frozenset[str] = frozenset()
