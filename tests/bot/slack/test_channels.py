"""The bot's own channels: by id or name, and what is said of those that are not."""

from datetime import timedelta

import pytest

from bot.demo.slack.town import ALERTS, GENERAL, MANAGER_GROUP, MANAGERS, PRIVATE, VOIP
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


async def test_a_renamed_channel_is_known_by_its_id_also_after_a_restart(slack, store, clock):
    async with Posting(token=slack.bot_token, api_url=slack.api_url, clock=clock) as posting:
        assert await Channels(posting, lambda: "#voip-alerts", clock, store).find("#VoIP-Alerts") == ALERTS
        slack.stage.workspace.channels[ALERTS].name = "pbx-alerts"
        again = Channels(posting, lambda: "#voip-alerts", clock, store)
        assert await again.place("#voip-alerts") == ALERTS
        assert again.problems() == ["#voip-alerts is called #pbx-alerts now: write that name in the configuration."]
        slack.invite(GENERAL)
        slack.stage.workspace.channels[GENERAL].name = "voip-alerts"
        clock.advance(timedelta(seconds=61))
        assert await again.place("#voip-alerts") == GENERAL  # a channel of that name is the one that is meant
        assert again.problems() == []
        await again.review({"#managers"})
        assert await store.channel_ids() == {"managers": MANAGERS}


def direct(slack) -> list:
    posts = [entry.data["message"] for entry in slack.stage.workspace.journal.of("post")]
    return [item for item in posts if item.channel.startswith("D") and "nowhere to go" in item.text]


async def test_those_of_admin_hear_once_that_there_is_nowhere_to_post(front, slack, clock):
    async with front(permissions={"admin": (VOIP, MANAGER_GROUP)}) as app:
        await app.review_channels()
        assert app.nowhere() is None
        slack.kick(ALERTS)
        for _ in range(3):
            clock.advance(timedelta(seconds=61))
            await app.review_channels()
        assert "#voip-alerts" in app.nowhere()
        assert len({item.channel for item in direct(slack)}) == len(direct(slack)) == 3  # the owner and the manager too
        slack.invite(ALERTS)
        clock.advance(timedelta(seconds=61))
        await app.review_channels()
        assert app.nowhere() is None
        slack.kick(ALERTS)
        clock.advance(timedelta(seconds=61))
        await app.review_channels()
        assert len(direct(slack)) == 6


async def test_it_is_told_at_the_next_look_where_nobody_could_be_told_at_once(front, slack, clock):
    async with front(permissions={"admin": (VOIP,)}) as app:
        slack.kick(ALERTS)
        slack.fail("conversations.open", "refused", 9, word="user_not_found")
        clock.advance(timedelta(seconds=61))
        await app.review_channels()
        assert direct(slack) == []
        slack.heal()
        clock.advance(timedelta(seconds=61))
        await app.review_channels()
        assert len(direct(slack)) == 1
