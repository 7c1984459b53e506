"""Every key with what people write for it that YAML reads otherwise: one sentence, its line, and nothing else hidden."""

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path as FilePath
from typing import Any

import pytest
import yaml

from bot.app.service import catalogue
from bot.settings import ConfigError, Loaded, Problem, load
from bot.settings.account_keys import account_table
from bot.settings.alert_keys import alert_table
from bot.settings.shapes import ListShape, MapShape, ScalarShape, Shape, table_of
from bot.settings.sources import Configuration
from bot.settings.tree import Path, dotted

VENDORS, WATCHES = catalogue()
SECRET = "0123456789abcdef0123"
OPEN = {"agents": "U0123456789", "paths": "MOR-3", "hash_order": "MOR-4"}
HERE = "PUT-IT-HERE"

# What is written, and the sign that is named. None: it is blank, which each kind of key says in its own words.
SPECIALS = [
    ("#x", "#"),
    ("@here", "@"),
    ("!here", "!"),
    ("*base", "*"),
    ("&base", "&"),
    ("%x", "%"),
    ("`x`", "`"),
    ("' '", None),
]


def places(shape: Shape, path: Path = ()) -> Iterator[Path]:
    """Every place of one value below a shape."""
    if isinstance(shape, ScalarShape):
        yield path
    elif isinstance(shape, ListShape):
        yield from places(shape.item, (*path, 0))
    else:
        for key, under in shape.fields.items():
            yield from places(under, (*path, key))
        if shape.open is not None:
            yield from places(shape.open, (*path, OPEN.get(str(path[-1]), "words")))


def everywhere() -> Iterator[Path]:
    top = {key: shape for key, shape in table_of(Configuration).fields.items() if key not in {"accounts", "alerts"}}
    yield from places(MapShape(top))
    for vendor in VENDORS:
        yield from places(account_table(vendor, VENDORS), ("accounts", vendor))
    for index, watch in enumerate(WATCHES):
        yield from places(alert_table(watch, WATCHES), ("alerts", index))


PLACES = list(everywhere())


RULES = {"balance": {"below": "5"}, "queue_wait": {"longest_wait_above": "60s"}}


def base(vendors: Sequence[str] = tuple(VENDORS), watches: Sequence[str] = tuple(WATCHES)) -> dict[str, Any]:
    """A configuration with these vendors, momvoip among them, and these watches."""
    return {
        "slack": {
            "bot_token": f"xoxb-{SECRET}",
            "app_token": f"xapp-{SECRET}",
            "channel": "C0123456789",
            "signing_secret": SECRET,
        },
        "accounts": {
            slug: {
                "provider": slug,
                **{
                    name: {"base_url": "https://pbx.example.com", "user_id": "17"}.get(name, SECRET)
                    for name, key in VENDORS[slug].settings.model_fields.items()
                    if key.is_required()
                },
            }
            for slug in vendors
        },
        "agents": {"U0123456789": {"account": "momvoip", "agent": "1"}},
        "alerts": [
            {"name": f"a{index}", "watch": watch, **RULES.get(watch, {})} for index, watch in enumerate(watches)
        ],
    }


def smallest(path: Path) -> tuple[dict[str, Any], Path]:
    """The configuration that the key needs around it, and where the key is there."""
    match path:
        case ["accounts", str(vendor), *_]:
            return base(tuple({"momvoip": 1, vendor: 1}), ()), path
        case ["alerts", int(index), *rest]:
            return base(("momvoip",), (list(WATCHES)[index],)), ("alerts", 0, *rest)
    return base(("momvoip",), ()), path


def put(tree: Any, path: Path) -> None:
    for step, following in itertools.pairwise(path):
        if isinstance(tree, list):
            while len(tree) <= int(step):
                tree.append({})
        elif step not in tree:
            tree[step] = [] if isinstance(following, int) else {}
        tree = tree[step]
    if isinstance(tree, list):
        tree.append(HERE)
    else:
        tree[path[-1]] = HERE


def told(file: FilePath, text: str) -> tuple[list[Problem], Loaded | None]:
    file.write_text(text, encoding="utf-8")
    try:
        loaded = load(file, {}, VENDORS, WATCHES)
    except ConfigError as error:
        return error.problems, None
    return list(loaded.warnings), loaded


