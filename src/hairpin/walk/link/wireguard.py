"""WireGuard: a packet that leaves by a WireGuard device goes to a peer in an outer UDP packet, which is walked.

Keys are never read.  So every walk from one WireGuard device to another has the condition that their keys match.

Source: drivers/net/wireguard/device.c wg_xmit(), socket.c send4(), receive.c wg_packet_consume_data_done()
"""

from collections.abc import Iterator

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.link import Endpoint, Link, Peer, Tunnel, Wireguard
from hairpin.host.netns import Netns
from hairpin.message import Message, message
from hairpin.netfilter.evaluate.chain import Condition
from hairpin.netfilter.packet import UDP, Packet
from hairpin.network.network import Network, Port
from hairpin.network.prefix import address_text
from hairpin.network.tunnel.wireguard import KIND, allowed_text, devices, listening, outer_length, peer_for, settings
from hairpin.network.wires import holder_of
from hairpin.walk.decided import LinkDecided
from hairpin.walk.ip.mtu import length_on_wire
from hairpin.walk.link.crossing import unpacked
from hairpin.walk.state import Carried, End, Outcome, Reason, Sender, Stage, State, stopped


def encrypted(state: State, link: Link) -> Outcome:
    """Return the outer packet for a packet that leaves by the device; the packet's end, with an ICMP error, if no peer
    has its destination, or if this peer has no endpoint."""
    device, packet = settings(link), state.packet
    peer = peer_for(device, packet.version, packet.daddr)
    address = address_text(packet.daddr, packet.version)
    if peer is None or peer.endpoint is None:
        said = (
            message("no peer has {address} in its AllowedIPs: {peers}", address=address, peers=_peers(device))
            if peer is None
            else message(
                "{peer}, which has {address} in its AllowedIPs, has no endpoint", peer=_named(peer), address=address
            )
        )
        return _ended(state, "no-tunnel-remote", link, said, stage="device-out", reject="icmpx-host-unreachable")
    said = message("into WireGuard to {peer} at {endpoint}", peer=_named(peer), endpoint=_endpoint(peer.endpoint))
    noted = state.noted("tunnel", link.name, LinkDecided(link.name, said, device.evidence))
    return State(
        "output-route",
        state.netns,
        _outer(state, link, peer.endpoint),
        hops=state.hops + 1,
        sender=Sender(uid=0, by_kernel=True),
        history=noted.history,
        carried=Carried(state, Tunnel(KIND, peer.endpoint.version, port=peer.endpoint.port)),
    )


def _outer(state: State, link: Link, endpoint: Endpoint) -> Packet:
    """Return the outer packet, which may be fragmented: wg_socket_send_skb_to_peer() sets ignore_df and does not set
    DF."""
    device = settings(link)
    return Packet(
        version=endpoint.version,
        saddr=0,
        daddr=endpoint.address,
        protocol=UDP,
        sport=device.listen_port,
        dport=endpoint.port,
        length_bytes=outer_length(length_on_wire(state), link.mtu_bytes, endpoint.version),
        mark=device.fwmark,
    )


def decrypted(network: Network, state: State) -> Iterator[Outcome]:
    """Yield the inner packet as it comes out of the WireGuard device that receives the outer packet after INPUT."""
    carried, outer = state.carried, state.packet
    assert carried is not None
    namespace = network.namespace(state.netns)
    link = listening(namespace, outer.dport)
    if link is None:
        yield _nobody(state, namespace)
        return
    inner, device = carried.frame.packet, settings(link)
    refused = _refused(device, inner, Endpoint(outer.version, outer.saddr, outer.sport or 0))
    if refused is not None:
        yield _ended(state, "peer-not-allowed", link, refused)
        return
    if carried.frame.netns != state.netns:
        said = _keys(carried.frame.netns, carried.frame.oif, state.netns, link.name)
        if Condition(said, holds=True) not in state.history.conditions:
            yield _undecided(state, link.name, said, message("decrypts with keys that hairpin never reads"))
            state = state.given(Condition(said, holds=True))
    decided = LinkDecided(link.name, message("out of WireGuard"), device.evidence)
    yield unpacked(network, state.noted("tunnel", link.name, decided), Port(state.netns, link.name))


def _ended(
    state: State, reason: Reason, link: Link, said: Message, *, stage: Stage = "tunnel", reject: str | None = None
) -> End:
    """Return the packet's end, with the WireGuard device's settings as the reason."""
    decided = LinkDecided(link.name, said, settings(link).evidence)
    return stopped(state, reason, stage=stage, link=link.name, decided_by=decided, reject=reject)


