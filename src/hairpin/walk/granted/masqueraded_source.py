"""The source address that a rule gives to packets, if the host itself sends from another address.

MASQUERADE takes the first address of the link that fits the next hop.  The host's own packets take the source address
that their route names (``src``).  If the two addresses differ, an administrator has set the route so that one address
is used outside, and a router or a peer may know only this address.  A rule with SNAT names its address itself.

Source: net/netfilter/nf_nat_masquerade.c nf_nat_masquerade_ipv4(): inet_select_addr(); net/ipv4/fib_semantics.c
fib_result_prefsrc()
"""

from hairpin.host.host import Namespace
from hairpin.message import Message, message
from hairpin.netfilter.ir import STATUS_SEEN_REPLY
from hairpin.netfilter.packet import Connection
from hairpin.network.network import Network, addresses_of, owns_address
from hairpin.network.prefix import Version, address_text, width
from hairpin.network.query import Query
from hairpin.network.routing import lookup
from hairpin.network.source_address import preferred_source
from hairpin.walk.granted.capture import filter_of
from hairpin.walk.granted.way_out import translating_rule
from hairpin.walk.state import State
from hairpin.walk.trace import OpenQuestion
from hairpin.wanted import watch_packets


def source_accepted(network: Network, left: State) -> tuple[OpenQuestion, ...]:
    """Return the question whether the outside takes packets from the address that MASQUERADE chose; none if the host's
    own packets have this address, too, or if a connection from this address was answered.  ``left``: the packet that
    left."""
    packet, connection = left.packet, left.track.connection
    if connection is None or not connection.masquerade or left.track.ct_direction or not left.netns.is_host:
        return ()
    namespace = network.namespace(left.netns)
    own = _own_source(namespace, left)
    if own is None or own == packet.saddr or _was_answered(namespace, packet.version, packet.saddr):
        return ()
    facts = {
        "link": left.oif,
        "source": address_text(packet.saddr, packet.version),
        "own": address_text(own, packet.version),
        "inner": _network_text(namespace, connection),
        "tool": "iptables" if packet.version == 4 else "ip6tables",
    }
    question = OpenQuestion(
        text=message(
            "Does the network behind {link} accept packets from {source}? MASQUERADE gives packets of {inner} this "
            "address of {link}, while the host's own packets leave from {own} (src of their route)",
            **facts,
        ),
        if_yes=message("The verdict above stands"),
        if_no=message(
            "The packets of {inner} are lost behind this host, but the host's own packets are not: `{tool} -t nat -I "
            "POSTROUTING -s {inner} -o {link} -j SNAT --to-source {own}` gives these packets the host's address",
            **facts,
        ),
        wanted=(watch_packets(left.oif, filter_of(packet)),),
        breaks_if="no",
    )
    return (question,)


def other_source(network: Network, left: State) -> tuple[Message, ...]:
    """Return the assumption that the asked address takes packets from the address that a SNAT rule gives them; none if
    the host's own packets have this address, too."""
    packet, rule, namespace = left.packet, translating_rule(left), network.namespace(left.netns)
    if rule is None or left.carried is not None or not left.netns.is_host:
        return ()
    query = Query(packet.version, packet.daddr)
    found = lookup(namespace, query)
    own = next((preferred_source(namespace, found, hop, query) for hop in found.next_hops), None)
    if own in (None, packet.saddr) or not owns_address(namespace, packet.version, packet.saddr):
        return ()
    return (
        message(
            "{target} takes packets from {source}, which this rule gives them: {rule} (the host's own packets leave "
            "from {own})",
            target=address_text(packet.daddr, packet.version),
            source=address_text(packet.saddr, packet.version),
            rule=rule.in_full,
            own=address_text(own, packet.version),
        ),
    )


def _own_source(namespace: Namespace, left: State) -> int | None:
    """Return the source address in the route of the host's own packets; None if the route names no address of this
    host, or leaves by another link."""
    packet = left.packet
    found = lookup(namespace, Query(packet.version, packet.daddr)).route
    if found is None or found.prefsrc is None or all(hop.link != left.oif for hop in found.next_hops):
        return None
    return found.prefsrc if owns_address(namespace, packet.version, found.prefsrc) else None


def _was_answered(namespace: Namespace, version: Version, source: int) -> bool:
    """Return whether connection tracking has an answered connection that was masqueraded to the address ``source``."""
    return any(
        each.version == version
        and each.reply.daddr == source != each.original.saddr
        and each.status & STATUS_SEEN_REPLY
        and not owns_address(namespace, version, each.original.daddr)
        for each in namespace.connections
    )


def _network_text(namespace: Namespace, connection: Connection) -> str:
    """Return the network behind this host that contains the connection's sender, or else the sender's address."""
    sender, version = connection.original.saddr, connection.version
    near = (
        each for each in addresses_of(namespace, None, version)
        if each.prefix_length < width(version) and each.holds(sender, version)
    )  # fmt: skip
    found = next(near, None)
    if found is None:
        return address_text(sender, version)
    return str(found.prefix)
