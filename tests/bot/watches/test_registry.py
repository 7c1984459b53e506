"""What is found in the folder."""

from bot.watches.registry import watches


def test_it_finds_every_watch_by_its_name():
    assert {"balance", "number_spam", "agent_offline", "account_down"} <= set(watches())
    assert all(name == watch.name for name, watch in watches().items())


def test_it_has_watches_that_say_what_they_need():
    for watch in watches().values():
        assert bool(watch.kinds) == (watch.name != "account_down")
