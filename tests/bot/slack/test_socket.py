"""Socket Mode: whatever becomes of the socket, there is a new one, and the process lives."""

import asyncio

from pydantic import SecretStr

from bot.demo.slack.town import AGENT, ALERTS
from tests.deadlines import PATIENCE, patient_slack


async def knows(made, slack):
    """The service finds out a moment after Slack's end of the socket is open."""
    async with asyncio.timeout(PATIENCE):
        while await made.connected() != (True, ""):
            await slack.settle(0.05)


async def test_it_is_connected_while_a_socket_is_open(front, slack, says):
    async with front([says("balance", "Here.")]) as made:
        await knows(made, slack)
    assert not slack.sockets.open


async def test_it_comes_back_after_the_socket_broke(front, slack, says):
    async with front([says("balance", "Here again.")]):
        slack.drop_sockets()
        await slack.until(lambda: not slack.sockets.open)
        await slack.connected()
        await slack.command(AGENT, ALERTS, "/balance")
        assert await slack.ephemeral(AGENT, ALERTS, "Here again.")


async def test_it_comes_back_after_a_failed_handshake_used_its_address_up(front, slack):
    slack.refuse_handshakes(1)
    async with front(connect=False) as made:
        assert not (await made.connected())[0]
        await slack.connected()
        await knows(made, slack)


async def test_it_connects_anew_when_slack_asks_it_to(front, slack, says):
    async with front([says("balance", "Refreshed.")]):
        await slack.refresh_sockets()
        await slack.connected()
        done = await slack.command(AGENT, ALERTS, "/balance")
        assert done.acked


async def test_it_starts_where_slack_refuses_and_says_why(front, slack):
    async with front(connect=False, slack={"app_token": SecretStr("xapp-wrong")}) as made:
        reason = ""
        while "Slack refused" not in reason:
            connected, reason = await made.connected()
            assert not connected
            await slack.settle(0.1)
        assert "invalid_auth" in reason
        assert "xapp" not in reason


async def test_it_starts_where_slack_is_away_and_connects_once_it_is_there(front, slack, clock):
    base = slack.base_url
    port = int(base.rsplit(":", 1)[1])
    keys = {"bot_token": slack.bot_token, "app_token": slack.app_token, "signing_secret": slack.signing_secret}
    async with front(connect=False) as made:
        await slack.connected()
        await slack.stop()
        later = patient_slack(clock, **keys)
        assert not (await made.connected())[0]
        await later.start(port=port)
        try:
            await later.connected()
            await knows(made, later)
        finally:
            await later.stop()


async def test_it_acknowledges_events_that_nobody_listens_to(front, slack):
    async with front():
        slack.say(AGENT, ALERTS, "hello @ringwatch")
        acks = await slack.until(lambda: [e for e in slack.journal.entries if e.kind == "ack"])
        assert all("acked" in entry.text for entry in acks)