def _refused(device: Wireguard, inner: Packet, sender: Endpoint) -> Message | None:
    """Return why the WireGuard device drops a peer's inner packet, or None if it accepts the packet.

    The endpoint that sent the outer packet identifies the peer.  If no peer has this endpoint, a peer may have roamed:
    the device then accepts the packet if any peer may send from its source."""
    source = address_text(inner.saddr, inner.version)
    allowed_to = peer_for(device, inner.version, inner.saddr)
    if allowed_to is None:
        return message(
            "no peer may send from {address}; the allowed addresses are {peers}", address=source, peers=_peers(device)
        )
    heard = next((each for each in device.peers if each.endpoint == sender), None)
    if heard is None or heard == allowed_to:
        return None
    return message(
        "{peer} at {endpoint} may send from {allowed}, but {address} is allowed to {other}",
        peer=_named(heard),
        endpoint=_endpoint(sender),
        allowed=allowed_text(heard.allowed),
        address=source,
        other=_named(allowed_to),
    )


def _nobody(state: State, namespace: Namespace) -> End:
    """Return the end of an outer packet to a port at which no WireGuard device listens.

    A socket on the port may belong to a WireGuard peer that hairpin does not see.  Such a peer is a user-space
    WireGuard, a device whose settings were not read, or a device that was moved to another namespace."""
    outer, here = state.packet, devices(namespace)
    unread = any(each.kind == KIND and each.wireguard is None for each in namespace.links)
    if unread or any(each.protocol == "udp" and each.port == outer.dport for each in namespace.sockets):
        said = message("a WireGuard peer listens on UDP port {port} of {host}", port=outer.dport, host=state.netns.host)
        return _undecided(state, state.iif, said, message("hairpin did not read what listens there"))
    ports = ", ".join(f"{each.name} {settings(each).listen_port}" for each in here)
    said = (
        message("no WireGuard device listens on UDP port {port}; listening ports are: {ports}",
                port=outer.dport, ports=ports)
        if here
        else message("no WireGuard device that was read listens on UDP port {port}", port=outer.dport)
    )  # fmt: skip
    evidence = settings(here[0]).evidence if here else ""
    decided, unreachable = LinkDecided(state.iif, said, evidence), "icmpx-port-unreachable"
    return stopped(state, "no-tunnel", stage="tunnel", link=state.iif, decided_by=decided, reject=unreachable)


def _keys(one: Netns, link: str, other: Netns, far_link: str) -> Message:
    """Return the condition that two WireGuard devices have matching keys, in the same words for both directions."""
    (first, first_link), (second, second_link) = sorted(((one, link), (other, far_link)))
    return message(
        "{link} of {host} and {far_link} of {far} have each other's WireGuard keys, which hairpin never reads",
        link=first_link,
        host=first.host,
        far_link=second_link,
        far=second.host,
    )


def _undecided(state: State, link: str, said: Message, why: Message) -> End:
    """Return the packet's end on the branch on which the condition ``said`` does not hold."""
    state = state.given(Condition(said, holds=False, usual=False))
    end = stopped(state, "opaque-device", stage="tunnel", link=link, decided_by=LinkDecided(link, why))
    return msgspec.structs.replace(end, kind="unknown")


def elsewhere(network: Network, state: State) -> Message | None:
    """Return the condition that a gateway forwards the endpoint's packets to a WireGuard device that was read.  The
    condition applies if no read host has the endpoint's address, although the inner packet's destination is on that
    device's host."""
    carried = state.carried
    if carried is None or carried.tunnel.kind != KIND:
        return None
    inner, outer = carried.frame.packet, state.packet
    holder = holder_of(network, inner.version, inner.daddr, besides=carried.frame.netns.host)
    found = devices(network.namespace(holder.of_host)) if holder is not None else ()
    if holder is None or not found:
        return None
    return message(
        "{endpoint} leads to {link} of {far}, although {far} does not have this address",
        endpoint=_endpoint(Endpoint(outer.version, outer.daddr, outer.dport or 0)),
        far=holder.host,
        link=found[0].name,
    )


def _peers(device: Wireguard) -> str:
    return "; ".join(f"{_named(each)}: {allowed_text(each.allowed)}" for each in device.peers) or "(none)"


def _named(peer: Peer) -> str:
    """Return the peer's name, such as ``peer 1``: readings have this number instead of the peer's key."""
    return f"peer {peer.number}"


def _endpoint(endpoint: Endpoint) -> str:
    address = address_text(endpoint.address, endpoint.version)
    return f"{address if endpoint.version == 4 else f'[{address}]'}:{endpoint.port}"
