"""Where a message is: Slack's own permalink, or the address as Slack makes them."""

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.alerts.model import MessageRef
from bot.slack.channels import Channels
from bot.slack.messenger import SlackMessenger
from bot.slack.posting import Posting

REF = MessageRef("C0ALERTS01", "1700000000.000100")


@pytest.fixture
async def link_from(clock):
    """`await link_from(answers)`: the link where Slack answers each method like this."""
    servers = []

    async def link(answers):
        async def answer(request):
            return web.json_response(
                answers.get(request.match_info["method"], {"ok": False, "error": "unknown_method"})
            )

        app = web.Application()
        app.router.add_route("*", "/api/{method}", answer)
        servers.append(TestServer(app))
        await servers[-1].start_server()
        async with Posting(token="xoxb-x", api_url=str(servers[-1].make_url("/api/")), clock=clock) as posting:
            messenger = SlackMessenger(posting, Channels(posting, lambda: "#x", clock), None, clock)
            return await messenger.link(REF)

    yield link
    for server in servers:
        await server.close()


async def test_it_takes_the_permalink_that_slack_tells(link_from):
    told = {"ok": True, "permalink": "https://acme.slack.com/archives/C0ALERTS01/p1"}
    assert await link_from({"chat.getPermalink": told}) == "https://acme.slack.com/archives/C0ALERTS01/p1"


async def test_it_makes_the_address_where_slack_does_not_tell_it(link_from):
    me = {"ok": True, "url": "https://acme.slack.com/", "team_id": "T1"}
    assert await link_from({"auth.test": me}) == "https://acme.slack.com/archives/C0ALERTS01/p1700000000000100"


@pytest.mark.parametrize("answers", [{}, {"auth.test": {"ok": True, "team_id": "T1"}}])
async def test_it_makes_none_up(link_from, answers):
    assert await link_from(answers) == ""
