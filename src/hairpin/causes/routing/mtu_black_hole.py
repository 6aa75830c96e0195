"""Containers send packets that are too large for a link of the host, and get no ICMP error about it.

Users see: the connection opens and short answers arrive, but downloads, uploads or TLS handshakes hang after the first
bytes.

Proof: a full-sized packet of a container is too large for a link on its path, and no ICMP error about it reaches the
container.  If the container uses the MTU of that link, or a smaller MSS, its packets arrive.
Now: ``iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu``.
Lasting: set the option ``com.docker.network.driver.mtu`` of the network, and recreate its containers.
"""

import msgspec

from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, Netns, OfLink, View, Way, message
from hairpin.change.change import SetLink, one
from hairpin.change.intent import ClampSegments, rendered
from hairpin.host.link import Link
from hairpin.walk.size.size_stop import Narrow, narrow


def find(view: View) -> Iterator[Candidate]:
    """Yield two candidates for each container at an end of the connection.  One candidate clamps the MSS on the
    container's host, and the other candidate reduces the container's MTU."""
    lost = narrow(view.network, view.branch)
    for netns, name in lost.ends if lost is not None else ():
        link = view.network.namespace(netns).link(name)
        if link is not None and lost is not None and link.mtu_bytes > lost.mtu_bytes:
            yield from _candidates(view, lost, netns, link)


def _candidates(view: View, lost: Narrow, netns: Netns, link: Link) -> Iterator[Candidate]:
    clamp = rendered(ClampSegments(netns.of_host, view.flow.version), view.network)
    smaller = one(SetLink(netns, msgspec.structs.replace(link, mtu_bytes=lost.mtu_bytes)))
    container = view.network.netns_text(netns)
    for change in (clamp, smaller):
        yield Candidate(
            title=message("{container} has an MTU of {own}, {link} has an MTU of {mtu}, and no sender learns of the "
                          "smaller MTU",
                          container=container, own=link.mtu_bytes, link=lost.link, mtu=lost.mtu_bytes),
            detail=message(
                "A packet of {length} bytes is lost at {link}, whose MTU is {mtu}, and no ICMP error about it reaches "
                "its sender. The MTU of {own} in {container} is {larger}, and both ends of the connection send packets "
                "of that size. Handshakes and short answers pass.",
                length=lost.length_bytes, link=lost.link, mtu=lost.mtu_bytes, own=link.name, container=container,
                larger=link.mtu_bytes,
            ),
            change=change,
            where=OfLink(link=lost.link, value=link.mtu_bytes, wanted=lost.mtu_bytes, container=container),
            in_class="oversized-container-network",
            evidence=(link.evidence,) if link.evidence else (),
            advice=(
                message("or set the MTU {mtu} for the network: its option com.docker.network.driver.mtu (the default "
                        "bridge: mtu in daemon.json), and recreate its containers", mtu=lost.mtu_bytes),
            ),
            ways=tuple(Way(each) for each in (clamp, smaller) if each != change),
        )  # fmt: skip


CAUSE = Cause(
    title=message("Containers send larger packets than a link of the host takes"),
    source="net/ipv4/ip_forward.c ip_exceeds_mtu(); net/netfilter/xt_TCPMSS.c",
    shown_by=(
        "ip -d link show; ping -c 3 -M do -s 1472 1.1.1.1",
        message(
            "the uplink, a tunnel or a VPN has a smaller MTU than docker0 and the containers, or the ping gets no "
            "answer"
        ),
    ),
    reasons=frozenset({"mtu", *RULE_STOPS}),
)
