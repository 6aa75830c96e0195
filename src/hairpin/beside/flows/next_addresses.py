"""Flows to one of several addresses of a name.  If this address refuses at once, the client tries the next address.

Source: getaddrinfo(3), and the loop around connect() in its example; RFC 8305
"""

from collections.abc import Sequence

import msgspec

from hairpin.beside.inquiry import Inquiry
from hairpin.message import Message, message
from hairpin.network.flow import Flow, FromContainer
from hairpin.network.network import Network
from hairpin.network.prefix import address_text, is_loopback
from hairpin.question.asked import Target
from hairpin.walk.walked import walked

_AT_ONCE = ("refused", "rejected")


def observe(inquiry: Inquiry) -> Inquiry:
    """Leave out the refusals after which the client asks another address, and tell those of ``localhost``."""
    targets, flows = inquiry.question.targets, inquiry.flows
    left_out = passed_over(inquiry.network, targets, flows)
    return inquiry.without(left_out).saying(told_of_passed_over(inquiry.network, targets, flows))


def passed_over(network: Network, targets: Sequence[Target], flows: Sequence[Flow]) -> tuple[Flow, ...]:
    """Return the flows that are refused at once, if the flow's client also asks another address of the same name.  An
    IPv6 flow is returned if the name has an IPv4 address, too.  An IPv4 flow is returned if an IPv6 flow passes."""
    groups = _groups(targets, flows)
    return tuple(flow for group in groups for flow in _refusals(network, group))


def told_of_passed_over(network: Network, targets: Sequence[Target], flows: Sequence[Flow]) -> tuple[Message, ...]:
    """Return a note for each address of ``localhost`` that refuses at once while the other address answers.

    Such a flow is no failure, because most clients go on to the next address.  But a program that tries only one
    address fails, and nginx sends each second request to the address that refuses.
    Source: nginx.org: ngx_http_proxy_module, proxy_pass (a name with several addresses is asked round-robin)"""
    if not any(each.localhost for each in targets):
        return ()
    found: dict[Message, None] = {}
    for group in _groups(targets, flows):
        answering = next((each for each in group if walked(network, each).succeeds), None)
        for flow in _refusals(network, group) if answering is not None else ():
            if answering is not None and is_loopback(flow.daddr, flow.version):
                found[_note(flow, answering)] = None
    return tuple(found)


def _note(refusing: Flow, answering: Flow) -> Message:
    first, second = (each.target_text() for each in (refusing, answering))
    facts = {"refusing": first, "answering": second, "address": address_text(answering.daddr, answering.version)}
    if refusing.version == 6:
        return message(
            "localhost is ::1 first, and {refusing} refuses. Most clients then try {answering}, which answers. A "
            "program that tries only the first address fails, and a proxy that takes both addresses in turn reports "
            "errors: name {address} there",
            **facts,
        )
    return message(
        "localhost is 127.0.0.1, too, and {refusing} refuses. A program that uses only IPv4 fails. {answering} answers",
        **facts,
    )


def _groups(targets: Sequence[Target], flows: Sequence[Flow]) -> list[list[Flow]]:
    """Return the flows of each client to the several addresses of one name."""
    local = any(each.localhost for each in targets)
    of_container = any(each.container is not None for each in targets)
    groups: dict[Flow, list[Flow]] = {}
    for each in flows:
        of_local = local and is_loopback(each.daddr, each.version)
        if (of_local or (of_container and isinstance(each.start, FromContainer))) and not each.asked_name:
            name = None if of_local else each.container  # a container may publish the port at one address only
            key = msgspec.structs.replace(each, version=4, daddr=0, sport=0, purpose="asked", container=name)
            groups.setdefault(key, []).append(each)
    return [group for group in groups.values() if len(group) > 1]


def _refusals(network: Network, group: Sequence[Flow]) -> list[Flow]:
    traces = [(each, walked(network, each)) for each in group]
    first = any(trace.succeeds for flow, trace in traces if flow.version == 6)
    later = any(flow.version == 4 for flow in group)
    return [flow for flow, trace in traces if trace.verdict in _AT_ONCE and (later if flow.version == 6 else first)]
