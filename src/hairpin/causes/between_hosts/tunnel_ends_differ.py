"""The two ends of a tunnel differ in UDP port or VNI, so no device accepts the outer packets.

Users see: the overlay network between two hosts is dead, although outer packets arrive.

Proof: the two devices have different UDP ports or VNIs.  With equal settings the packet is accepted.
Now: recreate one device with the settings of the other device, because the kernel cannot change port and VNI of an
existing device.
Lasting: set the same port and VNI in the agent's or cluster's configuration on all hosts.
"""

import msgspec

from hairpin.causes.between_hosts._tunnelled import Tunnelled, last_tunnel, receiver
from hairpin.causes.kit import Candidate, Cause, Iterator, Netns, OfLink, View, message
from hairpin.change.change import SetLink, one
from hairpin.host.link import Link, Tunnel
from hairpin.network.network import Network


def find(view: View) -> Iterator[Candidate]:
    sent = last_tunnel(view)
    far = receiver(view, sent) if sent is not None else None
    if sent is None or far is None or far.link.tunnel is None or far.netns.of_host != view.stop.netns.of_host:
        return
    if _agree(sent.tunnel, far.link.tunnel):
        return
    netns, link, like = _differing_end(view.network, sent, far.netns, far.link)
    assert link.tunnel is not None
    changed = msgspec.structs.replace(link.tunnel, key=like.key, port=like.port)
    yield Candidate(
        title=message("{link} of {host} and {far_link} of {far} are not ends of one tunnel", link=sent.link.name,
                      host=sent.netns.host, far_link=far.link.name, far=far.netns.host),
        detail=message(
            "{link} of {host} has {own}, {far_link} of {far} has {other}: the outer packets arrive, and no device "
            "takes them.",
            link=sent.link.name, host=sent.netns.host, own=_settings(sent.tunnel), far_link=far.link.name,
            far=far.netns.host, other=_settings(far.link.tunnel),
        ),
        change=one(SetLink(netns, msgspec.structs.replace(link, tunnel=changed))),
        where=OfLink(
            link.name, netns.host, value=_settings(link.tunnel), wanted=_settings(like),
            far_link=(far if link is sent.link else sent).link.name,
        ),
        in_class="unlike-tunnel-ends",
        evidence=tuple(dict.fromkeys(each.evidence for each in (sent.link, far.link) if each.evidence)),
        advice=(
            message(
                "the kernel changes neither port nor VNI of a device: configure {wanted} for the agent that makes "
                "{link} of {host}, the same on all hosts, and let this agent recreate the device",
                    link=link.name, host=netns.host, wanted=_settings(like)),
        ),
    )  # fmt: skip


def _agree(one_: Tunnel, other: Tunnel) -> bool:
    return (one_.key, one_.port) == (other.key, other.port)


def _differing_end(network: Network, sent: Tunnelled, netns: Netns, far: Link) -> tuple[Netns, Link, Tunnel]:
    """Return the end of the tunnel to change, and the settings that this end should have.

    For each end, the devices of other hosts with the same settings are counted.  The end with the smaller count is
    changed.  If both counts are equal, the far end is changed."""
    assert far.tunnel is not None
    others = [
        link.tunnel
        for other, namespace in network.namespaces()
        for link in namespace.links
        if link.tunnel is not None
        and link.tunnel.kind == far.tunnel.kind
        and other.host not in (sent.netns.host, netns.host)
    ]
    as_far = sum(_agree(each, far.tunnel) for each in others)
    as_sent = sum(_agree(each, sent.tunnel) for each in others)
    return (sent.netns, sent.link, far.tunnel) if as_far > as_sent else (netns, far, sent.tunnel)


def _settings(tunnel: Tunnel) -> str:
    """Return the tunnel's key and port in the words of ip-link(8)."""
    key = {"vxlan": "id", "geneve": "id"}.get(tunnel.kind, "key")
    words = [f"{key} {tunnel.key}"] if tunnel.key is not None else []
    return " ".join([*words, *([f"dstport {tunnel.port}"] if tunnel.port is not None else [])]) or tunnel.kind


CAUSE = Cause(
    title=message("The ends of a tunnel differ in UDP port or VNI"),
    source="drivers/net/vxlan/vxlan_core.c vxlan_rcv(): vxlan_vs_find_vni() by socket and VNI",
    reasons=frozenset({"no-tunnel"}),
)
