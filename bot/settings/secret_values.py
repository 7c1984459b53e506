"""Every secret value of a configuration, so that none is ever logged."""

from collections.abc import Iterable, Iterator

from pydantic import SecretStr

from bot.settings.models import Settings


def secrets_of(settings: Settings) -> list[str]:
    """Every secret value of the configuration; the parts that secrets are made of too."""
    found = [settings.store.get_secret_value()] if settings.store.get_secret_value() != "embedded" else []
    found.extend(_revealed(getattr(settings.slack, name) for name in type(settings.slack).model_fields))
    for account in settings.accounts.values():
        found.extend(account.vendor.secrets())
        found.extend(_revealed([account.webhook_token]))
    for alert in settings.alerts:
        found.extend(
            part for secret in _revealed([alert.webhook_secret]) for part in (secret, secret.removeprefix("whsec_"))
        )
        found.extend([alert.webhook] if alert.webhook else [])
    if settings.heartbeat is not None:
        found.append(settings.heartbeat.url)
    return found


def _revealed(values: Iterable[object]) -> Iterator[str]:
    for value in values:
        if isinstance(value, SecretStr) and value.get_secret_value():
            yield value.get_secret_value()
