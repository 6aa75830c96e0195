"""The boxes that a browser draws for pictures: their order, and what overlaps or is cut off."""

from pathlib import Path

from playwright.sync_api import Page

_SCRIPT = Path(__file__).with_name("boxes.js")


def faults(page: Page) -> list[str]:
    """Return what is wrong with the pictures as they are drawn."""
    found: list[str] = page.evaluate(_SCRIPT.read_text("utf-8").partition("\n")[2])
    return found
