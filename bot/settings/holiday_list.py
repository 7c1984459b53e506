"""Run as a process of its own: says what the package `holidays` knows of a country, as JSON on stdout.

A process of its own, because the calendars of 250 countries take 12 MB that the service would hold for good.
"""

import json
import sys
import warnings

import holidays
from holidays.registry import COUNTRIES

YEARS = range(2020, 2061)


def days(country: str, part: str | None, year: int) -> list[str]:
    """Returns the public holidays of a year.

    Where none of a country's is a day off by law, as under martial law, all.
    """

    def ask(kind: str) -> holidays.HolidayBase:
        return holidays.country_holidays(country, subdiv=part, years=year, language="en_US", categories=kind)

    found = ask(holidays.PUBLIC)
    if not found and holidays.WORKDAY in found.supported_categories:
        found = ask(holidays.WORKDAY)
    return [day.isoformat() for day in found]


def known(country: str, part: str) -> dict[str, object]:
    """Returns ``days`` and ``code`` where there is such a country, or part of it.

    Else its ``parts``, or all ``countries``.
    """
    countries = holidays.list_supported_countries()
    if country not in countries:
        return {"countries": {name.replace("_", " "): codes[1] for name, codes in COUNTRIES.items()}}
    parts = {name.casefold(): name for name in countries[country]}
    if part and part.casefold() not in parts:
        return {"parts": list(parts.values())}
    name = parts.get(part.casefold())
    warnings.simplefilter("ignore")  # of years that it does not know whole: those days stay open
    found = [day for year in YEARS for day in days(country, name, year)]
    return {"code": f"{country}-{name}" if name else country, "days": sorted(found)}


if __name__ == "__main__":
    json.dump(known(*sys.argv[1:]), sys.stdout)
