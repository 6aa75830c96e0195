"""What differs between two hosts, as a page."""

from functools import partial

from hairpin.compare.comparison import Comparison
from hairpin.message import message
from hairpin.report.page.text_page import text_page
from hairpin.report.text.diff_text import diff_text
from hairpin.report.words import Words


def diff_page(found: Comparison, words: Words) -> str:
    """Return the page."""
    facts = {"one": found.was.name, "first": found.was.taken_at or "-", "other": found.now.name}
    which = message("{one} at {first} beside {other} at {last}", last=found.now.taken_at or "-", **facts)
    return text_page(partial(diff_text, found, words, verbose=True), words(which), words)
