"""A peer, stated by the user, drops packets from containers' addresses, and this host does not masquerade these
addresses.

Users see: the host itself reaches a machine, but the host's containers do not reach it.

Proof: the packet leaves with the container's own address, and a peer that the user stated with ``--outside`` drops it.
If this host masquerades the packet, the peer accepts it.
Now: masquerade the subnet on this host, or let the peer accept packets from the subnet.
Lasting: add the rule to the saved rules of this host, or to the peer's configuration.
"""

from hairpin.causes.kit import Candidate, Cause, Iterator, OfPeer, View, message
from hairpin.change.intent import Masquerade, rendered
from hairpin.network.prefix import address_text
from hairpin.network.query import Query
from hairpin.network.routing import lookup


def find(view: View) -> Iterator[Candidate]:
    packet, netns = view.stop.seen.packet, view.host_netns
    back = lookup(view.host_namespace, Query(packet.version, packet.saddr))
    link = view.host_namespace.link(back.next_hops[0].link or "") if back.next_hops else None
    if back.route is None or link is None or link.kind != "bridge" or back.route.prefix_length == 0:
        return
    subnet = str(back.route.prefix)
    target = address_text(packet.daddr, packet.version)
    intent = Masquerade(netns, packet.version, back.route.destination, back.route.prefix_length, link.name)
    yield Candidate(
        title=message("{target} drops packets from container addresses ({subnet})", target=target, subnet=subnet),
        detail=message(
            "Packets of the containers leave {host} with the containers' own addresses. You stated that the peer does "
            "not accept these addresses.",
            host=netns.host,
        ),
        change=rendered(intent, view.network),
        where=OfPeer(host=netns.host, subnet=subnet, peer=target),
        in_class="filtering-peer",
        side_effects=(message("all other machines then see this host's address instead of the containers' addresses"),),
        advice=(message("or let the peer accept {subnet}", subnet=subnet),),
    )


CAUSE = Cause(
    title=message("Another machine drops packets from container addresses"),
    source="stated with --outside",
    shown_by=(
        "sudo tcpdump -eni any arp or icmp; ip -d link",
        message("requests leave by the uplink, and no answer for the container's hardware address comes back"),
    ),
    reasons=frozenset({"peer-drops"}),
)
