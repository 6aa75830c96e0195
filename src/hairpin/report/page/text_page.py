"""A command's output as a page.  The page has the lines that the terminal shows, and the first line is the heading.
The pages of `hairpin diff` and `hairpin explain` are made by this module.
"""

from collections.abc import Callable
from functools import partial
from xml.etree.ElementTree import Element

from hairpin.answer.texts.explain import Explanation
from hairpin.compare.comparison import Comparison
from hairpin.message import message
from hairpin.report.page.markup import element, whole_file
from hairpin.report.page.sheet import Sheet
from hairpin.report.text.diff_text import diff_text
from hairpin.report.text.explain_text import explain_text
from hairpin.report.words import Words


def text_page(write: Callable[[Sheet], object], which: str, words: Words, *, first: tuple[Element, ...] = ()) -> str:
    """Return the page.  ``write``: the function that writes the command's output.  ``which``: the output's subject and
    time.  ``first``: elements before the output."""
    title, *others = elements_of(write, words)
    return whole_file("".join(title.itertext()), which, [*first, element("section", *others, class_="text")], words)


def elements_of(write: Callable[[Sheet], object], words: Words) -> list[Element]:
    """Return a command's output as elements, including its headings."""
    sheet = Sheet(words, headings=True)
    write(sheet)
    return sheet.elements()


def diff_page(found: Comparison, words: Words) -> str:
    """Return the page of ``hairpin diff``."""
    facts = {"one": found.was.name, "first": found.was.taken_at or "-", "other": found.now.name}
    which = message("{one} at {first}, {other} at {last}", last=found.now.taken_at or "-", **facts)
    return text_page(partial(diff_text, found, words, verbose=True), words(which), words)


def explain_page(explained: Explanation, words: Words) -> str:
    """Return the page of ``hairpin explain``."""
    parts = elements_of(partial(explain_text, explained, words, verbose=True), words)
    title = words(message("what these lines mean"))
    which = words(message("hairpin knows the meaning of {count} kinds of line", count=len(explained.found)))
    return whole_file(title, which, [element("section", *parts, class_="text")], words)
