"""Flows to one of several addresses of a name.  If this address refuses at once, the client tries the next address.

Source: getaddrinfo(3), and the loop around connect() in its example; RFC 8305
"""

from collections.abc import Sequence

import msgspec

from hairpin.network.flow import Flow, FromContainer
from hairpin.network.network import Network
from hairpin.network.prefix import is_loopback
from hairpin.question.asked import Target
from hairpin.walk.walked import walked

_AT_ONCE = ("refused", "rejected")


def passed_over(network: Network, targets: Sequence[Target], flows: Sequence[Flow]) -> tuple[Flow, ...]:
    """Return the flows that are refused at once, if the flow's client also asks another address of the same name.  An
    IPv6 flow is returned if the name has an IPv4 address, too.  An IPv4 flow is returned if an IPv6 flow passes."""
    local = any(each.localhost for each in targets)
    of_container = any(each.container is not None for each in targets)
    groups: dict[Flow, list[Flow]] = {}
    for each in flows:
        of_local = local and is_loopback(each.daddr, each.version)
        if (of_local or (of_container and isinstance(each.start, FromContainer))) and not each.asked_name:
            name = None if of_local else each.container  # a container may publish the port at one address only
            key = msgspec.structs.replace(each, version=4, daddr=0, sport=0, purpose="asked", container=name)
            groups.setdefault(key, []).append(each)
    return tuple(flow for group in groups.values() if len(group) > 1 for flow in _refusals(network, group))


def _refusals(network: Network, group: Sequence[Flow]) -> list[Flow]:
    traces = [(each, walked(network, each)) for each in group]
    first = any(trace.succeeds for flow, trace in traces if flow.version == 6)
    later = any(flow.version == 4 for flow in group)
    return [flow for flow, trace in traces if trace.verdict in _AT_ONCE and (later if flow.version == 6 else first)]
