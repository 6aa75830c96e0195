"""Whether a bridge delivers frames for its own hardware address locally, by its forwarding database."""

from hairpin.host.host import Namespace
from hairpin.host.link import Link
from hairpin.host.route import FdbEntry
from hairpin.kept import kept
from hairpin.message import Message, message
from hairpin.netfilter.rule_address import write_mac
from hairpin.network.network import bridge_ports


def hands_up(namespace: Namespace, bridge: Link) -> bool:
    """Return whether the bridge delivers frames for its hardware address locally, by a local entry in its forwarding
    database.

    Without a local entry the bridge forwards frames for its own address to its ports, as for any other address.  A
    database without any local entry of the bridge and its ports was not read in full, so local delivery is assumed.
    Local delivery is also assumed for a bridge whose last port has left: the bridge's address is zero until it takes
    the address and the entry of its next port.

    Source: net/bridge/br_input.c br_handle_frame_finish(), BR_FDB_LOCAL; br_stp_if.c br_stp_recalculate_bridge_id()
    """
    local = _local_addresses(namespace).get(bridge.name, frozenset())
    return not bridge.mac or not local or bridge.mac in local


@kept
def _local_addresses(namespace: Namespace) -> dict[str, frozenset[int]]:
    """Return the hardware addresses for which each bridge has a local entry, by the bridge's name.

    An entry also counts for the bridge that it names: a replica leaves out the ports that its flows do not use, and a
    bridge may have the hardware address of such a port."""
    by_link: dict[str, set[int]] = {}
    for each in namespace.fdb:
        if each.local and each.remote is None:
            for name in {each.port, each.bridge} - {None}:
                by_link.setdefault(name or "", set()).add(each.mac)
    own = {
        link.name: (link.name, *(port.name for port in bridge_ports(namespace, link.name)))
        for link in namespace.links
        if link.kind == "bridge"
    }
    return {bridge: frozenset[int]().union(*(by_link.get(each, ()) for each in names)) for bridge, names in own.items()}


def taken_by(namespace: Namespace, bridge: Link) -> FdbEntry | None:
    """Return the forwarding entry that sends frames for the bridge's own hardware address to a port, or None."""
    ports = {port.name for port in bridge_ports(namespace, bridge.name)}
    entries = (each for each in namespace.fdb if each.mac == bridge.mac and each.port in ports)
    return next((each for each in entries if not each.local and each.remote is None), None)


def is_read_in_full(namespace: Namespace, bridge: Link) -> bool:
    """Return whether the bridge's forwarding database was read in full, as a local entry of the bridge or its ports
    shows."""
    return bool(_local_addresses(namespace).get(bridge.name))


def entries_for(namespace: Namespace, bridge: Link, mac: int) -> tuple[FdbEntry, ...]:
    """Return the bridge's entries that forward frames for the address by a port."""
    filters = bridge.bridge is not None and bridge.bridge.vlan_filtering
    ports = {each.name for each in bridge_ports(namespace, bridge.name)}
    return tuple(
        each
        for each in forwarding_entries(namespace).get(mac, ())
        if each.port in ports and (each.vlan is None or filters) and not each.local and each.remote is None
    )


def locks_out(namespace: Namespace, bridge: Link, port: Link, mac: int | None) -> bool:
    """Return whether the port is locked and drops frames from the address, because no entry for the address names the
    port.

    Source: net/bridge/br_input.c br_handle_frame_finish(), BR_PORT_LOCKED"""
    if port.port is None or not port.port.locked or mac is None or not is_read_in_full(namespace, bridge):
        return False
    return all(each.port != port.name for each in entries_for(namespace, bridge, mac))


@kept
def forwarding_entries(namespace: Namespace) -> dict[int, tuple[FdbEntry, ...]]:
    """Return the entries of all bridges and tunnel devices by hardware address."""
    found: dict[int, tuple[FdbEntry, ...]] = {}
    for each in namespace.fdb:
        found[each.mac] = (*found.get(each.mac, ()), each)
    return found


def holding(namespace: Namespace, bridge: Link, mac: int | None, right: Link) -> FdbEntry | None:
    """Return the entry that keeps frames for the address from ``right``, the port that leads to the address; else None.

    If a frame from the address comes in by that port, the entry for the address moves to the port, even a static entry.
    Only sticky and local entries stay.  The entry for the bridge's own address is local, even if a machine behind
    ``right`` has the same address.  Source: net/bridge/br_fdb.c br_fdb_update(), BR_FDB_STICKY, BR_FDB_LOCAL"""
    filters = bridge.bridge is not None and bridge.bridge.vlan_filtering
    for each in _immovable(namespace).get(mac, ()) if mac is not None else ():
        of_bridge = bridge.name in (each.bridge, each.port)
        if of_bridge and (each.vlan is None or filters) and (each.local or each.port != right.name):
            return each
    if mac is not None and mac == bridge.mac and hands_up(namespace, bridge):
        return FdbEntry(bridge.name, bridge.name, mac, None, "permanent", local=True)
    return None


@kept
def _immovable(namespace: Namespace) -> dict[int, tuple[FdbEntry, ...]]:
    """Return the sticky and local entries by hardware address, without the entries for the namespace's own links, which
    are right."""
    own = {each.mac for each in namespace.links}
    found: dict[int, tuple[FdbEntry, ...]] = {}
    for each in namespace.fdb:
        if (each.local or each.sticky) and each.remote is None and each.mac not in own:
            found[each.mac] = (*found.get(each.mac, ()), each)
    return found


def said_of_holding(entry: FdbEntry) -> Message:
    """Return the words that describe the entry in a sentence about its bridge."""
    mac = write_mac(entry.mac)
    if entry.local:
        return message("has a local forwarding entry for {mac} on {port}", mac=mac, port=entry.port)
    return message("has a sticky forwarding entry for {mac} on {port}", mac=mac, port=entry.port)


def said_of_forwarding(namespace: Namespace, bridge: Link) -> Message:
    """Return the sentence that tells why the bridge does not deliver frames for its own hardware address locally."""
    entry = taken_by(namespace, bridge)
    if entry is not None:
        return message("forwards frames for its own address through {port}", port=entry.port)
    return message("has no local forwarding entry for its own address")
