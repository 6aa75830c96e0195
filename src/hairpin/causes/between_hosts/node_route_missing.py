"""A host has no route to the containers of another host.

Users see: another host gets "no route to host" or no answer from the containers of one host.

Proof: the other host has the subnet on a bridge, and no route of this host leads to that host.  With the route the
packet arrives.
Now: ``ip route replace SUBNET via NODE``.  If the route leads through a tunnel, add ``dev TUNNEL onlink``.
Lasting: repair the agent that should make the route (flanneld, the CNI), or put a static route into the host's network
configuration.
"""

from hairpin.causes.between_hosts._node_route import hosts_without_route
from hairpin.causes.kit import Candidate, Cause, Iterator, View, message, of_missing
from hairpin.network.routing import route_text
from hairpin.wanted import state_return_route


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each host on the packet's path that has no route for the subnet of the destination."""
    for each in hosts_without_route(view):
        if not each.is_missing:
            continue
        subnet = str(each.right.prefix)
        yield Candidate(
            title=message("{host} has no route to {subnet} of {far}", host=each.netns.host, subnet=subnet,
                          far=each.far.host),
            detail=message(
                "{subnet} is on {far}, and on {host} packets to it find no route at all.",
                subnet=subnet, far=each.far.host, host=each.netns.host,
            )
            if each.found is None
            else message(
                "{subnet} is on {far}, and on {host} packets to it take the route `{route}`, which leads elsewhere.",
                subnet=subnet, far=each.far.host, host=each.netns.host, route=route_text(each.found),
            ),
            change=each.change,
            where=of_missing(each.right, view.network.namespace(each.netns).routes, host=each.netns.host),
            in_class="route-between-hosts",
            evidence=(each.found.evidence,) if each.found is not None and each.found.evidence else (),
            advice=(
                message("find what should have made the route: flanneld, the CNI, a static route of the network "
                        "configuration"),
                message("if a router between the hosts has this route, say so: {statement}",
                        statement=state_return_route(str(each.right.prefix))),
            ),
        )  # fmt: skip


CAUSE = Cause(
    title=message("A host has no route to another host's containers"),
    source="net/ipv4/fib_trie.c: longest prefix; flannel pkg/backend/route_network.go, pkg/backend/vxlan",
    reasons=frozenset({"left-instead", "no-route", "wrong-answer", "loop", "source-not-translated", "ttl"}),
)
