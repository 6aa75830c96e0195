"""Walks one packet from stage to stage until each of its branches has ended.

IPVS takes packets for its services after the rules of INPUT, and forwards each packet to one of the service's servers.
The choice of a server and the path to the server are not modelled: the server is assumed to answer.  If all servers of
a service have weight 0, IPVS rejects the packet.

Source: net/netfilter/ipvs/ip_vs_core.c ip_vs_ops4: LOCAL_IN, NF_IP_PRI_NAT_SRC - 1; ip_vs_schedule(), ip_vs_leave()
"""

from collections.abc import Callable, Iterable, Iterator

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.socket import VirtualService
from hairpin.host.xfrm import Direction
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import Condition
from hairpin.netfilter.packet import Packet
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.walk.decided import Assumed, LinkDecided, SysctlDecided
from hairpin.walk.hooks.conntrack import with_confirmed_connection
from hairpin.walk.hooks.hooks import run_arp_hook, run_hook
from hairpin.walk.ip.l3mdev import delivered_above, input_route_above, into_vrf
from hairpin.walk.ip.mtu import defragmented
from hairpin.walk.ip.route_in import received6
from hairpin.walk.ip.route_out import output, output_route, postrouting
from hairpin.walk.ip.xfrm import through_policies
from hairpin.walk.link.bridge import bridge_in
from hairpin.walk.link.device import device_in, device_out
from hairpin.walk.link.neighbour import neighbour
from hairpin.walk.state import Carried, End, Outcome, Stage, State, stopped
from hairpin.walk.unread import unread_end


def _prerouting(network: Network, state: State) -> Iterator[Outcome]:
    if state.packet.arp:  # ARP does not reach the IP layer
        for outcome in run_arp_hook(network, state, "input"):
            yield outcome if isinstance(outcome, End) else End("arrived", outcome)
        return
    namespace = network.namespace(state.netns)
    martian = received6(namespace, state)
    if martian is not None:
        yield martian
        return
    for outcome in run_hook(network, defragmented(namespace, state), "prerouting"):
        for moved in (outcome,) if isinstance(outcome, End) else into_vrf(network, outcome):
            yield moved if isinstance(moved, End) else moved.to("input-route")


def _input(network: Network, state: State) -> Iterator[Outcome]:
    namespace = network.namespace(state.netns)
    for outcome in _meeting(namespace, run_hook(network, state, "input"), "in", "input"):
        taken = outcome if isinstance(outcome, End) else balanced(network, outcome) or outcome
        done = taken if isinstance(taken, End) else with_confirmed_connection(taken, namespace)
        if isinstance(done, End):
            yield done
        elif done.carried is not None:
            yield from _unpacked(network, done, done.carried)
        else:
            yield End("arrived", delivered_above(done).to("socket"))


def _meeting(
    namespace: Namespace, outcomes: Iterable[Outcome], direction: Direction, stage: Stage
) -> Iterator[Outcome]:
    """Yield the outcomes after the policies of IPsec."""
    for each in outcomes:
        yield from (each,) if isinstance(each, End) else through_policies(namespace, each, direction, stage)


def _unpacked(network: Network, state: State, carried: Carried) -> Iterator[Outcome]:
    """Yield the inner packet of an outer packet that has passed INPUT."""
    from hairpin.network.tunnel import wireguard
    from hairpin.walk.link.tunnel import decapsulated
    from hairpin.walk.link.wireguard import decrypted

    if carried.tunnel.kind == wireguard.KIND:
        yield from decrypted(network, state)
    else:
        yield decapsulated(network, state)


def _forward(network: Network, state: State) -> Iterator[Outcome]:
    namespace = network.namespace(state.netns)
    forwarded = through_policies(namespace, state, "fwd", "forward")
    for passed in _meeting(namespace, forwarded, "out", "forward"):
        for outcome in (passed,) if isinstance(passed, End) else run_hook(network, passed, "forward"):
            yield outcome if isinstance(outcome, End) else outcome.to("postrouting")


