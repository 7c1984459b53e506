"""The bot's own channels: by id or name, and what is said of those that are not."""

from datetime import timedelta

import pytest

from bot.demo.slack.town import ALERTS, GENERAL, MANAGERS, PRIVATE
from bot.slack.channels import Channels
from bot.slack.posting import PostError, Posting


@pytest.fixture
async def channels(slack, clock):
    async with Posting(token=slack.bot_token, api_url=slack.api_url, clock=clock) as posting:
        yield Channels(posting, lambda: "#voip-alerts", clock)


@pytest.mark.parametrize("wanted", [ALERTS, "#voip-alerts", "voip-alerts", "#VoIP-Alerts"])
async def test_it_finds_a_channel_by_id_or_name(channels, wanted):
    assert await channels.place(wanted) == ALERTS
    assert channels.problems() == []


async def test_it_falls_back_and_says_so_until_it_is_invited(channels, slack, clock):
    assert await channels.place("#general") == ALERTS
    (problem,) = channels.problems()
    assert "#general" in problem
    assert "#voip-alerts" in problem
    slack.invite(GENERAL)
    assert await channels.place("#general") == ALERTS  # asked again after half a minute at most
    clock.advance(timedelta(seconds=31))
    assert await channels.place("#general") == GENERAL
    assert channels.problems() == []


async def test_it_finds_a_private_channel_that_it_was_invited_to(channels, slack):
    slack.invite(PRIVATE)
    assert await channels.place("#boardroom") == PRIVATE


async def test_it_forgets_a_channel_that_was_archived_or_left(channels, slack, clock):
    assert await channels.place(MANAGERS) == MANAGERS
    slack.archive(MANAGERS)
    clock.advance(timedelta(seconds=61))
    assert await channels.place(MANAGERS) == ALERTS
    slack.kick(ALERTS)
    clock.advance(timedelta(seconds=61))
    assert await channels.place(MANAGERS) is None
    assert len(channels.problems()) == 2


async def test_it_goes_on_with_what_it_knows_while_slack_is_away(channels, slack, clock):
    assert await channels.place(MANAGERS) == MANAGERS
    clock.advance(timedelta(seconds=61))
    slack.fail("users.conversations", "error500", times=9)
    assert await channels.place(MANAGERS) == MANAGERS


async def test_it_says_that_slack_cannot_be_asked_when_it_knows_nothing(channels, slack):
    slack.fail("users.conversations", "error500", times=9)
    with pytest.raises(PostError):
        await channels.place(ALERTS)


async def test_it_reviews_what_the_configuration_names_and_drops_what_it_no_longer_does(channels):
    assert len(await channels.review(["#voip-alerts", "#general", "#nowhere"])) == 2
    assert len(await channels.review(["#voip-alerts", "#nowhere"])) == 1
