"""The numbers of lines that the script of `hairpin ask` prints after each output: ``# 12 lines``.

A number shows whether an output is complete, even an empty output, or whether lines of it are lost.  Without such a
number this is not known: a line that a listing does not have may have been cut from it.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from hairpin.evidence.reading import Evidence
from hairpin.pasted.form import Command, Paste
from hairpin.sought import Sought

WHOLE = "whole"
"""The key of the reading that lists the commands whose outputs have a number of lines."""
COMMANDS = frozenset({
    "ip -d addr", "ip route show table all", "ip rule", "ip -6 rule", "ss -lntup", "iptables-save", "ip6tables-save",
    "nft list ruleset", "ipset save", "ip neigh",
})  # fmt: skip
"""The commands of `hairpin ask` whose empty output is a fact."""
_TABLE = Sought(r"\s*(?:\*(\w+)$|table (\w+ [\w.-]+) \{)")
_COUNT = Sought(r"\s*# (?P<count>\d{1,7}) lines\s*$")


class CountedOutput(NamedTuple):
    """An output with a number of lines.  ``number``: the number of lines.  ``whole``: whether the output has this many
    lines.  ``tables``: the tables of rules that begin in it: ``filter`` of iptables-save, ``ip filter`` of nft."""

    netns: str
    command: str
    number: int
    whole: bool
    tables: tuple[str, ...] = ()


def is_count(line: str) -> bool:
    """Return whether the line states the number of lines of an output."""
    return line.endswith("lines") and _COUNT.match(line) is not None


def counted_in(paste: Paste) -> Iterator[CountedOutput]:
    """Yield the outputs of the text that have a number of lines."""
    above, lines = None, list[str]()
    for index, line in enumerate(paste.lines):
        if index in paste.commands:
            above, lines = paste.commands[index], []
        elif line.endswith("lines") and (counted := _COUNT.match(line)) is not None:
            if above is not None:
                count = int(counted["count"])
                tables = tuple(found[1] or found[2] for found in map(_TABLE.match, lines) if found is not None)
                yield CountedOutput(above.netns, _command_text(above), count, count == len(lines), tables)
            above = None
        elif line.strip():
            lines.append(line)


def _command_text(command: Command) -> str:
    """Return the command if it is a command of `hairpin ask`; any other command may contain a secret."""
    said = " ".join(command.words)
    return said if said in COMMANDS else command.words[0]


def text_of(counted: Iterable[CountedOutput]) -> str:
    """Return the text of the reading."""
    return "".join(msgspec.json.encode(each).decode() + "\n" for each in counted)


def counted_of(evidence: Evidence) -> tuple[CountedOutput, ...]:
    """Return the counted outputs of a text's evidence.  If a command has two outputs, the later output counts."""
    found = {
        (each.netns, each.command): each
        for reading in evidence.all(WHOLE)
        for line in reading.text.splitlines()
        for each in (msgspec.json.decode(line, type=CountedOutput),)
    }
    return tuple(found.values())
