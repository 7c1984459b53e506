"""The formats in which an alert's changes can be posted, as far as a configuration must know them."""

from enum import StrEnum

PAGERDUTY_URL = "https://events.pagerduty.com/v2/enqueue"


class WebhookFormat(StrEnum):
    """In whose words a change is posted to an alert's `webhook`."""

    RINGWATCH = "ringwatch"
    FLAT = "flat"
    PAGERDUTY = "pagerduty"
    ALERTMANAGER = "alertmanager"
    TEAMS = "teams"
    APPRISE = "apprise"

    @property
    def address(self) -> str | None:
        """Returns where it is posted when no `webhook` says; None where there is no such place."""
        return PAGERDUTY_URL if self is WebhookFormat.PAGERDUTY else None

    @property
    def takes_routing_key(self) -> bool:
        """Returns whether `webhook_secret` is the receiver's routing key, sent with each post, and signs none."""
        return self is WebhookFormat.PAGERDUTY
