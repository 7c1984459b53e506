"""What the local Slack refuses in blocks and views."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.slack import LocalSlack
from bot.demo.slack.town import ALERTS
from bot.demo.slack.validation import BLOCKS, check_blocks, check_view


def text(words: str = "x", kind: str = "mrkdwn") -> dict[str, Any]:
    return {"type": kind, "text": words}


def section(**more: Any) -> dict[str, Any]:
    return {"type": "section", "text": text(), **more}


def button(**more: Any) -> dict[str, Any]:
    return {"type": "button", "action_id": "a", "text": text(kind="plain_text"), **more}


def actions(*elements: Any) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def menu(count: int) -> dict[str, Any]:
    options = [{"text": text(str(n), "plain_text"), "value": str(n)} for n in range(count)]
    return {"type": "static_select", "action_id": "m", "options": options}


def cells(*words: str) -> list[dict[str, str]]:
    return [{"type": "raw_text", "text": word} for word in words]


def chart(**more: Any) -> dict[str, Any]:
    return {"type": "data_visualization", "title": "t", "chart": {"type": "pie", **more}}


GOOD = [
    section(),
    section(fields=[text()] * 10, accessory=button()),
    actions(*[button(action_id=str(n)) for n in range(25)]),
    actions(menu(100)),
    {"type": "context", "elements": [text()] * 10},
    {"type": "header", "text": text("x" * 150, "plain_text")},
    {"type": "table", "rows": [cells("a", "b")] * 100},
    {"type": "data_table", "caption": "c", "rows": [cells("a"), cells("b")], "page_size": 10},
    chart(segments=[{"label": "a", "value": 1}]),
    {"type": "markdown", "text": "x" * 12_000},
    section(text=text("x" * 3000)),
    actions(
        button(
            value="v" * 2000,
            confirm={k: text(kind="plain_text") for k in ("title", "text", "confirm", "deny")},
        )
    ),
]

BAD = [
    ({"type": "nope"}, "/blocks/0/type"),
    ({"type": "section"}, "/blocks/0/type"),
    (section(text=text("x" * 3001)), "/blocks/0/text/text"),
    (section(text=text("")), "/blocks/0/text/text"),
    (section(text=text(kind="html")), "/blocks/0/text/type"),
    (section(fields=[text()] * 11), "/blocks/0/fields"),
    (section(fields=[text("x" * 2001)]), "/blocks/0/fields/0/text"),
    (section(surprise=1), "/blocks/0"),
    (section(block_id="b" * 256), "/blocks/0/block_id"),
    (actions(*[button(action_id=str(n)) for n in range(26)]), "/blocks/0/elements"),
    (actions(button(), button()), "/blocks/0/elements/1/action_id"),
    (actions(button(value="v" * 2001)), "/blocks/0/elements/0/value"),
    (actions(button(text=text("x" * 76, "plain_text"))), "/blocks/0/elements/0/text/text"),
    (actions(button(text=text())), "/blocks/0/elements/0/text/type"),
    (actions(button(action_id="a" * 256)), "/blocks/0/elements/0/action_id"),
    (actions(button(style="green")), "/blocks/0/elements/0/style"),
    (actions(button(confirm={"title": text(kind="plain_text")})), "/blocks/0/elements/0/confirm"),
    (actions({"type": "plain_text_input", "action_id": "a"}), "/blocks/0/elements/0/type"),
    (actions(menu(101)), "/blocks/0/elements/0/options"),
    (actions(menu(0)), "/blocks/0/elements/0/options"),
    (actions({**menu(1), "type": "overflow", "options": menu(6)["options"]}), "/blocks/0/elements/0/options"),
    ({"type": "context", "elements": [text()] * 11}, "/blocks/0/elements"),
    ({"type": "header", "text": text("x" * 151, "plain_text")}, "/blocks/0/text/text"),
    ({"type": "alert", "text": text()}, "/blocks/0/type"),
    ({"type": "markdown", "text": "x" * 12_001}, "/blocks/0/text"),
    ({"type": "table", "rows": [cells("a")] * 101}, "/blocks/0/rows"),
    ({"type": "table", "rows": [cells(*"abcdefghijklmnopqrstu")]}, "/blocks/0/rows/0"),
    ({"type": "data_table", "caption": "c", "rows": [cells("a")]}, "/blocks/0/rows"),
    ({"type": "data_table", "caption": "c", "rows": [cells("a", "b"), cells("c")]}, "/blocks/0/rows"),
    ({"type": "data_table", "rows": [cells("a"), cells("b")]}, "/blocks/0"),
    (chart(segments=[{"label": "a", "value": 0}]), "/blocks/0/chart/segments/0/value"),
    (chart(segments=[{"label": "x" * 21, "value": 1}]), "/blocks/0/chart/segments/0/label"),
    ({"type": "card", "actions": [button(action_id=str(n)) for n in range(4)]}, "/blocks/0/actions"),
    ({"type": "container", "child_blocks": [{"type": "data_table"}]}, "/blocks/0/child_blocks/0/type"),
    ({"type": "container", "child_blocks": [{"type": "data_table"}]}, "/blocks/0"),
    ({"type": "image", "alt_text": "a"}, "/blocks/0"),
    ({"type": "image", "alt_text": "a", "image_url": "https://e.example/a.png", "slack_file": {"id": "F1"}}, "/blocks/0"),
    ({"type": "file", "external_id": "a", "source": "remote"}, "/blocks/0/type"),
]  # fmt: skip


@pytest.mark.parametrize("block", GOOD, ids=lambda block: block["type"])
def test_it_takes_what_slack_takes(block: dict[str, Any]) -> None:
    assert check_blocks([block]) == []


@pytest.mark.parametrize(("block", "pointer"), BAD, ids=lambda value: str(value)[:40])
def test_it_names_what_slack_refuses(block: dict[str, Any], pointer: str) -> None:
    assert pointer in {problem.pointer for problem in check_blocks([block])}


def test_it_counts_blocks_and_their_names() -> None:
    assert check_blocks([section()] * 50) == []
    assert [p.pointer for p in check_blocks([section()] * 51)] == ["/blocks"]
    assert check_blocks([section()] * 51, "modal") == []
    twice = check_blocks([section(block_id="one"), section(block_id="one")])
    assert [p.pointer for p in twice] == ["/blocks/1/block_id"]
    three = [chart(segments=[{"label": "a", "value": 1}])] * 3
    assert [p.pointer for p in check_blocks(three)] == ["/blocks/2"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["type", "text", "elements", "element", "options", "rows", "chart", "confirm", "accessory",
                         "fields", "min_length", "max_length", "initial_value", "page_size", "option_groups",
                         "segments", "series", "value", "child_blocks", "actions"]),
        inner | st.sampled_from([*BLOCKS, "button", "static_select", "plain_text", "mrkdwn", "pie", "plain_text_input"]),
        max_size=5,
    ),
    max_leaves=20,
)  # fmt: skip


@given(JSON, st.sampled_from(["message", "modal", "home"]))
def test_it_survives_whatever_an_app_sends(blocks: Any, surface: str) -> None:
    problems = check_blocks(blocks, surface)
    assert isinstance(blocks, list) or problems


@given(JSON)
def test_it_survives_whatever_an_app_calls_a_view(view: Any) -> None:
    assert isinstance(check_view(view), list)


def test_it_checks_modals(form: dict[str, Any]) -> None:
    def pointers(**changed: Any) -> set[str]:
        return {problem.pointer for problem in check_view(form | changed)}

    plain = {"type": "plain_text"}
    assert pointers() == set()
    assert pointers(title=plain | {"text": "x" * 25}) == {"/view/title/text"}
    assert pointers(private_metadata="x" * 3001) == {"/view/private_metadata"}
    assert pointers(submit=None) == {"/view/submit"}
    assert pointers(blocks=[{"type": "table", "rows": [cells("a")]}]) == {"/view/blocks/0/type"}
    assert pointers(blocks=[{"type": "alert", "text": text()}]) == set()
    assert pointers(type="window") == {"/view/type"}


async def test_it_says_what_is_wrong_as_slack_does(slack: LocalSlack, client: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=ALERTS, text="x", blocks=[section(text=text("x" * 3001))])
    told = caught.value.response
    line = "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    assert (told["error"], told["errors"]) == ("invalid_blocks", [line])
    assert told["response_metadata"]["messages"] == [f"[ERROR] {line}"]
    with pytest.raises(SlackApiError, match="msg_blocks_too_long"):
        await client.chat_postMessage(channel=ALERTS, text="x", blocks=[section(text=text("x" * 2900))] * 5)
    with pytest.raises(SlackApiError, match="invalid_blocks_format"):
        await client.chat_postMessage(channel=ALERTS, text="x", blocks="[{")
    assert slack.messages(ALERTS) == []


async def test_it_validates_on_request(client: AsyncWebClient) -> None:
    assert (await client.blocks_validate(blocks=[section()]))["ok"]
    with pytest.raises(SlackApiError) as caught:
        await client.blocks_validate(blocks=[section(text=text(""))])
    told = caught.value.response
    assert told["error"] == "invalid_blocks"
    assert told["errors"][0]["pointer"] == "/0/text/text"
    with pytest.raises(SlackApiError, match="invalid_view"):
        await client.blocks_validate(view={"type": "modal"})
