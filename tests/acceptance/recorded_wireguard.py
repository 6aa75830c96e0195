"""Recorded pairs of hosts with a WireGuard tunnel between them, with the outcome of a real connection through it.

``python -m tools.record_wireguard`` made them: WireGuard of a stock Debian kernel, a listener at 10.9.0.2:80 of node2.
"""

import functools
import json
from pathlib import Path

import msgspec

from hairpin.collect.snapshot import load
from hairpin.evidence.reading import Evidence
from hairpin.host.read.parse import parse
from hairpin.network.network import Network

HOSTS = ("node1", "node2")
FOLDER = Path(__file__).parent.parent / "fixtures" / "wireguard"


class Pair(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``real``: the outcome of a connection from node1 (delivered, timeout, refused, unreachable)."""

    title: str
    real: str


@functools.cache
def expected() -> dict[str, Pair]:
    """Return every recorded pair by its name."""
    return msgspec.convert(json.loads((FOLDER / "expected.json").read_text("utf-8")), dict[str, Pair])


@functools.cache
def evidence(name: str, host: str) -> Evidence:
    """Return the snapshot of one host of the pair."""
    return load(FOLDER / name / f"{host}.hairpin")


def pair(name: str) -> Network:
    """Return the network of both hosts."""
    return Network(tuple(parse(evidence(name, host)) for host in HOSTS))
