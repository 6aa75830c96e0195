"""The world's answer to a request: to which source addresses it can go, and the wire by which it leaves.

The source addresses are the hosts' own addresses, stated ways back, and addresses that somebody has exempted from
masquerading on the way to another site.  The walk asks whether the other site has a route back, and goes on as if it
had one.  The world has this route.  An answer leaves by the wire by which the request came.

All outside machines are in one namespace, so an unmarked answer to one of them would be delivered locally and never
cross the host.  Therefore each answer carries the mark of the wire by which its request came.  Services set SO_MARK;
the kernel's echo replies copy the mark of the request (fwmark_reflect), which an ingress rule has set.

Source: net/ipv4/icmp.c icmp_reply(), net/ipv6/icmp.c icmpv6_echo_reply(): fwmark_reflect
"""

from collections.abc import Iterator

from hairpin.network.flow import Flow, FromContainer
from hairpin.network.network import Network, accepted_prefixes, addresses_of, is_uplink
from hairpin.network.prefix import Version, address_text, prefix_text, width
from hairpin.network.unmasqueraded import is_hidden, unmasqueraded
from hairpin.replica.plan.blueprint import Load, SysctlValue
from hairpin.replica.plan.links import Wire
from hairpin.walk.granted.untranslated import exemption
from hairpin.walk.walked import walked

SYSCTLS = (SysctlValue("net/ipv4/fwmark_reflect", "1"), SysctlValue("net/ipv6/fwmark_reflect", "1"))
ROUTER: dict[Version, str] = {4: "169.254.254.254", 6: "fe80::ffff"}
"""A next hop address that stands for the host.

A permanent neighbour entry assigns the host's hardware address to it."""
_FIRST = 1001
"""The mark, and the number of the routing table, for answers to requests that came in by the first wire."""


def table_of(number: int) -> int:
    """Return the routing table for answers to requests that came in by the wire with this number."""
    return _FIRST + number


def mark_of(number: int) -> int:
    """Return the mark of answers to requests that came in by the wire with this number."""
    return _FIRST + number


def rules(wires: tuple[Wire, ...]) -> Iterator[str]:
    """Yield the policy rules that route each marked answer to the wire of its mark."""
    for number in range(len(wires)):
        yield f"rule add priority {10 + number} fwmark {mark_of(number)} iif lo lookup {table_of(number)}"


def marking(wires: tuple[Wire, ...], flows: tuple[Flow, ...]) -> tuple[Load, ...]:
    """Return the rules that mark incoming packets with the mark of their wire.

    The result is empty if the kernel itself answers no packet.

    The kernel's echo replies need these rules.  If there are several hosts, the kernel's RSTs and ICMP errors need
    these rules, too."""
    several = len({wire.netns.host for wire in wires}) > 1
    if not several and not any(flow.protocol == "icmp" for flow in flows):
        return ()
    chains = [
        f'chain {wire.name} {{ type filter hook ingress device "{wire.name}" priority 1; '
        f"meta mark set {mark_of(number)}; }}"
        for number, wire in enumerate(wires)
    ]
    return (Load("nft", "\n".join(("table netdev replies {", *chains, "}", ""))),)


def known_sources(network: Network, version: Version) -> Iterator[str]:
    """Yield the source prefixes to which the outside can send answers (walk/outside.py _unknown_source())."""
    for netns in (host.netns for host in network.hosts if host.netns in network):
        namespace = network.namespace(netns)
        for address in addresses_of(namespace, None, version):
            if is_hidden(network, netns, version, address.value):
                continue
            yield f"{address_text(address.value, version)}/{width(version)}"
            link = namespace.link(address.link)
            if link is not None and is_uplink(network, netns, link):
                yield str(address.prefix)
        for each in accepted_prefixes(namespace, version):
            yield prefix_text(*each, version)
        for subnet in unmasqueraded(network, netns, version):
            yield prefix_text(*subnet, version)
    for back in network.world.return_routes:
        if back.version == version:
            yield str(back.prefix)


def exempted_sources(network: Network, flow: Flow) -> frozenset[int]:
    """Return the exempted source addresses of the flow's packets: at most one."""
    if not isinstance(flow.start, FromContainer):
        return frozenset()
    netns = network.host_netns(flow.host)
    ruleset = network.namespace(netns).ruleset
    found = (exemption(branch.request, netns, ruleset) for branch in walked(network, flow).branches)
    return frozenset(each.source for each in found if each is not None)


def exempted_prefixes(network: Network, flows: tuple[Flow, ...], version: Version) -> Iterator[str]:
    """Yield the exempted source addresses of all flows as prefixes."""
    for flow in (each for each in flows if each.version == version):
        yield from (f"{address_text(each, version)}/{width(version)}" for each in exempted_sources(network, flow))
