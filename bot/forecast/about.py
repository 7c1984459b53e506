"""Rounds moments that are only about so, so that a forecast's jitter reads the same. Pure."""

from datetime import UTC, date, datetime, timedelta, tzinfo

from bot.forecast.outlook import Forecast
from providers.model import Balance

FINE_STEP, COARSE_STEP = timedelta(minutes=5), timedelta(hours=1)
COARSE_HORIZON = timedelta(days=1)  # further ahead, an hour is exact enough
DAY_HORIZON = timedelta(days=7)  # and then a day


def about(at: datetime, now: datetime) -> datetime:
    """Returns the moment rounded to five minutes; further than a day ahead to the hour. Never before now."""
    step = FINE_STEP if at - now < COARSE_HORIZON else COARSE_STEP
    begin = datetime(1970, 1, 1, tzinfo=UTC)
    near = begin + round((at - begin) / step) * step
    return near if near >= now else near + step


def told(at: datetime, now: datetime, zone: tzinfo) -> str:
    """Returns ``18:55`` today, else ``Mon 23 Nov 11:00``, and ``23 Dec`` more than a week ahead: in that zone."""
    there = about(at, now).astimezone(zone)
    if there.date() == now.astimezone(zone).date():
        return f"{there:%H:%M}"
    return f"{there:%a} {there.day} {there:%b %H:%M}" if at - now < DAY_HORIZON else f"{there.day} {there:%b}"


def lasts(forecast: Forecast, now: datetime, zone: tzinfo) -> str:
    """Returns until when, and the range: ``18:55 (18:05–20:10)``; "" for what does not run out."""
    if forecast.empty is None:
        return ""
    day = about(forecast.empty, now).astimezone(zone).date()
    ends = [_end(at, now, zone, day) for at in (forecast.earliest, forecast.latest)]
    around = "" if ends[0] == ends[1] else f" ({'–'.join(ends)})"
    return told(forecast.empty, now, zone) + around


def why_unknown(balance: Balance) -> str:
    """Returns why it is not known what is left: ``its credit is not told``.

    Empty where it is known, or has no limit.
    """
    if balance.left is not None:
        return ""
    return "its credit is in another currency" if balance.credit is not None else "its credit is not told"


def _end(at: datetime | None, now: datetime, zone: tzinfo, day: date) -> str:
    """Returns one end of the range, without the day where that is said already."""
    if at is None:
        return "later"
    there = about(at, now).astimezone(zone)
    same = there.date() == day and at - now < DAY_HORIZON
    return f"{there:%H:%M}" if same else told(at, now, zone)
