"""A host's route to another host's containers leads to a third host, which does not have these containers.

Users see: one host cannot reach the containers of another host, while a third host reaches them.

Proof: the next hop, or the tunnel's far end, is a host without that subnet.  With the right next hop the packet
arrives.
Now: ``ip route replace SUBNET via NODE`` with the host that has the subnet.
Lasting: correct the configuration of the agent that makes the route (flanneld, the CNI), or the host's network
configuration.
"""

from hairpin.causes.between_hosts._node_route import hosts_without_route
from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, OfRoute, View, message
from hairpin.network.routing import route_text


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each host on the packet's path whose route for the destination's subnet leads to a wrong
    host."""
    for each in hosts_without_route(view):
        if each.is_missing or each.found is None:
            continue
        subnet = str(each.right.prefix)
        yield Candidate(
            title=message("The route of {host} to {subnet} leads to the wrong host", host=each.netns.host,
                          subnet=subnet),
            detail=message(
                "{subnet} is on {far}, and the next hop of `{route}` on {host} is not {far}.",
                subnet=subnet, far=each.far.host, route=route_text(each.found), host=each.netns.host,
            ),
            change=each.change,
            where=OfRoute(host=each.netns.host, route=each.found, wanted=each.right),
            in_class="route-between-hosts",
            evidence=(each.found.evidence,) if each.found.evidence else (),
            advice=(
                message("find what made the route: flanneld, the CNI, a static route of the network configuration"),
            ),
        )  # fmt: skip


CAUSE = Cause(
    title=message("A host's route to another host's containers leads to a third host"),
    source="net/ipv4/fib_trie.c: longest prefix; flannel pkg/backend/route_network.go",
    reasons=frozenset({"left-instead", "no-route", "wrong-answer", "loop", "ttl", "forwarding-off", "rp-filter",
                       "no-neighbour", "neighbour-wrong", "tunnel-elsewhere", "no-tunnel", "no-tunnel-remote",
                       *RULE_STOPS}),
)  # fmt: skip
