"""A swarm node's overlay network lacks its bridge or its vxlan device, or the device lacks the entries that dockerd
wrote.

dockerd makes bridge and device in a separate network namespace (``/run/docker/netns``) when the node's first container
joins the network.  The kernel deletes the neighbour entries of a device that goes down.  dockerd does not write these
entries again.

Users see: on one node, the containers of an overlay network do not reach the network's containers on other nodes, or
reach no container at all.

Proof: in the network's namespace the bridge or the vxlan device is missing, or the vxlan device is down or has no
neighbour entries.  With the devices and entries that dockerd makes in the namespace, the packet arrives.
Now: restart the node's container on the network.  If several containers of the node are on the network, stop them all
and then start them.  dockerd makes a new namespace only when the first container joins the network.
Lasting: keep network managers and clean-up scripts out of dockerd's namespaces.
"""

import msgspec

from hairpin.causes.between_hosts._overlay import overlay_netns, overlays_on, unknown_peer
from hairpin.causes.between_hosts._tunnelled import FarEnd, lacking_entries, underlay_address
from hairpin.causes.kit import Candidate, Cause, Iterator, Message, Netns, OfLink, View, Way, message
from hairpin.change.change import AddEntry, Change, Primitive, SetLink
from hairpin.engines.repair.starting import restarts, stopped_and_started
from hairpin.host.docker import Container, DockerNetwork
from hairpin.host.link import Address, BridgePort, Link
from hairpin.network.attachment import gateway_of
from hairpin.network.network import Network, addresses_of, is_bridge_port, veth_peer

_BRIDGE = "br0"
"""Source: moby libnetwork/drivers/overlay/ov_network.go setupSubnetSandbox(): "br" and the first free number."""
_replace = msgspec.structs.replace


def find(view: View) -> Iterator[Candidate]:
    netns = overlay_netns(view)
    joined = _network(view, netns) if netns is not None else None
    if netns is None or joined is None:
        return
    lost = _lost(view, netns)
    containers = tuple(_containers(view, netns, joined))
    change = _made_anew(view.network, netns, joined) if lost is not None and containers else None
    if lost is None or change is None:
        return
    link, state = lost
    tasks = [each for each in containers if each.is_task]
    calls = stopped_and_started(view.network.host(netns.host), containers)
    if len(containers) == 1:
        calls = restarts(view.network.host(netns.host), containers[0])
    facts = {"link": link, "network": joined.name, "host": netns.host}
    yield Candidate(
        title=_title(state, facts),
        detail=message(
            "The link is in the namespace {netns}, which dockerd made for the network. dockerd fills this namespace "
            "when the node's first container joins the network, and never repairs it.",
            netns=netns.name,
        ),
        change=Change(change) if tasks else Change(change, calls),
        where=OfLink(host=netns.host, netns=netns, link=link, state=state, network=joined.name),
        in_class="unlike-tunnel-ends",
        evidence=(joined.evidence,) if joined.evidence else (),
        advice=(message("keep network managers and clean-up scripts out of the namespaces in /run/docker/netns"),),
        offered=not tasks,
        ways=tuple(_by_swarm(netns, tasks)),
        cuts=True,
    )


def _title(state: str, facts: dict[str, str]) -> Message:
    match state:
        case "gone":
            return message("{link} of the overlay network {network} is gone on {host}", **facts)
        case "down":
            return message("{link} of the overlay network {network} is down on {host}", **facts)
        case _:
            return message("{link} of the overlay network {network} has lost its neighbour entries on {host}", **facts)


def _by_swarm(netns: Netns, tasks: list[Container]) -> Iterator[Way]:
    """Yield the repair by ``docker node update``, if a swarm task is on the network.  swarm replaces a stopped task,
    and never starts the same task again."""
    if tasks:
        said = message(
            "`docker node update --availability drain {host}`, then `--availability active`: swarm moves the tasks "
            "away, and dockerd recreates the network with the next task",
            host=netns.host,
        )
        yield Way(Change(()), (said,), by_person=True)


def _network(view: View, netns: Netns) -> DockerNetwork | None:
    engines = view.network.host(netns.host).engines
    networks = (each for engine in engines for each in engine.networks if each.driver == "overlay")
    return next((each for each in networks if netns.overlay and each.id.startswith(netns.overlay)), None)


