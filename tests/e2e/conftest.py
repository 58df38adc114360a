"""A real browser before the real application, with its own database and a scripted model."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request, async_playwright, expect

from assistant.house import House, open_house
from assistant.settings import Settings
from assistant.testing import BagEmbedder, ScriptedBrain

sys.path.insert(0, str(Path(__file__).parent.parent / "integration"))
from web_client import serving

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
expect.set_options(timeout=20_000)  # other tests have the machine too
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


@dataclass
class Visit:
    """A browser window; notes what must not happen."""

    page: Page
    address: str
    elsewhere: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def watch(self, context: BrowserContext) -> None:
        def requested(request: Request) -> None:
            if not request.url.startswith((f"{self.address}/", "data:", "blob:")):
                self.elsewhere.append(request.url)

        def said(message: ConsoleMessage) -> None:
            if "Content Security Policy" in message.text:
                self.complaints.append(message.text)

        context.on("request", requested)
        context.on("console", said)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))

    async def say(self, text: str) -> None:
        """Types a message and sends it as soon as the chat is connected."""
        await self.page.locator("#chat-input").click()
        await self.page.keyboard.type(text)
        await self.page.locator("#chat-submit").click()

    async def fits(self, width: int = 390) -> None:
        """Waits until the page is no wider than a phone. Its style may still be coming; the content policy of our own
        pages forbids the browser's own waiting for an expression, so we ask again.
        """
        for _ in range(200):
            found: int = await self.page.evaluate("document.documentElement.scrollWidth")
            if found <= width:
                return
            await asyncio.sleep(0.1)
        pytest.fail(f"the page is {found} pixels wide on a phone of {width}")

    async def shot(self, name: str) -> None:
        """Keeps a picture where the environment says so."""
        if folder := os.environ.get("SHOTS_DIR"):
            await self.page.screenshot(path=Path(folder) / f"{name}.png")

    def nothing_left_the_house(self) -> None:
        assert self.elsewhere == []
        assert self.complaints == []


@pytest.fixture
def brain() -> ScriptedBrain:
    return ScriptedBrain()


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path / "data", database_url=database_url, model="none", time_zone="Europe/Berlin", port=0
    )


@pytest.fixture
async def house(settings: Settings, brain: ScriptedBrain) -> AsyncIterator[House]:
    async with open_house(settings, embedder=BagEmbedder(), brain=brain) as house:
        yield house


@pytest.fixture
async def address(house: House) -> AsyncIterator[str]:
    async with serving(house) as address:
        yield address


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("a browser is required in CI: apt-get install chromium")
        pytest.skip("no Chromium is installed here (Debian: apt-get install chromium)")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        await browser.close()


async def _visit(chromium: Browser, address: str, *, phone: bool) -> AsyncIterator[Visit]:
    size = {"width": 390, "height": 844} if phone else {"width": 1280, "height": 800}
    context = await chromium.new_context(
        viewport=size, is_mobile=phone, has_touch=phone, device_scale_factor=2 if phone else 1, locale="en-GB"
    )
    context.set_default_timeout(30_000)
    visit = Visit(await context.new_page(), address)
    visit.watch(context)
    yield visit
    await context.close()


@pytest.fixture
async def desk(chromium: Browser, address: str) -> AsyncIterator[Visit]:
    async for visit in _visit(chromium, address, phone=False):
        yield visit


@pytest.fixture
async def phone(chromium: Browser, address: str) -> AsyncIterator[Visit]:
    async for visit in _visit(chromium, address, phone=True):
        yield visit
