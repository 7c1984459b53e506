"""`/agents`: counts first, then everybody."""

from dataclasses import replace
from datetime import timedelta

from bot.alerts.kinds import Kind
from bot.cards import Customer, Table
from bot.commands.agents.card import cells
from bot.commands.agents.query import Seat
from providers.model import Agent, AgentState, Rows


async def test_it_counts_by_state_first_and_then_lists_everybody(office):
    shown = await office.type("/agents")
    assert shown.verdict == "18 of 20 agents signed in, 2 not."
    assert shown.lines[:2] == ["By state", "on call 5 · ringing 2 · free 11 · offline 2"]
    assert sum("(11" in text for text in shown.lines) == 20
    order = [text.split(" · ")[1] for text in shown.lines if "(11" in text]
    assert order == sorted(order, key=["offline", "on call", "ringing", "free"].index)


async def test_it_gives_the_other_party_as_a_customer(office):
    shown = await office.type("/agents")
    rows = [row for item in shown.card.body if isinstance(item, Table) for row in item.rows]
    busy = [row for row in rows if "on call" in row]
    assert busy
    assert all(any(isinstance(part, Customer) for part in row) for row in busy)


async def test_it_tells_the_last_call_from_a_state(clock):
    now = clock()
    agent = Agent(
        "1", AgentState.AVAILABLE, "online", "Ann", since=now - timedelta(minutes=12), since_means="last_call"
    )
    assert "last call 12 min ago" in [getattr(cell, "words", cell) for cell in cells(Seat("sales", agent), now)]
    state = replace(agent, since_means="state")
    assert "for 12 min" in [getattr(cell, "words", cell) for cell in cells(Seat("sales", state), now)]


async def test_it_narrows_to_a_group_an_agent_an_account(office):
    await office.add("support", seed=2)
    group = await office.type("/agents team-1")
    assert "Team-1: " in group.verdict
    assert all("Team-2" not in text for text in group.lines)
    account = await office.type("/agents support")
    assert account.verdict.startswith("support: ")
    assert "sales" not in account.text
    agent = await office.type("/agents daniel okafor")
    assert sum("Daniel Okafor" in text for text in agent.lines) == 2  # one in each account


async def test_it_shows_one_agent_in_a_sentence(office):
    shown = await office.type("/agents 1112")
    assert shown.verdict == "Viktor Bondar (1112) is offline."
    assert (await office.type("/agents vik")).verdict == shown.verdict


async def test_it_lists_names_when_several_fit_and_none(office):
    several = await office.type("/agents team")
    assert "Several names" in several.verdict
    assert "group Team-1" in several.text
    none = await office.type("/agents zoe")
    assert "called “zoe”" in none.verdict
    assert "Usage: /agents" in none.text


async def test_it_prefers_an_exact_name_to_a_beginning(office, monkeypatch):
    agents = Rows((Agent("11", AgentState.AVAILABLE, "online"), Agent("110", AgentState.OFFLINE, "offline")))
    serve(office, monkeypatch, agents)
    assert (await office.type("/agents 11")).verdict == "11 is free."


def serve(office, monkeypatch, agents):
    async def listed():
        return agents

    monkeypatch.setattr(office.opened["sales"].provider, "agents", listed)


async def test_it_shows_the_vendors_word_where_the_state_is_none_of_ours(office, monkeypatch):
    serve(office, monkeypatch, Rows((Agent("11", AgentState.UNKNOWN, "Brb <!channel>"),)))
    shown = await office.type("/agents")
    assert "status “Brb <!channel>”, which is not known here" in shown.text


async def test_it_calls_nobody_free_who_is_only_known_to_be_registered(office, monkeypatch):
    agents = (Agent("11", AgentState.AVAILABLE, "OK", label="registered"), Agent("12", AgentState.AVAILABLE, "online"))
    serve(office, monkeypatch, Rows(agents))
    seen = await office.type("/agents")
    assert "registered 1" in seen.text
    assert "free 1" in seen.text
    assert "11 · registered" in seen.text
    assert "free 2" not in seen.text


async def test_it_tells_rows_that_could_not_be_read(office, monkeypatch):
    serve(office, monkeypatch, Rows((Agent("11", AgentState.AVAILABLE, "online"),), unreadable=3))
    shown = await office.type("/agents")
    assert "3 rows could not be read" in shown.text
    serve(office, monkeypatch, Rows((), unreadable=3))
    assert "could not be read" in (await office.type("/agents")).verdict


async def test_it_says_that_nobody_is_listed_where_that_is_known(office, monkeypatch):
    serve(office, monkeypatch, Rows(()))
    shown = await office.type("/agents")
    assert shown.verdict == "sales (MoMVOIP) listed no agents."


async def test_it_groups_a_long_list_and_loses_nobody(office, monkeypatch):
    agents = tuple(
        Agent(str(2000 + n), AgentState.ON_CALL if n % 2 else AgentState.OFFLINE, "x", group=f"Team-{n % 3}")
        for n in range(50)
    )
    serve(office, monkeypatch, Rows(agents))
    shown = await office.type("/agents")
    assert all(str(2000 + n) in shown.text for n in range(50))
    assert "Team-0 — on call 8 · offline 9" in shown.lines


async def test_it_keeps_the_last_look_beside_a_failure(office, clock):
    await office.watch(Kind.AGENTS)
    clock.advance(timedelta(minutes=1))
    office.faults["MOM-2"] = "truncated"
    shown = await office.type("/agents")
    assert "not known" in shown.verdict
    assert "Last known on call" in shown.text
    assert "not current" in shown.text
