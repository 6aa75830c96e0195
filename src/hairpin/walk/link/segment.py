"""One layer-2 segment: which namespace has an address behind a link.

ARP and neighbour discovery are not walked packet by packet.  The segment is searched for the namespace that has the
address, over links that are up.  walk/link/arp.py says whether that namespace replies to an ARP request.
"""

from typing import Literal

import msgspec

from hairpin.host.link import Link
from hairpin.host.netns import Netns
from hairpin.network.index import stacked_links, takers
from hairpin.network.network import (
    Network,
    Port,
    addresses_of,
    answers_for,
    bridge_ports,
    is_bridge_port,
    is_uplink,
    neighbour_entries,
    owns_address,
    ports_leading,
    veth_peer,
)
from hairpin.network.own_frames import forwarding_entries
from hairpin.network.prefix import Version
from hairpin.network.stacked import bridges, link_of, lower_of, stacked_on, takes_all, takes_frame
from hairpin.network.wires import wires_of
from hairpin.walk.link.arp import is_mute, is_proxy, replies, replies_late, solicited_on
from hairpin.walk.link.vlan import below


class Answer(msgspec.Struct, frozen=True):
    """The result of a search for an address.

    Kinds: ``owner``: ``port`` has the address.  ``outside``: a host that was not read may have it.  ``down``: the link
    ``blocked``, in front of the owner, is down.  ``closed``, ``isolated``: the bridge port ``blocked`` lets no request
    through.  ``nobody``: no link has the address.  ``mac``: a vxlan device's reply for a host that was not read."""

    kind: Literal["owner", "outside", "down", "closed", "isolated", "nobody"]
    port: Port | None = None
    blocked: Port | None = None
    mac: int | None = None


NOBODY = Answer("nobody")
_Passed = frozenset[Port]


class Question(msgspec.Struct, frozen=True):
    """A request for an address.  ``source`` is the sender address of an ARP request; None if it does not matter.
    ``passed``: the bridges that the request has passed.  Bridges may be joined in a circle."""

    version: Version
    address: int
    source: int | None = None
    passed: frozenset[Port] = frozenset()


def who_answers(
    network: Network, netns: Netns, link: Link, version: Version, address: int, source: int | None = None
) -> Answer:
    """Return the link that replies for the address on the segment behind ``link``.  ``source``: see :class:`Question`.

    A reply is a unicast frame.  If a macvlan takes all unicast frames, the requester does not get the reply.  An ipvlan
    gets a reply only if it has the requester's address: ipvlan_core.c ipvlan_addr_lookup()."""
    if takes_all(network, Port(netns, link.name)) is not None:
        return NOBODY
    own = addresses_of(network.namespace(netns), link.name, version)
    if link.kind == "ipvlan" and source is not None and all(each.value != source for each in own):
        return NOBODY
    answer = _who(network, netns, link, Question(version, address, source))
    if answer.kind == "outside" and owns_address(network.namespace(netns), version, address):
        return NOBODY  # no other machine is assumed to have the requester's own address
    return answer


def _who(network: Network, netns: Netns, link: Link, question: Question) -> Answer:
    namespace = network.namespace(netns)
    under = below(namespace, link)
    if under is not None and not is_uplink(network, netns, under):
        return _who(network, netns, under, question)
    lower = lower_of(network, netns, link)
    if lower is not None:
        sibling = _sibling(network, Port(netns, link.name), lower, question)
        if sibling is not None:
            return Answer("owner", sibling)
        if not is_uplink(network, lower.netns, link_of(network, lower)):
            return _who(network, lower.netns, link_of(network, lower), question)
    if link.kind == "bridge":
        return _behind_bridge(network, netns, link, question, skip=None)
    return _behind_wire(network, netns, link, question)


def _sibling(network: Network, asking: Port, lower: Port, question: Question) -> Port | None:
    """Return the sibling macvlan or ipvlan that replies to a request.  In mode ``bridge`` siblings get each other's
    broadcasts, but the parent link gets no sibling's broadcast.

    Source: drivers/net/macvlan.c macvlan_queue_xmit(), macvlan_broadcast(); ipvlan_core.c ipvlan_process_multicast()
    """
    kind = link_of(network, asking).kind
    if kind not in ("macvlan", "ipvlan") or not bridges(link_of(network, asking)):
        return None
    for port in stacked_on(network, lower):
        link = link_of(network, port)
        hears = port != asking and link.kind == kind and link.up and bridges(link)
        if hears and _replies(network, port.netns, port.link, question):
            return port
    return None


