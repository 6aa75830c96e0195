"""What texts mean, as a page."""

from functools import partial

from hairpin.explain.explain import Explanation
from hairpin.message import message
from hairpin.report.page.frame import whole_file
from hairpin.report.page.markup import element
from hairpin.report.page.text_page import elements_of
from hairpin.report.text.explain_text import explain_text
from hairpin.report.words import Words


def explain_page(explained: Explanation, words: Words) -> str:
    """Return the page."""
    parts = elements_of(partial(explain_text, explained, words, verbose=True), words)
    title = words(message("what these lines mean"))
    which = words(message("{count} kinds of line have a meaning", count=len(explained.found)))
    return whole_file(title, which, [element("section", *parts, class_="text")], words)
