"""Forwarding database and VLANs of bridges, and their assignment to links, from ``bridge -j -d fdb`` and ``bridge -j -d
vlan``.

Source: iproute2 bridge/fdb.c print_fdb(), bridge/vlan.c print_vlan().
"""

import msgspec

from hairpin.errors import ParseError, reason_of
from hairpin.evidence.reading import Reading
from hairpin.host.link import BridgeInfo, BridgePort, Link
from hairpin.host.read.ip.address_text import mac
from hairpin.host.read.json_text import decode, entered
from hairpin.host.route import FdbEntry
from hairpin.netfilter.address import parse_address


class PortVlans(msgspec.Struct, frozen=True):
    """The VLANs of one bridge or bridge port; the fields are the fields of BridgePort."""

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
    flags: tuple[str, ...] = ()


class _Vlan(msgspec.Struct):
    vlan: int
    last: int | None = msgspec.field(default=None, name="vlanEnd")
    flags: tuple[str, ...] = ()


class _PortVlans(msgspec.Struct):
    ifname: str
    vlans: tuple[_Vlan, ...] = ()


_FDB = msgspec.json.Decoder(tuple[_Fdb, ...])
_VLANS = msgspec.json.Decoder(tuple[_PortVlans, ...])


def fdb(reading: Reading) -> tuple[FdbEntry, ...]:
    """Return the forwarding entries in the order of the reading; raise ParseError."""
    found = decode(_FDB, reading.text, source=reading.origin) if reading.text.strip() else ()
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
                sticky="sticky" in item.flags,
                evidence=reading.id,
                entry=entry,
            )
            for entry, item in entered(found, reading.id)
            if (hardware := mac(item.mac)) is not None
        )
    except ValueError as error:
        raise ParseError(reason_of(error), source=reading.origin) from None


def vlans(reading: Reading) -> tuple[PortVlans, ...]:
    """Return the VLANs of every port and bridge; raise ParseError."""
    found = decode(_VLANS, reading.text, source=reading.origin) if reading.text.strip() else ()
    return tuple(
        PortVlans(
            port.ifname,
            next((vlan.vlan for vlan in port.vlans if "PVID" in vlan.flags), None),
            tuple((vlan.vlan, vlan.last or vlan.vlan, "Egress Untagged" in vlan.flags) for vlan in port.vlans),
        )
        for port in found
    )


def with_ports(
    links: tuple[Link, ...], ports: tuple[tuple[str, BridgePort], ...], vlans: tuple[PortVlans, ...]
) -> tuple[Link, ...]:
    """Return the links with their port settings of ``bridge link`` and their VLANs of ``bridge vlan``.

    A port that ``bridge link`` does not list has the kernel's default settings.  If VLANs were read, a link that
    ``bridge vlan`` does not list is in no VLAN.
    """
    said, of_link = dict(ports), {item.link: item for item in vlans}
    bridges = {link.name for link in links if link.kind == "bridge"}
    return tuple(
        msgspec.structs.replace(
            link,
            port=_port(link, said.get(link.name), of_link) if link.master in bridges else None,
            bridge=_bridge(link, of_link) if link.bridge is not None else None,
        )
        if link.master in bridges or link.bridge is not None
        else link
        for link in links
    )


def _port(link: Link, said: BridgePort | None, vlans: dict[str, PortVlans]) -> BridgePort:
    port = said or link.port or BridgePort()
    if not vlans:
        return port
    mine = vlans.get(link.name, PortVlans(link.name, None, ()))
    return msgspec.structs.replace(port, pvid=mine.pvid, vlans=mine.vlans)


def _bridge(link: Link, vlans: dict[str, PortVlans]) -> BridgeInfo:
    bridge = link.bridge or BridgeInfo()
    if not vlans:
        return bridge
    mine = vlans.get(link.name, PortVlans(link.name, None, ()))
    return msgspec.structs.replace(bridge, pvid=mine.pvid, vlans=mine.vlans)
