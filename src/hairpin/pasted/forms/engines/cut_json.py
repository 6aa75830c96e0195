"""Reads a JSON document in the lines of a text, even if it is incomplete, contains ``...``, or has masked values.

Complete values are kept.  A value that is incomplete or is no JSON is left out together with its key.
"""

import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple, cast

from hairpin.sought import Sought

_LONGEST_LINES = 100_000
_DEEPEST = 60
"""The depth of nested brackets that no document of an engine reaches."""
_TOKEN = Sought(
    r"\s*(?:(?P<mark>[{}\[\]:,])|(?P<text>\"(?:[^\"\\\n]|\\.)*\")"
    r"|(?P<word>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.-])|(?P<other>\S))"
)
_LINE = Sought(
    r"\s*(?:[{}\[\]]|\"|-?\d+(?:\.\d+)?,?\s*$|(?:true|false|null),?\s*(?:$|\")|(?:\.\.\.|\u2026|<snip|\[snip|//|#).*$)"
)
_ELIDED = Sought(r"\s*[,\[({<]?\s*(?:\.\.\.|\u2026|<?snip|//|#)")
HOISTED = frozenset({"NetworkSettings", "HostConfig", "Config", "State"})
"""The top-level keys of a container's document.  After a gap a bracket may be missing; then these keys show that the
top level is reached."""


class Document(NamedTuple):
    """A document: its value, the index after its last line, and whether a part of it is missing.  ``behind``: the text
    after the document in its last line."""

    value: Any
    end: int
    damaged: bool
    behind: str = ""


def document(lines: Sequence[str], start: int, stops: Sequence[int] | dict[int, Any]) -> Document | None:
    """Return the document that begins at this line; None if there is none.

    ``stops``: the lines with commands; a document ends before the next of them."""
    end = end_of_document(lines, start, stops)
    text = "\n".join(lines[start:end])
    try:
        value, behind = json.JSONDecoder().raw_decode(text.lstrip())
    except (ValueError, RecursionError):
        pass
    else:
        skipped = len(text) - len(text.lstrip())
        last = text[skipped + behind :].partition("\n")[0].strip()
        return Document(value, start + text.count("\n", 0, skipped + behind) + 1, damaged=False, behind=last)
    return _Reader(text, start).read()


def end_of_document(lines: Sequence[str], start: int, stops: Sequence[int] | dict[int, Any]) -> int:
    """Return the index after the last line that may belong to a document.  The document ends before a blank line
    outside of its brackets, before a command, or before a line that is no JSON."""
    depth = 0
    at = start
    while at < min(len(lines), start + _LONGEST_LINES) and at not in stops:
        line = lines[at]
        if line.strip() and at != start and _LINE.match(line) is None:
            break
        bare = re.sub(r"\"(?:[^\"\\]|\\.)*\"", "", line) if '"' in line else line
        depth += bare.count("{") + bare.count("[") - bare.count("}") - bare.count("]")
        at += 1
        if (depth <= 0 and line.strip()) or depth > _DEEPEST:
            break
    return at


class _Reader:
    """Reads the tokens of a damaged document.  ``_open``: the objects and lists that are not closed yet."""

    def __init__(self, text: str, start: int) -> None:
        self._text = text
        self._start = start
        self._open: list[Any] = []
        self._key: str | None = None
        self._root: Any = None
        self._has_gap = False

    def read(self) -> Document | None:
        at = behind = 0
        while True:
            elided = _ELIDED.match(self._text, at)
            if elided is not None and self._open:
                at = self._text.find("\n", elided.end())
                self._key = None
                self._has_gap = True
                if at < 0:
                    break
                continue
            token = _TOKEN.match(self._text, at)
            if token is None:
                break
            at = behind = token.end()
            if token["other"] is not None:  # a masked value: up to the comma or the end of the line
                found = Sought(r"[^,\n]*").match(self._text, at)
                at = behind = found.end() if found is not None else at
                self._key = None
            elif not self._take(token):
                break
        return (
            Document(self._root, self._start + self._text.count("\n", 0, behind) + 1, damaged=True)
            if self._root
            else None
        )

    def _take(self, token: re.Match[str]) -> bool:
        """Process a token, and return whether the document continues after it."""
        mark = token["mark"]
        if mark == ",":
            self._key = None
        elif mark is not None and mark in "{[":
            made: Any = {} if mark == "{" else []
            if self._root is None:
                self._root = made
            else:
                self._put(made)
            self._open.append(made)
        elif mark is not None and mark in "}]":
            kind = dict if mark == "}" else list
            while self._open and not isinstance(self._open[-1], kind):
                self._open.pop()
            if self._open:
                self._open.pop()
            return bool(self._open)
        elif token["text"] is not None:
            self._text_token(token)
        elif token["word"] is not None:
            self._put(json.loads(token["word"]))
        return bool(self._open)

    def _text_token(self, token: re.Match[str]) -> None:
        try:
            text = json.loads(token["text"])
        except ValueError:
            self._key = None
            return
        is_key = self._text[token.end() : token.end() + 2].lstrip(" ").startswith(":")
        if not is_key:
            self._put(text)
            return
        if text in HOISTED and self._has_gap:
            self._has_gap = False
            self._to_top()
        while self._open and isinstance(self._open[-1], list) and len(self._open) > 1:
            self._open.pop()  # a key behind a list that is not closed
        self._key = text

    def _to_top(self) -> None:
        """Close all open objects and lists except the outermost object, which is the container's."""
        outermost = next((number for number, each in enumerate(self._open) if isinstance(each, dict)), None)
        if outermost is not None:
            del self._open[outermost + 1 :]

    def _put(self, value: Any) -> None:
        if not self._open:
            return
        into: Any = self._open[-1]
        if isinstance(into, list):
            cast("list[Any]", self._open[-1]).append(value)
        elif self._key is not None:
            into[self._key] = value
            self._key = None
