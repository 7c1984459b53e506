"""VoIPcloud: finished calls, queue calls and ring group calls, placing calls, the vendor's own status."""

from datetime import timedelta

from providers.vendor import Vendor
from providers.voipcloud.adapter import Voipcloud
from providers.voipcloud.settings import VoipcloudSettings
from providers.voipcloud.vendor_tables import TOPICS
from providers.voipcloud.wire import TITLE

__all__ = ["VENDOR", "Voipcloud", "VoipcloudSettings"]

# Told after the fact, so a minute loses nothing; both lists leave 50 of the 80 requests that are ours to watch with.
_MIN_INTERVAL = timedelta(seconds=60)

VENDOR = Vendor(
    slug="voipcloud",
    title=TITLE,
    settings=VoipcloudSettings,
    open=Voipcloud,
    provider=Voipcloud,
    region="AU",
    extension_digits=6,
    min_intervals={"calls": _MIN_INTERVAL, "queues": _MIN_INTERVAL},
    rate_limit="100/15m",
    topics=TOPICS,
    cannot={
        "balance": "VoIPcloud's API does not tell the balance",
        "numbers": "VoIPcloud's API does not list caller IDs, nor which are marked as spam",
        "agents": "VoIPcloud does not tell who is signed in",
        "queues": "VoIPcloud does not tell who waits in a queue: it tells queue calls once they are over",
    },
)
