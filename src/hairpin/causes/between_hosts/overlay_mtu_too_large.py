"""A tunnel's MTU is too large for the underlay, and the tunnel's outer packets may not be fragmented.

Users see: small requests between hosts are answered, but large requests and downloads stall.

Proof: the tunnel's MTU plus its headers exceeds the MTU of a link that carries the outer packet, and the outer packet
may not be fragmented.  With a smaller MTU of the tunnel a full-sized packet arrives.
Now: ``ip link set TUNNEL mtu SIZE`` on all hosts of the overlay.
Lasting: set the MTU in the configuration of the overlay network (flannel, the CNI, the option
``com.docker.network.driver.mtu``), and recreate the network's containers.
"""

import msgspec

from hairpin.causes.between_hosts._tunnelled import last_tunnel
from hairpin.causes.kit import Candidate, Cause, Iterator, OfLink, View, message
from hairpin.change.change import SetLink, one
from hairpin.network.tunnel.tunnels import overhead_bytes

_LEAST = 576
"""The smallest MTU in bytes that is proposed.  Every host accepts datagrams of this size (RFC 791)."""


def find(view: View) -> Iterator[Candidate]:
    sent = last_tunnel(view)
    below = view.network.namespace(view.stop.netns).link(view.stop.link)
    if sent is None or below is None or not sent.inside:
        return
    overhead = overhead_bytes(sent.tunnel)
    fits = below.mtu_bytes - overhead
    if not _LEAST <= fits < sent.link.mtu_bytes:
        return
    name, host = sent.link.name, sent.netns.host
    yield Candidate(
        title=message("the MTU of {link} on {host} is {mtu}, and its underlay can carry only {fits}",
                      link=name, host=host, mtu=sent.link.mtu_bytes, fits=fits),
        detail=message(
            "The tunnel adds {overhead} bytes to each packet, {below} of {far} has an MTU of {mtu}, and the outer "
            "packets may not be fragmented there. Handshakes pass. A full-sized segment is lost, and the sender does "
            "not learn that it has to send smaller segments.",
            overhead=overhead, below=below.name, far=view.stop.netns.host, mtu=below.mtu_bytes,
        ),
        change=one(SetLink(sent.netns, msgspec.structs.replace(sent.link, mtu_bytes=fits))),
        where=OfLink(host=host, link=name, value=sent.link.mtu_bytes, wanted=fits, underlay=below.name),
        in_class="oversized-tunnel",
        evidence=tuple(dict.fromkeys(each.evidence for each in (sent.link, below) if each.evidence)),
        advice=(
            message(
                "set the MTU {fits} where the overlay network is configured (flannel, the CNI, the engine's option "
                "mtu), on all hosts alike, and recreate the containers", fits=fits),
        ),
    )  # fmt: skip


CAUSE = Cause(
    title=message("A tunnel's MTU is larger than the network below the tunnel can carry"),
    source="drivers/net/vxlan/vxlan_core.c vxlan_xmit_one(): VXLAN_DF_SET; net/ipv4/ip_output.c ip_fragment()",
    reasons=frozenset({"mtu"}),
)
