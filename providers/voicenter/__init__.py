"""Voicenter: agents with their calls, queues with who waits, and where it is switched on, Click2Call."""

from datetime import timedelta

from providers.vendor import Vendor
from providers.voicenter.adapter import Voicenter, VoicenterWithCalls, open_account
from providers.voicenter.settings import VoicenterSettings
from providers.voicenter.wire import TITLE

__all__ = ["VENDOR", "Voicenter", "VoicenterSettings", "VoicenterWithCalls", "open_account"]

_MIN_INTERVAL = timedelta(seconds=5)  # asked sooner, the vendor's public pages say, it answers with what it said before

VENDOR = Vendor(
    slug="voicenter",
    title=TITLE,
    settings=VoicenterSettings,
    open=open_account,
    provider=Voicenter,
    region="IL",
    extension_digits=6,
    min_intervals={"agents": _MIN_INTERVAL, "queues": _MIN_INTERVAL},
    cannot={
        "balance": "Voicenter's API tells no balance",
        "numbers": "Voicenter's API does not list caller IDs",
        "calls": "Voicenter's API tells live calls only, not finished ones",
    },
)
