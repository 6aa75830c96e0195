"""Recorded networks of two and three hosts, with the outcomes of real connections between them at that moment.

``python -m tools.record_networks`` made them from ``src/hairpin/lab/scenarios/hosts/``.
"""

import functools
import json
from pathlib import Path

import msgspec

from hairpin.collect.snapshot import load
from hairpin.evidence.reading import Evidence

FOLDER = Path(__file__).parent.parent / "fixtures" / "networks"


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"origin": "from"}):
    """One flow: ``origin`` is the value of ``--from``, ``target`` hairpin's TARGET, ``to`` the real connection's
    destination.

    ``padding_bytes``: how much longer than usual the request was. ``real``: its outcome (delivered, timeout, refused,
    unreachable).
    """

    origin: str
    to: str
    target: str
    padding_bytes: int
    real: str


class Repair(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A shell command that was tried, and the place where it runs."""

    at: str
    run: str


class RecordedNetwork(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The truth about one network: as in ``hairpin.lab.scenario.Scenario``, a cause is ``ID@HOST``."""

    title: str
    hosts: tuple[str, ...]
    causes: tuple[tuple[str, ...], ...]
    repair: tuple[Repair, ...]
    flows: tuple[Asked, ...]


@functools.cache
def expected() -> dict[str, RecordedNetwork]:
    """Return every recorded network by its name."""
    read = json.loads((FOLDER / "expected.json").read_text("utf-8"))
    return msgspec.convert(read, dict[str, RecordedNetwork])


@functools.cache
def evidence(name: str, host: str) -> Evidence:
    """Return the snapshot of one of the network's hosts."""
    return load(FOLDER / name / f"{host}.hairpin")


def stated(name: str) -> Path | None:
    """Return the file for ``--outside`` that belongs to the network, where it needs one."""
    path = FOLDER / name / "outside.toml"
    return path if path.exists() else None
