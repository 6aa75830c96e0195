"""Forwarding database and VLANs of bridges from ``bridge -j -d fdb`` and ``bridge -j -d vlan``.

Source: iproute2 bridge/fdb.c print_fdb(), bridge/vlan.c print_vlan().
"""

import msgspec

from hairpin.errors import ParseError, reason_of
from hairpin.host.read.ip.address_text import mac
from hairpin.host.read.json_text import decode, entered
from hairpin.host.route import FdbEntry
from hairpin.netfilter.address import parse_address


class PortVlans(msgspec.Struct, frozen=True):
    """The VLANs of one bridge or bridge port; fields as in BridgePort."""

    link: str
    pvid: int | None
    vlans: tuple[tuple[int, int, bool], ...]


class _Fdb(msgspec.Struct):
    mac: str
    ifname: str
    vlan: int | None = None
    dst: str | None = None
    master: str | None = None
    state: str = ""
    via: str | None = msgspec.field(default=None, name="viaIf")


class _Vlan(msgspec.Struct):
    vlan: int
    last: int | None = msgspec.field(default=None, name="vlanEnd")
    flags: tuple[str, ...] = ()


class _PortVlans(msgspec.Struct):
    ifname: str
    vlans: tuple[_Vlan, ...] = ()


_FDB = msgspec.json.Decoder(tuple[_Fdb, ...])
_VLANS = msgspec.json.Decoder(tuple[_PortVlans, ...])


def fdb(text: str, *, source: str, evidence: str = "") -> tuple[FdbEntry, ...]:
    """Return the entries in the order of the reading; raise ParseError."""
    found = decode(_FDB, text, source=source) if text.strip() else ()
    try:
        return tuple(
            FdbEntry(
                bridge=item.master,
                port=item.ifname,
                mac=hardware,
                vlan=item.vlan,
                state=item.state,
                local=item.master is not None and item.state == "permanent",
                remote=parse_address(item.dst)[1] if item.dst is not None else None,
                via=item.via,
                evidence=evidence,
                entry=entry,
            )
            for entry, item in entered(found, evidence)
            if (hardware := mac(item.mac)) is not None
        )
    except ValueError as error:
        raise ParseError(reason_of(error), source=source) from None


def vlans(text: str, *, source: str) -> tuple[PortVlans, ...]:
    """Return the VLANs of every port and bridge; raise ParseError."""
    found = decode(_VLANS, text, source=source) if text.strip() else ()
    return tuple(
        PortVlans(
            port.ifname,
            next((vlan.vlan for vlan in port.vlans if "PVID" in vlan.flags), None),
            tuple((vlan.vlan, vlan.last or vlan.vlan, "Egress Untagged" in vlan.flags) for vlan in port.vlans),
        )
        for port in found
    )
