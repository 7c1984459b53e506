"""The alerts' addresses as an outlet: one POST, and its answer as the port's outcome. It knows no Slack.

What may not have arrived is sent again under the same id. Addresses and secrets are looked up when they are needed;
neither is ever stored or logged.
"""

import hmac
from base64 import b64encode
from collections.abc import Callable
from datetime import datetime, timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx
from pydantic import SecretStr

from bot.alerts.automations import PostWebhook
from bot.notify.automation_words import automation_of
from bot.notify.change_event import change_event
from bot.notify.incident_message import verdict
from bot.notify.port import Outcome, Outgoing, OutletLimits, SendFate, SendResult
from bot.observability.metrics import Metrics
from bot.settings import Settings
from bot.settings.values import signing_key
from bot.settings.webhook_formats import WebhookFormat
from bot.store import WEBHOOK, OutboxRow
from bot.webhooks import formats
from providers.sdk.throttle import retry_after

LIMITS = OutletLimits(
    deadline=timedelta(seconds=10),
    first_pause=timedelta(seconds=1),
    longest_pause=timedelta(minutes=5),
    jitter=0.2,
    give_up_after=timedelta(hours=24),
    side_by_side=4,  # a receiver that hangs holds up no other's
)
AGAIN = frozenset({408, 429})  # refusals that may not be for good
_COUNTED = {
    Outcome.DELIVERED: "delivered",
    Outcome.WAITS: "failed",  # tried again later
    Outcome.GIVEN_UP: "given_up",
    Outcome.OBSOLETE: "moot",  # as docs/webhooks.md promises it
}


class WebhookOutlet:
    """Posts each change of an incident to its alert's address."""

    name = WEBHOOK

    def __init__(
        self,
        *,
        settings: Callable[[], Settings],
        clock: Callable[[], datetime],
        metrics: Metrics | None = None,
        limits: OutletLimits = LIMITS,
    ) -> None:
        self.limits = limits
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self._client = httpx.AsyncClient(
            headers={"User-Agent": "ringwatch"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            follow_redirects=False,
            timeout=limits.deadline.total_seconds(),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        )

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    def queue(self, row: OutboxRow) -> str:
        """Returns the incident's id: its changes arrive in their order."""
        return row.notice.incident

    def count(self, row: OutboxRow, outcome: Outcome) -> None:
        """Counts a try under its alert and outcome."""
        if self._metrics is not None and outcome in _COUNTED:
            self._metrics.webhook_deliveries.labels(row.alert, _COUNTED[outcome]).inc()

    async def send(self, outgoing: Outgoing) -> SendResult:
        """Posts it to the address that its alert has now, and returns its fate; OBSOLETE where it has none."""
        row = outgoing.row
        if row.notice.automation:
            return await self._of_automation(outgoing)
        alert = next((a for a in self._settings().alerts if a.name == row.alert), None)
        if alert is None or alert.webhook is None:
            return SendResult(SendFate.OBSOLETE, "the alert has no webhook any more")
        form, secret = alert.webhook_format, alert.webhook_secret
        routing_key = secret.get_secret_value() if form.takes_routing_key and secret is not None else ""
        body = formats.body(form, change_event(row.notice, outgoing.context, verdict(outgoing.context)), routing_key)
        return await self._post(alert.webhook, row.id, body, None if form.takes_routing_key else secret)

    async def _of_automation(self, outgoing: Outgoing) -> SendResult:
        """Post the change to where an automation wants it."""
        row, automations = outgoing.row, outgoing.context.policy.automations
        automation = automation_of(automations, row.notice.automation)
        place = row.notice.action
        action = automation.actions[place] if automation is not None and place < len(automation.actions) else None
        if not isinstance(action, PostWebhook):
            return SendResult(SendFate.OBSOLETE, "the automation has no such webhook any more")
        form = WebhookFormat(action.format)
        event = change_event(row.notice, outgoing.context, verdict(outgoing.context))
        body = formats.body(form, event, (action.secret or "") if form.takes_routing_key else "")
        signs = action.secret is not None and not form.takes_routing_key
        return await self._post(action.url, row.id, body, SecretStr(action.secret) if signs and action.secret else None)

    async def _post(self, url: str, row_id: str, body: bytes, secret: SecretStr | None) -> SendResult:
        """One request. Its status alone is read: nobody's words can be long, or do harm."""
        now = self._clock()
        headers = headers_of(row_id, now, body, secret)
        try:
            async with self._client.stream("POST", url, content=body, headers=headers) as answer:
                status, asked = answer.status_code, answer.headers.get("retry-after", "")
        except httpx.TimeoutException:
            return SendResult(SendFate.UNKNOWN, f"no answer within {self.limits.deadline.total_seconds():g} s")
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            return SendResult(SendFate.UNKNOWN, f"the connection failed: {type(error).__name__}")
        said = f"the receiver answered {status}"
        if 200 <= status < 300:
            return SendResult(SendFate.DELIVERED)
        if 400 <= status < 500 and status not in AGAIN:
            return SendResult(SendFate.REFUSED, said)
        return SendResult(SendFate.LATER, said, wait=asked_for(asked, now) if status in {429, 503} else None)


def headers_of(row_id: str, at: datetime, body: bytes, secret: SecretStr | None) -> dict[str, str]:
    """Returns the headers of one try, as Standard Webhooks has them; signed where there is a secret.

    Its id holds no full stop: those part what is signed.
    """
    told, stamp = row_id.replace(".", ":"), str(int(at.timestamp()))
    headers = {"Content-Type": "application/json", "webhook-id": told, "webhook-timestamp": stamp}
    if secret is not None:
        mark = hmac.digest(signing_key(secret.get_secret_value()), f"{told}.{stamp}.".encode() + body, "sha256")
        headers["webhook-signature"] = f"v1,{b64encode(mark).decode()}"
    return headers


def asked_for(text: str, now: datetime) -> timedelta:
    """Returns how long a `Retry-After` asks to wait; zero where it cannot be read or is over."""
    return max(timedelta(), retry_after(text, now) or timedelta())