def _replies(network: Network, netns: Netns, link: str, question: Question) -> bool:
    namespace = network.namespace(netns)
    if question.source is None:
        answered = answers_for(namespace, question.version, question.address) or (
            question.version == 4 and is_proxy(namespace, link, question.address)
        )
    else:
        answered = replies(network, netns, link, question.address, question.source)
    if not answered or (question.version == 6 and not solicited_on(namespace, link, question.address)):
        return False
    # Another machine's entry for a link without ARP expires, and this link could not send a reply anyway.
    asked = namespace.link(link)
    return asked is None or not is_mute(asked)


def _behind_wire(network: Network, netns: Netns, link: Link, question: Question) -> Answer:
    if link.tunnel is not None:
        return _behind_tunnel(network, netns, link, question)
    if is_uplink(network, netns, link):
        return _on_other_hosts(network, Port(netns, link.name), question)
    peer = veth_peer(network, netns, link)
    return _at_other_end(network, peer, question) if peer is not None else NOBODY


def _on_other_hosts(network: Network, uplink: Port, question: Question) -> Answer:
    """Return the link that replies, if it is a link of a host that was read on this wire.  If no such link replies, a
    host that was not read may reply."""
    for wire in wires_of(network, uplink):
        answer = _at_other_end(network, wire.far, question)
        if answer.kind not in ("nobody", "outside"):
            return answer
    return Answer("outside")


def _behind_tunnel(network: Network, netns: Netns, link: Link, question: Question) -> Answer:
    """Return the link that replies behind a tunnel device's far ends, to which the device sends all broadcasts."""
    if link.tunnel is not None and link.tunnel.proxy:
        return _proxied(network, netns, link, question)
    fallback = NOBODY
    for far in _far_ends(network, netns, link, None):
        answer = _at_other_end(network, far, question) if far is not None else Answer("outside")
        if answer.kind not in ("nobody", "outside"):
            return answer
        fallback = answer if answer.kind == "outside" else fallback
    return fallback


def _proxied(network: Network, netns: Netns, link: Link, question: Question) -> Answer:
    """Return the receiver that a vxlan device names when it answers ARP from its own neighbour entries.

    Source: drivers/net/vxlan/vxlan_core.c arp_reduce(), neigh_reduce()
    """
    entries = neighbour_entries(network.namespace(netns), link.name, question.version, question.address)
    mac = entries[0].mac if entries else None
    if mac is None or not link.up:
        return NOBODY
    found = _mac_behind_wire(network, netns, link, mac)
    return found if found.kind == "owner" else Answer("outside", mac=mac)


def _at_other_end(network: Network, peer: Port, question: Question) -> Answer:
    namespace = network.namespace(peer.netns)
    other = namespace.link(peer.link)
    assert other is not None
    if not other.up:
        owned = is_bridge_port(namespace, other) or owns_address(namespace, question.version, question.address)
        return Answer("down", port=peer, blocked=peer) if owned else NOBODY
    if not is_bridge_port(namespace, other):
        return Answer("owner", peer) if _replies(network, peer.netns, other.name, question) else NOBODY
    bridge = namespace.link(other.master or "")
    assert bridge is not None
    late, here = NOBODY, Port(peer.netns, bridge.name)
    if bridge.up and _replies(network, peer.netns, bridge.name, question):
        late = _let_through(peer.netns, question, Answer("owner", here), other, None)
        if not replies_late(network, here, question.version, question.address):
            return late
    if not bridge.up and owns_address(namespace, question.version, question.address):
        return Answer("down", here, here)
    found = _behind_bridge(network, peer.netns, bridge, question, skip=other)
    return found if found.kind == "owner" or late.kind == "nobody" else late


def _behind_bridge(network: Network, netns: Netns, bridge: Link, question: Question, *, skip: Link | None) -> Answer:
    """Return the link behind the bridge's ports that replies for the address.

    ``skip`` is the port by which the request came in; it is not searched.  If links behind several ports answer, the
    first answer counts.  The port that was added last gets the request first.  A proxy with a delay answers last.

    Source: net/ipv4/arp.c arp_process(); net/bridge/br_if.c br_add_if(): list_add_rcu(); br_forward.c br_flood()"""
    fallback, late, here = NOBODY, NOBODY, Port(netns, bridge.name)
    if here in question.passed:
        return NOBODY
    question = msgspec.structs.replace(question, passed=question.passed | {here})
    taking = takers(network.host(netns.host), question.version, question.address)
    ports = ports_leading(network, netns, bridge.name, taking)
    for port in ports if question.source is None else reversed(ports):
        if skip is not None and port.name == skip.name:
            continue
        answer = _behind_port(network, netns, port, question)
        if answer.kind == "owner" and not port.up:
            return Answer("down", answer.port, Port(netns, port.name))
        if answer.kind == "owner":  # if the bridge is down, it stops the packet later
            answer = _let_through(netns, question, answer, skip, port) if bridge.up else answer
            if answer.port is None or not replies_late(network, answer.port, question.version, question.address):
                return answer
            late = answer if late.kind == "nobody" else late
        if answer.kind == "down" or (answer.kind == "outside" and fallback.kind == "nobody"):
            fallback = answer
    return fallback if late.kind == "nobody" else late


