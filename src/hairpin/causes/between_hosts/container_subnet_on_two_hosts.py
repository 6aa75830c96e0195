"""Two hosts have the same subnet, or overlapping ones, on their bridges.

Users see: a container answers on its own host and never from the other one.

Proof: a bridge of each host has the subnet, so the packet to the other host's container stays in the sender's own
bridge.
Now: give one of the networks another subnet and recreate its containers.
Lasting: ``default-address-pools`` or ``bip`` in daemon.json, different on each host; with flannel, a lease for each
node.
"""

from collections.abc import Iterator

from hairpin.causes.cause import LINK_STOPS, RULE_STOPS, Candidate, Cause, View
from hairpin.causes.routing._overlap import moved_away, overlaps
from hairpin.message import message
from hairpin.network.prefix import address_text
from hairpin.network.routing import route_text
from hairpin.network.wires import holder_of


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when a bridge of this host covers an address of a container on another host."""
    netns, version = view.stop.netns, view.stop.seen.packet.version
    for each in overlaps(view):
        holder = holder_of(view.network, version, each.address, besides=netns.host)
        if holder is None:
            continue
        title = message(
            "{name} of {host} covers addresses of containers on {far} ({subnet})",
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