def _containers(view: View, netns: Netns, joined: DockerNetwork) -> Iterator[Container]:
    for each in view.network.host(netns.host).containers():
        if each.running and any(endpoint.network == joined.name for endpoint in each.endpoints):
            yield each


def _lost(view: View, netns: Netns) -> tuple[str, str] | None:
    """Return the name and the state of a device of dockerd that is gone, down or without neighbour entries.

    Return None if each device of dockerd is up and has its neighbour entries."""
    links = view.network.namespace(netns).links
    bridge = next((each for each in links if each.kind == "bridge"), None)
    device = next((each for each in links if each.tunnel is not None), None)
    if bridge is None:
        return _BRIDGE, "gone"
    if device is None:
        return "vxlan0", "gone"
    if not device.up:
        return device.name, "down"
    unknown = unknown_peer(view)
    if unknown is not None and unknown.netns == netns and unknown.is_forgotten:
        return device.name, "no neighbour entries"
    return None


def _made_anew(network: Network, netns: Netns, joined: DockerNetwork) -> tuple[Primitive, ...] | None:
    """Return the links, addresses and entries that dockerd makes in the namespace.  Return None if the vxlan device is
    gone and no other node has a vxlan device whose configuration can be copied."""
    namespace = network.namespace(netns)
    index = max(each.index for each in namespace.links) + 100
    far = tuple(_far_ends(network, netns))
    device = next((each for each in namespace.links if each.tunnel is not None), None)
    if device is None:
        alike = next((each.link for each in far), None)
        device = _replace(alike, index=index, mac=None, evidence="") if alike is not None else None
    bridge = next((each for each in namespace.links if each.kind == "bridge"), None)
    if device is None:
        return None
    made: list[Primitive] = []
    if bridge is None:
        bridge = Link(index + 1, _BRIDGE, "bridge", mtu_bytes=device.mtu_bytes, flags=("BROADCAST", "MULTICAST", "UP"))
        made.append(SetLink(netns, bridge))
    held = {each.value for each in addresses_of(namespace, bridge.name, 4)}
    subnets = (each for each in joined.subnets if each.version == 4 and gateway_of(each) not in held)
    made += (AddEntry(netns, Address(bridge.name, 4, gateway_of(each), each.prefix_length)) for each in subnets)
    device = _replace(device, up=True, carrier=True, master=bridge.name, port=BridgePort())
    ports = (device, *(each for each in namespace.links if each.kind == "veth" and each.master is None))
    made += (SetLink(netns, _replace(each, master=bridge.name, port=BridgePort())) for each in ports)
    return (*made, *(each for end in far for each in _entries(network, netns, device, end)))


def _far_ends(network: Network, netns: Netns) -> Iterator[FarEnd]:
    """Yield the overlay network's vxlan device on each other node."""
    for host in network.hosts:
        for far in overlays_on(network, host.name, netns.overlay or "") if host.name != netns.host else ():
            for link in network.namespace(far).links:
                if link.tunnel is not None and is_bridge_port(network.namespace(far), link):
                    yield FarEnd(far, link, underlay_address(network, far, link))


def _entries(network: Network, netns: Netns, device: Link, far: FarEnd) -> Iterator[Primitive]:
    """Yield the entries that the device lacks for each container that the far node has on the network."""
    for port in network.namespace(far.netns).links:
        peer = veth_peer(network, far.netns, port)
        if peer is None:
            continue
        inner = network.namespace(peer.netns)
        mac = next((each.mac for each in inner.links if each.name == peer.link), None)
        end = _replace(far, link=_replace(far.link, mac=mac))
        for address in addresses_of(inner, peer.link, 4):
            yield from lacking_entries(network, netns, device, end, address.value, 4)


CAUSE = Cause(
    title=message("A swarm node's overlay network lacks its bridge or its vxlan device"),
    source="moby: libnetwork/drivers/overlay/ov_network.go setupSubnetSandbox(), leaveSandbox()",
    reasons=frozenset({"no-neighbour", "no-tunnel", "link-down", "neighbour-wrong"}),
)
