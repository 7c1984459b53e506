"""Finds the sandbox of a vendor, for the demo, the tests and the tools. A running service never imports this.

A vendor of ours has a module `sandbox` with a `SANDBOX`. A package of its own offers one, if it has one, by an entry
point of the group `ringwatch.sandboxes` that is named as the vendor's slug.
"""

import importlib
from collections.abc import Callable, Iterable
from importlib.metadata import EntryPoint
from importlib.metadata import entry_points as installed
from importlib.util import find_spec

from providers.registry import folders
from providers.sdk.simulation.sandbox import VendorSandbox

GROUP = "ringwatch.sandboxes"


def sandbox_of(slug: str, entry_points: Callable[..., Iterable[EntryPoint]] = installed) -> VendorSandbox:
    """Returns the sandbox of this vendor.

    Raises `LookupError` where it ships none, and whatever raises while it is loaded.
    """
    module = f"providers.{slug}.sandbox"
    if slug in folders() and find_spec(module):
        return _checked(importlib.import_module(module).SANDBOX, module)
    for point in entry_points(group=GROUP):
        if point.name == slug:
            return _checked(point.load(), point.value)
    raise LookupError(f"the vendor {slug!r} ships no sandbox")


def _checked(found: object, where: str) -> VendorSandbox:
    if not isinstance(found, VendorSandbox):
        raise TypeError(f"{where} offers no sandbox: {type(found).__name__} instead of VendorSandbox")
    return found