def _output_route(network: Network, state: State) -> Iterator[Outcome]:
    yield from _meeting(network.namespace(state.netns), output_route(network, state), "out", "output-route")


def _postrouting(network: Network, state: State) -> Iterator[Outcome]:
    """Yield the packet after POSTROUTING.  A packet that NAT has changed meets the policies of IPsec again."""
    namespace, before = network.namespace(state.netns), state.packet
    for outcome in postrouting(network, state):
        packet = outcome.state.packet if isinstance(outcome, End) else outcome.packet
        same = (packet.saddr, packet.sport, packet.daddr) == (before.saddr, before.sport, before.daddr)
        yield from (outcome,) if same else _meeting(namespace, (outcome,), "out", "postrouting")


Carry = Callable[[Network, State], Iterator[Outcome]]
_STAGES: dict[Stage, Carry] = {
    "device-in": device_in,
    "bridge": bridge_in,
    "prerouting": _prerouting,
    "input-route": input_route_above,
    "input": _input,
    "forward": _forward,
    "output-route": _output_route,
    "output": output,
    "postrouting": _postrouting,
    "device-out": device_out,
}


def _given_up(state: State, most: int) -> End:
    condition = Condition(message("more than {count} paths are possible", count=most), holds=True)
    state = state.given(condition)
    end = stopped(state, "too-many-ways", link=state.oif or state.iif, decided_by=Assumed(condition.said))
    return msgspec.structs.replace(end, kind="unknown")


def walk_packet(network: Network, start: State, find: Carry = neighbour) -> tuple[End, ...]:
    """Return the ends of all branches, usual branches first.  ``find`` is the function for the stage ``neighbour``."""
    stages: dict[Stage, Carry] = {**_STAGES, "neighbour": find}
    pending: list[State] = [start]
    ends: list[End] = []
    most = network.namespace(start.netns).door.limits.ends
    while pending and len(ends) < most:
        state = pending.pop()
        unread = unread_end(network, state) if network.namespace(state.netns).unread else None
        if unread is not None:
            ends.append(unread)
            continue
        following: list[State] = []
        for outcome in stages[state.stage](network, state):
            if isinstance(outcome, End):
                ends.append(outcome)
            else:
                following.append(outcome)
        pending.extend(reversed(following))
    ends.extend(_given_up(state, most) for state in pending)
    ends.sort(key=lambda end: sum(not condition.usual for condition in end.state.history.conditions))
    return tuple(ends)


_FORWARDING = ("net", "ipv4", "ip_forward")


def balanced(network: Network, state: State) -> End | None:
    """Return the end of a packet that IPVS takes; None if IPVS has no service for the packet."""
    packet, namespace = state.packet, network.namespace(state.netns)
    service = next((each for each in namespace.virtual_services if _serves(each, packet)), None)
    if service is None:
        return None
    address = address_text(packet.daddr, packet.version)
    taken = message("IPVS handles packets for {address}", address=address)
    noted = state.noted("input", state.iif, LinkDecided(state.iif, taken, service.evidence), note="balanced")
    if not service.servers:
        none = message("IPVS has no server for {address}, port {port}", address=address, port=packet.dport)
        decided = LinkDecided(state.iif, none, service.evidence)
        return stopped(noted, "no-listener", link=state.iif, decided_by=decided, reject="icmp-port-unreachable")
    if namespace.sysctl(*_FORWARDING) == 0 and packet.version == 4:
        # The answer of a server is forwarded to the client: ip_vs_out(), NF_INET_FORWARD.
        return stopped(noted, "forwarding-off", link=state.iif, decided_by=SysctlDecided(_FORWARDING, "0", "1"))
    said = message(
        "IPVS in {netns} brings packets for {address} to a server that answers",
        netns=network.netns_text(state.netns),
        address=address,
    )
    return End("balanced", noted, assumed=said)


def _serves(service: VirtualService, packet: Packet) -> bool:
    if service.mark is not None:
        return packet.mark == service.mark
    asked = (packet.protocol, packet.version, packet.daddr)
    return asked == (service.protocol, service.version, service.address) and service.port in (0, packet.dport)
