"""Finds vendors: every folder here that hands over a `VENDOR`, and what other packages offer. Opens none.

A package of its own offers a vendor by an entry point of the group `ringwatch.vendors`.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib.metadata import EntryPoint
from importlib.metadata import entry_points as installed

import providers
from providers.vendor import Vendor

GROUP = "ringwatch.vendors"
_NO_VENDORS = frozenset({"sdk"})


class Vendors(dict[str, Vendor]):
    """Vendors by slug. `problems` has one sentence for each that could not be taken."""

    def __init__(self) -> None:
        super().__init__()
        self.problems: tuple[str, ...] = ()

    def take(self, found: object, where: str) -> None:
        """Adds a vendor, or the problem with it; of two with one slug the first stays."""
        if not isinstance(found, Vendor):
            self.complain(f"{where} offers no vendor: {type(found).__name__} instead of providers.vendor.Vendor.")
        elif found.slug in self:
            self.complain(f"{where} offers the vendor {found.slug!r}, which is there already. It is left out.")
        else:
            self[found.slug] = found

    def complain(self, sentence: str) -> None:
        """Adds a problem."""
        self.problems += (sentence,)


def vendors(entry_points: Callable[..., Iterable[EntryPoint]] = installed) -> Vendors:
    """Returns every vendor there is; what fails to load is in `problems`, never raised."""
    found = Vendors()
    for name in folders():
        _load(found, f"providers/{name}", partial(_offered, name))
    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value)):
        _load(found, f"The plug-in {point.name} ({point.value})", point.load)
    return found


def _load(found: Vendors, where: str, load: Callable[[], object]) -> None:
    try:
        offered = load()
    except Exception as error:  # noqa: BLE001 - one vendor may fail in any way, and must not stop the others
        found.complain(f"{where} cannot be loaded: {type(error).__name__}: {error}")
    else:
        found.take(offered, where)


def _offered(folder: str) -> object:
    return importlib.import_module(f"providers.{folder}").VENDOR


def folders() -> Iterator[str]:
    """Yields the slugs of the vendors that are folders here."""
    for module in pkgutil.iter_modules(providers.__path__):
        if module.ispkg and module.name not in _NO_VENDORS:
            yield module.name
