"""Accounts: each one's keys by its vendor, and how often it is polled in the end."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from bot.alerts.kinds import Kind
from bot.settings.messages import MistakeCollector
from bot.settings.models import DEFAULT_POLL, Account, AccountKeys
from bot.settings.mqtt_keys import SERVICE
from bot.settings.problems import Kinds, one_of
from bot.settings.shapes import MapShape, ScalarShape, Shape, table_of
from bot.settings.tree import Path
from bot.settings.typed import misspelt, read_own
from bot.settings.values import OFF, base_url
from bot.text.durations import parse_duration, show_duration
from bot.text.phone_numbers import country_of
from providers.sdk.throttle import RateLimit, parse_rate_limit
from providers.vendor import Vendor, VendorSettings

COMMON = table_of(AccountKeys)


@dataclass(frozen=True, slots=True)
class ReadAccounts:
    """The accounts that were read. `broken` are the names of those that were refused."""

    built: Mapping[str, Account]
    broken: frozenset[str]

    @property
    def names(self) -> list[str]:
        """Returns every name, whatever became of it."""
        return [*self.built, *sorted(self.broken)]


def account_table(provider: str | None, vendors: Mapping[str, Vendor]) -> MapShape:
    """Returns what an account of this vendor may hold; of an unknown one (None), what any may."""
    fields: dict[str, Shape] = {**COMMON.fields, "base_url": ScalarShape()}
    for slug in [provider] if provider is not None and provider in vendors else vendors:
        fields |= table_of(vendors[slug].settings).fields
    return MapShape(fields)


def read_accounts(
    values: Mapping[str, Any],
    poll: Mapping[Kind, timedelta | None],
    vendors: Mapping[str, Vendor],
    mistakes: MistakeCollector,
) -> ReadAccounts:
    """Returns every account that is valid; the rest are mistakes. `poll` is what the top level sets."""
    built: dict[str, Account] = {}
    for name, keys in values.items():
        if not isinstance(keys, dict):
            continue  # told where the top level was read
        if name == SERVICE:  # without a broker too: who adds one later could not rename it without losing its history
            mistakes.wrong(("accounts", name), "an account may not be called so", "it is the service's name by MQTT")
        account = _account(name, keys, poll, vendors, mistakes)
        if account is not None:
            built[name] = account
    return ReadAccounts(built, frozenset(values.keys() - built.keys()))


def _account(
    name: str,
    keys: dict[str, Any],
    poll: Mapping[Kind, timedelta | None],
    vendors: Mapping[str, Vendor],
    mistakes: MistakeCollector,
) -> Account | None:
    """Returns the account; None where it is wrong."""
    path: Path = ("accounts", name)
    before = len(mistakes.problems)
    common: AccountKeys | None = None
    try:
        common = AccountKeys.model_validate({key: value for key, value in keys.items() if key in COMMON.fields})
    except ValidationError as error:
        mistakes.errors(error, path)
    slug = keys.get("provider")
    own = {key: value for key, value in keys.items() if key not in COMMON.fields}
    if not isinstance(slug, str) or slug not in vendors:
        _without_vendor(path, slug, own, vendors, mistakes)
        return None
    vendor = vendors[slug]
    settings = _vendor_settings(path, own, vendor, mistakes)
    if common is None or settings is None or len(mistakes.problems) > before:
        return None
    limit = common.rate_limit or (parse_rate_limit(vendor.rate_limit) if vendor.rate_limit else None)
    wanted = _not_too_often(path, common, poll, vendor, mistakes)
    return Account(
        name=name,
        provider=vendor.slug,
        vendor=settings,
        timezone=common.timezone,
        currency=common.currency,
        poll=wanted if limit is None else _fitting(path, wanted, limit, mistakes),
        rate_limit=limit,
        webhook_token=common.webhook_token,
        region=common.region or (country_of(common.timezone.key) if common.timezone else None) or vendor.region,
    )


def _without_vendor(
    path: Path, slug: object, own: Mapping[str, Any], vendors: Mapping[str, Vendor], mistakes: MistakeCollector
) -> None:
    """Adds the mistakes of an account whose vendor is not here."""
    _check_base_url(path, own, mistakes)
    misspelt(own, account_table(None, vendors).fields, COMMON.fields, path, mistakes)
    if isinstance(slug, str) and slug.strip():  # else it is told with the common keys
        place = (*path, "provider")
        mistakes.wrong(place, mistakes.found(place), one_of(slug, vendors))


def _check_base_url(path: Path, own: Mapping[str, Any], mistakes: MistakeCollector) -> bool:
    if own.get("base_url") is None:
        return True
    try:
        base_url(own["base_url"])
    except ValueError as error:
        mistakes.wrong((*path, "base_url"), mistakes.found((*path, "base_url")), str(error))
        return False
    return True


def _vendor_settings(
    path: Path, own: dict[str, Any], vendor: Vendor, mistakes: MistakeCollector
) -> VendorSettings | None:
    right = _check_base_url(path, own, mistakes)
    own = own if right else {**own, "base_url": "https://wrong-and-told.invalid"}  # so that it is told once
    return read_own(vendor.settings, own, path, mistakes, list(COMMON.fields))


def _not_too_often(
    path: Path,
    common: AccountKeys,
    everywhere: Mapping[Kind, timedelta | None],
    vendor: Vendor,
    mistakes: MistakeCollector,
) -> dict[Kind, timedelta | None]:
    """Returns the polls of what the vendor can report, none faster than it allows."""
    able = [kind for kind in Kind if issubclass(vendor.provider, kind.capabilities)]
    for kind, interval in common.poll.items():
        if kind not in able and interval is not None:
            mistakes.warn(
                Kinds.CANNOT_TELL,
                (*path, "poll", kind.value),
                f"{vendor.title} cannot tell its {kind}, so this is ignored",
            )
    poll = {kind: {**DEFAULT_POLL, **everywhere, **common.poll}[kind] for kind in able}
    for kind, interval in poll.items():
        min_interval = vendor.min_intervals.get(kind)
        if interval is None or min_interval is None or interval >= min_interval:
            continue
        poll[kind] = min_interval
        if kind in common.poll or kind in everywhere:
            place: Path = (*path, "poll", kind.value) if kind in common.poll else ("poll", kind.value)
            told = f"{vendor.title} may be asked for its {kind} every {show_duration(min_interval)} at most"
            mistakes.warn(
                Kinds.SLOWED,
                place,
                told,
                f"the account {path[1]} is polled so, not every {show_duration(interval)}",
            )
    return poll


def _fitting(
    path: Path, poll: Mapping[Kind, timedelta | None], limit: RateLimit, mistakes: MistakeCollector
) -> dict[Kind, timedelta | None]:
    """Returns the polls, slowed where they would need what is kept for people."""
    slower = within(poll, limit)
    changed = [
        f"{kind} every {show_duration(interval)}"
        for kind, interval in slower.items()
        if interval is not None and interval != poll[kind]
    ]
    if changed:
        told = f"the polls would need more than {limit.share('watch')} of its {limit}"
        mistakes.warn(Kinds.SLOWED, (*path, "rate_limit"), told, f"slowed down: {', '.join(changed)}")
    return slower


def within(poll: Mapping[Kind, timedelta | None], limit: RateLimit) -> dict[Kind, timedelta | None]:
    """Returns the same polls with the fastest slowed, so that they leave a fifth of the budget to people."""
    budget = limit.share("watch")
    running = [interval for interval in poll.values() if interval is not None]

    def need(min_interval: timedelta) -> float:
        return sum(limit.per / max(interval, min_interval) for interval in running)

    if not running or need(timedelta()) <= budget:
        return dict(poll)
    low, high = 0, int(limit.per.total_seconds() * len(running)) + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if need(timedelta(seconds=middle)) <= budget else (middle, high)
    min_interval = timedelta(seconds=high)
    return {kind: None if interval is None else max(interval, min_interval) for kind, interval in poll.items()}


def lenient_poll(values: object) -> dict[Kind, timedelta | None]:
    """Returns the top-level `poll` as far as it is valid: enough to go on finding mistakes."""
    found: dict[Kind, timedelta | None] = {}
    if not isinstance(values, dict):
        return found
    for kind in Kind:
        text = values.get(kind.value)
        if isinstance(text, str):
            with suppress(ValueError):
                found[kind] = None if text.strip().lower() == OFF else parse_duration(text)
    return found
