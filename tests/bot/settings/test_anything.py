"""Whatever stands in the file or in a variable: a configuration, or a list of mistakes."""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.settings import ConfigError, load

KEYS = st.sampled_from(
    [
        "timezone",
        "store",
        "history",
        "http",
        "port",
        "slack",
        "bot_token",
        "app_token",
        "channel",
        "commands",
        "poll",
        "agents",
        "accounts",
        "sales",
        "provider",
        "base_url",
        "api_key",
        "rate_limit",
        "webhook_token",
        "U1234",
        "account",
        "agent",
        "permissions",
        "call",
        "calls",
        "region",
        "countries",
        "blocked",
        "alerts",
        "name",
        "watch",
        "below",
        "clear_above",
        "groups",
        "hours",
        "holidays",
        "for",
        "repeat",
        "mention",
        "escalate",
        "after",
        "heartbeat",
        "url",
        "every",
        "<<",
    ]
)
WORDS = st.sampled_from(
    [
        "momvoip",
        "voicenter",
        "balance",
        "number_spam",
        "agent_offline",
        "queue_wait",
        "sales",
        "5m",
        "0s",
        "off",
        "#a",
        "C1234",
        "1",
        "-1",
        "UA",
        "USD",
        "100/15m",
        "${X}",
        "${X:-}",
        "$${",
        "${",
        "mon-fri",
        "-",
    ]
) | st.text(max_size=5)
TREES = st.recursive(
    WORDS | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=25,
)
SECTIONS = st.dictionaries(KEYS, TREES, max_size=8)
VARIABLES = st.dictionaries(
    st.lists(KEYS, min_size=1, max_size=4).map(lambda keys: "RINGWATCH_" + "__".join(keys).upper()),
    TREES.map(json.dumps) | WORDS.map(lambda word: word.replace("\x00", "")),
    max_size=4,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=300)
@given(SECTIONS, VARIABLES)
def test_it_is_a_configuration_or_a_list_of_mistakes(
    tmp_path: Path,
    vendors: Mapping[str, Any],
    watches: Mapping[str, Any],
    tree: dict[str, Any],
    environ: dict[str, str],
) -> None:
    file = tmp_path / "ringwatch.yaml"
    file.write_text(json.dumps(tree), encoding="utf-8")  # JSON is YAML
    with suppress(ConfigError):
        load(file, environ, vendors, watches)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=300)
@given(st.binary(max_size=60) | st.text(alphabet="a: -[]{},\n\t'\"&*!|>#%@`${}?", max_size=40).map(str.encode))
def test_no_bytes_break_it(
    tmp_path: Path, vendors: Mapping[str, Any], watches: Mapping[str, Any], content: bytes
) -> None:
    file = tmp_path / "ringwatch.yaml"
    file.write_bytes(content)
    with suppress(ConfigError):
        load(file, {}, vendors, watches)
