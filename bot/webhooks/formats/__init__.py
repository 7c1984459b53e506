"""What is posted to a webhook: a change in the words of its receiver.

One pure file a format. A new one is a row here and a member of `WebhookFormat`.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from bot.notify.change_event import ChangeEvent
from bot.settings.webhook_formats import WebhookFormat
from bot.webhooks.formats import alertmanager, apprise, flat, pagerduty, ringwatch, teams

FORMATS: Mapping[WebhookFormat, Callable[[ChangeEvent, str], Mapping[str, Any]]] = {
    WebhookFormat.RINGWATCH: lambda event, _: ringwatch.write(event),
    WebhookFormat.FLAT: lambda event, _: flat.write(event),
    WebhookFormat.PAGERDUTY: pagerduty.write,
    WebhookFormat.ALERTMANAGER: lambda event, _: alertmanager.write(event),
    WebhookFormat.TEAMS: lambda event, _: teams.write(event),
    WebhookFormat.APPRISE: lambda event, _: apprise.write(event),
}


def body(form: WebhookFormat, event: ChangeEvent, routing_key: str = "") -> bytes:
    """Returns the JSON that is posted: ASCII, so that half a character that a vendor sent cannot break it."""
    return json.dumps(FORMATS[form](event, routing_key), separators=(",", ":")).encode("ascii")
