"""What the embedded server keeps and knows is ours alone, whoever made the data directory."""

import pytest

from bot.store import Store, StoreError
from bot.store.embedded import EmbeddedServer


async def test_what_it_writes_is_readable_by_nobody_else(tmp_path, clock):
    tmp_path.chmod(0o755)
    async with EmbeddedServer(tmp_path) as url:
        store = await Store.connect(url, clock=clock)
        await store.put_pending("t", {"number": "+12025550177"}, clock() - clock())
        await store.close()
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert any(b"12025550177" in path.read_bytes() for path in files)
        for path in files:
            if path.name != "store.address":
                assert not path.stat().st_mode & 0o077, path


async def test_it_is_not_given_what_our_environment_holds(tmp_path, monkeypatch):
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-canary")
    seen = tmp_path / "seen"
    binary = tmp_path / "valkey-server"
    binary.write_text(f'#!/bin/sh\ncase "$1" in --version) echo "Redis server v=7.2.4";; *) env > {seen};; esac\n')
    binary.chmod(0o755)
    with pytest.raises(StoreError, match="did not start"):
        await EmbeddedServer(tmp_path / "data", binary=binary).start()
    assert "PATH=" in seen.read_text()
    assert "canary" not in seen.read_text()
