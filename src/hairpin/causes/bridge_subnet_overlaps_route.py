"""A container network covers a range that the host reaches elsewhere: a LAN, a VPN, an office network.

Users see: after ``compose up`` that network is out of reach from the host and its containers.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View, message, where
from hairpin.causes.overlap import overlaps
from hairpin.change.change import DeleteRoute, one
from hairpin.network.flow import Lan, Outside
from hairpin.network.prefix import address_text, prefix_text
from hairpin.network.routing import route_text


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when a request was sent into a bridge where nobody has the address, and it would go elsewhere."""
    start = view.flow.start
    for each in overlaps(view):
        if isinstance(start, (Outside, Lan)) and each.address == start.address:
            continue
        if view.flow.daddr != each.address:
            continue
        name = each.network.name if each.network is not None else each.bridge
        subnet = prefix_text(each.route.destination, each.route.prefix_length, each.route.version)
        yield Candidate(
            title=message("Container network {name} ({subnet}) covers this address", name=name, subnet=subnet),
            detail=message(
                "Packets to {address} take the route `{route}` into the bridge, where nobody has this address; without "
                "it they would take another route.",
                address=address_text(each.address, view.flow.version),
                route=route_text(each.route),
            ),
            change=one(DeleteRoute(view.stop.netns, each.route)),
            where=where(network=name, subnet=subnet, route=route_text(each.route)),
            rank=25,
            evidence=(each.route.evidence,),
            side_effects=(
                message("containers of {name} lose their network: this is the proof, not the cure", name=name),
            ),
            advice=(
                message(
                    "recreate network {name} with a subnet that nobody else uses (docker network create --subnet)",
                    name=name,
                ),
                message("keep Docker away from your ranges: default-address-pools and bip in daemon.json"),
            ),
        )


CAUSE = Cause(
    id="bridge-subnet-overlaps-route",
    title="A container network covers a range that is used elsewhere",
    source="net/ipv4/fib_trie.c: longest prefix",
    reasons=frozenset({"no-neighbour", "no-carrier", "bridge-down", "link-down", "rule", "policy", "reject"}),
    find=find,
)
