"""The OpenAPI document: it is one, and what the API answers is as it says."""

from datetime import timedelta
from typing import Any

import jsonschema
import pytest
from pydantic import TypeAdapter

from bot.alerts.kinds import Kind
from bot.alerts.model import Blind, Observed
from bot.api import queries
from bot.api.openapi import document
from bot.text.phone_numbers import digits
from providers.errors import ErrorKind

QUERIES = {"balances": queries.balances, "agents": queries.agents, "queues": queries.queues, "numbers": queries.numbers,
           "alerts": queries.alerts}  # fmt: skip
ANY: TypeAdapter[Any] = TypeAdapter(Any)
WEEK = timedelta(days=7)


def references(tree: Any) -> list[str]:
    if isinstance(tree, dict):
        own = [tree["$ref"]] if isinstance(tree.get("$ref"), str) else []
        return own + [ref for value in tree.values() for ref in references(value)]
    return [ref for value in tree for ref in references(value)] if isinstance(tree, list) else []


def schema_of(what: str) -> dict[str, Any]:
    """The schema of an answer, with its references inside it."""
    tree = document()
    answer = tree["paths"][f"/{what}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    return {**answer, "components": tree["components"]}


def test_it_has_an_operation_for_each_address_and_every_reference_leads_somewhere() -> None:
    tree = document()
    assert tree["openapi"] == "3.1.0"
    assert set(tree["paths"]) == {
        "/accounts", "/balances", "/agents", "/queues", "/numbers", "/alerts", "/incidents",
    }  # fmt: skip
    known = {f"#/components/schemas/{name}" for name in tree["components"]["schemas"]}
    assert set(references(tree)) <= known
    for path in tree["paths"].values():
        assert {"200", "304", "401", "429", "503"} <= path["get"]["responses"].keys()
    for schema in tree["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("what", QUERIES)
async def test_what_is_told_is_as_the_document_says_seen_or_blind(office, what):
    kinds = {"balances": Kind.BALANCE, "agents": Kind.AGENTS, "numbers": Kind.NUMBERS}
    await office.open("desk", "iexpbx")
    for seen in (False, True):
        if seen and what in kinds:
            await office.watch(kinds[what])
        told = ANY.dump_python({what: await QUERIES[what](office.context())}, mode="json")
        jsonschema.validate(told, schema_of(what))
    if what in kinds:
        blind = Blind("It did not answer.", ErrorKind.UNAVAILABLE, office.clock())
        await office.store.record("sales", kinds[what], blind, keep=WEEK)
        told = ANY.dump_python({what: await QUERIES[what](office.context())}, mode="json")
        jsonschema.validate(told, schema_of(what))
        (sales,) = [one for one in told[what] if one["account"] == "sales"]
        assert sales["as_of"] is None
        assert sales["last"] is not None


async def test_a_customers_number_is_masked(office):
    provider = await office.open("desk", "iexpbx")
    agents = await provider.agents()
    talking = [agent for agent in agents if agent.peer]
    assert talking, "somebody talks in this world"
    await office.store.record("desk", Kind.AGENTS, Observed(agents, office.clock()), keep=WEEK)
    (desk,) = [one for one in await queries.agents(office.context()) if one.account == "desk"]
    text = str(desk)
    assert not [agent.peer for agent in talking if digits(agent.peer) and digits(agent.peer) in digits(text)]
