"""The tokens of the read API: each client has one of its own."""

import pytest

from bot.settings import ConfigError, load
from bot.settings.secret_values import secrets_of
from bot.watches.registry import watches
from providers.registry import vendors

BASE = "slack: {bot_token: xoxb-bot, app_token: xapp-app}\n"
TOKEN = "0123456789abcdef-of-grafana"


@pytest.fixture
def read(tmp_path):
    def loaded(text, **variables):
        path = tmp_path / "ringwatch.yaml"
        path.write_text(BASE + text, encoding="utf-8")
        return load(path, variables, vendors(), watches())

    return loaded


def test_without_the_section_there_is_no_api(read):
    assert read("").settings.api is None


def test_each_client_has_its_token_and_none_is_logged(read):
    settings = read(f"api: {{tokens: {{grafana: {TOKEN}, my-claude: {TOKEN}2}}}}").settings
    assert {name: token.get_secret_value() for name, token in settings.api.tokens.items()} == {
        "grafana": TOKEN,
        "my-claude": f"{TOKEN}2",
    }
    assert {TOKEN, f"{TOKEN}2"} <= set(secrets_of(settings))
    assert TOKEN not in repr(settings)


def test_the_environment_gives_one_too(read):
    loaded = read("api: {tokens: {my-claude: x}}", RINGWATCH_API__TOKENS__MY_CLAUDE=TOKEN)
    assert loaded.settings.api.tokens["my-claude"].get_secret_value() == TOKEN
    loaded = read("", RINGWATCH_API__TOKENS__GRAFANA=TOKEN)
    assert loaded.settings.api.tokens["grafana"].get_secret_value() == TOKEN


@pytest.mark.parametrize(
    ("keys", "key", "said"),
    [
        (f"{{a: {TOKEN}, b: {TOKEN}}}", "api.tokens.b", "it is the token of a too"),
        ("{a: '  '}", "api.tokens.a", "it is blank"),
        ("{Grafana: x}", "api.tokens.Grafana", "found"),
        ("[x]", "api.tokens", "found"),
    ],
)
def test_a_mistake_is_told_at_its_key(read, keys, key, said):
    with pytest.raises(ConfigError) as error:
        read(f"api: {{tokens: {keys}}}")
    (problem,) = error.value.problems
    assert problem.key == key
    assert said in problem.text


def test_a_short_one_is_a_warning(read):
    (warning,) = [one for one in read("api: {tokens: {a: short}}").warnings if one.key == "api.tokens.a"]
    assert "can be guessed" in warning.hint


@pytest.mark.parametrize("keys", ["{}", "{tokens: {}}"])
def test_without_a_token_nobody_can_read_which_is_a_warning(read, keys):
    (warning,) = [one for one in read(f"api: {keys}").warnings if one.key == "api"]
    assert str(warning).endswith("it has no tokens, so nobody can read it; give each client one: tokens: {grafana: …}")
