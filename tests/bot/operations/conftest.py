"""Numbers that must never be dialled, and the rules that they are tried against."""

import json
from pathlib import Path

import pytest

from bot.settings import Calls

HOSTILE = json.loads((Path(__file__).parent / "hostile_numbers.json").read_text(encoding="ascii"))


def pytest_generate_tests(metafunc):
    if {"hostile", "rule"} <= set(metafunc.fixturenames):
        pairs = [(rule, number) for rule, numbers in HOSTILE.items() for number in numbers]
        metafunc.parametrize(("rule", "hostile"), pairs, ids=[f"{rule}-{n}" for n, (rule, _) in enumerate(pairs)])


@pytest.fixture
def rules():
    """Ukraine and Poland, two patterns blocked."""
    return Calls(region="UA", countries=("UA", "PL"), blocked=("+38067777777*", "+48500600700"))
