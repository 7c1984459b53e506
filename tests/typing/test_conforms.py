"""The adapters fit the protocols by their types too, which `isinstance` does not look at."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def test_every_adapter_conforms():
    found = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", str(HERE / "conforms.py")],
        cwd=HERE.parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr
