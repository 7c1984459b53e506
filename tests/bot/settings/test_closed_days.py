"""`holidays`: which days an alert is closed, and what its value may be."""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.settings.closed_days import closed_days

Loading = Any  # the fixture of conftest.py

HEAD = """
    timezone: Europe/Warsaw
    accounts: {sales: {provider: momvoip, api_key: k}}
    alerts:
"""


def calendar(loading: Loading, keys: str) -> Any:
    loaded = loading(f"{HEAD}      - {{name: a, watch: number_spam, {keys}}}\n")
    assert loaded.warnings == ()
    return loaded.settings.alerts[0].calendar


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_an_alert_is_closed_on_the_countrys_holidays(loading: Loading) -> None:
    hours = calendar(loading, "hours: 'mon-fri 09:00-18:00', holidays: PL")
    assert hours.opening(at("2026-12-24T10:00")) is None  # since 2025 a holiday there
    assert hours.opening(at("2026-12-23T10:00")) is not None
    assert hours.next_opening(at("2026-12-23T17:30")) == at("2026-12-28T08:00")


def test_a_night_belongs_to_its_first_day(loading: Loading) -> None:
    hours = calendar(loading, "hours: 'daily 22:00-06:00', holidays: PL")
    assert hours.opening(at("2026-11-10T23:00")).end == at("2026-11-11T05:00")  # into Independence Day
    assert hours.opening(at("2026-11-11T22:00")) is None
    assert hours.opening(at("2026-11-12T03:00")) is None
    assert hours.opening(at("2026-11-12T21:30")) is not None


def test_without_hours_it_is_open_but_on_holidays(loading: Loading) -> None:
    hours = calendar(loading, "holidays: pl")
    assert hours.opening(at("2026-11-10T22:59:59")).end == at("2026-11-10T23:00")  # midnight in Warsaw
    assert hours.opening(at("2026-11-11T12:00")) is None
    assert hours.next_opening(at("2026-11-11T12:00")) == at("2026-11-11T23:00")
    assert hours.opening(at("2026-11-12T02:00")) is not None


def test_a_part_of_a_country_has_holidays_of_its_own(loading: Loading) -> None:
    epiphany = at("2027-01-06T12:00")  # in Bavaria, not in the whole of Germany
    assert calendar(loading, "holidays: de-by").opening(epiphany) is None
    assert calendar(loading, "holidays: DE").opening(epiphany) is not None
    assert closed_days("DE-BY")(date(2027, 1, 6))


def test_holidays_that_are_worked_by_law_are_closed_for_who_names_them() -> None:
    assert closed_days("UA")(date(2026, 8, 24))
    assert not closed_days("UA")(date(2026, 8, 25))
    assert not closed_days("BG")(date(2026, 11, 1))  # a working day beside others that are days off


def test_a_year_beyond_the_data_is_open_and_warns_nobody() -> None:
    assert not closed_days("IN")(date(2090, 1, 2))


def test_two_of_one_country_are_equal() -> None:
    asked = closed_days("PL")
    assert asked(date(2026, 1, 1))
    assert asked == closed_days("PL") != closed_days("UA")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (
            "XX",
            "found 'XX'; a country code such as PL or US is needed, or one with a part of the country such as DE-BY",
        ),
        ("Ukraine", "found 'Ukraine'; did you mean UA? a country code such as"),
        ("united kingdom", "found 'united kingdom'; did you mean GB?"),
        ("DE-XY", "found 'DE-XY'; parts of DE: allowed: BB, BE, BW, BY,"),
        ("DE-bavaria", "found 'DE-bavaria'; parts of DE: allowed"),
        ("UA-KY", "found 'UA-KY'; UA is one whole"),
        ("DE-", "found 'DE-'; parts of DE: allowed"),
        ("[PL, UA]", "found a list; write one value here"),
    ],
)
def test_a_code_that_there_is_not_is_a_mistake(loading: Loading, value: str, said: str) -> None:
    (mistake,) = loading.mistakes(f"{HEAD}      - {{name: a, watch: number_spam, holidays: {value}}}\n")
    assert mistake.startswith(f"7: alerts[1].holidays: {said}"), mistake


def test_an_always_open_calendar_moves_with_its_holidays_over_the_years() -> None:
    days = closed_days("US")
    new_year = [date(2025 + n, 1, 1) for n in range(5)]
    assert all(days(day) and not days(day + timedelta(days=1)) for day in new_year)


def test_the_service_never_carries_the_calendars_of_all_countries() -> None:
    script = "import sys, bot.app.service\nfrom bot.settings.closed_days import closed_days\nclosed_days('PL')\n"
    script += "sys.exit('holidays' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_a_package_that_cannot_be_asked_is_told_and_not_remembered(
    loading: Loading, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"{HEAD}      - {{name: a, watch: number_spam, holidays: SE}}\n"
    monkeypatch.setattr("bot.settings.closed_days.SCRIPT", "/nowhere.py")
    (mistake,) = loading.mistakes(text)
    assert "found 'SE'; the package holidays could not be asked: " in mistake
    assert "/nowhere.py" in mistake
    monkeypatch.undo()
    assert loading(text).settings.alerts[0].calendar.holiday(date(2026, 6, 6))  # the National Day
