"""A static forwarding entry of a bridge sends frames to the wrong port, or the entry for the bridge's own hardware
address is gone.

Users see: one container, or every container of one network, is cut off, although all links and routes are correct.

Proof: the entry for the bridge's or a container's hardware address names a port that does not lead to this address, or
the bridge has no entry for its own address.  With the bridge's own entry, or without the wrong entry, the packet
passes.
Now: ``bridge fdb del MAC dev PORT master``.  For the bridge's own address also run ``bridge fdb add MAC dev BRIDGE
self``, because the kernel does not add the bridge's own entry again by itself.
Lasting: remove the static entry from the script or configuration that makes it.
"""

from hairpin.causes.kit import Candidate, Cause, Iterator, Message, Namespace, Netns, OfForwarding, View, message
from hairpin.causes.routing._asked import namespaces_on_way
from hairpin.change.change import AddEntry, Change, DeleteEntry, one
from hairpin.host.link import Link
from hairpin.host.route import FdbEntry
from hairpin.netfilter.rule_address import write_mac
from hairpin.network.network import Network, bridge_ports, veth_peer
from hairpin.network.own_frames import hands_up, taken_by


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each bridge on the path that does not deliver frames for its own address locally.  Yield
    one candidate also for each static entry that does not name the port of the namespace that has the entry's hardware
    address."""
    for netns, namespace in namespaces_on_way(view):
        for bridge in namespace.links:
            if bridge.kind != "bridge":
                continue
            if bridge.mac is not None and not hands_up(namespace, bridge):
                yield _of_bridge(netns, namespace, bridge, bridge.mac)
            for entry, port in _astray(view.network, netns, namespace, bridge):
                said = (
                    message(
                        "The hardware address belongs to a namespace behind {port}. The entry is a local one, so the "
                        "bridge treats the frames as this host's own.",
                        port=port.name,
                    )
                    if entry.local
                    else message("The hardware address belongs to a namespace behind {port}.", port=port.name)
                    if entry.sticky
                    else message(
                        "The hardware address belongs to a namespace behind {port}. The static entry stays wrong until "
                        "that namespace sends a frame; the kernel then moves the entry to the right port, and nothing "
                        "is left to delete.",
                        port=port.name,
                    )
                )
                yield _candidate(netns, bridge, entry, one(DeleteEntry(netns, entry)), said)


def _of_bridge(netns: Netns, namespace: Namespace, bridge: Link, mac: int) -> Candidate:
    entry = taken_by(namespace, bridge)
    own = FdbEntry(bridge.name, bridge.name, mac, entry.vlan if entry is not None else None, "permanent", local=True)
    if entry is not None:
        change = Change((DeleteEntry(netns, entry), AddEntry(netns, own)))
        return _candidate(netns, bridge, entry, change, message("This is the hardware address of {link} itself.",
                                                                link=bridge.name))  # fmt: skip
    return Candidate(
        title=message("{link} has no forwarding entry for its own hardware address", link=bridge.name),
        detail=message(
            "The bridge forwards frames for its own hardware address to its ports instead of delivering them to the "
            "host. The kernel adds the missing entry only when the bridge is made."
        ),
        change=one(AddEntry(netns, own)),
        where=OfForwarding(netns.host, bridge.name, write_mac(mac), None, None, ()),
        in_class="wrong-neighbour-entry",
        evidence=(bridge.evidence,),
    )


def _astray(network: Network, netns: Netns, namespace: Namespace, bridge: Link) -> Iterator[tuple[FdbEntry, Link]]:
    """Yield each entry for a veth peer's hardware address that names a wrong port or is local, with the right port."""
    ports = {port.name: port for port in bridge_ports(namespace, bridge.name)}
    own = {bridge.mac, *(each.mac for each in ports.values())}
    by_hand = tuple(
        each
        for each in namespace.fdb
        if each.port in (*ports, bridge.name) and each.state in ("static", "permanent") and each.mac not in own
    )
    if not by_hand:
        return
    right: dict[int, Link] = {}
    for port in ports.values():
        peer = veth_peer(network, netns, port)
        inner = network.namespace(peer.netns).link(peer.link) if peer is not None else None
        if inner is not None and inner.mac is not None:
            right[inner.mac] = port
    for entry in by_hand:
        if entry.remote is None and entry.mac in right and (entry.local or right[entry.mac].name != entry.port):
            yield entry, right[entry.mac]


def _candidate(netns: Netns, bridge: Link, entry: FdbEntry, change: Change, said: Message) -> Candidate:
    mac = write_mac(entry.mac)
    return Candidate(
        title=message(
            "A forwarding entry of {link} sends frames for {mac} to {port}", link=bridge.name, mac=mac, port=entry.port
        ),
        detail=said,
        change=change,
        where=OfForwarding(netns.host, entry.port, mac, None, None, (entry,)),
        in_class="wrong-neighbour-entry",
        evidence=(entry.evidence,) if entry.evidence else (),
        advice=(
            message("find what sets this entry: a script, a network configuration with static forwarding entries"),
        ),
    )


CAUSE = Cause(
    title=message("A bridge's forwarding entry leads to the wrong port"),
    source="net/bridge/br_fdb.c fdb_add_entry(), br_input.c br_handle_frame_finish()",
    reasons=frozenset({"no-neighbour", "neighbour-wrong", "left-instead", "wrong-answer"}),
)