def _let_through(netns: Netns, question: Question, answer: Answer, inner: Link | None, out: Link | None) -> Answer:
    """Return the owner's answer if the bridge ports let the request through.

    If ``inner`` or ``out`` is None, the bridge itself sends or answers the request.  walk/link/bridge.py stops a packet
    that needs no request.  Source: net/bridge/br_input.c br_handle_frame_finish(), br_forward.c should_deliver()
    """
    if question.source is None:
        return answer
    ports = [each for each in (inner, out) if each is not None]
    for port in ports:
        # A port with bcast_flood off still gets the bridge device's own broadcasts: br_flood(), BR_BCAST_FLOOD
        deaf = port is out and inner is not None and port.port is not None and not port.port.bcast_flood
        if deaf or (port.port is not None and not port.port.forwards):
            return Answer("closed", answer.port, Port(netns, port.name))
    if len(ports) > 1 and all(each.port is not None and each.port.isolated for each in ports):
        return Answer("isolated", answer.port, Port(netns, ports[-1].name))
    return answer


def _behind_port(network: Network, netns: Netns, port: Link, question: Question) -> Answer:
    if port.tunnel is not None:
        answer = _behind_tunnel(network, netns, port, question)
        return answer if port.up or answer.kind == "owner" else NOBODY
    if is_uplink(network, netns, port):
        return _on_other_hosts(network, Port(netns, port.name), question) if port.up else NOBODY
    # A container may have a bridge of its own, which has the address.
    peer = veth_peer(network, netns, port)
    return _at_other_end(network, peer, question) if peer is not None else NOBODY


def who_has(network: Network, netns: Netns, link: Link, mac: int) -> Answer:
    """Return the link with the hardware address ``mac`` on the segment behind ``link``, whether it is up or down."""
    namespace = network.namespace(netns)
    under = below(namespace, link)
    if under is not None and not is_uplink(network, netns, under):
        return who_has(network, netns, under, mac)
    lower = lower_of(network, netns, link)
    if lower is not None:
        sibling = takes_frame(network, lower, mac) if bridges(link) else None
        if sibling is not None and sibling != Port(netns, link.name) and bridges(link_of(network, sibling)):
            return Answer("owner", sibling)
        return who_has(network, lower.netns, link_of(network, lower), mac)
    if link.kind == "bridge":
        return _mac_behind_bridge(network, netns, link, mac, skip=None)
    return _mac_behind_wire(network, netns, link, mac)


def _mac_behind_wire(network: Network, netns: Netns, link: Link, mac: int, passed: _Passed = frozenset()) -> Answer:
    """Return the link with the hardware address ``mac`` behind a veth, a tunnel device or an uplink."""
    if link.tunnel is not None or is_uplink(network, netns, link):
        wired = (wire.far for wire in wires_of(network, Port(netns, link.name)))
        ends = wired if link.tunnel is None else _far_ends(network, netns, link, mac)
        found = (_mac_at_other_end(network, far, mac, passed) for far in ends if far is not None)
        return next((each for each in found if each.kind == "owner"), Answer("outside"))
    peer = veth_peer(network, netns, link)
    return _mac_at_other_end(network, peer, mac, passed) if peer is not None else NOBODY


def _mac_at_other_end(network: Network, peer: Port, mac: int, passed: _Passed) -> Answer:
    far = network.namespace(peer.netns)
    other = far.link(peer.link)
    assert other is not None
    if not is_bridge_port(far, other):
        receiver = peer if other.mac == mac else takes_frame(network, peer, mac)
        return Answer("owner", receiver) if receiver is not None else NOBODY
    bridge = far.link(other.master or "")
    assert bridge is not None
    # The bridge itself receives frames to a port's own address: net/bridge/br_fdb.c fdb_add_local()
    if any(each.mac == mac for each in (bridge, *bridge_ports(far, bridge.name))):
        return Answer("owner", Port(peer.netns, bridge.name))
    return _mac_behind_bridge(network, peer.netns, bridge, mac, skip=other.name, passed=passed)


