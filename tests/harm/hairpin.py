"""hairpin's commands in the lab's host, as a user types them, and what their documents say."""

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import cast

import msgspec

from hairpin.lab.node import Node
from hairpin.lab.run import TIMEOUT_S
from tests.machine.hairpin import typed

Part = Mapping[str, object]


class Said(msgspec.Struct, frozen=True):
    """How one command ended: its status, its document (empty if it printed none), its complaint."""

    command: str
    status: int
    document: Mapping[str, object]
    complaint: str = ""

    def parts(self, *keys: str) -> tuple[Part, ...]:
        """Return the objects of these lists of the document."""
        found: list[Part] = []
        for key in keys:
            listed = self.document.get(key)
            if isinstance(listed, list):
                found += [cast("Part", each) for each in cast("list[object]", listed) if isinstance(each, Mapping)]
        return tuple(found)

    def text(self, *keys: str) -> str:
        """Return what these parts of the document say, as JSON."""
        return json.dumps([self.document.get(key) for key in keys], ensure_ascii=False)


def said(host: Node, command: str, *arguments: str) -> Said:
    """Run the command with ``--json`` in the host."""
    argv = (command, *arguments, *(() if command == "undo" else ("--json",)))
    try:
        done = typed(host, *argv)
    except subprocess.TimeoutExpired:
        return Said(" ".join(argv), -1, {}, f"it did not end within {TIMEOUT_S:.0f} s")
    document: Part = {}
    with suppress(ValueError):
        document = cast("Part", json.loads(done.stdout))
    words = done.stderr.strip() or ("" if document else done.stdout.strip())
    return Said(" ".join(argv), done.returncode, document, words[-600:])


def carried_out(fix: Said) -> tuple[str, ...]:
    """Return the commands of the plan that is in force; none if nothing is."""
    if not fix.document.get("applied"):
        return ()
    return tuple(_commands(fix.parts("plan")))


def irreversible(fix: Said) -> bool:
    """Return whether the plan says that nothing takes a part of it back."""
    return any(each.get("irreversible") for each in fix.parts("plan"))


def _commands(repairs: Sequence[Part]) -> Iterator[str]:
    for repair in repairs:
        for key in ("commands", "files"):
            listed = repair.get(key)
            if isinstance(listed, list):
                yield from (str(each) for each in cast("list[object]", listed))


def deciding(*documents: Said) -> tuple[Part, ...]:
    """Return the repairs that say what somebody decided: they undo it, or let the asked flow through it."""
    return tuple(part for each in documents for key in ("undoes", "decision") for part in _holding(each.document, key))


def _holding(value: object, key: str) -> Iterator[Part]:
    if isinstance(value, Mapping):
        part = cast("Part", value)
        if part.get(key):
            yield part
        for each in part.values():
            yield from _holding(each, key)
    elif isinstance(value, list):
        for each in cast("list[object]", value):
            yield from _holding(each, key)
