"""Every kind and every phase of alert as a person sees them, in a real browser. RINGWATCH_SCREENSHOTS=DIR keeps the pictures."""

import os
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.demo.day import FIRST_OFF, FLAGGED, MANY_OFF, MONEY
from bot.demo.run import stage
from bot.demo.slack.town import MANAGER
from tests.clocks import RunningClock

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
playwright = pytest.importorskip("playwright.async_api", reason="no playwright here: make browser")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here"),
]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
ALERTS = "#voip-alerts"


async def keeps(page: Any, name: str) -> None:
    """A picture of the channel, where pictures are wanted."""
    folder = os.environ.get("RINGWATCH_SCREENSHOTS")
    if folder:
        await page.locator("#toasts").evaluate("node => node.replaceChildren()")
        await page.screenshot(path=Path(folder) / f"{name}.png")


@pytest.mark.long
async def test_it_shows_each_kind_and_each_phase_of_alert() -> None:
    clock = RunningClock()
    async with stage(clock) as (slack, day), playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page(viewport={"width": 1180, "height": 1560})
        await page.goto(slack.base_url)
        sales, helpdesk, branch = day.worlds[MONEY], day.worlds["helpdesk"], day.worlds["branch"]

        sales.set_balance(41.5)
        money = await slack.message(ALERTS, "Balance of sales is low")
        sales.flag(FLAGGED)
        number = await slack.message(ALERTS, "is marked as spam")
        helpdesk.queue_pressure(helpdesk.queues[0].ref, 5)
        queue = await slack.message(ALERTS, "callers waiting")
        branch.outage(True)
        down = await slack.message(ALERTS, "branch cannot be read")
        sales.drop_agents([*FIRST_OFF, *MANY_OFF])
        people = await slack.message(ALERTS, "is the PBX down?")
        await page.locator("text=is the PBX down?").last.wait_for()
        await keeps(page, "alert-kinds")

        await slack.press(MANAGER, people, "acknowledge")
        await slack.edited(people, "acknowledged")
        await slack.press(MANAGER, queue, "snooze", option="2 hours")
        await slack.edited(queue, "Snoozed")
        branch.outage(False)
        await slack.edited(down, "Resolved after")
        sales.flag(FLAGGED, number_status("active"))
        await slack.edited(number, "Resolved after")
        clock.skipped += timedelta(minutes=2)
        await slack.message(ALERTS, "Still so")
        sales.set_balance(-3)
        await slack.message(ALERTS, "Now critical")
        why = await slack.command(MANAGER, ALERTS, "/pbx", "alerts why low-balance")
        await why.answer()
        asked = await why.answer()
        await slack.press(MANAGER, asked, "Send a test")
        test = await slack.message(ALERTS, "TEST, nothing is wrong")
        await page.locator("text=TEST, nothing is wrong").last.wait_for()
        await keeps(page, "alert-why")
        await page.locator("#messages").evaluate("node => node.scrollTo(0, 0)")
        await keeps(page, "alert-phases")
        clock.skipped += timedelta(minutes=3)
        await slack.edited(test, "the test is over")
        assert money.metadata["event_payload"]["state"] == "firing"
        await browser.close()


def number_status(word: str) -> Any:
    """The vendor's own way of mending it."""
    from providers.model import NumberStatus

    return NumberStatus(word)