def _mac_behind_bridge(
    network: Network, netns: Netns, bridge: Link, mac: int, *, skip: str | None, passed: _Passed = frozenset()
) -> Answer:
    fallback, here = NOBODY, Port(netns, bridge.name)
    if here in passed:
        return NOBODY
    passed |= {here}
    for port in bridge_ports(network.namespace(netns), bridge.name):
        if port.name == skip:
            continue
        if port.tunnel is not None or is_uplink(network, netns, port):
            found = _mac_behind_wire(network, netns, port, mac, passed)
            fallback = found if fallback.kind != "owner" else fallback
            continue
        peer = veth_peer(network, netns, port)
        if peer is not None:
            found = _mac_at_other_end(network, peer, mac, passed)
            fallback = found if found.kind == "owner" else fallback
    return fallback


def port_towards(
    network: Network, netns: Netns, bridge: str, target: Port | None, mac: int | None = None
) -> Link | None:
    """Return the bridge port whose wire leads to ``target`` (None: a link outside of the snapshot), or None.

    ``mac`` is the frame's destination hardware address.  A forwarding entry for ``mac`` decides if it names a tunnel
    device; for a target outside of the snapshot, an entry with any port decides.
    """
    namespace = network.namespace(netns)
    if target is None and mac is not None and (link := namespace.link(bridge)) is not None:
        target = _mac_behind_bridge(network, netns, link, mac, skip=None).port
    ports = bridge_ports(namespace, bridge)
    tunnels = {each.name: each for each in ports_leading(network, netns, bridge, ()) if each.tunnel is not None}
    entries = forwarding_entries(namespace).get(mac, ()) if mac is not None else ()
    named = [each.port for each in entries if each.remote is None and not each.local]
    known = tunnels if target is not None else {each.name: each for each in ports}
    port = next((known[name] for name in named if name in known), None)
    if port is not None:
        return port
    if target is not None and target.netns.host != netns.host:
        return _port_to_host(network, netns, ports, target)
    flooded = next(iter(tunnels.values()), None) if mac is not None else None
    if target is None:
        return _port_outwards(network, netns, ports) or flooded
    # A macvlan may be in another namespace than its parent link, the veth's peer.
    stacked = stacked_links(network.host(netns.host))
    near = ports if stacked else ports_leading(network, netns, bridge, (target.netns.name,))
    return next((port for port in near if _leads_to(network, netns, port, target)), flooded)


def _leads_to(network: Network, netns: Netns, port: Link, target: Port) -> bool:
    """Return whether the target is at the port's other end, or on the bridge behind the far end of the port's
    tunnel."""
    if port.tunnel is None:
        peer = veth_peer(network, netns, port)
        return peer is not None and (target in stacked_on(network, peer) or _is_at(network, peer, target))
    return any(far is not None and _is_at(network, far, target) for far in _far_ends(network, netns, port, None))


def _far_ends(network: Network, netns: Netns, link: Link, mac: int | None) -> tuple[Port | None, ...]:
    """Return the tunnel devices that a frame to the hardware address reaches; none if the link is no tunnel."""
    if link.tunnel is None:
        return ()
    from hairpin.network.tunnel.tunnels import far_ends

    return far_ends(network, netns, link, mac)


def _is_at(network: Network, far: Port, target: Port) -> bool:
    link, namespace = link_of(network, far), network.namespace(far.netns)
    if far == target or not is_bridge_port(namespace, link):
        return far == target
    peers = (veth_peer(network, far.netns, each) for each in bridge_ports(namespace, link.master or ""))
    return target == Port(far.netns, link.master or "") or target in peers


def _port_outwards(network: Network, netns: Netns, ports: tuple[Link, ...]) -> Link | None:
    """Return the bridge port that leads out of the snapshot: an uplink, else a tunnel device with an unread far end."""
    uplink = next((port for port in ports if is_uplink(network, netns, port)), None)
    if uplink is not None:
        return uplink
    return next((port for port in ports if port.up and None in _far_ends(network, netns, port, None)), None)


def _port_to_host(network: Network, netns: Netns, ports: tuple[Link, ...], target: Port) -> Link | None:
    """Return the bridge port that leads to another host.

    The returned port is the port in the forwarding entry for the target.  Without such an entry it is the first tunnel
    device or uplink that reaches the host.
    """
    mac = link_of(network, target).mac
    learned = {each.port for each in network.namespace(netns).fdb if each.mac == mac and each.remote is None}
    leading = [port for port in ports if _reaches_host(network, netns, port, target.netns.host, mac)]
    return next((port for port in leading if port.name in learned), leading[0] if leading else None)


def _reaches_host(network: Network, netns: Netns, port: Link, host: str, mac: int | None) -> bool:
    if port.tunnel is not None:
        ends = (*_far_ends(network, netns, port, mac), *_far_ends(network, netns, port, None))
        return any(far is not None and far.netns.host == host for far in ends)
    return any(wire.far.netns.host == host for wire in wires_of(network, Port(netns, port.name)))
