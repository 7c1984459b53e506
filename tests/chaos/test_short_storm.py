"""A short part of the chaos suite; `make chaos` runs as much of it as one likes."""

import asyncio
import sys
from pathlib import Path

import pytest


@pytest.mark.long
@pytest.mark.parametrize("replicas", [0, 2], ids=["embedded", "shared"])
async def test_it_tells_every_problem_once_whatever_is_killed(replicas: int) -> None:
    storm = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name("storm.py")),
        *("--seed", "1", "--incidents", "15", "--kills", "4", "--accounts", "4", "--limit", "30"),
        *("--replicas", str(replicas)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await storm.communicate()
    assert storm.returncode == 0, said.decode()
