"""Settings that can be made only after all links exist: masters, bridge port flags, VLANs, and which links are up.

Source: ip-link(8), bridge(8)
"""

from collections.abc import Iterator

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.link import IPV6_MIN_MTU, PORT_FLAGS, PORT_STATES, BridgePort, Link
from hairpin.network.network import is_bridge_port
from hairpin.replica.plan.links import KINDS, active_member, by_age
from hairpin.walk.link.arp import is_mute


def settings(namespace: Namespace, able: frozenset[str] = frozenset(KINDS)) -> Iterator[str]:
    """Yield the lines that give links their masters and set the links up.  The lines run in the namespace itself."""
    for link in sorted(namespace.links, key=by_age):
        if _joins(namespace, link, able):
            yield f"link set dev {link.name} master {link.master}"
            if link.port is not None:
                yield from _port_flags(link.name, _flooding(namespace.link(link.master or ""), link.port))
        if link.name != "lo" and link.mtu_bytes >= IPV6_MIN_MTU:  # a link with a smaller MTU has no IPv6
            yield f"link set dev {link.name} addrgenmode none"
        if is_mute(link):
            yield f"link set dev {link.name} arp off"
        if link.group.isdecimal() and link.group != "0":
            yield f"link set dev {link.name} group {link.group}"
    for bridge in namespace.links:
        ports = [each.mtu_bytes for each in namespace.links if each.master == bridge.name and each.port is not None]
        if bridge.kind == "bridge" and ports and bridge.mtu_bytes != min(ports):
            # A new port makes a bridge take the smallest MTU of its ports: net/bridge/br_if.c br_mtu_auto_adjust()
            yield f"link set dev {bridge.name} mtu {bridge.mtu_bytes}"
    # A bond sets its members up.
    yield from (f"link set dev {link.name} down" for link in namespace.links if not link.up and link.master)
    yield from (f"link set dev {link.name} up" for link in namespace.links if link.up)


def states(namespace: Namespace) -> Iterator[str]:
    """Yield the lines of ``bridge -batch`` that set the states of bridge ports, after the ports have their carrier.

    The kernel refuses to set the state of a port without carrier, and sets the state itself when the carrier comes.

    Source: net/bridge/br_netlink.c br_set_port_state(), br_if.c br_port_carrier_check(); net/core/rtnetlink.c
    do_setlink(): DO_SETLINK_NOTIFY
    """
    for link in namespace.links:
        port = link.port if link.up and link.carrier and is_bridge_port(namespace, link) else None
        if port is not None and port.state != "forwarding" and port.state in PORT_STATES:
            yield f"link set dev {link.name} state {PORT_STATES.index(port.state)}"


def _joins(namespace: Namespace, link: Link, able: frozenset[str]) -> bool:
    master = namespace.link(link.master or "")
    if master is None:
        return False
    return master.kind in ("bridge", "vrf") or active_member(namespace, master, able) is not None


def _flooding(bridge: Link | None, port: BridgePort) -> BridgePort:
    """Return the port with ``mcast_flood``, if the bridge is a multicast querier.

    The bridge of a replica has not sent its queries yet, so it does not know the members of multicast groups."""
    info = bridge.bridge if bridge is not None else None
    asks = info is not None and info.mcast_snooping and info.mcast_querier
    return msgspec.structs.replace(port, mcast_flood=True) if asks else port


def _port_flags(name: str, port: BridgePort) -> Iterator[str]:
    changed = ((flag, getattr(port, flag)) for flag, usual in PORT_FLAGS.items() if getattr(port, flag) is not usual)
    words = [f"{flag} {'on' if value else 'off'}" for flag, value in changed]
    if words:
        yield f"link set dev {name} type bridge_slave {' '.join(words)}"


def vlans(namespace: Namespace) -> Iterator[str]:
    """Yield ``bridge -batch`` lines for the ports of bridges that filter VLANs, and for these bridges themselves."""
    for link in namespace.links:
        master = namespace.link(link.master or "")
        if link.bridge is not None and link.bridge.vlan_filtering:
            yield from _vlans(f"dev {link.name} self", link.bridge.pvid, link.bridge.vlans)
        elif link.port is not None and master is not None and master.bridge and master.bridge.vlan_filtering:
            yield from _vlans(f"dev {link.name}", link.port.pvid, link.port.vlans)


def _vlans(where: str, pvid: int | None, found: tuple[tuple[int, int, bool], ...]) -> Iterator[str]:
    if not any(first <= 1 <= last for first, last, _ in found):
        yield f"vlan del {where} vid 1"
    for first, last, untagged in found:
        span = str(first) if first == last else f"{first}-{last}"
        own = " pvid" if pvid is not None and first <= pvid <= last else ""
        yield f"vlan add {where} vid {span}{own}{' untagged' if untagged else ''}"


def running(namespace: Namespace) -> tuple[str, ...]:
    """Return the links that must have carrier before a packet is sent."""
    return tuple(link.name for link in namespace.links if link.up and link.carrier)
