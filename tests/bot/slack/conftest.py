"""A Slack at the wire, a store that is a real server, and a front over both."""

from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest
from pydantic import SecretStr

from bot.cards import Answer, Card
from bot.dialog.context import Context
from bot.settings import Settings, Slack
from bot.slack.slack_app import SlackApp
from tests.deadlines import patient_slack


@pytest.fixture
def store(one_store):
    return one_store


@pytest.fixture
async def slack(clock):
    async with patient_slack(clock) as local:
        yield local


@dataclass
class Doing:
    """A command or an action of a test."""

    name: str
    run: object
    check: object = None


def make_settings(local, **over):
    keys = {"bot_token": SecretStr(local.bot_token), "api_url": local.api_url, "channel": "#voip-alerts"}
    mode = over.pop("mode", "socket")
    if mode in {"socket", "both"}:
        keys["app_token"] = SecretStr(local.app_token)
    if mode in {"http", "both"}:
        keys["signing_secret"] = SecretStr(local.signing_secret)
    keys |= over.pop("slack", {})
    return replace(Settings(slack=Slack(**keys)), **over)


@pytest.fixture
def settings_of():
    return make_settings


@pytest.fixture
def front(slack, store, clock):
    """`async with front(commands=…, actions=…) as f`: a started front, connected by a socket."""

    @asynccontextmanager
    async def started(commands=(), actions=(), *, connect=True, **over):
        settings = make_settings(slack, **over)

        def context(actor, access):
            return Context(
                actor=actor,
                accounts=None,
                store=store,
                engine=None,
                intake=None,
                settings=settings,
                clock=clock,
                access=access,
            )

        made = SlackApp(
            settings=lambda: settings,
            store=store,
            context=context,
            commands={c.name: c for c in commands},
            actions={a.name: a for a in actions},
            clock=clock,
        )
        await made.start()
        try:
            if connect and settings.slack.app_token:
                await slack.connected()
            yield made
        finally:
            await made.stop(3.0)
            await made.close()

    return started


@pytest.fixture
def doing():
    return Doing


@pytest.fixture
def says():
    """A command or action that answers with one sentence."""

    def make(name, sentence="Here you are.", **answer):
        async def run(_context, _given):
            return Answer(card=Card(sentence), **answer)

        return Doing(name, run)

    return make
