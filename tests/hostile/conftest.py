"""What the hostile tests share. The modules beside this one are no package: they are found by this path."""

import sys
from pathlib import Path

import pytest

from tools.operations_page import ROWS

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))


@pytest.fixture(scope="session")
def operations():
    """The rows of docs/operations.md."""
    return ROWS


@pytest.fixture
def store_url(redis_servers):
    """An empty store server."""
    server = redis_servers("bundled")
    server.flush()
    return str(server.url)


@pytest.fixture
async def town(tmp_path, store_url, running_clock):
    """The world outside, and no service yet."""
    from hostile_town import Town

    made = await Town(tmp_path, store_url, running_clock).build()
    yield made
    await made.close()
