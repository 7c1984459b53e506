"""What a reading is handed in with."""

import pytest
from pydantic import SecretStr

from bot.readings.intake import Intake
from bot.settings import Settings, Slack


class Hearer:
    """A subscriber that notes what it hears; it raises `trouble` where there is one."""

    def __init__(self, name, order):
        self.name, self.order, self.heard, self.trouble = name, order, [], None

    async def __call__(self, message):
        self.order.append(self.name)
        self.heard.append(message)
        if self.trouble is not None:
            raise self.trouble


@pytest.fixture
def order():
    """The names of who heard, one after another."""
    return []


@pytest.fixture
def hearers(order):
    """Three who subscribe in this order."""
    return [Hearer(name, order) for name in ("first", "second", "third")]


@pytest.fixture
def settings():
    return Settings(slack=Slack(bot_token=SecretStr("xoxb-1"), channel="#c"))


@pytest.fixture
def intake(one_store, settings, hearers):
    """A way in that the three have subscribed to."""
    made = Intake(one_store, lambda: settings)
    for hearer in hearers:
        made.subscribers.subscribe(hearer.name, hearer)
    return made
