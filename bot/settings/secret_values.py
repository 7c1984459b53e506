"""Every secret value of a configuration, so that none is ever logged."""

from collections.abc import Iterable, Iterator
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import SecretStr

from bot.alerts.automations import PostWebhook
from bot.settings.models import Settings


def secrets_of(settings: Settings) -> list[str]:
    """Returns every secret value of the configuration; the parts that secrets are made of too."""
    store = urlsplit(settings.store.get_secret_value())  # not the whole of it: where the store is may be said
    found = [store.password, unquote(store.password)] if store.password else []
    found.extend(parse_qs(store.query).get("password", []))
    found.extend(_revealed(getattr(settings.slack, name) for name in type(settings.slack).model_fields))
    for account in settings.accounts.values():
        found.extend(account.vendor.secrets())
        found.extend(_revealed([account.webhook_token]))
    for alert in settings.alerts:
        found.extend(
            part for secret in _revealed([alert.webhook_secret]) for part in (secret, secret.removeprefix("whsec_"))
        )
        found.extend([alert.webhook] if alert.webhook else [])
    for automation in settings.automations:
        for action in automation.actions:
            if isinstance(action, PostWebhook):
                found.extend(filter(None, (action.url, action.secret)))
    if settings.heartbeat is not None:
        found.append(settings.heartbeat.url)
    if settings.api is not None:
        found.extend(_revealed(settings.api.tokens.values()))
    if settings.mqtt is not None:
        found.extend(_revealed([settings.mqtt.password]))
    return found


def _revealed(values: Iterable[object]) -> Iterator[str]:
    for value in values:
        if isinstance(value, SecretStr) and value.get_secret_value():
            yield value.get_secret_value()
