"""A paper whose lines become elements of an HTML page.  The text is the same as on the terminal."""

import re
from collections.abc import Iterable
from xml.etree.ElementTree import Element

from hairpin.message import Message, message
from hairpin.report.page.markup import add_text, element, verbatim_element, with_children
from hairpin.report.paper import WIDEST, Paper, Style
from hairpin.report.printable import printable_command
from hairpin.report.words import Words

COPY: Message = message("copy")
_CODE = re.compile(r"`([^`\n]+)`")

Part = str | tuple[str, Style]


class Sheet(Paper):
    """Collects elements.  Consecutive command lines become one block, which can be copied.  Consecutive lines of a
    drawing or a quote also become one block.  No line is wrapped or cut, because the browser wraps.  ``headings``:
    whether a strong line without an indent becomes a heading."""

    def __init__(self, words: Words, *, headings: bool = False) -> None:
        super().__init__(width=WIDEST)
        self._words = words
        self._headings = headings
        self._elements: list[Element] = []
        self._block: list[list[tuple[str, Style]]] = []
        self._is_command = False

    def elements(self) -> list[Element]:
        """Return everything written so far."""
        self._close()
        return list(self._elements)

    def gap(self) -> None:
        """End the open block."""
        self._close()

    def line(self, *parts: Part) -> None:
        """Write one line of a block, verbatim."""
        self._add(parts)

    def cut(self, *parts: Part) -> None:
        """Write one line of a drawing or a quote, without cutting it."""
        self._add(parts)

    def prose(
        self, text: str, *, indent: int = 0, first: str = "", style: Style = "plain", first_style: Style = "plain"
    ) -> None:
        """Write a paragraph.  ``first``: the text before the paragraph."""
        self._close()
        if self._headings and style == "strong" and not indent and not first:
            self._elements.append(with_children(element("h2"), prose(text)))
            return
        shown = element("p", class_=f"in{min(indent, 6)}" if indent else None)
        children = [_styled(first, first_style)] if first else []
        self._elements.append(with_children(shown, [*children, _styled(text, style)]))

    def _add(self, parts: Iterable[Part]) -> None:
        line: list[tuple[str, Style]] = [each if isinstance(each, tuple) else (each, "plain") for each in parts]
        told = [each for each in line if each[0].strip()]
        is_command = bool(told) and all(style == "command" for _, style in told)
        if len(told) == 1 and told[0][1] == "strong":
            self.prose(told[0][0], indent=2, style="strong")
            return
        if is_command is not self._is_command:
            self._close()
        self._is_command = is_command
        self._block.append(told if is_command else [*_plain(line)])

    def _close(self) -> None:
        """Close the open block and make an element of it."""
        if not self._block:
            return
        if self._is_command:
            lines = ("".join(text for text, _ in line) for line in self._block)
            self._elements.append(command_block("\n".join(lines), self._words))
        else:
            shown = element("pre", class_="lines")
            for number, line in enumerate(self._block):
                with_children(shown, (_styled(text, style) for text, style in line))
                if number < len(self._block) - 1:
                    add_text(shown, "\n")
            self._elements.append(shown)
        self._block, self._is_command = [], False


def command_block(text: str, words: Words) -> Element:
    """Return commands, each of one or several lines, with a button that copies exactly these commands."""
    shown = "\n".join(map(printable_command, text.split("\n")))
    button = element("button", words(COPY), type="button", class_="copy", hidden=True)
    return element("div", verbatim_element("pre", shown, tabindex="0"), button, class_="commands")


def prose(text: str) -> list[Element | str]:
    """Return the text with backticked parts as code."""
    parts = _CODE.split(text)
    return [element("code", part) if number % 2 else part for number, part in enumerate(parts)]


def _styled(text: str, style: Style) -> Element | str:
    found = prose(text)
    if style == "plain":
        return with_children(element("span"), found) if len(found) > 1 else text
    return with_children(element("strong" if style == "strong" else "span", class_=style), found)


def _plain(line: list[tuple[str, Style]]) -> Iterable[tuple[str, Style]]:
    """Yield the parts of a line without the first (at most six) spaces, which only the terminal needs."""
    begun = False
    for text, style in line:
        shown = text if begun else text.lstrip(" ") if len(text) - len(text.lstrip(" ")) <= 6 else text[6:]
        begun = begun or bool(shown)
        if shown:
            yield shown, style
