"""Reads a page as a browser would: its elements, their attributes, and the texts in them."""

from collections.abc import Iterator
from html.parser import HTMLParser

_VOID = ("meta", "input", "br", "img", "link")


class PageReader(HTMLParser):
    """``tags``: every start tag, in order; ``attributes``: every attribute with its value; ``texts``: each text with
    the tag of the element that it is in; ``open``: the elements that are not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    def within(self, tag: str) -> Iterator[str]:
        """Yield the texts that are directly in elements of that name."""
        yield from (text for within, text in self.texts if within == tag)

    def values(self, name: str) -> list[str]:
        """Return the values of the attributes of that name."""
        return [value for each, value in self.attributes if each == name]

    @property
    def names(self) -> set[str]:
        """The names of all attributes."""
        return {name for name, _ in self.attributes}
