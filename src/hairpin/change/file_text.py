"""Replaced files as commands that may be typed in twice, and with any indentation: a here-document ends only at a line
that begins with its mark, so that a copied block would not end.

A small file is written whole.  Of a larger one the changed lines are edited with sed(1), found by their whole text.
"""

import re
import shlex
from collections.abc import Iterator
from difflib import SequenceMatcher

_SMALL = 8
"""Lines up to which a file is written whole."""
_JOIN = "\n"
_SPECIAL = re.compile(r"[\\/.*\[\]^$]")


def written_lines(text: str) -> str:
    """Return the command that prints the text: a quoted word for each line."""
    lines = text.removesuffix("\n").split("\n")
    if len(lines) == 1:
        return f"printf '%s\\n' {_quoted(lines[0])}"
    return "printf '%s\\n' \\\n" + " \\\n".join(f"    {_quoted(line)}" for line in lines)


def _quoted(line: str) -> str:
    """Return the line as one word of a shell: readable also where it has single quotes."""
    return shlex.quote(line) if "'" not in line else '"' + re.sub(r'["$`\\]', lambda found: "\\" + found[0], line) + '"'


def file_commands(path: str, before: str | None, after: str | None) -> Iterator[str]:
    """Yield the commands that replace the file's content; ``after`` None: that delete it."""
    name = shlex.quote(path)
    if after is None:
        yield f"rm {name}"
    elif before is None or not before.endswith("\n") or not after.endswith("\n") or after.count("\n") <= _SMALL:
        yield f"{written_lines(after)} > {name}" if after else f": > {name}"
    else:
        old, new = before.split("\n")[:-1], after.split("\n")[:-1]
        blocks = [each for each in SequenceMatcher(None, old, new, autojunk=False).get_opcodes() if each[0] != "equal"]
        for _, start, end, first, last in reversed(blocks):  # from below, so that line numbers stay
            yield from _block(name, old, (start, end), new[first:last])


def _block(name: str, old: list[str], where: tuple[int, int], new: list[str]) -> Iterator[str]:
    start, end = where
    gone = old[start:end]
    if len(gone) == len(new) and all(old.count(line) == 1 and line not in new for line in gone):
        for line, other in zip(gone, new, strict=True):
            yield f"sed -i {shlex.quote(f's/{_pattern(line)}/{_replacement(other)}/')} {name}"
        return
    if new:
        yield _insertion(name, old, start, new)
    for number in range(end, start, -1):
        line = old[number - 1]
        if old.count(line) == 1 and line not in new:
            yield f"sed -i {shlex.quote(f'/{_pattern(line)}/d')} {name}"
        else:
            at = number + len(new)
            yield f"sed -n {at}p {name} | grep -qxF -- {shlex.quote(line)} && sed -i {at}d {name}"


def _insertion(name: str, old: list[str], start: int, new: list[str]) -> str:
    """Return the command that inserts the lines in front of the line of that index, unless they are there."""
    mark = next((line for line in new if line.strip() and line not in old), None)
    there = f"grep -qxF -- {shlex.quote(mark)} {name} || " if mark is not None else ""
    if start == len(old):
        return f"{there}{written_lines(_JOIN.join(new))} >> {name}"
    anchor = old[start]
    unique = mark is not None and old.count(anchor) == 1 and bool(anchor.strip()) and anchor not in new
    at = f"/{_pattern(anchor)}/" if unique else str(start + 1)
    expressions = " ".join("-e " + shlex.quote(at + "i\\" + _escaped(line)) for line in new)
    if mark is None:
        there = f"sed -n {start + 1}p {name} | grep -qxF -- {shlex.quote(anchor)} && "
    return f"{there}sed -i {expressions} {name}"


def _pattern(line: str) -> str:
    return "^" + _SPECIAL.sub(lambda found: "\\" + found[0], line) + "$"


def _replacement(line: str) -> str:
    return re.sub(r"[\\/&]", lambda found: "\\" + found[0], line)


def _escaped(line: str) -> str:
    return line.replace("\\", "\\\\")
