"""A new kind of readings is one row: with no other change it is configured, polled, stored, read back and published."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.deadlines import PATIENCE

PROGRAM = Path(__file__).with_name("one_more_kind.py")
HOUSE = PROGRAM.parents[3]


def test_one_row_is_enough(one_redis_url, tmp_path):
    done = subprocess.run(
        [sys.executable, str(PROGRAM), one_redis_url, str(tmp_path)],
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        cwd=HOUSE,
        env={**os.environ, "PYTHONPATH": str(HOUSE)},
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "poll": {"sky": {"weather": "0:02:00"}, "slow": {"weather": "0:09:00"}},
        "heard after": [1, 1, 2, 3],
        "published is what is stored": True,
        "read back": "(Station(place='Kyiv', degrees=7), Station(place='Lviv', degrees=3))",
        "degrees": [5, 6, 7],
    }
