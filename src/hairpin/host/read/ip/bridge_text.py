"""Bridge ports, forwarding database and VLANs from the words of ``bridge -d link``, ``… fdb`` and ``… vlan``.

fdb  := MAC "dev" PORT ["dst" ADDRESS] ["vlan" ID] ["self"] ["master" BRIDGE] [STATE]
vlan := PORT VID ["PVID"] ["Egress Untagged"] (NL VID …)*
"""

import re

from hairpin.errors import ParseError, reason_of
from hairpin.evidence.reading import Reading
from hairpin.host.link import BridgePort
from hairpin.host.read.ip.bridge_json import PortVlans
from hairpin.host.read.ip.links_text import port_of, value_after
from hairpin.host.route import FdbEntry
from hairpin.message import message
from hairpin.netfilter.address import parse_address
from hairpin.netfilter.rule_address import read_mac

_PORT = re.compile(r"\d+: ([^\s@:]+)")
_VLAN = re.compile(r"(\S*)\s+(\d+)(?:-(\d+))?((?:\s+(?:PVID|Egress|Untagged))*)\s*")


def ports(reading: Reading) -> tuple[tuple[str, BridgePort], ...]:
    """Return the name and the settings of every bridge port; indented lines continue the line of a port.  Raise
    ParseError with the line."""
    found: list[tuple[str, list[str]]] = []
    for line_number, line in enumerate(reading.text.split("\n"), 1):
        if not line.strip():
            continue
        match = _PORT.match(line)
        if match is not None:
            found.append((match[1], line.split()))
        elif found and line[0].isspace():
            found[-1][1].extend(line.split())
        else:
            raise ParseError(
                message("not the first line about a bridge port"), source=reading.origin, line=line_number, text=line
            )
    return tuple((name, port_of(words)) for name, words in found)


def fdb(reading: Reading) -> tuple[FdbEntry, ...]:
    """Return the forwarding entries in the order of the reading; raise ParseError with the line."""
    found: list[FdbEntry] = []
    for line_number, line in enumerate(reading.text.split("\n"), 1):
        words = line.split()
        port = value_after(words, "dev")
        if not words or port is None:
            continue
        vlan, remote, bridge = value_after(words, "vlan"), value_after(words, "dst"), value_after(words, "master")
        state = next((word for word in ("permanent", "static", "stale") if word in words), "")
        try:
            found.append(
                FdbEntry(
                    bridge=bridge,
                    port=port,
                    mac=read_mac(words[0]),
                    vlan=int(vlan) if vlan is not None else None,
                    state=state,
                    local=bridge is not None and state == "permanent",
                    remote=parse_address(remote)[1] if remote is not None else None,
                    via=value_after(words, "via"),
                    sticky="sticky" in words,
                    evidence=reading.id,
                    entry=line_number if reading.id else 0,
                )
            )
        except ValueError as error:
            raise ParseError(reason_of(error), source=reading.origin, line=line_number, text=line) from None
    return tuple(found)


def vlans(reading: Reading) -> tuple[PortVlans, ...]:
    """Return the VLANs of every port and bridge; raise ParseError with the line."""
    found: dict[str, list[tuple[int, int, bool, bool]]] = {}
    current: str | None = None
    for line_number, line in enumerate(reading.text.split("\n"), 1):
        if not line.strip() or line.startswith("port"):
            continue
        if line.split()[-1] == "None":
            found.setdefault(line.split()[0], [])
            continue
        match = _VLAN.fullmatch(line)
        if match is None and len(line.split()) == 1:
            current = line.strip()
            continue
        current = (match[1] if match is not None else None) or current
        if match is None or current is None:
            raise ParseError(message("not a line of bridge vlan"), source=reading.origin, line=line_number, text=line)
        first = int(match[2])
        words = match[4].split()
        found.setdefault(current, []).append((first, int(match[3] or first), "Untagged" in words, "PVID" in words))
    return tuple(
        PortVlans(
            link,
            next((first for first, _, _, pvid in ranges if pvid), None),
            tuple((first, last, untagged) for first, last, untagged, _ in ranges),
        )
        for link, ranges in found.items()
    )
