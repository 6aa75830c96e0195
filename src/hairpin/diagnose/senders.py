"""Finds a host that forwards its containers' packets with a source address to which another host cannot send answers.

The other host loses the packet or its answer.  The fault is on the container's host, which should have translated the
source address.
"""

from collections.abc import Iterator

import msgspec

from hairpin.causes.cause import View
from hairpin.network.flow import FromContainer
from hairpin.network.network import owns_address
from hairpin.network.unmasqueraded import is_unmasqueraded
from hairpin.walk.state import Reason

_LOST: frozenset[Reason] = frozenset(
    {
        "wrong-answer", "left-instead", "no-route", "no-neighbour", "rp-filter", "martian-source", "rule", "policy",
        "reject",
    }
)  # fmt: skip
"""The reasons for which a packet or its answer stops if the last host does not know the packet's source address."""


def sender(view: View) -> Iterator[View]:
    """Yield the stop as a view of the container's own host, if this host sent the request to another host with a source
    address that it should have translated."""
    start, request = view.flow.start, view.branch.request
    if view.stop.reason not in _LOST or not isinstance(start, FromContainer) or not request:
        return
    netns = request[0].netns.of_host
    sent = next((step.packet for step in reversed(request) if step.netns == netns), None)
    if sent is None or netns.host == view.stop.netns.host:
        return
    translated = owns_address(view.network.namespace(netns), sent.version, sent.saddr)
    if not translated and not is_unmasqueraded(view.network, netns, sent.version, sent.saddr):
        stop = msgspec.structs.replace(view.stop, reason="source-not-translated", netns=netns)
        yield msgspec.structs.replace(view, stop=stop)
