"""The known faults of a version as a page: the output of ``hairpin explain PRODUCT VERSION --html``."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from hairpin.report.known_faults import FaultsDocument, heading, lines_of
from hairpin.report.page.markup import element, whole_file
from hairpin.report.page.sheet import prose
from hairpin.report.words import Words


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
