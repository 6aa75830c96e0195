"""The host's end of a container's veth is not a port of its network's bridge.

Users see: after networkctl reload or a restart of NetworkManager, one container has no network while all others work.

Proof: the host's end of the veth has no master, or its master is a wrong bridge.  With its network's bridge as master,
the packet arrives.
Now: ``ip link set VETH master BRIDGE``.
Lasting: keep network managers away from ``veth*`` (unmanaged).
"""

import msgspec

from hairpin.causes.between_hosts._tunnelled import inner_packet
from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Host, Iterator, Namespace, Netns, OfLink, View, message
from hairpin.change.change import SetLink, one
from hairpin.host.link import BridgePort, Link
from hairpin.network.attachment import attachment_of, network_for
from hairpin.network.network import Port, addresses_of, veth_peer
from hairpin.network.prefix import Version


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the packet's source or destination namespace, if the namespace's veth is no port of its
    network's bridge.  A bridge that has a tunnel device as a port floods a frame for a missing port to the tunnel
    instead."""
    packet = inner_packet(view)
    for host in view.both_hosts:
        for address in (packet.daddr, packet.saddr):
            for netns, name, link, bridge in _ends(view, host, address, packet.version):
                if link.master == bridge:
                    continue
                yield _candidate(netns, name, link, bridge)
                return


def _ends(view: View, host: Host, address: int, version: Version) -> Iterator[tuple[Netns, str, Link, str]]:
    """Yield the outer end of each veth that leads to the address, with the container or namespace at the inner end and
    the bridge of the address's network.  The outer end is in the host's namespace, or in dockerd's namespace of an
    overlay network."""
    found = attachment_of(view.network, host, address, version)
    if found is not None and found.host_link is not None and found.network.bridge is not None:
        yield view.network.host_netns(host.name), found.container.name, found.host_link, found.network.bridge
        return
    joined, netns_of_host = network_for(host, address, version), view.network.host_netns(host.name)
    of_host = view.network.namespace(netns_of_host)
    for namespace in host.namespaces:
        netns = netns_of_host.sibling(namespace.name)
        held = (each.link for each in addresses_of(namespace, None, version) if each.value == address)
        inner = next((link for name in held if (link := namespace.link(name)) is not None), None)
        peer = veth_peer(view.network, netns, inner) if inner is not None and not netns.is_host else None
        if peer is not None and peer.netns.overlay is not None:
            yield from _in_overlay(view, peer, (view.network.netns_text(netns), address, version))
            continue
        outer = of_host.link(peer.link) if peer is not None and peer.netns == netns_of_host else None
        bridge = joined.bridge if joined is not None else _of_gateway(of_host, namespace, version)
        if outer is not None and bridge is not None:
            yield netns_of_host, view.network.netns_text(netns), outer, bridge


def _in_overlay(view: View, end: Port, inner: tuple[str, int, Version]) -> Iterator[tuple[Netns, str, Link, str]]:
    name, address, version = inner
    namespace = view.network.namespace(end.netns)
    outer = namespace.link(end.link)
    bridges = {each.name for each in namespace.links if each.kind == "bridge"}
    for each in addresses_of(namespace, None, version):
        if outer is not None and each.link in bridges and each.holds(address, version):
            yield end.netns, name, outer, each.link


def _of_gateway(host: Namespace, inner: Namespace, version: Version) -> str | None:
    """Return the host's bridge that has the gateway address of the namespace, or None.  hairpin needs this for pods,
    because no engine lists a pod's network."""
    gateways = {
        hop.gateway
        for route in inner.routes
        if (route.version, route.prefix_length, route.type) == (version, 0, "unicast")
        for hop in route.next_hops
        if hop.gateway is not None
    }
    bridges = {each.name for each in host.links if each.kind == "bridge"}
    held = (each.link for each in host.addresses if each.version == version and each.value in gateways)
    return next((link for link in held if link in bridges), None)


def _candidate(netns: Netns, name: str, link: Link, bridge: str) -> Candidate:
    attached = msgspec.structs.replace(link, master=bridge, port=BridgePort())
    title = message("{link} of container {name} is not attached to {bridge}", link=link.name, name=name, bridge=bridge)
    return Candidate(
        title=title,
        detail=message(
            "The other end of the container's eth0 is a port of no bridge any more, so the container's frames reach "
            "nobody."
        ),
        change=one(SetLink(netns, attached)),
        where=OfLink(
            netns=None if netns.is_host else netns, link=link.name, master=link.master or "none", wanted=bridge
        ),
        in_class="link-or-route",
        evidence=(link.evidence,),
        advice=(message("keep network managers away from veth* and {link} (unmanaged)", link=bridge),),
    )


CAUSE = Cause(
    title=message("A container's veth is not attached to its bridge"),
    source="ip-link(8): master",
    shown_by=(
        "bridge link; ip neigh", message("no veth of the container is a port of the bridge, or the port is DOWN"),
    ),
    reasons=frozenset({"no-neighbour", "martian-source", "no-carrier", "no-tunnel", "no-tunnel-remote",
                       "tunnel-elsewhere", "link-down", "rp-filter", "hairpin-off", *RULE_STOPS}),
)  # fmt: skip
