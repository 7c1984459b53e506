"""The page's API: state, events, deeds, and who may ask."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.slack import LocalSlack, ui
from bot.demo.slack.town import ALERTS, GENERAL, MANAGER, PRIVATE
from tests.deadlines import PATIENCE


@pytest.fixture
async def page(slack: LocalSlack) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(slack.base_url) as http:
        yield http


async def get(page: aiohttp.ClientSession, path: str, **more: Any) -> Any:
    async with page.get(path, **more) as answer:
        return await answer.json()


async def post(page: aiohttp.ClientSession, path: str, **body: Any) -> tuple[int, Any]:
    async with page.post(path, json=body) as answer:
        return answer.status, await answer.json()


class Stream:
    """Server-sent events, one after the other."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer
        self.last = ""

    async def next(self, name: str) -> Any:
        """The data of the next event of that name."""
        async with asyncio.timeout(PATIENCE):
            while True:
                lines = (await self._answer.content.readuntil(b"\n\n")).decode().strip().split("\n")
                event = dict(line.split(": ", 1) for line in lines if not line.startswith(":"))
                self.last = event.get("id", self.last)
                if event.get("event") == name:
                    return json.loads(event["data"])


async def test_it_shows_each_person_what_they_may_see(
    slack: LocalSlack, client: AsyncWebClient, page: aiohttp.ClientSession
) -> None:
    await client.chat_postMessage(channel=ALERTS, text="for <!here>")
    await client.chat_postEphemeral(channel=ALERTS, user=MANAGER, text="psst")
    mine, others = await get(page, "/ui/state"), await get(page, "/ui/state?user=anna")
    assert mine["you"] == MANAGER
    assert [m["text"] for m in mine["messages"][ALERTS]] == ["for <!here>", "psst"]
    assert [m["text"] for m in others["messages"][ALERTS]] == ["for <!here>"]
    assert PRIVATE in mine["messages"]
    assert PRIVATE not in others["messages"]
    (alerts,) = [c for c in mine["channels"] if c["id"] == ALERTS]
    assert (alerts["unread"], alerts["mentions"], alerts["bot_is_member"]) == (1, 1, True)
    guest = await get(page, "/ui/state?user=greg")
    assert {c["name"] for c in guest["channels"]} == {"support", "general"}
    await post(page, "/ui/read", channel=ALERTS)
    again = await get(page, "/ui/state")
    assert [c["unread"] for c in again["channels"] if c["id"] == ALERTS] == [0]
    assert (await get(page, "/ui/state?user=nobody"))["error"] == "user_not_found"


async def test_it_streams_what_changes(
    slack: LocalSlack, client: AsyncWebClient, page: aiohttp.ClientSession, card: Any
) -> None:
    seq = (await get(page, "/ui/state"))["seq"]
    ts = (await client.chat_postMessage(channel=ALERTS, text="down <!here>"))["ts"]
    async with page.get(f"/ui/events?since={seq}") as answer:
        assert answer.content_type == "text/event-stream"
        stream = Stream(answer)
        told = await stream.next("message")
        assert (told["message"]["text"], told["new"]) == ("down <!here>", True)
        assert (await stream.next("notify"))["text"] == "down <!here>"
        await client.chat_update(channel=ALERTS, ts=ts, text="up", blocks=card("up"))
        told = await stream.next("message")
        assert (told["message"]["blocks"][0]["text"]["text"], told["new"]) == ("up", False)
        await client.chat_postEphemeral(channel=ALERTS, user="U0AGENT0001", text="not for you")
        await client.chat_delete(channel=ALERTS, ts=ts)
        assert (await stream.next("removed"))["id"] == told["message"]["id"]
        slack.fail("chat.update", "error500")
        assert (await stream.next("faults"))["faults"][0]["title"] == "chat.update: error500 (1 left)"
        at = stream.last
    slack.archive("#general")
    async with page.get("/ui/events", headers={"Last-Event-ID": at}) as answer:
        channels = (await Stream(answer).next("channels"))["channels"]
        assert [c["is_archived"] for c in channels if c["id"] == GENERAL] == [True]
    async with page.get("/ui/events?since=999999") as answer:
        assert await Stream(answer).next("reset") == {}


async def test_it_stops_though_a_page_looks_on(clock: Any) -> None:
    slack = LocalSlack(clock)
    await slack.start()
    async with aiohttp.ClientSession(slack.base_url) as page, page.get("/ui/events") as answer:
        async with asyncio.timeout(PATIENCE):
            await slack.stop()
        assert await answer.content.read() == b""


