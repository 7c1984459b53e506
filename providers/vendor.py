"""The types that a vendor's folder hands over."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from pydantic import BaseModel, ConfigDict, SecretStr

from providers.capabilities import Provider
from providers.sdk.throttle import Throttle


class VendorSettings(BaseModel):
    """The keys of an account that are this vendor's own; a vendor subclasses it. Secrets are `SecretStr`."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    base_url: str | None = None

    def secrets(self) -> list[str]:
        """Returns every secret value, for redaction."""
        values = (getattr(self, name) for name in type(self).model_fields)
        return [v.get_secret_value() for v in values if isinstance(v, SecretStr) and v.get_secret_value()]


@dataclass(frozen=True, slots=True)
class Opening:
    """The parts that the bot gives an adapter when it opens an account."""

    account: str
    settings: VendorSettings
    throttle: Throttle
    clock: Callable[[], datetime]
    timezone: tzinfo | None = None  # of the vendor's clock, where the account names one
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Vendor:
    """A vendor is one product with an API.

    `min_intervals` are the shortest intervals at which the vendor may be polled, by kind. `cannot` says in words what
    this vendor does not report, by kind. `topics` are those of its lists, files and changes, for who asks before it
    opens. `rate_limit` None: its document names none. `region` is the country, by its ISO code, whose numbers it
    writes as they are dialled at home. `extension_digits`
    is how long an extension may be that it rings, or leads a call to, without listing it; 0: it takes none.
    `registered_only`: of an agent at rest it shows that a phone is registered, not that anybody is ready.
    """

    slug: str
    title: str
    settings: type[VendorSettings]
    open: Callable[[Opening], Provider]
    provider: type[Provider]  # the adapter's class: what it supports is asked of it before an account is opened
    min_intervals: Mapping[str, timedelta] = field(default_factory=dict)
    rate_limit: str | None = None  # the document's own, as in ``100/15m``
    cannot: Mapping[str, str] = field(default_factory=dict)
    topics: tuple[str, ...] = ()
    region: str | None = None
    extension_digits: int = 0
    registered_only: bool = False
