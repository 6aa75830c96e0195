"""Finds out from the readings what a text tells of its host."""

from collections.abc import Iterator

import msgspec

from hairpin.evidence.reading import HOST, Evidence
from hairpin.evidence.told import Outcome, ToldParts, ToldTable
from hairpin.host.host import Host
from hairpin.pasted.joining import unrecognised_in
from hairpin.pasted.listed import CLEANED, recognised_in
from hairpin.suppose.words import listeners_in, troubles_in

_FIELDS: dict[str, tuple[str, ...]] = {
    "ip-addr": ("links", "addresses"),
    "ip-route4": ("routes4",),
    "ip-route6": ("routes6",),
    "ip-rule4": ("rules4",),
    "ip-rule6": ("rules6",),
    "ip-neigh": ("neighbours",),
    "bridge-fdb": ("fdb",),
    "sockets": ("sockets",),
    "proc-net-tcp": ("sockets",),
    "conntrack": ("connections",),
    "xfrm-policy": ("xfrm_policies",),
}
"""The fields of a namespace that a reading tells, by the reading's key without ``-text``."""


def told_by(evidence: Evidence, host: Host) -> ToldParts:
    """Return what the readings tell of the host that was made from them."""
    own = next((each for each in host.namespaces if each.name == HOST), None)
    parts = {
        (reading.netns, field)
        for reading in evidence.readings
        for field in _FIELDS.get(reading.key.removesuffix("-text"), ())
        if reading.outcome == "text"
    }
    parts |= {(each.netns, "ruleset") for each in evidence.readings if each.key.startswith(("iptables-", "nft-"))}
    if own is not None and not any(each.name == "lo" for each in own.links):
        parts -= {(HOST, "links"), (HOST, "addresses")}  # a part of the links was listed
    tables = own.ruleset.tables if own is not None else ()
    typed, outcomes = frozenset(_typed_names(evidence)), tuple(_outcomes(evidence))
    return ToldParts(
        parts=frozenset(parts),
        sysctls=frozenset(own.sysctls.values) if own is not None else frozenset(),
        tables=frozenset(ToldTable(each.family, each.name) for each in tables if each.dialect.startswith("iptables")),
        natives=any(each.key.startswith(("nft-table", "nft-ruleset")) for each in evidence.readings),
        containers=frozenset(each.name for each in host.containers()) - typed,
        typed=typed,
        listeners=tuple(listeners_in(unrecognised_in(evidence))),
        outcomes=outcomes
        if any(each.failed for each in outcomes)
        else (*outcomes, *troubles_in(unrecognised_in(evidence))),
        mapped=any(each.as_ == CLEANED for each in recognised_in(evidence)),
        files=frozenset(each.origin for each in evidence.readings if each.key == "file"),
    )


class _Named(msgspec.Struct, rename="pascal"):
    name: str = ""
    typed: bool = False


def _typed_names(evidence: Evidence) -> Iterator[str]:
    """Yield the names of the containers which only a typed command names."""
    for key in ("docker-containers", "podman-containers"):
        for reading in evidence.all(key):
            for line in reading.text.splitlines():
                found = msgspec.json.decode(line, type=_Named)
                if found.typed:
                    yield found.name.removeprefix("/")


def _outcomes(evidence: Evidence) -> Iterator[Outcome]:
    for reading in evidence.all("outcome"):
        for line in reading.text.splitlines():
            yield msgspec.json.decode(line, type=Outcome)
