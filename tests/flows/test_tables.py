"""Tables and charts, door to door; and where Slack refuses them, the same words as lists, at once and for a while."""

from datetime import timedelta
from typing import Any


async def ask(house: Any, command: str, text: str = "") -> Any:
    return await (await house.slack.command("ivan", "#general", command, text)).answer()


def kinds(message: Any) -> list[str]:
    return [block["type"] for block in message.blocks]


async def test_agents_and_caller_ids_are_tables(house: Any) -> None:
    agents = await ask(house, "/agents")
    table = next(block for block in agents.blocks if block["type"] in {"table", "data_table"})
    assert table["type"] == ("data_table" if len(house.world.agents) >= 20 else "table")
    assert len(table["rows"]) == len(house.world.agents) + 1
    assert "table" in kinds(await ask(house, "/spam"))


async def test_a_balance_is_drawn_once_there_is_a_course(house: Any) -> None:
    house.world.set_balance(150)
    for amount in (149, 148, 147):
        house.clock.advance(timedelta(minutes=10))
        house.world.set_balance(amount)
        asked = house.vendor_requests("MOM-2")
        await house.until(lambda asked=asked: house.vendor_requests("MOM-2") > asked + 1, "two polls")
    answer = await ask(house, "/balance", "sales")
    (chart,) = [block for block in answer.blocks if block["type"] == "data_visualization"]
    assert chart["title"] == "Balance, sales"
    assert "USD" in answer.words


async def test_where_slack_refuses_a_table_the_same_words_come_as_a_list_and_so_do_the_next(house: Any) -> None:
    house.slack.fail("hooks", "refused", word="invalid_blocks")
    answer = await ask(house, "/agents")
    assert not {"table", "data_table"} & set(kinds(answer))
    for agent in house.world.agents[:5]:
        assert agent.extension in answer.words
    assert not {"table", "data_table"} & set(kinds(await ask(house, "/agents"))), "for a while"
    house.clock.advance(timedelta(minutes=31))
    assert {"table", "data_table"} & set(kinds(await ask(house, "/agents")))


async def test_what_is_shared_falls_back_to_a_list_too(house: Any) -> None:
    answer = await ask(house, "/spam")
    house.slack.fail("hooks", "refused", word="invalid_blocks")
    await house.slack.press("ivan", answer, "Share")
    posted = await house.slack.message("#general", "Shared by")
    assert "table" not in kinds(posted)
    assert "12025550111" in posted.words
    assert len([m for m in house.slack.messages("#general") if "Shared by" in m.words]) == 1
