"""IEXPBX: live calls and hang-up, extensions, queues, calls, recordings, IVR and masked calls, contacts, events."""

from datetime import timedelta

from providers.iexpbx.adapter import TOPICS, Iexpbx
from providers.iexpbx.settings import IexpbxSettings
from providers.iexpbx.wire import TITLE
from providers.vendor import Vendor

__all__ = ["VENDOR", "Iexpbx", "IexpbxSettings"]

_MIN_INTERVAL = timedelta(seconds=1)  # the document names no limit; the configured intervals are far above this

VENDOR = Vendor(
    slug="iexpbx",
    title=TITLE,
    settings=IexpbxSettings,
    open=Iexpbx,
    provider=Iexpbx,
    extension_digits=6,
    registered_only=True,
    min_intervals={"agents": _MIN_INTERVAL, "queues": _MIN_INTERVAL, "calls": _MIN_INTERVAL},
    topics=TOPICS,
    cannot={
        "balance": "IEXPBX does not tell a balance",
        "numbers": "IEXPBX does not list caller IDs, and marks none as spam",
    },
)
