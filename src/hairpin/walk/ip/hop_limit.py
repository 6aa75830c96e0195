"""The initial TTL or hop limit of the packets that a namespace sends."""

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
    """Return the path of the sysctl that sets the initial TTL or hop limit of packets that leave by the link.

    Source: include/net/route.h ip4_dst_hoplimit(); net/ipv6/output_core.c ip6_dst_hoplimit()
    """
    return ("net", "ipv4", "ip_default_ttl") if version == 4 else ("net", "ipv6", "conf", link, "hop_limit")


def hop_limit(namespace: Namespace, version: Version, link: str) -> int | None:
    """Return the initial TTL or hop limit of packets that leave by the link; None if the sysctl was not read."""
    return namespace.sysctl(*path_of_hop_limit(version, link))


def with_hop_limit(network: Network, outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
    """Yield the namespace's routed packets, each with the TTL or hop limit of the link by which it leaves.

    ICMPv6 packets stay unchanged, because neighbour discovery and ICMPv6 errors use hop limits of their own.
    """
    for each in outcomes:
        packet = each.packet if not isinstance(each, End) else None
        if isinstance(each, End) or packet is None or packet.ttl != DEFAULT_TTL or packet.protocol == ICMP6:
            yield each
            continue
        limit = hop_limit(network.namespace(each.netns), packet.version, each.oif)
        changed = limit is not None and limit not in (0, DEFAULT_TTL)
        yield msgspec.structs.replace(each, packet=msgspec.structs.replace(packet, ttl=limit)) if changed else each
