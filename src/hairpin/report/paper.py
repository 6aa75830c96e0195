"""The "paper" on which a report is written: its width in columns, its colours, and the glyphs that the terminal can
show.

Widths are counted in terminal cells: a Chinese character takes two cells.  Source: Unicode Standard Annex #11.

All text is made printable here.  Therefore no text from a host reaches the terminal as an escape sequence.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from typing import Literal

from hairpin.report.printable import printable, printable_command

Style = Literal["plain", "bad", "good", "unsure", "strong", "faint", "command"]

_CODES: dict[Style, str] = {"bad": "1;31", "good": "32", "unsure": "33", "strong": "1", "faint": "2", "command": "36"}
_ASCII = str.maketrans(
    {"✗": "x", "✓": "+", "?": "?", "│": "|", "┆": ":", "●": "o", "○": "o", "…": "~", "·": "-", "└": "`",
     "├": "|", "─": "-", "▲": "^", "◀": "<", "╎": ":"}
)  # fmt: skip
_ASCII_ARROWS = {"→": "->", "←": "<-"}
"""The replacements of arrows in ASCII.  The replacements are wider than the arrows, so arrows are replaced before a
line is measured."""
WIDEST = 120
"""The width in columns beyond which lines of prose become hard to read."""
NARROWEST = 40


def cells(text: str) -> int:
    """Return the number of columns that the text takes."""
    return len(text) if text.isascii() else sum(_cells_of(character) for character in text)


def _cells_of(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf") and character != "\u00ad":
        return 0  # combining marks and joiners take no column; a soft hyphen takes one
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


class Paper:
    """Collects lines."""

    def __init__(self, *, width: int = 80, coloured: bool = False, ascii_only: bool = False) -> None:
        self.width = max(NARROWEST, min(width, WIDEST))
        self._coloured = coloured
        self._ascii = ascii_only
        self._lines: list[str] = []

    def text(self) -> str:
        """Return everything written so far."""
        lines = [line.rstrip() for line in self._lines]
        while lines and not lines[-1]:
            lines.pop()
        return "\n".join(lines) + "\n"

    def line(self, *parts: str | tuple[str, Style]) -> None:
        """Write one line without wrapping.  Commands, which people copy, and aligned columns are written in this way.

        A command with a here-document takes several lines."""
        *before, last = parts
        if isinstance(last, tuple) and last[1] == "command" and " <<" in last[0]:
            for line in last[0].split("\n"):
                self._write(self._shown((*before, (line, "command"))))
            return
        self._write(self._shown(parts))

    def gap(self) -> None:
        """Write an empty line, unless the last line is already empty."""
        if self._lines and self._lines[-1]:
            self._lines.append("")

    def cut(self, *parts: str | tuple[str, Style]) -> None:
        """Write one line and cut it at the edge of the paper.  Drawings and quotes are written in this way."""
        left = self.width
        kept: list[tuple[str, Style]] = []
        for whole, style in self._shown(parts):
            text = shortened(whole, left)
            kept.append((text, style))
            left -= cells(text)
        self._write(kept)

    def prose(
        self, text: str, *, indent: int = 0, first: str = "", style: Style = "plain", first_style: Style = "plain"
    ) -> None:
        """Write text, wrapped at the edge of the paper.

        ``first``: the text before the first line.  The other lines are indented to the column behind ``first``.  If
        ``first`` takes more than half of the width, they are indented by only 4 columns more than the first line."""
        text, first = self.spelt(printable(text)), self.spelt(printable(first))
        hanging = min(indent + cells(first), indent + 4 if self.width < 2 * cells(first) else self.width)
        for number, line in enumerate(wrapped(text, self.width - hanging, self.width - indent - cells(first))):
            if number == 0:
                self.line(" " * indent, (first, first_style), (line, style))
            else:
                self.line(" " * hanging, (line, style))

    def _shown(self, parts: Iterable[str | tuple[str, Style]]) -> list[tuple[str, Style]]:
        return [(self.spelt(text), style) for text, style in _printable(parts)]

    def spelt(self, text: str) -> str:
        """Return the text with its arrows replaced by characters that the paper can show."""
        if self._ascii:
            for arrow, spelt in _ASCII_ARROWS.items():
                text = text.replace(arrow, spelt)
        return text

    def _write(self, parts: Iterable[tuple[str, Style]]) -> None:
        self._lines.append("".join(self._painted(text, style) for text, style in parts))

    def _painted(self, text: str, style: Style) -> str:
        shown = text.translate(_ASCII) if self._ascii else text
        code = _CODES.get(style)
        return f"\x1b[{code}m{shown}\x1b[0m" if self._coloured and code is not None and shown else shown


def _printable(parts: Iterable[str | tuple[str, Style]]) -> list[tuple[str, Style]]:
    styled: Iterable[tuple[str, Style]] = (part if isinstance(part, tuple) else (part, "plain") for part in parts)
    return [(printable_command(text) if style == "command" else printable(text), style) for text, style in styled]


def shortened(text: str, room: int) -> str:
    """Return the text, cut to ``room`` columns with an ellipsis."""
    if cells(text) <= room:
        return text
    kept = ""
    for character in text:
        if cells(kept) + _cells_of(character) > room - 1:
            break
        kept += character
    return f"{kept}…" if room > 0 else ""


def wrapped(text: str, room: int, first_room: int | None = None) -> Iterator[str]:
    """Yield lines of at most ``room`` columns, broken at spaces and between Chinese characters.  ``first_room``: the
    columns of the first line.

    A word that is longer than a line (a rule, a path) is put on a separate line and is not broken, because people copy
    it.
    """
    line = ""
    left = room if first_room is None else first_room
    for piece in _pieces(text):
        if line and cells(line) + cells(piece.rstrip()) > left:
            yield line.rstrip()
            line, left = piece.lstrip(), room
        else:
            line += piece
    if line.strip():
        yield line.rstrip()


_NO_LINE_BEGINS_WITH = "，。；：、！？）》」』”’"


def _pieces(text: str) -> Iterator[str]:
    """Yield the parts of a text that are not broken: words with the space behind them, and single wide characters."""
    piece = ""
    for character in text:
        wide = _cells_of(character) == 2
        if wide and piece and character not in _NO_LINE_BEGINS_WITH:
            yield piece
            piece = ""
        piece += character
        if character == " ":
            yield piece
            piece = ""
    if piece:
        yield piece