def written(path: Path, special: str, *, flow: bool) -> tuple[Path, str, int]:
    tree, path = smallest(path)
    put(tree, path)
    text = yaml.safe_dump(tree, default_flow_style=False, sort_keys=False, width=1000)
    if flow:  # each top-level key in a line of its own
        text = "".join(
            f"{key}: {yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=9999).strip()}\n".replace(
                "\n...", ""
            )
            for key, value in tree.items()
        )
    line = text[: text.index(HERE)].count("\n") + 1
    return path, text.replace(HERE, special), line


def test_there_are_as_many_places_as_the_reference_has_keys() -> None:
    assert len(PLACES) > 100
    assert {("slack", "channel"), ("alerts", 0, "mention", 0), ("accounts", "mor", "password"), ("store",)} <= set(
        PLACES
    )


def test_what_the_places_are_put_into_has_no_mistake(tmp_path: FilePath) -> None:
    assert told(tmp_path / "r.yaml", yaml.safe_dump(base()))[1] is not None


@pytest.mark.parametrize("flow", [False, True])
@pytest.mark.parametrize(("special", "sign"), SPECIALS)
def test_each_is_one_sentence_with_its_line_and_hides_nothing(
    tmp_path: FilePath, special: str, sign: str | None, flow: bool
) -> None:
    wrong: list[str] = []
    for place in PLACES:
        path, text, line = written(place, special, flow=flow)
        problems, loaded = told(tmp_path / "r.yaml", text)
        mine = [one for one in problems if one.key == dotted(path) and one.line == line]
        if len(mine) != 1 or (sign is not None and f"begins with {sign}" not in f"{mine[0].text} {mine[0].hint}"):
            wrong.append(f"{dotted(place)}: {[str(one) for one in problems]}")
        elif loaded is None and not any(one.key == "zzz" for one in told(tmp_path / "r.yaml", f"{text}zzz: 1\n")[0]):
            wrong.append(f"{dotted(place)} hides zzz")
    assert not wrong, "\n".join(wrong)


ALERT = f"""\
slack: {{bot_token: xoxb-{SECRET}, app_token: xapp-{SECRET}, channel: C0123456789}}
accounts:
  sales: {{provider: momvoip, api_key: {SECRET}}}
alerts:
  - name: low
    watch: balance
"""


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("channel: #x", ['7: alerts[1].channel: it begins with #, which is a comment in YAML; put it in quotes: "#x"']),
        ("mention: [!here]", ['7: alerts[1].mention[1]: it begins with !, which is a tag in YAML; put it in quotes: "!here"']),
        ("mention: @here", ['7: alerts[1].mention: it begins with @, which is kept for later in YAML; put it in quotes: ["@here"]']),
        ("mention: [#a, @b]", [
            '7: alerts[1].mention[1]: it begins with #, which is a comment in YAML; put it in quotes: "#a"',
            '7: alerts[1].mention[2]: it begins with @, which is kept for later in YAML; put it in quotes: "@b"',
        ]),
        ("mention:\n    - #a", ['8: alerts[1].mention[1]: it begins with #, which is a comment in YAML; put it in quotes: "#a"']),
        ("<<: *base", ["7: alerts[1]: YAML's << is not followed; write the keys of the other map out here"]),
        ("hours: never\n    severity: bad\n    channl: x", [
            '7: alerts[1].hours: found \'never\'; "never" is no day: the days are mon, tue, wed, thu, fri, sat, sun',
            "8: alerts[1].severity: found 'bad'; allowed: info, warning or critical",
            "9: alerts[1].channl: unknown key channl; did you mean channel?",
        ]),
        ("hours: never\n    for: x\n    accounts: [slaes]", [
            '7: alerts[1].hours: found \'never\'; "never" is no day: the days are mon, tue, wed, thu, fri, sat, sun',
            "8: alerts[1].for: found 'x'; write a duration such as 15s, 5m, 2h or 1d",
            "9: alerts[1].accounts[1]: found 'slaes'; did you mean sales?",
        ]),
    ],
)  # fmt: skip
def test_all_of_an_alert_is_told_at_once(tmp_path: FilePath, keys: str, said: list[str]) -> None:
    file = tmp_path / "r.yaml"
    problems, _ = told(file, f"{ALERT}    {keys}\n    below: 5\n")
    assert [str(one).removeprefix(f"{file}:") for one in problems] == said


def test_a_misspelt_key_is_told_whatever_another_rule_says(tmp_path: FilePath) -> None:
    file = tmp_path / "r.yaml"
    problems, _ = told(file, f"{ALERT}    bellow: 50\n    clear_above: 60\n")
    assert [str(one).removeprefix(f"{file}:") for one in problems] == [
        "7: alerts[1].bellow: unknown key bellow; did you mean below?"
    ]
    problems, _ = told(file, f"{ALERT}    bellow: 50\n    clear_above: 40\n    severty: info\n")
    assert [str(one).removeprefix(f"{file}:") for one in problems] == [
        "7: alerts[1].bellow: unknown key bellow; did you mean below?",
        "8: alerts[1].clear_above: found '40'; it must be above below, 50",
        "9: alerts[1].severty: unknown key severty; did you mean severity?",
    ]


