"""Finds what a program that wraps lines has damaged: two commands or two rules of a grammar in one line, inline code
over a line's end, and lines that were edited and not wrapped again.

``damage`` is called by ``tools/check_docs.py``.
"""

import ast
import re
from collections.abc import Iterator

LONGEST = 200
"""A line of prose is wrapped at 150 characters; one with this many was not wrapped again."""
FENCE = re.compile(r"^ *(`{3,}|~{3,})")
COMMENTS = re.compile(r"(?<=\s)#\s.*\s{2,}#(?:\s|$)|\s#$")
COMMAND = re.compile(r"^(?:[#$] )?(?:sudo )?(make|hairpin)\b[^|;&#<>]*?\s\1(?:\s|$)")
LIST = re.compile(r"^ *(?:[-*+]|\d+\.) ")


def damage(path: str, text: str) -> Iterator[tuple[int, str]]:
    """Yield line and finding for each damage in a page, or in a module's docstring."""
    if path.endswith(".md"):
        for prose, lines in _parts(text):
            yield from _prose(lines, path) if prose else _commands(lines)
    elif path.endswith(".py"):
        yield from _grammar(text)


def _parts(text: str) -> Iterator[tuple[bool, list[tuple[int, str]]]]:
    """Yield each paragraph of a page, and each block of code, with False, as its numbered lines."""
    part = list[tuple[int, str]]()
    fence, in_list, code = "", False, False
    for number, line in enumerate(text.splitlines(), 1):
        mark = FENCE.match(line)
        indented = not fence and not in_list and line.startswith("    ") and (code or not part)
        if not line.strip() or mark is not None or (indented or bool(fence)) != code or LIST.match(line):
            if part:
                yield not code, part
            part = []
        code = indented or bool(fence)
        if mark is not None:
            fence = "" if fence and line.strip() == fence else fence or mark[1]
            code = False
        elif line.strip():
            part.append((number, line))
            in_list = not code and (bool(LIST.match(line)) or (in_list and line.startswith(" ")))
    if part:
        yield not code, part


def _commands(lines: list[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    for number, line in lines:
        if COMMENTS.search(line) or COMMAND.match(line.strip()):
            yield number, "more than one command or comment stands in the line"


def _prose(lines: list[tuple[int, str]], path: str) -> Iterator[tuple[int, str]]:
    lines = [(number, line) for number, line in lines if not line.lstrip().startswith("|")]
    odd = [number for number, line in lines if line.count("`") % 2]
    for number in odd[: len(odd) - len(odd) % 2 : 2]:
        yield number, "inline code goes over the line's end"
    for number, line in lines:
        # A program writes the pages of causes, a line for each paragraph.
        if len(line) > LONGEST and not path.startswith("docs/causes/"):
            yield number, f"has {len(line)} characters: wrap it at 150"


def _grammar(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines of the module's docstring in which rules of a grammar are joined or torn apart.  Two rules may
    stand side by side as columns."""
    if ":=" not in text:
        return
    module = ast.parse(text)
    for number, line in enumerate((ast.get_docstring(module, clean=False) or "").splitlines(), 1):
        rules = line.split(":=")
        if len(rules) > 1 and line.startswith("    ") and (
            not rules[0].strip() or any("   " not in each.strip() for each in rules[1:-1])
        ):  # fmt: skip
            yield number, "rules of a grammar are joined or torn apart"
