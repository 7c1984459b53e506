"""What has not been done for a while is told by monotonic time: a clock that is set hides nothing and makes nothing up."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from bot.app.health import MAX_EVALUATION_IDLE, MAX_OUTBOX_WAIT, Health
from bot.observability.metrics import Metrics

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SET = [timedelta(), -timedelta(hours=1), -timedelta(weeks=2), timedelta(days=1)]


class House:
    """A service of which nothing is wrong but what the test makes so."""

    def __init__(self) -> None:
        self.now, self.seconds = NOW, 1000.0
        self.waits: datetime | None = None
        self.health = Health(
            store=cast(Any, self),
            slack=self.nothing,
            poller=cast(Any, self),
            engine=cast(Any, self),
            metrics=Metrics(),
            clock=lambda: self.now,
            steady=lambda: self.seconds,
        )

    def passes(self, span: timedelta) -> None:
        self.now += span
        self.seconds += span.total_seconds()

    async def nothing(self) -> None:
        return None

    def failing(self) -> dict[str, str]:
        return {}

    async def waits_since(self, _outlet: str) -> datetime | None:
        return self.waits


@pytest.mark.parametrize("set_by", SET, ids=str)
async def test_alerts_that_are_not_judged_are_told_however_the_clock_is_set(set_by: timedelta) -> None:
    house = House()
    house.health.evaluated()
    house.now += set_by
    assert await house.health.warnings() == []
    house.passes(MAX_EVALUATION_IDLE + timedelta(seconds=2))
    assert await house.health.warnings() == ["no alert has been judged for 12 s"]
    house.health.evaluated()
    assert await house.health.warnings() == []


@pytest.mark.parametrize("set_by", SET[:3], ids=str)
async def test_what_waits_for_slack_is_told_though_the_clock_was_set_back(set_by: timedelta) -> None:
    house = House()
    house.waits = house.now
    house.now += set_by
    house.health.evaluated()
    assert await house.health.warnings() == []
    house.passes(MAX_OUTBOX_WAIT + timedelta(minutes=1))
    house.health.evaluated()
    assert await house.health.warnings() == ["what is to be told in Slack has been waiting for 3 min"]
    house.waits = house.now  # that was delivered, and another waits
    assert await house.health.warnings() == []
