"""Permissions, and commands that can be renamed, are listed once; the commands that are there agree."""

import pytest

from bot.commands import commands
from bot.settings import ConfigError, Permission
from bot.settings.load import COMMANDS


def test_every_slash_command_can_be_renamed_and_nothing_else() -> None:
    assert set(COMMANDS) == set(commands())
    assert len(COMMANDS) == len(set(COMMANDS))


def test_every_permission_but_reading_is_a_key_of_the_configuration(loading) -> None:
    keys = [permission.value for permission in Permission if permission is not Permission.READ]
    listed = ", ".join(f"{key}: [U1]" for key in keys)
    assert loading(f"permissions: {{{listed}}}").settings.permissions == dict.fromkeys(keys, ("U1",))
    with pytest.raises(ConfigError, match="unknown key read"):
        loading("permissions: {read: [U1]}")


def test_a_permission_is_found_by_its_key_and_says_what_it_lets_do() -> None:
    assert Permission("hangup") is Permission.HANGUP
    assert str(Permission.HANGUP) == "hangup"
    assert [permission for permission in Permission if permission.open] == ["read", "call", "mark_numbers"]
    assert len({permission.words for permission in Permission}) == len(Permission)
