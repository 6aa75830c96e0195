"""A container network covers a range that the host reaches elsewhere: a LAN, a VPN, an office network.

Users see: after ``compose up`` that network is out of reach from the host and its containers.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View, message
from hairpin.causes.overlap import moved_away, overlaps
from hairpin.network.flow import Lan, Outside
from hairpin.network.prefix import address_text
from hairpin.network.routing import route_text


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when a request was sent into a bridge where nobody has the address, and it would go
    elsewhere."""
    start = view.flow.start
    for each in overlaps(view):
        if isinstance(start, (Outside, Lan)) and each.address == start.address:
            continue
        if view.flow.daddr != each.address:
            continue
        title = message("Container network {name} ({subnet}) covers this address", name=each.name, subnet=each.subnet)
        detail = message(
            "Packets to {address} take the route `{route}` into the bridge, where nobody has this address; without it "
            "they would take another route.",
            address=address_text(each.address, view.flow.version),
            route=route_text(each.route),
        )
        yield moved_away(view, each, title, detail, rank=25)


CAUSE = Cause(
    id="bridge-subnet-overlaps-route",
    title="A container network covers a range that is used elsewhere",
    source="net/ipv4/fib_trie.c: longest prefix",
    reasons=frozenset({"no-neighbour", "no-carrier", "bridge-down", "link-down", "rule", "policy", "reject"}),
    find=find,
)
