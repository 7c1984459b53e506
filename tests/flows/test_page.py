"""The demo in a real browser: what a newcomer does in the first minute. RINGWATCH_SCREENSHOTS=DIR keeps the pictures."""

import os
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.demo.day import FIRST_OFF, FLAGGED, MANY_OFF, MONEY
from bot.demo.run import stage
from tests.deadlines import PATIENCE

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
playwright = pytest.importorskip("playwright.async_api", reason="no playwright here: make browser")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here"),
]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Visitor:
    """Somebody at the page."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.set_default_timeout(1000 * PATIENCE)

    async def types(self, words: str) -> None:
        """Type a command and send it."""
        await self.page.fill("#text", words)
        await self.page.press("#text", "Escape")
        await self.page.press("#text", "Enter")

    async def sees(self, words: str) -> None:
        """Wait until it stands on the page."""
        await self.page.locator(f"text={words}").last.wait_for()

    async def keeps(self, name: str) -> None:
        """A picture, where pictures are wanted."""
        folder = os.environ.get("RINGWATCH_SCREENSHOTS")
        if folder:
            await self.page.locator("#toasts").evaluate("node => node.replaceChildren()")
            await self.page.screenshot(path=Path(folder) / f"{name}.png")


@pytest.fixture
async def demo() -> AsyncIterator[tuple[Visitor, Any]]:
    """The page of a running demo, and the simulated call centre behind it."""
    async with stage(lambda: datetime.now(UTC)) as (slack, day), playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page(viewport={"width": 1280, "height": 860})
        visitor = Visitor(page)
        await page.goto(slack.base_url)
        yield visitor, day.worlds[MONEY]
        await browser.close()
        assert visitor.errors == []


@pytest.mark.long
async def test_it_lets_a_newcomer_see_and_fix_a_bad_day(demo: tuple[Visitor, Any]) -> None:
    visitor, world = demo
    page = visitor.page
    world.set_balance(41.5)
    await visitor.sees("Balance of sales is low")
    await page.click("button:has-text('Acknowledge')")
    await visitor.sees("Undo acknowledge")

    world.flag(FLAGGED)
    await visitor.sees("is marked as spam")
    await page.locator("article button:has-text('Mark as active')").last.click()
    await visitor.keeps("confirm")
    await page.click("#confirm button.primary")
    await visitor.sees("now lists")
    await visitor.sees("Resolved after")

    world.drop_agents([*FIRST_OFF, *MANY_OFF])
    await visitor.sees("is the PBX down?")
    await page.locator("#messages").evaluate("node => node.scrollTo(0, 0)")
    await visitor.keeps("channel")
    world.bring_back()
    world.top_up(200)
    await visitor.sees("signed in again")


async def test_it_shows_what_home_assistant_would(demo: tuple[Visitor, Any]) -> None:
    visitor, world = demo
    page = visitor.page
    world.set_balance(41.5)
    world.flag(FLAGGED)
    await page.locator("#apps").get_by_role("button", name="Home Assistant").click()
    sales = page.locator("#home-assistant .device").filter(has_text="Ringwatch sales")
    await sales.get_by_text("41.50 USD").wait_for()
    await sales.locator("dt:has-text('spam-number') + dd.problem").wait_for()
    await sales.locator("dt:has-text('low-balance') + dd.problem").wait_for()
    await visitor.keeps("home-assistant")


async def test_it_completes_commands_and_answers_only_who_asked(demo: tuple[Visitor, Any]) -> None:
    visitor, _ = demo
    page = visitor.page
    await page.fill("#text", "/")
    await page.locator("#completion li").first.wait_for()
    assert await page.locator("#completion li").count() == 6
    await visitor.keeps("completion")
    await visitor.types("/balance")
    await visitor.sees("Only visible to you")
    await visitor.types("/agents Team-1")
    await visitor.sees("Olena Kovalenko")
    await visitor.keeps("commands")


async def test_it_places_a_call_from_a_form_that_refuses_emergency_numbers(demo: tuple[Visitor, Any]) -> None:
    visitor, world = demo
    page = visitor.page
    await visitor.types("/call")
    field = page.locator("#modal input.field").first
    await field.fill("911")
    await page.click("#modal button.primary")
    await page.locator("#modal .error:has-text('emergency')").wait_for()
    await visitor.keeps("form")
    await field.fill("202 555 0188")
    await page.click("#modal button.primary")
    await visitor.sees("Call now")
    await visitor.keeps("call")
    await page.locator("button:has-text('Call now')").last.click()
    await visitor.sees("Accepted")
    assert [call.destination for call in world.placed_calls] == ["12025550188"]


async def test_it_calls_the_number_of_a_message_and_runs_a_workflow_step(demo: tuple[Visitor, Any]) -> None:
    visitor, world = demo
    page = visitor.page
    await page.fill("#text", "Please ring +1 202 555 0188 back")
    await page.press("#text", "Enter")
    said = page.locator("article:has-text('Please ring')")
    await said.hover()
    await said.locator("button:has-text('Call this number')").click()
    await page.wait_for_selector("#modal[open] input")
    assert await page.input_value("#modal input") == "+1 202 555 0188"
    await page.click("#modal button.primary")
    await page.click("#channels button:has-text('Ringwatch')")
    await visitor.sees("Ready to call")
    await page.click("article button:has-text('Call now')")
    await visitor.sees("Accepted by")
    assert len(world.placed_calls) == 1

    await page.click("#apps button:has-text('Workflow steps')")
    await page.fill("#steps input[name=account]", MONEY)
    await page.select_option("#steps select[name=step]", "read_balance")
    await page.fill("#steps input[name=account]", MONEY)
    await page.click("#steps button.primary")
    await page.wait_for_selector(".step-outputs")
    assert "USD" in await page.inner_text(".step-outputs")
    await visitor.keeps("workflow-step")
