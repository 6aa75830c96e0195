"""A host has lost its tunnel device: outer packets arrive, and the host has no tunnel device of their kind.

Users see: the overlay network to one host is dead, and that host's routes to the other hosts are gone, too.

Proof: outer packets arrive, and this host has no device of their kind, VNI and port.  With the device the packets are
accepted.
Now: make the device with the values that the other hosts use.
Lasting: restart the agent that makes the device (flanneld, the CNI).
"""

import msgspec

from hairpin.causes.between_hosts._tunnelled import Tunnelled, last_tunnel, next_hop
from hairpin.causes.kit import Candidate, Cause, Iterator, OfTunnelEnd, View, message
from hairpin.change.change import SetLink, one
from hairpin.host.link import Link
from hairpin.network.network import is_bridge_port
from hairpin.network.prefix import address_text


def find(view: View) -> Iterator[Candidate]:
    sent = last_tunnel(view)
    if sent is None or not sent.inside or not view.on_host or sent.frame.dmac is None:
        return
    if is_bridge_port(view.network.namespace(sent.netns), sent.link):
        return
    if any(each.kind == sent.link.kind for each in view.host_namespace.links):
        return
    device = _mirrored(view, sent)
    host, text = view.host_netns.host, address_text(next_hop(view.network, sent), sent.frame.version)
    yield Candidate(
        title=message("{host} has no {kind} device for the tunnel from {far}", host=host, kind=sent.link.kind,
                      far=sent.netns.host),
        detail=message(
            "{link} of {far} sends its outer packets here, to the device with the address {address}. {host} has none.",
            link=sent.link.name, far=sent.netns.host, address=text, host=host,
        ),
        change=one(SetLink(view.host_netns, device)),
        where=OfTunnelEnd(host=host, kind=sent.link.kind, address=text),
        in_class="unlike-tunnel-ends",
        evidence=(sent.link.evidence,) if sent.link.evidence else (),
        advice=(message("restart the agent that makes the device on {host} (flanneld, the CNI)", host=host),),
    )  # fmt: skip


def _mirrored(view: View, sent: Tunnelled) -> Link:
    """Return the missing tunnel device, with the settings of the sending device and the addresses of the stopped
    packet."""
    tunnel = msgspec.structs.replace(sent.tunnel, local=view.stop.seen.packet.daddr, remote=None, underlay=None)
    index = 1 + max(each.index for each in view.host_namespace.links)
    return msgspec.structs.replace(
        sent.link, index=index, mac=sent.frame.dmac, tunnel=tunnel, master=None, port=None, evidence=""
    )


CAUSE = Cause(
    title=message("A host has lost its tunnel device"),
    source="net/ipv4/udp.c __udp4_lib_rcv(): no socket of a tunnel device",
    reasons=frozenset({"no-tunnel"}),
)
