"""The page of a cause: the output of ``hairpin explain ID``.  On an answer's page it is a folded part of the cause's
section.  And the page of a version's known faults: the output of ``hairpin explain PRODUCT VERSION --html``."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from hairpin.message import message
from hairpin.report.known_faults import FaultsDocument, heading, lines_of
from hairpin.report.page.markup import element, whole_file
from hairpin.report.page.sheet import prose
from hairpin.report.pages import HEADINGS, Page
from hairpin.report.words import Words


def cause_page(shown: Page, words: Words) -> str:
    """Return the cause's page as a file."""
    which = words(message("a cause that hairpin knows: {id}", id=shown.id))
    return whole_file(shown.title, which, [element("section", *cause_parts(shown, words, level="h2"))], words)


def cause_parts(shown: Page, words: Words, *, level: str) -> Iterator[Element]:
    """Yield the parts of the page, each with a heading of the given HTML level."""
    for name, title in HEADINGS.items():
        text = getattr(shown, name)
        if text:
            yield element(level, words(title).rstrip(":："))
            yield element("p", *prose(text))


def faults_page(shown: FaultsDocument, words: Words) -> str:
    """Return the page as a file."""
    sections = [element("section", *_parts(shown, number, words)) for number in range(len(shown.faults))]
    return whole_file(f"{shown.product} {shown.version}", words(heading(shown)), sections, words)


def _parts(shown: FaultsDocument, number: int, words: Words) -> Iterator[Element]:
    fault = shown.faults[number]
    yield element("h2", fault.id)
    yield element("p", *prose(fault.does))
    for label, text in lines_of(fault):
        yield element("p", element("strong", words(label)), " ", *prose(text))
