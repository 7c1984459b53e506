"""What a configuration may name though it is not built yet: that is ignored, with a warning."""

from collections.abc import Mapping

VENDORS: Mapping[str, tuple[str, ...]] = {
    "voicenter": ("code",),
    "mor": ("username", "password", "user_id", "api_secret"),
    "voipcloud": ("token",),
    "iexpbx": ("username", "password"),
}
"""The keys of each vendor's accounts, beside those of every account. A vendor that is found comes first."""

WATCHES: Mapping[str, tuple[str, ...]] = {
    "balance": ("below", "clear_above", "runs_out_within", "spend_spike"),
    "number_spam": ("groups",),
    "agent_offline": ("groups",),
    "queue_wait": ("longest_wait_above", "waiting_above", "queues"),
    "account_down": (),
}
"""The keys of each watch's alerts, beside those of every alert."""

IGNORED = "is not built yet and is ignored"
