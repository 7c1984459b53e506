"""MOR of Kolmisoft: balance, calls, money and devices of a customer's account, and its settings."""

from datetime import timedelta

from providers.mor.adapter import Mor
from providers.mor.documents import DOCUMENTS
from providers.mor.settings import MorSettings
from providers.mor.vendor_tables import USAGE
from providers.mor.wire import TITLE
from providers.vendor import Vendor

__all__ = ["VENDOR", "Mor", "MorSettings"]

_MIN_INTERVAL = timedelta(seconds=5)  # no limit is documented; its pages are made for browsers

VENDOR = Vendor(
    slug="mor",
    title=TITLE,
    settings=MorSettings,
    open=Mor,
    provider=Mor,
    extension_digits=6,
    min_intervals={"balance": _MIN_INTERVAL, "calls": _MIN_INTERVAL},
    topics=tuple(sorted({*USAGE, *(spoken.partition(" ")[0] for spoken in DOCUMENTS)})),
    cannot={
        "numbers": "MOR lists the caller IDs of devices, not whether a number is flagged as spam",
        "agents": "MOR tells when a device last registered (`/pbx devices`), not who is there",
        "queues": "MOR does not tell who waits in a queue",
    },
)
