"""Door to door: a problem at the vendor is a POST at somebody's address, phase by phase, beside its message in Slack."""

import base64
import hashlib
import hmac
import json
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.demo.slack.town import MANAGER

SECRET = base64.b64encode(b"a secret that nobody else has").decode()


async def test_it_tells_each_change_of_phase_to_an_address_too(build: Any) -> None:
    posts: list[tuple[dict[str, str], bytes]] = []

    async def take(request: web.Request) -> web.Response:
        posts.append((dict(request.headers), await request.read()))
        house.slack.changed()
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/hook", take)
    async with TestServer(app) as receiver:
        address = str(receiver.make_url("/hook"))
        alert = {"name": "low", "watch": "balance", "below": 50, "webhook": address, "webhook_secret": SECRET}
        house = await build(alerts=[alert])
        await house.open()
        house.world.set_balance(20)
        message = await house.slack.message("#voip-alerts", "Balance")
        await house.slack.press(MANAGER, message, "Acknowledge")
        await house.slack.edited(message, "Acknowledged")
        house.world.set_balance(90)
        await house.slack.edited(message, "Resolved")
        await house.slack.until(lambda: len(posts) >= 3, what="three posts")

    told = [json.loads(body) for _, body in posts]
    assert [(t["type"], t["data"]["change"]) for t in told] == [
        ("ringwatch.alert.firing", 1),
        ("ringwatch.alert.acknowledged", 2),
        ("ringwatch.alert.resolved", 3),
    ]
    assert {t["data"]["incident"] for t in told} == {message.metadata["event_payload"]["incident"]}
    assert [t["data"]["by"] for t in told] == [None, MANAGER, None]
    for headers, body in posts:
        named = {name.lower(): value for name, value in headers.items()}
        signed = f"{named['webhook-id']}.{named['webhook-timestamp']}.".encode() + body
        right = base64.b64encode(hmac.digest(base64.b64decode(SECRET), signed, hashlib.sha256)).decode()
        assert f"v1,{right}" in named["webhook-signature"].split()
