"""Vendors are found, and one that fails takes no other with it."""

from dataclasses import replace
from importlib.metadata import EntryPoint

import pytest

from providers.registry import GROUP, vendors
from providers.vendor import Vendor


class Point(EntryPoint):
    """An entry point that hands over what it is told to."""

    def load(self):
        if isinstance(offered := OFFERED[self.name], Exception):
            raise offered
        return offered


OFFERED: dict = {}


@pytest.fixture(autouse=True)
def nothing_offered():
    OFFERED.clear()


def found(**offered):
    OFFERED.update(offered)
    asked = []

    def entry_points(**which):
        asked.append(which)
        return [Point(name, f"package.{name}:VENDOR", GROUP) for name in offered]

    result = vendors(entry_points)
    assert asked == [{"group": "ringwatch.vendors"}]
    return result


def test_it_finds_the_vendors_of_the_house():
    result = found()
    assert "momvoip" in result
    assert all(isinstance(vendor, Vendor) and vendor.slug == slug for slug, vendor in result.items())
    assert result.problems == ()


def test_it_takes_a_vendor_of_another_package():
    other = replace(found()["momvoip"], slug="other")
    result = found(other=other)
    assert result["other"] is other
    assert result.problems == ()


def test_a_plug_in_that_cannot_be_loaded_is_a_problem_that_names_it():
    result = found(broken=ImportError("no module named nowhere"))
    assert "momvoip" in result
    (problem,) = result.problems
    assert "broken (package.broken:VENDOR)" in problem
    assert "no module named nowhere" in problem


def test_what_is_no_vendor_is_a_problem():
    result = found(odd="a word")
    assert set(result) == set(found())
    assert "offers no vendor: str" in result.problems[0]


def test_two_vendors_of_one_slug_are_a_problem_and_the_first_stays():
    ours = found()["momvoip"]
    result = found(twin=replace(ours, title="A twin"))
    assert result["momvoip"] is ours
    assert "twin" in result.problems[0]
    assert "momvoip" in result.problems[0]


def test_the_installed_plug_ins_are_asked_unless_others_are_given():
    assert set(found()) <= set(vendors())
