"""Bridge ports and their VLANs joined to the links that they belong to."""

import msgspec

from hairpin.host.link import BridgeInfo, BridgePort, Link
from hairpin.host.read.ip.bridge_json import PortVlans


def with_ports(
    links: tuple[Link, ...], ports: tuple[tuple[str, BridgePort], ...], vlans: tuple[PortVlans, ...]
) -> tuple[Link, ...]:
    """Return the links with their port settings of ``bridge link`` and their VLANs of ``bridge vlan``.

    A port that is not listed has the kernel's defaults.  If VLANs were read, a link that is not listed is in none.
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
