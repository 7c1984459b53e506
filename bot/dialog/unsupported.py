"""What no connected account supports: which vendors do, plug-ins among them, as their classes say."""

from collections.abc import Sequence

from bot.dialog.context import Context
from bot.text.names import listed
from providers.vendor import Vendor


def elsewhere(context: Context) -> dict[str, list[str]]:
    """Returns every topic of `/pbx` that some vendor has, connected or not, with the titles of those vendors."""
    found: dict[str, list[str]] = {}
    for vendor in _by_title(context):
        for topic in vendor.topics:
            found.setdefault(topic, []).append(vendor.title)
    return found


def nobody_here(context: Context, what: str, capability: type[object] | None = None, topic: str = "") -> str:
    """Returns a sentence that no account can do `what` (``show invoices``), and which vendors could.

    By that capability or list.
    """
    able = [
        vendor.title
        for vendor in _by_title(context)
        if topic in vendor.topics or (capability is not None and issubclass(vendor.provider, capability))
    ]
    return _sentence(what, able, connected=[account.title for account in context.accounts])


def _by_title(context: Context) -> list[Vendor]:
    return sorted(context.accounts.vendors.values(), key=lambda vendor: vendor.title)


def _sentence(what: str, able: Sequence[str], *, connected: Sequence[str]) -> str:
    if not able:
        return f"No vendor that this Ringwatch knows can {what}."
    here = " as it is configured" if set(able) & set(connected) else ""
    return f"No connected system can {what}{here}; {listed(able)} can."
