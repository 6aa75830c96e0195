"""The sections of a text that has the command before each output.

    supportconfig := (HEAD NL "# " (COMMAND NL output | PATH NL text))*
    HEAD          := "#==[ " ("Command" | "Configuration File") " ]===…#"
    traced        := ("+ " COMMAND NL output)*

Source: supportutils supportconfig.rc log_cmd(), conf_files(); bash(1) ``set -x``
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from hairpin.pasted.commands import command_in

_HEAD = re.compile(r"#==\[ (?P<kind>[^\]]+?) \]=+#?\s*$")
_TRACED = re.compile(r"\++ (?P<command>[a-z_/].*)$")
_LEAST_TRACED = 2


class Printed(NamedTuple):
    """An output or a file in a text.  ``command``: the command; ``cat PATH`` for a file.  ``line``: the line, from 1,
    at which the output begins."""

    command: str
    text: str
    line: int


def sections_of(text: str) -> tuple[Printed, ...]:
    """Return the sections of a file of supportconfig, or of the output of a shell with ``set -x``; no section for any
    other text."""
    lines = text.splitlines()
    return tuple(_of_supportconfig(lines)) or tuple(_of_trace(lines))


def _of_supportconfig(lines: list[str]) -> Iterator[Printed]:
    heads = [number for number, line in enumerate(lines) if line.startswith("#==[") and _HEAD.match(line)]
    for number, end in pairwise([*heads, len(lines)]):
        head = _HEAD.match(lines[number])
        named = (
            lines[number + 1].removeprefix("# ").strip()
            if number + 1 < end and lines[number + 1].startswith("# ")
            else ""
        )
        if head is None or not named or named.endswith("File not found"):
            continue
        body = lines[number + 2 : end]
        if head["kind"] == "Command" and not any(line.startswith("ERROR: Command not found") for line in body[:1]):
            yield Printed(named, _text(body), number + 3)
        elif head["kind"] == "Configuration File":
            yield Printed(f"cat {named}", _text(body), number + 3)


def _of_trace(lines: list[str]) -> Iterator[Printed]:
    starts = [number for number, line in enumerate(lines) if line.startswith("+") and _TRACED.match(line)]
    known = [number for number in starts if command_in(lines[number].lstrip("+ "), number) is not None]
    if len(known) < _LEAST_TRACED:
        return
    for number, end in pairwise([*starts, len(lines)]):
        traced = _TRACED.match(lines[number])
        if traced is not None and number in known:
            yield Printed(traced["command"], _text(lines[number + 1 : end]), number + 2)


def _text(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines).rstrip("\n") + "\n" if any(lines) else ""
