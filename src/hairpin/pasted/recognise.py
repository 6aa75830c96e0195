"""Finds the outputs of commands in a text that may have any words between them."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from hairpin.evidence.reading import HOST
from hairpin.pasted.commands import command_in, within_introduced, within_shells
from hairpin.pasted.form import NO_COMMAND, Command, Found, Fragment, OutputForm, Paste
from hairpin.pasted.forms.registry import FORMS
from hairpin.pasted.lines import lines_of
from hairpin.pasted.secrecy import is_secret
from hairpin.sought import Sought

_SHORT = 200
"""For lines up to this length, the forms that may begin at the line are cached."""
_LONG = 200
"""If a form finds nothing in a block of at least this many lines, the form is not tried again in this block."""
_LEAST_DOUBLED = 8
_DOUBLED = 0.9
"""If at least this share of the lines is followed by a blank line, each blank line counts as added by pasting."""
_QUOTED_OUTPUT = Sought(r"[\"'](?:module_)?(?:stderr|stdout|msg)[\"']: *u?[\"'](?:[^\"\\]|\\.)*?\\n")
"""Matches an output of several lines that a line of JSON quotes as one string."""
_ESCAPED_END = Sought(r"(?:\\r)?\\n|(?<=[^\\])\"(?=, \"(?:module_)?(?:stderr|stdout|msg)\")")
"""Matches the escaped end of a line, or the end of the whole string."""
_FEW_LINES = 300
"""In the first lines of a text, each form's anchor is tried alone."""
_GROUP = Sought(r"\(\?P<\w+>")
"""Matches the beginning of a named group in a pattern.  Several forms may use the same name."""
_CAPTURING = Sought(r"(?<!\\)\((?!\?)")
"""Matches the beginning of an unnamed group in a pattern."""
_MAY_BE_COMMAND = Sought(r"[$#%>\]\u276f\u279c`*]|(?:sudo |/)?[a-z][\w.-]*(?:\s|$|:)")


def paste_of(text: str) -> Paste:
    """Return the text as repaired lines, with its command lines."""
    lines, numbers = _without_escapes(*_without_doubled(lines_of(text)))
    found = (command_in(line, index) for index, line in enumerate(lines) if _MAY_BE_COMMAND.search(line) is not None)
    commands = within_shells((each for each in found if each is not None), lines)
    placed = within_introduced(commands, lines)
    return Paste(lines, {each.line: each for each in placed}, numbers)


def _without_doubled(lines: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return the lines, and their numbers in the text.  Some mails and web pages add a blank line after each line.  In
    that case one blank line is removed after each line."""
    full = [index for index, line in enumerate(lines) if line.strip()]
    single = sum(not lines[index + 1].strip() for index in full if index + 1 < len(lines))
    if len(full) < _LEAST_DOUBLED or single < len(full) * _DOUBLED:
        return lines, tuple(range(1, len(lines) + 1))
    kept = [
        (line, number)
        for number, line in enumerate(lines, 1)
        if line.strip() or (number > 1 and not lines[number - 2].strip())
    ]
    return tuple(line for line, _ in kept), tuple(number for _, number in kept)


def _without_escapes(lines: tuple[str, ...], numbers: tuple[int, ...]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return the lines, and their numbers.  If a line of JSON, such as Ansible prints, quotes a program's output, the
    output's lines are lines of their own, all with the number of the quoting line.  A line with a secret stays whole,
    because it is left out as a whole."""
    quoting = {line for line in lines if _QUOTED_OUTPUT.search(line) is not None and not is_secret(line)}
    if not quoting:
        return lines, numbers
    parts = [
        (part, number)
        for line, number in zip(lines, numbers, strict=True)
        for part in (_ESCAPED_END.split(line) if line in quoting else (line,))
    ]
    return tuple(part for part, _ in parts), tuple(number for _, number in parts)


def outputs(paste: Paste) -> Iterator[tuple[int, Command, Found]]:
    """Yield each output that was found: the index of its first line, its command, and what was found.

    Lines that no form knows may split an output into two parts.  If no blank line is between the parts, the second part
    was printed in the namespace of the first."""
    at = 0
    printing = NO_COMMAND
    while at < len(paste.lines):
        printing = paste.commands.get(at, printing if paste.lines[at].strip() else NO_COMMAND)
        found = _at(paste, at)
        if found is None:
            at += 1
            continue
        command = paste.commands.get(at) or paste.command_above(at)
        if command.words:
            printing = command
        elif printing.netns != HOST:
            found = found._replace(parts=tuple(_within(printing, each) for each in found.parts))
        yield at, command, found
        at = max(found.end, at + 1)


def _within(command: Command, part: Fragment) -> Fragment:
    return part._replace(netns=command.netns) if part.netns == HOST else part


def _at(paste: Paste, index: int) -> Found | None:
    line = paste.lines[index]
    if not line or line.isspace():
        return None
    for form in _forms_of(line) if len(line) < _SHORT else _anchored_forms(line):
        number = id(form)
        if paste.tried.vain.get(number, 0) > index:
            continue
        paste.tried.reach = 0
        found = form.read(paste, index)
        if found is not None:
            return found
        if paste.tried.reach > index + _LONG:
            paste.tried.vain[number] = paste.tried.reach
    return None


@lru_cache(maxsize=4096)
def _forms_of(line: str) -> tuple[OutputForm, ...]:
    return _anchored_forms(line)


def _anchored_forms(line: str) -> tuple[OutputForm, ...]:
    """Return the forms whose anchor matches the line."""
    if _forms_of.cache_info().misses < _FEW_LINES:
        return tuple(form for form in FORMS if form.anchor.match(line) is not None)
    anchored = _any_form().match(line)
    has_word = any(word in line for word in _WORDS)
    if anchored is None and not has_word:
        return ()
    # The first form without words whose anchor matches is known; those before it do not match.
    first = anchored.lastindex - 1 if anchored is not None and anchored.lastindex is not None else len(FORMS)
    wanted = (_BY_WORD if has_word else ()) if anchored is None else _from(first, has_word)
    return tuple(form for form in wanted if form.anchor.match(line) is not None)


@cache
def _from(first: int, has_word: bool) -> tuple[OutputForm, ...]:
    """Return the forms that may read a line: the forms without words from number ``first`` on; and, if the line has a
    word of the forms with words, all of these."""
    unworded = [form for form in FORMS if not form.words][first:]
    return tuple(form for form in FORMS if (form.words and has_word) or form in unworded)


def _any_of(forms: tuple[OutputForm, ...]) -> re.Pattern[str]:
    """Return one pattern for the first lines of all forms, with a group for each form.  One pattern is enough for most
    lines of a long text, because they begin no output."""
    bare = (_CAPTURING.sub("(?:", _GROUP.sub("(?:", each.anchor.pattern)) for each in forms if not each.words)
    return re.compile("|".join(f"({each})" for each in bare))


_WORDS = tuple(dict.fromkeys(word for form in FORMS for word in form.words))
_BY_WORD = tuple(form for form in FORMS if form.words)


@cache
def _any_form() -> re.Pattern[str]:
    """Return one pattern for all forms.  A short text does not need it: to compile it takes as long as to read the
    text."""
    return _any_of(FORMS)
