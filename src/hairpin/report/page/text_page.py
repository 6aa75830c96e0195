"""What a command says, as a page: the terminal's own lines; the first is the heading."""

from collections.abc import Callable
from xml.etree.ElementTree import Element

from hairpin.report.page.frame import whole_file
from hairpin.report.page.markup import element
from hairpin.report.page.sheet import Sheet
from hairpin.report.words import Words


def text_page(write: Callable[[Sheet], object], which: str, words: Words, *, first: tuple[Element, ...] = ()) -> str:
    """Return the page.  ``write``: what the command writes; ``which``: of what and when it is; ``first``: what stands
    before the lines."""
    title, *others = elements_of(write, words)
    return whole_file("".join(title.itertext()), which, [*first, element("section", *others, class_="text")], words)


def elements_of(write: Callable[[Sheet], object], words: Words) -> list[Element]:
    """Return what is written, as elements, with its headings."""
    sheet = Sheet(words, headings=True)
    write(sheet)
    return sheet.elements()
