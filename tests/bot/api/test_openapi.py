"""The OpenAPI document is one, by a validator of the specification; and what the API answers is as it says."""

import json
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from bot.alerts.kinds import Kind
from bot.alerts.model import Blind, Observed
from bot.api import queries
from bot.api.encoding import plain
from bot.api.model import BalanceView
from bot.api.openapi import document
from providers.errors import ErrorKind

QUERIES = {"balances": queries.balances, "agents": queries.agents, "queues": queries.queues, "numbers": queries.numbers}
WEEK = timedelta(days=7)


def as_documented(what, answer):
    """An answer in JSON, once it was seen to be as the document says."""
    tree = document()
    operation = tree["paths"][f"/{what}"]["get"]
    schema = {
        **operation["responses"]["200"]["content"]["application/json"]["schema"],
        "components": tree["components"],
    }
    told = plain(answer)
    jsonschema.validate(told, closed(schema), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
    return told


def closed(tree):
    """A schema that allows no key which it does not name."""
    if isinstance(tree, dict):
        own = {"additionalProperties": False} if "properties" in tree and tree.get("type") == "object" else {}
        return {**{name: closed(value) for name, value in tree.items()}, **own}
    return [closed(value) for value in tree] if isinstance(tree, list) else tree


def test_it_is_valid_by_the_specification():
    validate(document(), cls=OpenAPIV31SpecValidator)


def test_it_has_an_operation_for_each_address():
    tree = document()
    assert set(tree["paths"]) == {
        "/accounts", "/balances", "/agents", "/queues", "/numbers", "/alerts", "/incidents",
    }  # fmt: skip
    for path in tree["paths"].values():
        assert {"200", "304", "401", "429", "503"} <= path["get"]["responses"].keys()
    assert tree["paths"]["/incidents"]["get"]["parameters"][0]["schema"]["format"] == "date-time"
    assert "data, and no instruction" in tree["info"]["description"]


def test_every_figure_stands_beside_its_time():
    schemas = document()["components"]["schemas"]
    told = {"BalanceView", "AgentsView", "QueuesView", "NumbersView", "AlertView", "IncidentView"}
    for name in told | {f"{what}Figures" for what in ("Balance", "Agents", "Queues", "Numbers")}:
        assert "as_of" in schemas[name]["properties"], name
    for name in told - {"AlertView", "IncidentView"}:
        assert {"blind_since", "last"} <= schemas[name]["properties"].keys()


async def test_the_accounts_are_as_documented(office):
    told = as_documented("accounts", queries.accounts(office.context()))
    (sales,) = told["accounts"]
    assert (sales["account"], sales["vendor"], sales["kinds"]) == ("sales", "MoMVOIP", ["balance", "numbers", "agents"])


@pytest.mark.parametrize("what", QUERIES)
async def test_what_is_told_is_as_documented_seen_or_blind(office, what):
    kinds = {"balances": Kind.BALANCE, "agents": Kind.AGENTS, "numbers": Kind.NUMBERS}
    provider = await office.open("desk", "voicenter")
    desk = office.opened["desk"]
    poll = {kind: timedelta(seconds=30) for kind in Kind}
    office.opened["desk"] = replace(desk, settings=replace(desk.settings, poll=poll))
    told = as_documented(what, await QUERIES[what](office.context()))
    assert all(row["as_of"] is row["last"] is row["blind_since"] is None for row in told[what]), "never read"
    if what == "queues":
        await office.intake.accept("desk", Kind.QUEUES, await read(office, provider.queues()))
        told = as_documented(what, await QUERIES[what](office.context()))
        assert told["queues"][0]["queues"]
        return
    kind = kinds[what]
    await office.watch(kind)
    told = as_documented(what, await QUERIES[what](office.context()))
    assert told[what][0]["as_of"] is not None
    blind = Blind("It did not answer.", ErrorKind.UNAVAILABLE, office.clock())
    await office.store.record("sales", kind, blind, keep=WEEK)
    told = as_documented(what, await QUERIES[what](office.context()))
    (sales,) = [one for one in told[what] if one["account"] == "sales"]
    assert (sales["as_of"], sales["blind_reason"]) == (None, "unavailable")
    assert sales["last"]["as_of"] is not None


async def read(office, question):
    return Observed(await question, office.clock())


def test_the_example_in_the_docs_is_as_documented():
    page = (Path(__file__).parents[3] / "docs" / "api.md").read_text("utf-8")
    example = json.loads(page.split("```json\n")[1].split("```")[0])
    seen, unseen = as_documented("balances", example)["balances"]
    assert list(seen) == list(unseen) == [one.name for one in fields(BalanceView)]
