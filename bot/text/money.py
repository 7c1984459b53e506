"""Amounts of money in words, and rounded as far as words say them."""

from decimal import Decimal

CENT = Decimal("0.01")


def money(amount: Decimal, currency: str | None) -> str:
    """Returns ``−12.40 USD``: two places at least, thousands apart, a true minus sign, no currency guessed."""
    return digits(amount, ",").replace("-", "−") + (f" {currency}" if currency else "")


def digits(amount: Decimal, thousands: str = "") -> str:
    """Returns ``1234.50``: two places at least, four at most."""
    exponent = amount.as_tuple().exponent
    places = max(2, -exponent if isinstance(exponent, int) else 2)
    return f"{amount:{thousands}.{min(places, 4)}f}"


def exact(amount: Decimal) -> Decimal:
    """Returns the amount as `digits` writes it."""
    return Decimal(digits(amount))


def rough(amount: Decimal) -> Decimal:
    """Returns the amount rounded to two digits that count, and cents at most: ``23``, ``5.2``."""
    step = max(CENT, Decimal(1).scaleb(amount.adjusted() - 1)) if amount else Decimal(1)
    return amount.quantize(step) if step < 1 else (amount / step).to_integral_value() * step


def rounded_price(rate: Decimal) -> Decimal:
    """Returns a price per minute, to the cent, or to its first two digits where it is less; to four places at most."""
    return rate.quantize(max(Decimal("0.0001"), min(CENT, Decimal(1).scaleb(rate.adjusted() - 1))))


def price(rate: Decimal) -> str:
    """Returns a price per minute in words: ``0.24``, ``0.0024``."""
    return digits(rounded_price(rate))
