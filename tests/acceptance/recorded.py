"""Recorded hosts: snapshots of real, broken hosts, with the outcomes of real connections there at that moment.

``python -m tools.record_hosts`` made them. ``expected.json`` holds the outcomes, and the causes that a person who knew
the fault accepted as the right answer.
"""

import functools
import json
from pathlib import Path

import msgspec

from hairpin.collect.snapshot import load
from hairpin.evidence.reading import Evidence
from hairpin.host.read.parse import parse
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.question.asked import Target

FOLDER = Path(__file__).parent.parent / "fixtures" / "hosts"


class Asked(msgspec.Struct, frozen=True, rename={"origin": "from"}):
    """One flow of a recorded host; ``real`` is a connection's outcome (delivered, timeout, refused, unreachable)."""

    origin: str
    to: str
    real: str
    causes: tuple[str, ...]


AGREEING: dict[str, frozenset[str]] = {
    "delivered": frozenset({"delivered", "leaves"}),
    "timeout": frozenset({"dropped", "unanswered", "looped"}),
    "refused": frozenset({"refused", "rejected"}),
    "unreachable": frozenset({"rejected"}),
}


@functools.cache
def expected() -> dict[str, tuple[Asked, ...]]:
    """Return the flows of every recorded host."""
    read = json.loads((FOLDER / "expected.json").read_text("utf-8"))
    return msgspec.convert(read, dict[str, tuple[Asked, ...]])


@functools.cache
def evidence(name: str) -> Evidence:
    """Return the host's snapshot."""
    return load(FOLDER / f"{name}.hairpin")


@functools.cache
def network(name: str) -> Network:
    """Return the host's network."""
    return Network((parse(evidence(name)),))


def target(text: str) -> Target:
    """Return the target of ``ADDRESS:PORT``."""
    address, port = text.rsplit(":", 1)
    version, value = parse_address(address)
    return Target(port=int(port), version=version, address=value)
