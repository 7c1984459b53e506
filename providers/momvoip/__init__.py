"""MoMVOIP: balance, caller IDs and their spam marks, agents, calls, recordings, events."""

from datetime import timedelta

from providers.momvoip.adapter import Momvoip
from providers.momvoip.settings import MomvoipSettings
from providers.momvoip.wire import TITLE
from providers.vendor import Vendor

__all__ = ["VENDOR", "Momvoip", "MomvoipSettings"]

_MIN_INTERVAL = timedelta(seconds=1)  # the document limits MOM-11 alone, and that is no poll

VENDOR = Vendor(
    slug="momvoip",
    title=TITLE,
    settings=MomvoipSettings,
    open=Momvoip,
    provider=Momvoip,
    extension_digits=6,
    min_intervals={"balance": _MIN_INTERVAL, "numbers": _MIN_INTERVAL, "agents": _MIN_INTERVAL, "calls": _MIN_INTERVAL},
    cannot={"queues": "MoMVOIP does not tell who waits in a queue"},
)
