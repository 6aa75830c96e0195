"""Finds the outputs of commands in a text, whatever stands between them."""

import re
from collections.abc import Iterator

from hairpin.pasted.commands import command_in, within_shells
from hairpin.pasted.form import Command, Found, OutputForm, Paste
from hairpin.pasted.forms.registry import FORMS
from hairpin.pasted.lines import lines_of

_GROUP = re.compile(r"\(\?P<\w+>")
"""The beginning of a group with a name.  Several forms may use the same name."""
_MAY_BE_COMMAND = re.compile(r"[$#%>\]\u276f\u279c`*]|(?:sudo |/)?[a-z][\w.-]*(?:\s|$|:)")


def paste_of(text: str) -> Paste:
    """Return the text as mended lines, with its command lines."""
    lines = lines_of(text)
    found = (command_in(line, index) for index, line in enumerate(lines) if _MAY_BE_COMMAND.search(line) is not None)
    commands = within_shells((each for each in found if each is not None), lines)
    return Paste(lines, {each.line: each for each in commands})


def outputs(paste: Paste) -> Iterator[tuple[int, Command, Found]]:
    """Yield each output that was found: the index of its first line, its command, and what was found."""
    at = 0
    while at < len(paste.lines):
        found = _at(paste, at)
        if found is None:
            at += 1
            continue
        yield at, paste.commands.get(at) or paste.command_above(at), found
        at = max(found.end, at + 1)


def _has_word(line: str) -> bool:
    return any(word in line for word in _WORDS)


def _at(paste: Paste, index: int) -> Found | None:
    line = paste.lines[index]
    if not line or line.isspace():
        return None
    has_word = _has_word(line)
    if not has_word and _ANY.match(line) is None:
        return None
    for form in FORMS:
        if form.words and not has_word:
            continue
        if form.anchor.match(line) is not None and (found := form.read(paste, index)) is not None:
            return found
    return None


def _any_of(forms: tuple[OutputForm, ...]) -> re.Pattern[str]:
    """Return one pattern for the first lines of all forms, since nearly all lines of a long text begin none."""
    return re.compile("|".join(f"(?:{_GROUP.sub('(?:', each.anchor.pattern)})" for each in forms if not each.words))


_WORDS = tuple(dict.fromkeys(word for form in FORMS for word in form.words))
_ANY = _any_of(FORMS)
