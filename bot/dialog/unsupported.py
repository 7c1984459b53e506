"""What `/pbx` is asked for and no connected system offers: who could. Pure words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.dialog.context import Context


@dataclass(frozen=True, slots=True)
class Offer:
    """A topic, and the vendors that have it."""

    what: str
    vendors: tuple[str, ...]


OFFERS: Mapping[str, Offer] = {
    "active": Offer("show the calls that are going on", ("Voicenter", "IEXPBX")),
    "hangup": Offer("hang up a call", ("IEXPBX",)),
    "missed": Offer("list missed calls", ("MoMVOIP", "MOR", "VoIPcloud", "IEXPBX")),
    "contacts": Offer("show contacts", ("MOR", "IEXPBX")),
    "details": Offer("show the account's details", ("MOR",)),
    "payments": Offer("show payments", ("MOR",)),
    "invoices": Offer("show invoices", ("MOR",)),
    "rates": Offer("show rates", ("MOR",)),
    "subscriptions": Offer("show subscriptions", ("MOR",)),
    "devices": Offer("show devices", ("MOR",)),
    "callflow": Offer("show the call flow", ("MOR",)),
    "callerids": Offer("manage caller IDs", ("MOR",)),
    "faxes": Offer("show faxes", ("MOR",)),
    "ivr": Offer("start an IVR call", ("IEXPBX",)),
    "mask": Offer("connect two numbers", ("IEXPBX",)),
}


def sentence(offer: Offer, connected: Sequence[str]) -> str:
    """That nobody here can, and which vendors could; `connected` are the titles of the open accounts."""
    able = [title for title in offer.vendors if title in connected]
    who = " and ".join(filter(None, (", ".join(offer.vendors[:-1]), offer.vendors[-1])))
    if able:
        return f"No connected system can {offer.what} as it is configured; {who} can."
    return f"No connected system can {offer.what}; {who} can."


def nobody_here(context: Context, topic: str) -> str:
    """The same for a topic of `OFFERS`, over the accounts that are open."""
    return sentence(OFFERS[topic], [account.title for account in context.accounts])
