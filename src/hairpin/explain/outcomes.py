"""What error the sender of a flow that fails sees now.

Source: net/ipv4/icmp.c icmp_err_convert[], net/ipv4/tcp_ipv4.c tcp_v4_err(); net/ipv6/icmp.c icmpv6_err_convert();
net/core/neighbour.c neigh_timer_handler()
"""

from hairpin.answer.answer import FlowAnswer
from hairpin.network.flow import Lan, Outside
from hairpin.texts.meaning import Outcome
from hairpin.walk.state import Stop

_BY_ANSWER: tuple[tuple[str, frozenset[Outcome]], ...] = (
    ("tcp-reset", frozenset({"refused", "reset"})),
    ("port-unreachable", frozenset({"refused"})),
    ("net-unreachable", frozenset({"no-network"})),
    ("net-prohibited", frozenset({"no-network"})),
    ("no-route", frozenset({"no-network"})),
)
"""By the end of the name of the answer that a rule or a route sends; every other answer is EHOSTUNREACH."""
_NO_NETWORK = frozenset[Outcome]({"no-network", "no-route"})
_NO_ROUTE = frozenset[Outcome]({"no-route"})
_REFUSED = frozenset[Outcome]({"refused", "reset"})
_SILENT = frozenset[Outcome]({"timeout"})
_NOTHING = frozenset[Outcome]()
_BEYOND = ("left-instead", "address-lost")


def outcomes_of(flow: FlowAnswer) -> frozenset[Outcome]:
    """Return the errors that the flow's sender may see; none if the flow passes, or nobody knows how it ends."""
    if ends_beyond(flow):
        return _NOTHING
    match flow.verdict:
        case "delivered" | "leaves" | "depends":
            return _NOTHING
        case "refused":
            return _REFUSED
        case "unanswered":
            return _SILENT
        case "looped":
            return _SILENT | _NO_ROUTE
        case "dropped":
            # Three ARP requests without an answer end in EHOSTUNREACH; a client that waits no second sees a time-out.
            unresolved = flow.stop is not None and flow.stop.reason == "no-neighbour"
            return _SILENT | _NO_ROUTE if unresolved else _SILENT
        case "rejected":
            return _of_rejection(flow.stop)


def ends_beyond(flow: FlowAnswer) -> bool:
    """Return whether the flow's packet leaves its host where it should not, and what answers it there was not read: a
    router may send an ICMP error, or nobody says anything.  Such an error reaches the sender if the host itself or one
    of its containers is that; a client outside has sent the packet to another address than the error names."""
    beyond = flow.stop is not None and flow.stop.reason in _BEYOND
    return beyond and not isinstance(flow.trace.flow.start, Outside | Lan)


def _of_rejection(stop: Stop | None) -> frozenset[Outcome]:
    if stop is None or stop.reject is None:
        return _NO_NETWORK  # the sender's own lookup found no route
    for name, outcomes in _BY_ANSWER:
        if stop.reject.endswith(name):
            return outcomes
    return _NO_ROUTE
