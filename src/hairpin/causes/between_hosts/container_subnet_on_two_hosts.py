"""The bridges of two hosts have the same subnet, or overlapping subnets.

Users see: a container answers clients on its own host, and never answers clients on the other host.

Proof: a bridge of each host has the subnet, so a packet to the other host's container stays in the bridge of the
sender's host.
Now: give one of the networks another subnet and recreate its containers.
Lasting: set ``default-address-pools`` or ``bip`` in daemon.json to different subnets on each host.  With flannel, each
node needs a subnet lease of its own.
"""

from hairpin.causes.kit import LINK_STOPS, RULE_STOPS, Candidate, Cause, Iterator, View, message
from hairpin.causes.routing._overlap import moved_away, overlaps
from hairpin.network.prefix import address_text
from hairpin.network.routing import route_text
from hairpin.network.wires import holder_of


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each route into a bridge of this host that covers the address of a container on another
    host."""
    netns, version = view.stop.netns, view.stop.seen.packet.version
    for each in overlaps(view):
        holder = holder_of(view.network, version, each.address, besides=netns.host)
        if holder is None:
            continue
        title = message(
            "network {name} of {host} covers addresses of containers on {far} ({subnet})",
            name=each.name, host=netns.host, far=holder.host, subnet=each.subnet,
        )  # fmt: skip
        detail = message(
            "{address} is on {far}. On {host} packets to it take the route `{route}` into the bridge and never leave.",
            address=address_text(each.address, version), far=holder.host, host=netns.host,
            route=route_text(each.route),
        )  # fmt: skip
        yield moved_away(each, title, detail, in_class="subnet-on-two-hosts")


CAUSE = Cause(
    title=message("Container subnets of two hosts overlap"),
    source="net/ipv4/fib_trie.c: longest prefix",
    reasons=frozenset({"no-neighbour", *RULE_STOPS, *LINK_STOPS}),
    fixed_with="network",
)
