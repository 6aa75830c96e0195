"""What a command works on: evidence read now, over ssh or from a file, and the network that it describes."""

import sys
from pathlib import Path

import msgspec

from hairpin.collect.snapshot import load, take
from hairpin.errors import UsageError
from hairpin.evidence.reading import Evidence
from hairpin.host.read.parse import parse
from hairpin.message import message
from hairpin.network.network import Network
from hairpin.network.world import World
from hairpin.question.flows import Target
from hairpin.question.outside import read_world, with_world
from hairpin.report.quotes import spelt


class Material(msgspec.Struct, frozen=True):
    """Evidence, and the network parsed from it with the world that the user states."""

    evidence: Evidence
    network: Network


def gather(snapshots: tuple[str, ...], host: str | None) -> Evidence:
    """Return the evidence; raise UsageError, CollectError or EvidenceError."""
    if len(snapshots) > 1:
        raise UsageError(message("several --snapshot: this version examines one host at a time; name one"))
    if snapshots and host is not None:
        raise UsageError(
            message("--snapshot and --host exclude each other: a snapshot is read here, a host is asked now")
        )
    if snapshots:
        return load(Path(snapshots[0]))
    if host is None and sys.platform != "linux":
        raise UsageError(
            message(
                "this is not a Linux host ({platform}): examine one with --host USER@HOST or --snapshot FILE",
                platform=sys.platform,
            )
        )
    return take(host)


def material(
    evidence: Evidence, publics: tuple[str, ...], outside: str | None, targets: tuple[Target, ...] = ()
) -> Material:
    """Return the network of the evidence in the stated world."""
    world = read_world(Path(outside)) if outside is not None else World()
    return Material(evidence, with_world(Network((parse(printable(evidence)),)), world, publics, targets))


def printable(evidence: Evidence) -> Evidence:
    """Return the evidence in which bytes that are no text (a rule's comment, a name) are spelt ``\\xff``: what is
    parsed from it can be printed anywhere."""
    readings = tuple(
        each
        if each.text.isascii() or each.text == (text := spelt(each.text))
        else msgspec.structs.replace(each, text=text)
        for each in evidence.readings
    )
    return msgspec.structs.replace(evidence, readings=readings)
