"""A card as Block Kit: never above a limit, never a mark that somebody else wrote."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.cards import (
    Button,
    Card,
    Channel,
    Chart,
    Confirm,
    Customer,
    Figure,
    Link,
    Menu,
    Person,
    Row,
    Section,
    Series,
    Style,
    Table,
    Text,
    Tone,
    UserGroup,
    When,
)
from bot.demo.slack.validation import check_blocks
from bot.slack.blocks import render
from bot.slack.blocks_data import TYPES
from bot.slack.blocks_text import Eyes, clean, escape, full, masked, mention, mrkdwn

PUBLIC, PRIVATE = Eyes(public=True, region="UA"), Eyes(public=False, region="UA")
AT = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)

nasty = st.sampled_from(
    [
        "<!channel>",
        "<@U123>",
        "*bold*",
        "_it_",
        "`x`",
        "~s~",
        "&lt;!here&gt;",
        "a\nb",
        "\u202eevil",
        "\ud800",
        "```",
    ]
)
words = st.one_of(nasty, st.text(max_size=60), st.text(min_size=200, max_size=4000), st.lists(nasty).map("".join))
numbers = st.one_of(words, st.from_regex(r"\+?[0-9]{3,15}", fullmatch=True))
part = st.one_of(
    words,
    st.builds(Text, words, st.booleans()),
    st.builds(Customer, numbers),
    st.builds(Figure, words, st.floats(allow_nan=False, allow_infinity=False)),
    st.builds(When, st.datetimes(timezones=st.just(UTC))),
    st.builds(Person, st.one_of(words, st.just("U0123456789"))),
    st.builds(Channel, st.one_of(words, st.just("C0123456789"))),
    st.builds(UserGroup, st.one_of(words, st.just("S0123456789"))),
    st.builds(Link, st.one_of(words, st.just("https://example.com/a?b=1&c=<2>|")), words),
)
line = st.one_of(part, st.lists(part, max_size=6).map(tuple))
confirm = st.builds(Confirm, words, words, words, words)
button = st.builds(
    Button,
    st.sampled_from(["acknowledge", "mark_number"]),
    words,
    st.one_of(st.just(""), st.text("ab", max_size=2600)),
    st.sampled_from(Style),
    st.one_of(st.none(), confirm),
)
menu = st.builds(
    Menu,
    st.just("snooze"),
    words,
    st.lists(st.tuples(words, st.text("ab", max_size=200)), max_size=120).map(tuple),
)
control = st.one_of(button, menu)
section = st.builds(
    Section, st.lists(st.builds(Row, line, st.one_of(st.none(), control)), max_size=70).map(tuple), words
)
table = st.builds(
    Table,
    st.lists(words, max_size=4).map(tuple),
    st.lists(st.lists(part, max_size=4).map(tuple), max_size=40).map(tuple),
)
even_table = st.integers(1, 4).flatmap(
    lambda n: st.builds(
        Table,
        st.lists(words, min_size=n, max_size=n).map(tuple),
        st.lists(st.lists(part, min_size=n, max_size=n).map(tuple), max_size=40).map(tuple),
        words,
    )
)
values = st.lists(st.floats(-1e9, 1e9), max_size=30).map(tuple)
chart = st.builds(
    Chart,
    words,
    st.lists(words, max_size=30).map(tuple),
    st.lists(st.builds(Series, words, values), max_size=8).map(tuple),
)
card = st.builds(
    Card,
    line,
    st.sampled_from(Tone),
    st.lists(st.one_of(section, table, even_table, chart), max_size=4).map(tuple),
    st.lists(line, max_size=12).map(tuple),
    st.lists(control, max_size=30).map(tuple),
)

OURS = re.compile(
    r"<@[UW][A-Z0-9]+>|<#[A-Z0-9]+>|<!subteam\^S[A-Z0-9]+>|<!(?:here|channel|everyone)>"
    r"|<!date\^-?\d+\^[^|<>]*\|[^<>|]*>|<(?:https?|slack)://[^<>|]*\|[^<>|]*>"
)


def texts(value):
    if isinstance(value, dict):
        if value.get("type") in {"mrkdwn", "plain_text"} and "text" in value:
            yield value
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def elements(blocks):
    for block in blocks:
        yield from block.get("elements", [])
        if "accessory" in block:
            yield block["accessory"]


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(card, st.booleans())
def test_it_keeps_every_limit_for_any_card(given_card, public):
    rendered = render(given_card, Eyes(public=public, region="UA"), mentions=("!here", "x"), block_id="row-1")
    blocks = rendered.blocks
    assert 1 <= len(blocks) <= 50
    assert len(json.dumps([one for one in blocks if one["type"] not in TYPES], ensure_ascii=False)) <= 12_000
    assert check_blocks([one for one in blocks if one["type"] in TYPES], "message") == []
    assert len(rendered.text) <= 4_000
    assert blocks[0]["block_id"] == "row-1"
    json.dumps({"text": rendered.text, "blocks": blocks}).encode()
    rendered.text.encode()
    for text in texts(blocks):
        assert 1 <= len(text["text"]) <= 3_000
    pressable = [e for e in elements(blocks) if "action_id" in e]
    assert len({e["action_id"] for e in pressable}) == len(pressable)
    for element in pressable:
        if element["type"] == "button":
            assert len(element["text"]["text"]) <= 75
            assert len(element.get("value", "")) <= 2_000
            asked = element.get("confirm")
            if asked:
                assert len(asked["title"]["text"]) <= 100
                assert len(asked["text"]["text"]) <= 300
                assert len(asked["confirm"]["text"]) <= 30
                assert len(asked["deny"]["text"]) <= 30
        else:
            assert 1 <= len(element["options"]) <= 100
            assert all(len(o["value"]) <= 150 and len(o["text"]["text"]) <= 75 for o in element["options"])
    for block in blocks:
        assert len(block.get("elements", [])) <= 25
        if block["type"] == "context":
            assert len(block["elements"]) <= 10


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(card, st.booleans())
def test_it_lets_no_mark_through_that_is_not_ours(given_card, public):
    rendered = render(given_card, Eyes(public=public, region="UA"))
    for text in [rendered.text, *(t["text"] for t in texts(rendered.blocks) if t["type"] == "mrkdwn")]:
        left = OURS.sub("", text)
        assert "<" not in left
        assert ">" not in left
        assert not re.search(r"&(?!amp;|lt;|gt;)", left)
        assert "<!channel>" not in text
        assert "<!here>" not in text
    for text in texts(rendered.blocks):
        if text["type"] == "plain_text":
            assert "<" not in text["text"]


def test_it_shows_what_a_vendor_named_channel_as_plain_words():
    rendered = render(Card(verdict=("Call from ", "<!channel>"), body=(Section((Row("*_~`<@U1>`~_*"),)),)), PUBLIC)
    assert "&lt;!channel&gt;" in rendered.text
    shown = rendered.blocks[1]["text"]["text"]
    assert "&lt;@U1&gt;" in shown
    assert not set("*~`") & set(shown)
    assert all(block["text"]["verbatim"] is True for block in rendered.blocks)


def test_it_says_how_bad_it_is_in_a_word_and_a_sign():
    head = render(Card("The balance is low.", Tone.CRITICAL), PUBLIC).blocks[0]["text"]["text"]
    assert head.startswith(":rotating_light: *Critical*")
    assert "*The balance is low.*" in head
    assert render(Card("The balance is low.", Tone.WARNING), PUBLIC).text == "Warning: The balance is low."


def test_it_counts_what_it_leaves_out():
    rows = tuple(Row(f"number {n}", Button("mark_number", "Mark as spam", f"v{n}")) for n in range(200))
    rendered = render(Card("Numbers", body=(Section(rows, "All"), Section((Row("last"),)))), PUBLIC)
    shown = sum("accessory" in block for block in rendered.blocks)
    assert shown > 20
    assert rendered.blocks[-1]["text"]["text"] == f"… and {200 - shown + 1} more"


def test_it_keeps_the_buttons_whatever_else_does_not_fit():
    rows = tuple(Row("x" * 500) for _ in range(300))
    controls = (Button("acknowledge", "Acknowledge", "i1"), Menu("snooze", "Snooze", (("2 hours", "i1 2h"),)))
    last = render(Card("Many", body=(Section(rows),), controls=controls), PUBLIC).blocks[-1]
    assert [e["action_id"] for e in last["elements"]] == ["acknowledge", "snooze"]
    assert last["elements"][1]["placeholder"]["text"] == "Snooze"


def test_it_drops_a_button_whose_value_would_have_to_be_cut():
    rendered = render(Card("x", controls=(Button("a", "A", "v" * 2001), Button("b", "B", "v" * 2000))), PUBLIC)
    assert [e["action_id"] for e in rendered.blocks[-1]["elements"]] == ["b"]


def sample(rows, **over):
    return Card("x", body=(Table(("Agent", "Calls", "Since"), rows, "Today"),), **over)


ANNA = ("Anna <b>", Figure("12", 12), When(AT))


def test_a_few_rows_are_slacks_table_with_figures_to_the_right():
    shown = render(sample((ANNA, ("Bob", Figure("7", 7), ""))), PUBLIC)
    assert shown.has_data
    assert shown.blocks[1]["text"]["text"] == "*Today*"
    table = shown.blocks[2]
    assert table["type"] == "table"
    assert [one["align"] for one in table["column_settings"]] == ["left", "right", "left"]
    assert table["rows"][1] == [
        {"type": "raw_text", "text": "Anna ‹b›"},
        {"type": "raw_number", "text": "12", "value": 12},
        {"type": "raw_text", "text": "14:05 UTC"},
    ]
    assert table["rows"][2][2]["text"] == "–", "an empty cell is no empty text, which Slack refuses"
    assert "Anna &lt;b&gt; · 12 · 14:05 UTC" in shown.text


def test_from_twenty_rows_on_it_is_a_table_to_be_sorted_and_text_names_the_first_twenty():
    rows = tuple((f"Agent {n}", Figure(str(n), n), "") for n in range(19))
    assert render(sample(rows), PUBLIC).blocks[2]["type"] == "table"
    shown = render(sample((*rows, ANNA, ANNA, ANNA)), PUBLIC)
    assert shown.blocks[2]["type"] == "data_table"
    assert len(shown.blocks[2]["rows"]) == 23
    assert "Agent 18" in shown.text
    assert "… and 2 more rows" in shown.text


def test_what_does_not_fit_into_a_table_is_counted_and_what_follows_is_still_there():
    rows = tuple((f"Agent {n}", Figure(str(n), n), "x") for n in range(300))
    card = Card("x", body=(Table(("Agent", "Calls", "Since"), rows, "Today"), Section((Row("cannot tell"),))))
    shown = render(card, PUBLIC)
    assert len(shown.blocks[2]["rows"]) == 201
    assert "… and 100 more rows" in str(shown.blocks)
    assert "cannot tell" in str(shown.blocks[3:])


def test_where_slack_refuses_tables_it_is_a_list_with_the_same_words():
    chart = Chart("Money", ("12:00", "13:00"), (Series("USD", (1.0, 2.0)),), gap="11:00 was not seen.")
    card = sample((ANNA,))
    shown = render(replace(card, body=(*card.body, chart)), PUBLIC, data=False)
    assert not shown.has_data
    assert "• Anna &lt;b&gt; · 12 · <!date^1795183500^{time}|14:05 UTC>" in str(shown.blocks)
    assert "11:00 was not seen." in str(shown.blocks)


def test_a_course_is_slacks_chart_and_says_what_it_leaves_out():
    chart = Chart("Money", ("12:00", "13:00"), (Series("USD", (1.0, 2.0)),), "USD", gap="11:00 was not seen.")
    shown = render(Card("x", body=(chart, chart, chart)), PUBLIC)
    charts = [one for one in shown.blocks if one["type"] == "data_visualization"]
    assert len(charts) == 2, "Slack takes two a message"
    points = [{"label": "12:00", "value": 1.0}, {"label": "13:00", "value": 2.0}]
    assert charts[0]["chart"]["series"][0]["data"] == points
    assert "11:00 was not seen." in shown.text
    assert not render(Card("x", body=(replace(chart, categories=("a", "a")),)), PUBLIC).has_data


def test_a_second_table_stands_as_a_list():
    card = sample((ANNA,))
    shown = render(replace(card, body=card.body * 2), PUBLIC)
    assert [one["type"] for one in shown.blocks].count("table") == 1
    assert "• Anna" in str(shown.blocks)


def test_it_states_times_in_plain_words_on_a_lock_screen():
    shown = render(Card("Low", context=(("since ", When(AT)), ("day ", When(AT, "day")))), PUBLIC)
    assert "<!date" not in shown.text
    assert "since 14:05 UTC" in shown.text
    assert "<!date" in str(shown.blocks)


def test_it_masks_a_customer_for_others_and_on_every_lock_screen():
    shown = Card(("From ", Customer("+442079460123")))
    private = render(shown, PRIVATE)
    assert "+44 20 7946 0123" in private.blocks[0]["text"]["text"]
    assert "7946" not in private.text
    public = render(shown, PUBLIC).blocks[0]["text"]["text"]
    assert "+44 " in public
    assert "123" in public
    assert "7946" not in public


@pytest.mark.parametrize(
    ("number", "region", "expected"),
    [
        ("+442079460123", None, "+44 •• •••• •123"),
        ("380501234567", "UA", "+380 •• ••• •567"),
        ("0501234567", "UA", "+380 •• ••• •567"),
        ("1001", None, "••01"),
        ("anonymous", None, "anonymous"),
        ("", None, ""),
    ],
)
def test_it_masks_the_middle(number, region, expected):
    assert masked(number, region) == expected


@pytest.mark.parametrize(
    ("number", "region", "shown"),
    [
        ("0508765493", "IL", "+972 50-876-5493"),
        ("0412345678", "AU", "+61 412 345 678"),
        ("0508765493", None, "0508765493"),
        ("972508765493", "UA", "+972 50-876-5493"),
        ("675550123", "UA", "+380 67 555 0123"),
        ("442079460103", "UA", "+44 20 7946 0103"),
        ("0991", "UA", "0991"),
        ("00380671234567", "US", "+380 67 123 4567"),
    ],
)
def test_a_number_is_shown_as_the_account_that_tells_it_dials_it(number, region, shown):
    line = (Customer(number, region),)
    assert mrkdwn(line, Eyes(public=False, region=region and "UA"), limit=100) == shown
    assert full(number, region) == shown


@given(st.from_regex(r"\+?[0-9]{7,15}", fullmatch=True), st.sampled_from([None, "UA", "IL", "US"]))
def test_it_never_shows_a_whole_number_masked(number, region):
    digits = re.sub(r"\D", "", number)
    hidden = masked(number, region)
    assert digits not in re.sub(r"\D", "", hidden)
    assert hidden.count("•") >= 4
    assert digits[-4:] in re.sub(r"\D", "", full(number, region))


@given(words)
def test_it_escapes_so_that_slack_shows_what_stands_there(text):
    shown = escape(text, 5000)
    back = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").replace(":\u2060", ":")
    wanted = clean(text)[:4999].replace(":\u2060", ":")  # what keeps an emoji's code from being one is not seen
    assert back[:4999].translate(str.maketrans("∗∼ˋˍ", "*~`_")) == wanted.translate(str.maketrans("∗∼ˋˍ", "*~`_"))


@given(words, words)
def test_it_keeps_underscores_inside_words_alone(one, other):
    assert "a_b" in mrkdwn(f"{one} a_b", PUBLIC, limit=9000) or len(one) > 590
    assert not re.search(r"(?:^|\W)_\w", escape(other))


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("!here", "<!here>"),
        ("@channel", "<!channel>"),
        ("U0123456789", "<@U0123456789>"),
        ("S0123456789", "<!subteam^S0123456789>"),
        ("U1><!here", ""),
        ("nobody", ""),
        ("C0123456789", ""),
    ],
)
def test_it_wakes_whom_it_is_told_and_nobody_else(who, expected):
    assert mention(who) == expected


def test_it_wakes_in_the_head_and_in_the_text():
    rendered = render(Card("Gone"), PUBLIC, mentions=("!here", "S0123456789"))
    assert rendered.text.endswith("<!here> <!subteam^S0123456789>")
    assert "<!here>" in rendered.blocks[0]["text"]["text"]


def test_it_tells_the_time_in_the_configured_zone_where_slack_cannot_in_the_readers():
    eyes = Eyes(zone=ZoneInfo("Europe/Kyiv"))
    rendered = render(Card(("Since ", When(AT), ", ", When(AT, "day"))), eyes)
    assert "Since 16:05 EET" in rendered.text
    assert "|Fri 20 Nov 16:05 EET>" in rendered.blocks[0]["text"]["text"]


@pytest.mark.parametrize(
    "name", [":fire:", "Max :+1: now", ":flag-ua:", ":100:", "a:smile:b", ":o:ok:", ":großes_bild:"]
)
def test_an_emojis_code_in_foreign_words_is_shown_as_text(name):
    for shown in (escape(name), str(render(Card(name, Tone.GOOD, controls=(Button("x", name),)), Eyes()).blocks)):
        assert name not in shown
        assert ":\u2060" in shown or "\\u2060" in shown


@pytest.mark.parametrize("words", ["12:30:45", "at 05:26:11", "2026-12-01T05:26:11", "one: two", "a::b", ":)"])
def test_a_time_of_day_is_no_emojis_code(words):
    assert escape(words) == words
