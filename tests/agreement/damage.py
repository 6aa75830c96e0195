"""Damages a text as the way from a terminal into a forum does."""

import random
from collections.abc import Callable


def damaged(text: str, drawn: random.Random, *, lines_lost: bool = True) -> tuple[str, str]:
    """Return the text with one to three kinds of damage, and their names.

    ``lines_lost``: whether single lines may be missing without a sign of it, which no listing shows by itself."""
    lines = text.split("\n")
    kinds = [each for each in _DAMAGES if lines_lost or each not in _SILENT]
    chosen = drawn.sample(kinds, drawn.randint(1, 3))
    for damage in chosen:
        lines = damage(lines, drawn)
    return "\n".join(lines), ", ".join(each.__name__.strip("_") for each in chosen)


def _lose_lines(lines: list[str], drawn: random.Random) -> list[str]:
    share = drawn.choice((0.01, 0.05, 0.2))
    return [each for each in lines if drawn.random() >= share]


def _lose_a_block(lines: list[str], drawn: random.Random) -> list[str]:
    start = drawn.randrange(len(lines))
    return lines[:start] + lines[start + drawn.randint(1, 40) :]


def _cut(lines: list[str], drawn: random.Random) -> list[str]:
    return lines[: drawn.randrange(len(lines) // 3, len(lines))]


def _dash(lines: list[str], drawn: random.Random) -> list[str]:
    dash = drawn.choice(("\u2013", "\u2014"))
    return [each.replace("--", dash) for each in lines]


def _without_indentation(lines: list[str], _: random.Random) -> list[str]:
    return [each.strip() for each in lines]


def _with_indentation(lines: list[str], drawn: random.Random) -> list[str]:
    return [drawn.choice(("    ", "\t", "  ")) + each for each in lines]


def _one_blank(lines: list[str], _: random.Random) -> list[str]:
    return [" ".join(each.split()) for each in lines]


def _without_blank_lines(lines: list[str], _: random.Random) -> list[str]:
    return [each for each in lines if each.strip()]


def _with_blank_lines(lines: list[str], _: random.Random) -> list[str]:
    return [part for each in lines for part in (each, "")]


def _margin(lines: list[str], drawn: random.Random) -> list[str]:
    form = drawn.choice(("{} {}", "{}: {}", "{:>4} | {}"))
    return [form.format(number, each) for number, each in enumerate(lines, 1)]


def _mask(lines: list[str], drawn: random.Random) -> list[str]:
    mask = drawn.choice(("x.x.x.x", "<my-ip>", "198.51.*.*"))
    return [each.replace("198.51.100.11", mask) for each in lines]


def _cut_columns(lines: list[str], drawn: random.Random) -> list[str]:
    width = drawn.choice((80, 120, 160))
    return [each[:width] for each in lines]


def _wrap(lines: list[str], drawn: random.Random) -> list[str]:
    width = drawn.choice((80, 100))
    return [each[at : at + width] for each in lines for at in range(0, max(len(each), 1), width)]


def _quote(lines: list[str], _: random.Random) -> list[str]:
    return [f"> {each}" for each in lines]


def _html(lines: list[str], _: random.Random) -> list[str]:
    escaped = (each.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for each in lines)
    return ["<pre>", *escaped, "</pre>"]


def _curly(lines: list[str], _: random.Random) -> list[str]:
    return [each.replace('"', "\u201d").replace("'", "\u2019") for each in lines]


def _without_prompts(lines: list[str], _: random.Random) -> list[str]:
    return [each for each in lines if not each.startswith(("root@srv", "$ "))]


def _windows(lines: list[str], _: random.Random) -> list[str]:
    return [f"{each}\r" for each in lines]


_DAMAGES: tuple[Callable[[list[str], random.Random], list[str]], ...] = (
    _lose_lines, _lose_a_block, _cut, _dash, _without_indentation, _with_indentation, _one_blank, _without_blank_lines,
    _with_blank_lines, _margin, _mask, _cut_columns, _wrap, _quote, _html, _curly, _without_prompts, _windows,
)  # fmt: skip
_SILENT = (_lose_lines, _lose_a_block)