def test_what_several_keys_come_to_is_told_beside_a_wrong_one(tmp_path: FilePath) -> None:
    file = tmp_path / "r.yaml"
    mor = "base_url: https://m.example.com, username: u, password: p, user_id: 17, api: billing, currency: US"
    problems, _ = told(
        file, ALERT.replace("alerts:", f"  wholesale: {{provider: mor, {mor}, usernam: x}}\nalerts:") + "    below: 5\n"
    )
    assert [str(one).removeprefix(f"{file}:") for one in problems] == [
        "4: accounts.wholesale: api: billing needs api_secret, MOR's API secret key.",
        "4: accounts.wholesale.currency: found 'US'; a currency is three letters, such as USD",
        "4: accounts.wholesale.usernam: unknown key usernam; did you mean username?",
    ]


def test_names_of_commands_are_compared_beside_other_mistakes(tmp_path: FilePath) -> None:
    tree = base()
    tree["timezone"] = "Mars"
    tree["slack"]["commands"] = {"call": "pbx", "agents": "B?"}
    keys = [one.key for one in told(tmp_path / "r.yaml", yaml.safe_dump(tree))[0]]
    assert keys.count("slack.commands.call") == 1
    assert {"timezone", "slack.commands.agents"} <= set(keys)


@pytest.mark.parametrize(
    "text",
    [
        "http: # where\n  port: 3001\n",
        "http: #where\n  port: 3001\n",
        "http:\n  port: 3001 #x\n",
        "http: {port: 3001} #x\n",
        "http: {host: 127.0.0.1, #here\n  port: 3001}\n",
        "#x\nhttp: &one\n  port: 3001\n",
        "http: {port: !!str 3001}\n",
    ],
)
def test_what_yaml_allows_is_read_as_yaml_reads_it(tmp_path: FilePath, text: str) -> None:
    warnings, loaded = told(tmp_path / "r.yaml", yaml.safe_dump(base()) + text)
    assert loaded is not None
    assert (loaded.settings.http.port, warnings) == (3001, [])


def test_an_alias_is_followed(tmp_path: FilePath) -> None:
    _, loaded = told(tmp_path / "r.yaml", yaml.safe_dump(base()) + "timezone: &zone Europe/Kyiv\nhttp: {host: *zone}\n")
    assert loaded is not None
    assert loaded.settings.http.host == "Europe/Kyiv"


def test_a_comment_in_a_keys_place_is_a_warning_and_the_key_has_no_value(tmp_path: FilePath) -> None:
    (warning,), loaded = told(tmp_path / "r.yaml", "calls: {region: UA}\n" + yaml.safe_dump(base()) + "history: #30d\n")
    assert loaded is not None
    assert str(warning).endswith(
        "history: it begins with #, which is a comment in YAML; "
        "so the key has no value: put it in quotes, or a space behind the #"
    )
    assert "30d" not in str(warning)


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ('a: 1\nb: "x\nc: 1\n', 2, "a quote is opened here and never closed"),
        (
            "a: 1\nb: [x\nc: 1\n",
            2,
            "a bracket is opened here and not closed; what begins with # inside it goes in quotes",
        ),
        ("a: 1\nb: {\n", 2, "a bracket is opened here and never closed"),
        ("a:\n\tb: 1\n", 2, "a line is indented by a tab: use spaces"),
        ("a: b: c\n", 1, "a colon and a space stand in a value, which then goes in quotes, or a line is not indented"),
        ("a: - b\n", 1, "the entries of a list stand on lines of their own, below their key"),
    ],
)
def test_what_stops_the_reading_is_told_in_plain_words_after_what_was_found(
    tmp_path: FilePath, text: str, line: int, why: str
) -> None:
    (problem,), _ = told(tmp_path / "r.yaml", text)
    assert (problem.line, problem.text) == (line, "this is no YAML")
    assert problem.hint.startswith(why)
    first, second = told(tmp_path / "r.yaml", f"x: @CANARY\n{text}")[0]
    assert (first.line, first.text) == (1, "a value: it begins with @, which is kept for later in YAML")
    assert second.line == line + 1
    assert "CANARY" not in str(first)
