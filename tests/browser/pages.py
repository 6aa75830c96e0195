"""Opens pages in Debian's chromium, as a file on a disk, with everything forbidden that a page must not do."""

from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

from tests.waiting import HANG_S

CHROMIUM = "/usr/bin/chromium"
_ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
WIDTHS = (360, 1024, 1920)
Scheme = Literal["light", "dark"]


@contextmanager
def running_browser() -> Generator[Browser]:
    """Start chromium, and end it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_ARGUMENTS), timeout=HANG_S * 1000)
        try:
            yield browser
        finally:
            browser.close()


@cache
def _axe() -> str:
    """Return axe-core's script."""
    return files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")


class Opened:
    """A page that is open, with what it asked for and what went wrong in it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[str] = []
        self.errors: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda told: self.errors.append(told.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def violations(self) -> list[str]:
        """Return what axe finds against the rules of accessibility."""
        self.page.evaluate(_axe())
        found: list[str] = self.page.evaluate(
            "async () => (await axe.run()).violations.flatMap("
            "each => each.nodes.map(node => each.id + ': ' + node.html.slice(0, 100)))"
        )
        return found


@contextmanager
def opened(
    browser: Browser, file: Path, *, width: int = 1024, scheme: Scheme = "light", script: bool = True
) -> Generator[Opened]:
    """Open the file in a window of that width."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        java_script_enabled=script,
        permissions=["clipboard-read", "clipboard-write"],
    )
    context.set_default_timeout(HANG_S * 1000)
    try:
        found = Opened(context.new_page())
        found.page.goto(file.as_uri())
        yield found
    finally:
        context.close()