async def test_it_does_what_a_person_does(
    slack: LocalSlack,
    bolt: AsyncApp,
    connect: Any,
    page: aiohttp.ClientSession,
    card: Any,
    form: dict[str, Any],
) -> None:
    @bolt.command("/balance")
    async def balance(ack: Any, respond: Any) -> None:
        await ack()
        await respond(text="x", blocks=card("42 USD", ("Call", "call")))

    @bolt.action("call")
    async def call(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=form)

    @bolt.view("call")
    async def submitted(ack: Any, view: dict[str, Any]) -> None:
        value = view["state"]["values"]["number"]["v"]["value"]
        await (ack() if value == "+1" else ack(response_action="errors", errors={"number": "Wrong."}))

    await connect(bolt)
    assert await post(page, "/ui/command", channel=GENERAL, text="/balance sales") == (
        200,
        {"ok": True, "acked": True},
    )
    await slack.ephemeral("ivan", containing="42 USD")
    (shown,) = (await get(page, "/ui/state"))["messages"][GENERAL]
    assert shown["ephemeral"] is True
    block = shown["blocks"][1]
    body = {"message": shown["id"], "block_id": block["block_id"], "action_id": "call"}
    assert (await post(page, "/ui/press", **body))[0] == 200
    await slack.until(lambda: slack.modal("ivan"))
    (view,) = (await get(page, "/ui/state"))["modals"]
    status, told = await post(page, "/ui/submit", view=view["id"], values={"number": {"v": "abc"}})
    assert (status, told["errors"]) == (200, {"number": "Wrong."})
    assert (await get(page, "/ui/state"))["modals"][0]["errors"] == {"number": "Wrong."}
    assert (await post(page, "/ui/submit", view=view["id"], values={"number": {"v": "+1"}}))[1]["errors"] == {}
    assert (await get(page, "/ui/state"))["modals"] == []
    status, told = await post(page, "/ui/close", view=view["id"])
    assert (status, told["error"]) == (400, "view_not_found")
    slack.drop_sockets()
    status, told = await post(page, "/ui/command", channel=GENERAL, text="/balance")
    assert (status, told["error"]) == (400, "dispatch_failed")
    assert (await post(page, "/ui/press", action_id="call"))[1]["error"] == "invalid_request"


async def test_it_says_reads_reacts_and_breaks_things(
    slack: LocalSlack, client: AsyncWebClient, page: aiohttp.ClientSession
) -> None:
    _, told = await post(page, "/ui/say", channel=ALERTS, text="hello @anna")
    assert told["message"]["text"] == "hello <@U0AGENT0001>"
    assert slack.messages(ALERTS)[0].wakes == ("U0AGENT0001",)
    await post(page, "/ui/react", message=told["message"]["id"], name="eyes")
    assert slack.messages(ALERTS)[0].reactions == {"eyes": [MANAGER]}
    assert (await post(page, "/ui/dm"))[1]["channel"] == slack.dm("ivan").id
    await post(page, "/ui/fault", kind="archive", channel="#voip-alerts")
    status, told = await post(page, "/ui/say", channel=ALERTS, text="x")
    assert (status, told["error"]) == (400, "is_archived")
    await post(page, "/ui/fault", kind="ratelimit", method="auth.test", times=2, retry_after=9)
    assert (await get(page, "/ui/state"))["faults"][0]["title"] == "auth.test: ratelimit (2 left)"
    await post(page, "/ui/fault", kind="clear")
    assert (await client.auth_test())["ok"]
    assert (await post(page, "/ui/fault", kind="earthquake"))[1]["error"] == "no_such_fault"
    kinds = [entry["kind"] for entry in (await get(page, "/ui/journal"))["entries"]]
    assert kinds[:2] == ["post", "wake"]


async def test_it_plays_files_and_lets_a_player_seek(
    slack: LocalSlack, client: AsyncWebClient, page: aiohttp.ClientSession
) -> None:
    await client.files_upload_v2(channel=ALERTS, content=b"0123456789", filename="call.wav")
    (file,) = (await get(page, "/ui/state"))["messages"][ALERTS][0]["files"]
    async with page.get(file["url"]) as answer:
        assert (answer.content_type, await answer.read()) == ("audio/wav", b"0123456789")
    async with page.get(file["url"], headers={"Range": "bytes=2-4"}) as answer:
        assert (answer.status, await answer.read()) == (206, b"234")
        assert answer.headers["Content-Range"] == "bytes 2-4/10"


async def test_it_hands_the_demos_controls_to_the_page(clock: Any) -> None:
    played: list[str] = []

    async def play() -> dict[str, Any]:
        played.append("play")
        slack.changed()
        return {"speed": 60}

    slack = LocalSlack(clock, controls={"play": play}, demo_state=lambda: {"played": len(played)})
    async with slack, aiohttp.ClientSession(slack.base_url) as page:
        state = await get(page, "/ui/state")
        assert (state["controls"], state["demo"]) == (["play"], {"played": 0})
        async with page.get("/ui/events") as answer:
            assert await post(page, "/ui/demo/play") == (200, {"ok": True, "speed": 60})
            assert (await Stream(answer).next("demo"))["demo"] == {"played": 1}
        assert (await post(page, "/ui/demo/rewind"))[0] == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example:80"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({}, 400),
    ],
)
async def test_it_answers_its_own_page_alone(
    slack: LocalSlack, page: aiohttp.ClientSession, headers: dict[str, str], status: int
) -> None:
    sent = {"Content-Type": "application/json"} | headers
    async with page.post("/ui/say", data="{}", headers=sent) as answer:
        assert answer.status == status
    assert slack.messages(ALERTS) == []


async def test_it_serves_the_page_and_nothing_beside_it(
    slack: LocalSlack, page: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    folder = tmp_path / "page"
    folder.mkdir()
    (folder / "index.html").write_text("<title>Local Slack</title>")
    (folder / "app.js").write_text("1")
    (tmp_path / "secret").write_text("x")
    monkeypatch.setattr(ui, "PAGE", folder)
    async with page.get("/") as answer:
        assert "Local Slack" in await answer.text()
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    async with page.get("/page/app.js") as answer:
        assert answer.status == 200
    for path in ("/page/..%2Fsecret", "/page/%2Fetc%2Fpasswd", "/page/none.js"):
        async with page.get(path) as answer:
            assert answer.status == 404
    async with page.get("/archives/C1/p1763730000000100", allow_redirects=False) as answer:
        assert answer.headers["Location"] == "/?channel=C1&message=1763730000.000100"
