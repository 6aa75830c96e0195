"""The client's address lies inside a container network's subnet, so replies go into the bridge.

Users see: only clients of one office or VPN time out; the SYN arrives, the SYN-ACK never leaves.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.routing._overlap import moved_away, overlaps
from hairpin.message import message
from hairpin.network.flow import Lan, Outside
from hairpin.network.prefix import address_text
from hairpin.network.routing import route_text


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when the reply to an outside client was routed into a bridge."""
    start = view.flow.start
    if not isinstance(start, (Outside, Lan)):
        return
    for each in overlaps(view):
        if each.address != start.address:
            continue
        title = message(
            "The client's address lies inside container network {name} ({subnet})", name=each.name, subnet=each.subnet
        )
        detail = message(
            "Answers to {client} take the route `{route}` into the bridge, where nobody has this address.",
            client=address_text(start.address, view.flow.version),
            route=route_text(each.route),
        )
        yield moved_away(view, each, title, detail, in_class="client-in-container-subnet")


CAUSE = Cause(
    id="client-inside-container-subnet",
    title="The client's address is inside a container network's subnet",
    source="net/ipv4/fib_trie.c: longest prefix",
    reasons=frozenset({"no-neighbour", "no-carrier", "bridge-down", "link-down", "rule", "policy", "reject"}),
    find=find,
)
