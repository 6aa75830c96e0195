"""The initial TTL or hop limit of this namespace's packets."""

from collections.abc import Iterator

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.link import DEFAULT_TTL
from hairpin.host.sysctl import Path
from hairpin.netfilter.packet import ICMP6
from hairpin.network.network import Network
from hairpin.network.prefix import Version
from hairpin.walk.state import End, Outcome


def path_of_hop_limit(version: Version, link: str) -> Path:
    """Return the parameter that sets it for packets that leave by the link.

    Source: include/net/route.h ip4_dst_hoplimit(); net/ipv6/output_core.c ip6_dst_hoplimit()
    """
    return ("net", "ipv4", "ip_default_ttl") if version == 4 else ("net", "ipv6", "conf", link, "hop_limit")


def hop_limit(namespace: Namespace, version: Version, link: str) -> int | None:
    """Return the value; None if it was not read."""
    return namespace.sysctl(*path_of_hop_limit(version, link))


def with_hop_limit(network: Network, outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
    """Yield routed packets of the namespace, each with the value of the link that it leaves by.

    Neighbour discovery and ICMPv6 errors have a value of their own.
    """
    for each in outcomes:
        packet = each.packet if not isinstance(each, End) else None
        if isinstance(each, End) or packet is None or packet.ttl != DEFAULT_TTL or packet.protocol == ICMP6:
            yield each
            continue
        limit = hop_limit(network.namespace(each.netns), packet.version, each.oif)
        changed = limit is not None and limit not in (0, DEFAULT_TTL)
        yield msgspec.structs.replace(each, packet=msgspec.structs.replace(packet, ttl=limit)) if changed else each
