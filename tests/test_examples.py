"""The example of a vendor is a package that can be built, and Ringwatch finds it by its entry point alone."""

import os
import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parent.parent / "examples" / "vendor-acme"


def run(*command: str, **environ: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=EXAMPLE, env={**os.environ, **environ}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_vendor_is_found_where_its_wheel_is_installed(tmp_path: Path) -> None:
    run("hatchling", "build", "--target", "wheel", "--directory", str(tmp_path))
    (wheel,) = tmp_path.glob("ringwatch_acme-*.whl")
    run("pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(tmp_path / "site"), str(wheel))
    assert (tmp_path / "site" / "ringwatch_acme" / "QUIRKS.md").exists()
    asked = tmp_path / "asked.py"
    asked.write_text(
        "from providers.registry import vendors\nfound = vendors()\nprint(found['acme'].title, found.problems)\n"
    )
    assert run("asked", PYTHONPATH=f"{tmp_path / 'site'}{os.pathsep}{tmp_path}") == "Acme ()\n"
