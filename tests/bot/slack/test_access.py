"""Who may: lists, groups, channels, and nobody in doubt."""

from datetime import timedelta

import pytest

from bot.demo.slack.town import AGENT, ALERTS, DIALLER, GUEST, MANAGER, ON_CALL, OTHER_TEAM, STRANGER, SUPPORT
from bot.demo.slack.workspace import BOT_USER, TEAM
from bot.dialog.context import Actor
from bot.settings import Permission
from bot.slack.access import Installation, SlackAccess, _is_full
from bot.slack.blocks_text import Eyes, mrkdwn
from bot.slack.posting import Posting


@pytest.fixture
async def access(slack, store, clock, settings_of):
    async with Posting(token=slack.bot_token, api_url=slack.api_url, clock=clock) as posting:
        yield lambda **lists: SlackAccess(posting, store, lambda: settings_of(slack, permissions=lists), clock)


def who(user, channel=ALERTS, team=TEAM):
    return Actor(user, channel, team)


def words(refusal):
    return mrkdwn(refusal, Eyes(), limit=2000)


OPEN = (Permission.READ, Permission.CALL, Permission.MARK_NUMBERS)


async def test_it_lets_every_full_member_read_call_and_mark_and_nothing_else(access):
    rules = access()
    for permission in Permission:
        assert await rules.may(who(AGENT), permission) is (permission in OPEN)


@pytest.mark.parametrize("user", [GUEST, STRANGER, BOT_USER, "U0NOBODY999", ""])
async def test_it_lets_nobody_else_do_anything(access, user):
    rules = access(admin=(user,))
    for permission in (Permission.READ, Permission.CALL, Permission.ADMIN):
        assert not await rules.may(who(user), permission)


async def test_a_press_from_another_workspace_of_the_grid_is_judged_by_who_presses(access):
    """The payload names the workspace that its person looked from; `users.info` says whose member that is."""
    assert await access().may(who(AGENT, team=OTHER_TEAM), Permission.READ)
    assert not await access().may(who(STRANGER, team=OTHER_TEAM), Permission.READ)
    assert not await access().may(who(STRANGER, team=TEAM), Permission.READ)


@pytest.mark.parametrize(
    ("user", "ours", "full"),
    [
        ({"team_id": "T1"}, Installation("T1"), True),
        ({"team_id": "T2"}, Installation("T1"), False),
        (
            {"team_id": "T2", "enterprise_user": {"enterprise_id": "E1", "teams": ["T1", "T2"]}},
            Installation("T1"),
            True,
        ),
        ({"team_id": "T2", "enterprise_user": {"enterprise_id": "E1", "teams": ["T2"]}}, Installation("T1"), False),
        (
            {"team_id": "T2", "enterprise_user": {"enterprise_id": "E1", "teams": ["T2"]}},
            Installation("E1", "E1"),
            True,
        ),
        (
            {"team_id": "T2", "enterprise_user": {"enterprise_id": "E2", "teams": ["T2"]}},
            Installation("E1", "E1"),
            False,
        ),
        ({"team_id": "T2"}, Installation("E1", "E1"), False),
        ({"team_id": "T1", "is_stranger": True}, Installation("T1"), False),
    ],
)
def test_it_knows_a_member_of_a_workspace_and_of_a_grid(user, ours, full):
    assert _is_full(user, ours) is full


async def test_a_group_that_is_gone_is_empty_and_the_others_count(access):
    rules = access(admin=("S0GONE00001", ON_CALL))
    assert await rules.may(who(DIALLER), Permission.ADMIN)
    assert "only" in words(await rules.refusal(who(AGENT), Permission.ADMIN))


async def test_it_refuses_who_left(access, slack):
    slack.workspace.people[AGENT].deleted = True
    assert not await access().may(who(AGENT), Permission.READ)


@pytest.mark.parametrize(
    ("listed", "user", "channel", "allowed"),
    [
        ((), AGENT, ALERTS, False),
        ((AGENT,), AGENT, ALERTS, True),
        ((AGENT,), DIALLER, ALERTS, False),
        ((ON_CALL,), DIALLER, ALERTS, True),
        ((ON_CALL,), AGENT, ALERTS, False),
        ((SUPPORT,), AGENT, SUPPORT, True),  # narrows every full member
        ((SUPPORT,), AGENT, ALERTS, False),
        ((AGENT, SUPPORT), AGENT, SUPPORT, True),
        ((AGENT, SUPPORT), AGENT, ALERTS, False),
        ((AGENT, SUPPORT), DIALLER, SUPPORT, False),  # never widens
    ],
)
async def test_it_reads_a_list_for_what_everybody_may(access, listed, user, channel, allowed):
    assert await access(call=listed).may(who(user, channel), Permission.CALL) is allowed


@pytest.mark.parametrize(
    ("listed", "user", "channel", "allowed"),
    [
        ((), AGENT, ALERTS, False),
        ((AGENT,), AGENT, ALERTS, True),
        ((ON_CALL,), DIALLER, ALERTS, True),
        ((SUPPORT,), AGENT, SUPPORT, False),  # a channel alone lists nobody
        ((ON_CALL, SUPPORT), DIALLER, SUPPORT, True),
        ((ON_CALL, SUPPORT), DIALLER, ALERTS, False),
    ],
)
async def test_it_reads_a_list_for_what_nobody_may(access, listed, user, channel, allowed):
    assert await access(hangup=listed).may(who(user, channel), Permission.HANGUP) is allowed


async def test_it_says_who_may_and_writes_the_refusal_down(access, store):
    rules = access(call=(MANAGER, ON_CALL, SUPPORT))
    said = words(await rules.refusal(who(AGENT), Permission.CALL, operation="call", account="sales", target="+380"))
    assert "not allowed" in said
    assert f"only <@{MANAGER}>, members of <!subteam^{ON_CALL}> may in <#{SUPPORT}>." in said
    record = (await store.audit_log(5))[0]
    assert (record.user, record.operation, record.account, record.outcome) == (AGENT, "call", "sales", "refused")
    assert record.channel == ALERTS


async def test_it_says_that_nobody_is_listed(access, store):
    said = words(await access().refusal(who(AGENT), Permission.RECORDINGS))
    assert "not allowed" in said
    assert "only people listed under permissions.recordings may" in said


async def test_it_remembers_a_group_for_a_minute_and_no_longer(access, slack, clock):
    rules = access(call=(ON_CALL,))
    assert await rules.may(who(DIALLER), Permission.CALL)
    slack.workspace.groups[ON_CALL].users.remove(DIALLER)
    clock.advance(timedelta(seconds=59))
    assert await rules.may(who(DIALLER), Permission.CALL)
    clock.advance(timedelta(seconds=2))
    assert not await rules.may(who(DIALLER), Permission.CALL)


async def test_it_remembers_a_person_for_a_minute_and_no_longer(access, slack, clock):
    rules = access()
    assert await rules.may(who(AGENT), Permission.READ)
    slack.workspace.people[AGENT].restricted = True
    clock.advance(timedelta(seconds=61))
    assert not await rules.may(who(AGENT), Permission.READ)


@pytest.mark.parametrize("method", ["users.info", "usergroups.users.list", "auth.test"])
async def test_it_allows_nothing_when_slack_cannot_be_asked(access, slack, method):
    rules = access(call=(ON_CALL,))
    slack.fail(method, "ratelimit")
    said = words(await rules.refusal(who(DIALLER), Permission.CALL))
    assert "not allowed" in said
    assert "Try again" in said
    assert await rules.refusal(who(DIALLER), Permission.CALL) is None
