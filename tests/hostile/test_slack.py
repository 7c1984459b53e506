"""Slack's edge: what comes twice, fifty clicks at once, rights that are taken away, wrong tokens and floods."""

import asyncio
import copy
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from hostile_town import HOOK, PLACES

from bot.demo.slack.town import ALERTS, MANAGER
from bot.demo.slack.workspace import TEAM
from tests.deadlines import PATIENCE

FORM = "application/x-www-form-urlencoded"
CALL = "/call +1 202 555 0188 as 1101"
DEEDS = {
    "sales": "/spam 12025550112",
    "branch": "/pbx mask +12025550177 +12025550178",
    "wholesale": "/pbx contacts add 442079460103 Yard on wholesale",
}


@pytest.fixture(params=["http", "socket"])
def mode(request):
    return request.param


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


def recording(town) -> list[dict[str, Any]]:
    """The presses that Slack delivers from now on."""
    sent, send = [], town.slack.delivery.send

    async def noting(kind, payload, **more):
        if kind == "interactive":
            sent.append(copy.deepcopy(payload))
        return await send(kind, payload, **more)

    town.slack.delivery.send = noting
    return sent


def again(payload: dict[str, Any], number: int) -> dict[str, Any]:
    """The same press by a finger that is as fast as that."""
    made = copy.deepcopy(payload)
    made["trigger_id"] = f"{number}.{payload['trigger_id']}"
    made["actions"][0]["action_ts"] = f"17.{number}"
    return made


async def agent_of(town, account: str) -> str:
    agents = town.worlds[account].agents
    return next(a.extension for a in agents if a.state.value == "available")


@pytest.mark.parametrize("account", sorted(PLACES))
async def test_fifty_clicks_at_once_are_one_call(town, mode, account):
    await town.open(mode)
    preview = await town.ask(f"/call +1 202 555 0188 as {await agent_of(town, account)} on {account}")
    sent = recording(town)
    done = await town.slack.press("ivan", preview, "Call now")
    clicks = [again(sent[0], number) for number in range(25)] + [sent[0]] * 24
    acks = await asyncio.gather(*(town.slack.delivery.send("interactive", click) for click in clicks))
    assert done.acked
    assert all(ack.ok for ack in acks)
    await town.service.slack.listeners.drain(PATIENCE)
    assert len(town.worlds[account].placed_calls) == 1
    assert [r.outcome for r in await town.service.store.audit_log(10) if r.outcome.startswith("accepted")] != []


async def test_a_request_that_comes_twice_is_answered_once(town, http):
    await town.open()
    fields = {"command": "/pbx", "text": "help", "user_id": MANAGER, "channel_id": ALERTS, "team_id": TEAM}
    body = urlencode(fields)
    headers = {**town.slack.delivery.signed(body), "Content-Type": FORM}
    for retry in range(5):
        more = {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": "http_timeout"} if retry else {}
        async with http.post(town.url("/slack/events"), data=body, headers={**headers, **more}) as answer:
            assert answer.status == 200
    await town.service.slack.listeners.drain(PATIENCE)
    assert len(town.slack.ephemerals("ivan")) == 1


@pytest.mark.parametrize("account", sorted(DEEDS))
async def test_a_right_that_is_taken_away_after_the_preview_is_gone_at_the_click(town, account):
    await town.open()
    preview = await town.ask(DEEDS[account])
    before = {name: len(asked) for name, asked in town.asked.items()}
    town.write(permissions={key: ["U0SOMEONE1"] for key in ("mark_numbers", "vendor_edit", "mask", "call")})
    assert "read anew" in await town.service.reload()
    await town.slack.press("ivan", preview, "Confirm")
    assert await town.slack.ephemeral("ivan", containing="not allowed")
    assert {name: len(asked) for name, asked in town.asked.items()} == before
    assert (await town.service.store.audit_log(1))[0].outcome == "refused"


async def test_who_became_a_guest_after_the_preview_places_no_call(town):
    await town.open()
    preview = await town.ask(f"{CALL} on sales")
    town.slack.workspace.people[MANAGER].restricted = True
    town.clock.advance(timedelta(seconds=61))  # what Slack said of somebody is believed for a minute
    await town.slack.press("ivan", preview, "Call now")
    assert await town.slack.ephemeral("ivan", containing="only full members")
    assert town.worlds["sales"].placed_calls == []


WRONG = [
    "wrong",
    HOOK[:-1],
    HOOK + "x",
    HOOK.upper(),
    "%00",
    "%ed%a0%80",
    "..%2f" + HOOK,
    "%F0%9F%98%80",
    "a" * 4000,
    "'--",
]


async def test_half_a_character_in_one_words_fails_nothing_that_leaves_with_it(one_store):
    """The store sends what is asked in one turn together, whoever asked."""
    span = timedelta(minutes=1)
    asked = (one_store.first_time(name, span) for name in ("one", "two \ud800", "three"))
    assert await asyncio.gather(*asked) == [True, True, True]


async def test_a_wrong_token_is_nothing_there_whoever_asks(town, http):
    await town.open()
    for account in (*PLACES, "nobody", "%2e%2e", "sales%00"):
        for token in WRONG:
            for method in ("GET", "POST"):
                url = town.url(f"/hooks/{account}/{token}")
                async with http.request(method, _as_it_is(url), data=b"{}") as answer:
                    assert answer.status == 404, (account, token)
    assert all(not asked for asked in town.asked.values())


async def test_a_flood_at_one_account_is_held_back_and_leaves_the_others_alone(town, http):
    await town.open()
    push = "callstatus=BUSY&chan=SIP/1105-{n}&caller=1105&called=12025550177"

    async def one(number: int, account: str = "branch") -> int:
        async with http.get(town.url(f"/hooks/{account}/{HOOK}?{push.format(n=number)}")) as answer:
            return answer.status

    seen = [await one(number) for number in range(200)]
    assert set(seen) == {200, 429}
    assert seen.index(429) == 150
    assert await one(0, "sales") == 404  # no key: refused as ever, and not for the flood next door
    for number in range(300):
        async with http.post(town.url(f"/hooks/stranger-{number}/{HOOK}")) as answer:
            assert answer.status == 404
    kept = town.service.inbound._arrivals
    assert set(kept) <= set(PLACES)
    assert max(len(arrivals) for arrivals in kept.values()) <= 150


async def test_a_flood_of_commands_is_acknowledged_and_worked_off_few_at_a_time(town):
    await town.open()
    done = await asyncio.gather(*(town.slack.command("ivan", "#general", "/pbx", f"help {n}") for n in range(300)))
    assert all(one.acked for one in done)
    await asyncio.gather(*(one.answer() for one in done))
    async with aiohttp.ClientSession() as session, session.get(town.url("/healthz")) as answer:
        assert answer.status == 200


def _as_it_is(url: str) -> Any:
    from yarl import URL

    return URL(url, encoded=True)
