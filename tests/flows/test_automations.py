"""Rules that act, door to door: the deed, the reply in the thread, the audit; a receiver that hangs holds up nothing."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.demo.slack.town import MANAGER

LOW = {"name": "low", "watch": "balance", "below": 50}
SPAM = {"name": "spam-number", "watch": "number_spam"}


def rule(alert: str, *then: Any, state: str = "firing", **more: Any) -> dict[str, Any]:
    return {"name": f"after-{alert}", "when": {"alert": alert, "state": state}, "then": list(then), **more}


async def test_it_acts_once_and_says_so_in_the_thread_and_in_the_audit(build: Any, mode: str) -> None:
    post = {"channel": "#managers", "text": "{alert} on {account}: {summary}"}
    rules = [rule("low", {"pause_calls": "true"}, {"post": post})]
    house = await build(mode, alerts=[LOW], automations=rules, permissions={"admin": [MANAGER]})
    await house.open()
    house.world.set_balance(20)
    alert = await house.slack.message("#voip-alerts", "Balance of sales is low")
    told = await house.slack.message("#managers", "low on sales")
    assert "20.00 USD" in told.words
    await house.slack.until(lambda: len(house.slack.thread(alert)) > 0, what="the reply")
    (reply,) = [one for one in house.slack.thread(alert) if one.ts != alert.ts]
    assert not reply.in_channel
    assert "Automation after-low: acted." in reply.words
    assert "Pause calls: done" in reply.words
    refused = await (await house.slack.command("ivan", "#general", "/call", "+1 202 555 0188")).answer()
    assert "Calls are paused by automation after-low" in refused.words
    audit = await (await house.slack.command("ivan", "#general", "/pbx", "audit")).answer()
    assert "automation after-low" in audit.words


async def test_it_rests_a_flagged_number_under_its_name_and_dry_run_only_says_so(build: Any) -> None:
    dry = {**rule("low", {"pause_calls": "true"}), "dry_run": "true"}
    resting = rule("spam-number", {"mark": "active"}, state="acknowledged")
    house = await build(alerts=[LOW, SPAM], automations=[dry, resting])
    await house.open()
    house.world.set_balance(20)
    low = await house.slack.message("#voip-alerts", "Balance of sales is low")
    await house.slack.until(lambda: "dry run, it would: pause calls" in _thread(house, low), what="the dry run")
    assert await house.services[0].store.calls_paused() is None
    house.world.flag("17135550120")
    spam = await house.slack.message("#voip-alerts", "17135550120")
    await house.slack.press("ivan", spam, "Acknowledge")
    await house.slack.until(lambda: house.world.status_changes, what="the mark")
    assert [(c.number, c.status.value) for c in house.world.status_changes] == [("17135550120", "active")]
    await house.slack.edited(spam, "Resolved")


def _thread(house: Any, message: Any) -> str:
    return "\n".join(one.words for one in house.slack.thread(message))


@asynccontextmanager
async def hanging() -> AsyncIterator[tuple[str, list[Any]]]:
    """A receiver that takes each request, and answers none until the end."""
    taken: list[Any] = []
    released = asyncio.Event()

    async def take(request: web.Request) -> web.Response:
        taken.append(json.loads(await request.read()))
        await released.wait()
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/hook", take)
    async with TestServer(app) as server:
        yield str(server.make_url("/hook")), taken
        released.set()


async def test_a_receiver_that_hangs_holds_up_no_alert_in_slack(build: Any) -> None:
    async with hanging() as (address, taken):
        low = {**LOW, "webhook": address, "webhook_format": "flat"}
        acting = rule("low", {"webhook": {"url": address, "format": "alertmanager"}}, {"pause_calls": "true"})
        house = await build(alerts=[low, SPAM], automations=[acting])
        await house.open()
        house.world.set_balance(20)
        alert = await house.slack.message("#voip-alerts", "Balance of sales is low")
        await house.slack.until(lambda: len(taken) >= 1, what="the receiver's first request")
        await house.slack.press("ivan", alert, "Acknowledge")
        await house.slack.edited(alert, "Acknowledged")
        house.world.flag("17135550120")
        await house.slack.message("#voip-alerts", "17135550120")
        house.world.set_balance(90)
        await house.slack.edited(alert, "Resolved")
        await house.slack.until(lambda: any(one.get("alert") == "low" for one in taken), what="the flat form")
        for service in house.services:
            await service.stop(1.0)
        house.services.clear()
