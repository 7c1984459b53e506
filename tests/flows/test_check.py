"""`ringwatch check`, asking: what the answers of Slack and the accounts give away about the alerts."""

from typing import Any

import pytest

from bot.app.service import catalogue
from bot.cli.check import run_checks
from bot.cli.live_checks import probes
from bot.settings import load


async def lines(house: Any, *alerts: dict[str, Any]) -> dict[str, str]:
    """The lines of the online half, by what they are about."""
    house.config["alerts"] = list(alerts)
    path = house.folder / "ringwatch.yaml"
    path.write_text(house.text(), encoding="utf-8")
    loaded = load(path, {}, *catalogue())
    return {one.name: str(one) for one in await run_checks(probes(loaded.settings, catalogue()[0], house.clock))}


def gone(name: str, **keys: Any) -> dict[str, Any]:
    return {"name": name, "watch": "agent_offline", **keys}


async def test_every_account_is_asked_one_question(build: Any) -> None:
    house = await build()
    told = await lines(house, gone("a"), gone("b", groups=["Max"]), {"name": "c", "watch": "number_spam"})
    assert told["account sales"] == "ok    account sales: MoMVOIP answered: its agents can be read"
    assert len(house.asked) == 1


async def test_an_alert_is_told_which_groups_there_are_not(build: Any) -> None:
    house = await build()
    groups = sorted({agent.group for agent in house.world.agents if agent.group})
    told = await lines(house, gone("here", groups=[groups[0].upper()]), gone("typo", groups=["Team-9", groups[0]]))
    assert told["alert here"].startswith("ok    ")
    assert told["alert typo"].startswith(
        "warn  alert typo: [W304] no agent on sales is in a group named Team-9; there are"
    )
    assert groups[0] in told["alert typo"]


async def test_what_was_not_asked_for_is_not_missed(build: Any) -> None:
    house = await build()
    spam = {"name": "spam", "watch": "number_spam", "groups": ["Nowhere"]}
    told = await lines(house, gone("first", groups=["Nowhere"]), spam)
    assert told["alert first"].startswith("warn")
    assert told["alert spam"] == "ok    alert spam: Nowhere: could not be looked for"


async def test_an_account_that_does_not_answer_is_one_failure(build: Any) -> None:
    house = await build()
    house.sandbox.faults["*"] = "http_500"
    told = await lines(house, gone("a", groups=["Team-9"]))
    assert told["account sales"].startswith("FAIL")
    assert told["alert a"] == "ok    alert a: Team-9: could not be looked for"


@pytest.mark.parametrize("key", ["channel", "escalate"])
async def test_every_channel_that_an_alert_names_is_looked_for(build: Any, key: str) -> None:
    house = await build()
    named = "#general"
    alert = gone("a", **({"channel": named} if key == "channel" else {"escalate": {"after": "15m", "channel": named}}))
    told = await lines(house, alert)
    assert told["slack"].startswith(f"warn  slack: [W305] The bot is not in {named}")
    assert "Invite it there" in told["slack"]


async def test_a_user_group_of_permissions_that_is_gone_is_named(build: Any) -> None:
    house = await build()
    there = next(iter(house.slack.stage.workspace.groups))
    house.config["permissions"] = {"admin": [there]}
    assert (await lines(house, gone("a")))["permissions"] == "ok    permissions: 1 user group: there"
    house.config["permissions"] = {"admin": [there, "S0GONE0001"], "call": ["S0GONE0001"]}
    assert (await lines(house, gone("a")))["permissions"] == (
        "warn  permissions: [W307] no user group of this workspace is S0GONE0001 (admin, call): it lets nobody in"
    )
