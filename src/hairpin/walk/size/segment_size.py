"""The size of TCP segments, by the MTUs of both ends (sent in their MSS options) and by TCPMSS rules on the path.

The MSS option of a SYN limits the other end's segments.  A TCPMSS rule (nft: ``tcp option maxseg size set``) that the
SYN passes lowers the option: ``--set-mss`` to the given number, ``--clamp-mss-to-pmtu`` to the smaller MTU of the
routes to both ends.

Source: net/ipv4/tcp_output.c tcp_sync_mss(); net/netfilter/xt_TCPMSS.c tcpmss_mangle_packet(), tcpmss_reverse_mtu();
net/netfilter/nft_rt.c get_tcpmss()
"""

from collections.abc import Iterable, Iterator

import msgspec

from hairpin.door import Door, Observation
from hairpin.host.host import Namespace
from hairpin.host.netns import Netns
from hairpin.host.sysctl import Path
from hairpin.kept import kept
from hairpin.netfilter.evaluate.chain import rule_at
from hairpin.netfilter.mss import mss_set_by
from hairpin.netfilter.packet import ACK, SYN
from hairpin.network.flow import Flow, Lan
from hairpin.network.network import Network
from hairpin.network.prefix import Version
from hairpin.network.query import Query
from hairpin.network.routing import lookup
from hairpin.walk.ip.mtu import route_mtu
from hairpin.walk.link.neighbour_discovery import walk_asking
from hairpin.walk.link.traffic_control import longest_taken
from hairpin.walk.reply import walk_answer
from hairpin.walk.state import End, Passed, State, Step
from hairpin.walk.tunnelled import is_tunnel

HEADERS: dict[Version, int] = {4: 40, 6: 60}
"""Bytes of the IP and TCP headers without options; TCP options leave less room for data."""
_LEAST_MSS: Path = ("net", "ipv4", "route", "min_adv_mss")
_USUAL_LEAST_MSS = 256
_ETHERNET = 1500
"""The assumed MTU of an end behind a router, unless the link to the router has a larger MTU."""


class Handshake(msgspec.Struct, frozen=True):
    """A TCP connection whose handshake succeeds.

    ``started`` is the SYN where it enters the snapshot.  ``there`` is the SYN where the server's namespace receives it,
    or where it leaves the snapshot.  ``back`` is the end of the SYN-ACK.  For an outside server, ``far`` is the SYN-ACK
    where it enters the snapshot; for any other server it is None."""

    flow: Flow
    started: State
    there: State
    back: End
    far: State | None = None


class Sizes(msgspec.Struct, frozen=True):
    """The sizes of a connection's largest packets in bytes: of the client's packets, and of the server's."""

    to_server: int
    to_client: int


def sizes(network: Network, handshake: Handshake) -> Sizes:
    """Return the sizes of a connection's largest packets by the MTUs of both ends."""
    whole = handshake.flow.data_bytes + HEADERS[handshake.flow.version]
    sends, takes = _client(network, handshake)
    answers, accepts = _server(network, handshake)
    return Sizes(min(whole, sends, accepts), min(whole, answers, takes))


def clamped(network: Network, handshake: Handshake, unclamped: Sizes) -> Sizes:
    """Return the sizes of the largest packets after the TCPMSS rules on the path have lowered the MSS options."""
    steps = (*handshake.there.history.steps, *handshake.back.state.history.steps)
    passed = dict.fromkeys(step.netns for step in steps if step.netns in network)
    if not any(_has_clamps(network.namespace(each)) for each in passed):
        return unclamped
    watched = network.through(Door(observer=_Watching()))
    request = next((each for each in walk_asking(watched, handshake.started) if each.kind in ("arrived", "left")), None)
    if request is None:
        return unclamped
    if handshake.far is not None:
        history = request.state.history.for_answer()
        replies = walk_asking(watched, msgspec.structs.replace(handshake.far, history=history))
    else:
        asked = request.state.with_history(steps=handshake.there.history.steps)  # the last step is the socket
        replies = walk_answer(watched, asked, flags=SYN | ACK)
    known = request.state.history.passed
    said = replies[0].state.history.passed[len(known) :] if replies else ()
    return Sizes(_least(network, said, unclamped.to_server), _least(network, known, unclamped.to_client))


class _Watching:
    """An observer that only makes a walk record the rules that its packets satisfy."""

    def observe(self, observation: Observation) -> None:
        """Ignore the observation."""


