"""MOR's API signature: SHA1 over values in a fixed order, then the API secret key (MOR-4). No I/O."""

import hashlib
from collections.abc import Iterable, Mapping

OFF = "off"
NONE = "none"
EVERY = "*"

ORDER: Mapping[str, tuple[str, ...]] = {
    "MOR-4": ("user_id",),
    "user_balance_get": ("username", "currency", "user_currency"),
    "callback_init": ("device", "dst", "src"),
}
"""Which values are signed, in which order. MOR-4's is the document's; the others' are public words, unproven."""


def mor_hash(values: Iterable[str], secret: str) -> str:
    """Returns SHA1, in hex, of the values one after another and the API secret key behind them (MOR-4)."""
    return hashlib.sha1(("".join(values) + secret).encode()).hexdigest()  # noqa: S324 - the vendor's choice


def signed(operation: str, fields: Mapping[str, str], secret: str, orders: Mapping[str, str]) -> dict[str, str]:
    """Returns the fields with their `hash`; as they are where the server does not check it (``off``).

    `orders` replaces the order by operation, or by ``*`` for all: ``username,currency``; ``none`` signs the key alone.
    A value that is not sent is left out of the signature too.
    """
    chosen = orders.get(operation, orders.get(EVERY, ",".join(ORDER[operation])))
    if chosen.strip().casefold() == OFF:
        return dict(fields)
    names = [] if chosen.strip().casefold() == NONE else [name.strip() for name in chosen.split(",")]
    return {**fields, "hash": mor_hash((fields[name] for name in names if name in fields), secret)}
