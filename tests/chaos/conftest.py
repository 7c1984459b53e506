"""The storm's own modules are found by their names, as when `storm.py` is run."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