def mtus(network: Network, steps: Iterable[Step]) -> frozenset[int]:
    """Return the MTUs on the path: of the steps' links, of these links' queues, and of all routes in the steps'
    namespaces."""
    links = {(step.netns, step.link) for step in steps if step.link and step.link != "lo" and step.netns in network}
    found: set[int] = set()
    for netns, name in links:
        namespace = network.namespace(netns)
        link = namespace.link(name)
        if link is not None:
            found.add(link.mtu_bytes)
            own = namespace.sysctl("net", "ipv6", "conf", name, "mtu")
            longest = longest_taken(link) if link.qdiscs else None
            found.update(each for each in (own, longest) if each)
    for netns in {netns for netns, _ in links}:
        found.update(_of_routes(network.namespace(netns)))
    return frozenset(found)


@kept
def _of_routes(namespace: Namespace) -> frozenset[int]:
    return frozenset(each.mtu_bytes for each in namespace.routes if each.mtu_bytes)


@kept
def _has_clamps(namespace: Namespace) -> bool:
    rules = (rule for table in namespace.ruleset.tables for chain in table.chains for rule in chain.rules)
    return any(mss_set_by(rule) is not None for rule in rules)


def _client(network: Network, handshake: Handshake) -> tuple[int, int]:
    """Return the client's MTU for sending, and the MTU that the client's SYN tells the server."""
    started, flow = handshake.started, handshake.flow
    if started.stage == "output-route":
        own = mtu_towards(network, started.netns, flow.version, started.packet.daddr)
        return own, _told_by(network, started.netns, flow.version, own)
    link = network.namespace(started.netns).link(started.iif)
    own = link.mtu_bytes if link is not None else 0
    asked = started.history.steps[0].packet if started.history.steps else started.packet
    if started.carried is not None or isinstance(flow.start, Lan):
        return own, own
    return own, outside_mtu(network, started.netns, flow.version, asked.saddr, own)


def _server(network: Network, handshake: Handshake) -> tuple[int, int]:
    """Return the server's MTU for sending, and the MTU that the server's SYN-ACK tells the client."""
    there, version = handshake.there, handshake.flow.version
    if handshake.far is None:
        own = mtu_towards(network, there.netns, version, there.packet.saddr)
        return own, _told_by(network, there.netns, version, own)
    link = network.namespace(handshake.far.netns).link(handshake.far.iif)
    own = link.mtu_bytes if link is not None else 0
    if there.carried is not None:
        return own, own
    return own, outside_mtu(network, there.netns, version, there.packet.daddr, own)


def outside_mtu(network: Network, netns: Netns, version: Version, address: int, own: int) -> int:
    """Return the assumed MTU of an outside end.  If the end is a neighbour or behind a tunnel, this is the MTU of the
    link towards the end (``own``); otherwise it is the larger of ``own`` and Ethernet's MTU."""
    namespace = network.namespace(netns)
    found = lookup(namespace, Query(version, address))
    hop = found.next_hops[0] if found.next_hops else None
    link = namespace.link(hop.link or "") if hop is not None else None
    everywhere = found.route is not None and found.route.prefix_length == 0
    if link is None or hop is None or not (everywhere or (hop.gateway is not None and not is_tunnel(link))):
        return own
    return max(own, _ETHERNET)


def mtu_towards(network: Network, netns: Netns, version: Version, address: int) -> int:
    """Return the MTU of the namespace's route to the address."""
    namespace = network.namespace(netns)
    found = lookup(namespace, Query(version, address))
    link = next((hop.link for hop in found.next_hops if hop.link), "lo")
    return route_mtu(namespace, found.route, link, forwarding=False) or 0


def _told_by(network: Network, netns: Netns, version: Version, mtu_bytes: int) -> int:
    """Return the MTU that the namespace's MSS option tells the other end.  The option has a minimum, so a link with an
    MTU below 292 bytes gets packets that exceed its MTU.

    Source: net/ipv4/route.c ipv4_default_advmss(); measured with a veth of 68 to 292 bytes on Linux 6.18"""
    if version == 6:
        return mtu_bytes
    least = network.namespace(netns).sysctl(*_LEAST_MSS) or _USUAL_LEAST_MSS
    return max(mtu_bytes, least + HEADERS[4])


def _least(network: Network, passed: tuple[Passed, ...], size: int) -> int:
    """Return the packet size after the TCPMSS rules in the chains ``passed`` have lowered the MSS."""
    return min((size, *(told for each in passed for told in _told(network, each))))


def _told(network: Network, passed: Passed) -> Iterator[int]:
    packet = passed.decision.seen.packet
    rules = (rule_at(network.namespace(passed.netns).ruleset, each) for each in passed.decision.trail)
    for size in (mss_set_by(rule) for rule in rules if rule is not None):
        if size == "path":
            yield min(mtu_towards(network, passed.netns, packet.version, each) for each in (packet.daddr, packet.saddr))
        elif isinstance(size, int):
            yield size + HEADERS[packet.version]
