"""Networks of clients that a rule or a route treats differently from the client that hairpin invented.

The sources that the host's rules, policy rules and routes name are tried as clients of the flows that pass.  Single
addresses are not tried here, because ``singled_out`` counts the bans of single clients.  A network has a note of its
own if its gateway did not answer the kernel's last request.  A gateway that did not answer may answer now.
"""

from collections.abc import Iterator, Sequence

import msgspec

from hairpin.beside.inquiry import Inquiry
from hairpin.diagnose.diagnose import REFUSING, is_refused
from hairpin.diagnose.suspect import Diagnosis
from hairpin.host.host import Namespace
from hairpin.host.route import Neighbour
from hairpin.kept import kept
from hairpin.message import Message, few_of, message
from hairpin.netfilter.sources import source_ranges
from hairpin.network.flow import Flow, Outside
from hairpin.network.network import Network, addresses_of, free_address
from hairpin.network.prefix import (
    Version,
    address_text,
    inside,
    is_loopback,
    is_multicast,
    prefix_text,
    whole_prefix,
    width,
)
from hairpin.walk.decided import Assumed
from hairpin.walk.trace import Trace
from hairpin.walk.walk import walk_flow
from hairpin.wanted import Wanted, ask_from

_MOST_NETWORKS = 8
"""The greatest number of networks that are tried."""
_MOST_FLOWS = 8

Prefix = tuple[int, int]


def notes(inquiry: Inquiry) -> tuple[Message, ...]:
    """Return the notes about the networks of clients."""
    return told_by_network(inquiry.network, inquiry.walked.diagnoses)


def told_by_network(network: Network, diagnoses: Sequence[Diagnosis]) -> tuple[Message, ...]:
    """Return a note that names the networks whose clients a rule or a route stops, while the invented client passes.
    Also return a note for each gateway that leads to clients, if the gateway did not answer the kernel's last request.
    """
    found: dict[Prefix, Flow] = {}
    silent: dict[Neighbour, dict[Prefix, Flow]] = {}
    passing = (each.trace.flow for each in diagnoses if each.trace.succeeds and each.trace.flow.invented)
    inward = (each for each in passing if isinstance(each.start, Outside))
    told = [each.instead_of.flow for each in diagnoses if each.instead_of is not None]
    for flow, _ in zip(inward, range(_MOST_FLOWS), strict=False):
        for prefix, other in _others(network, flow):
            if prefix in found or any(_comes_from(each, prefix) for each in told):
                continue
            trace = walk_flow(network, other)
            if _is_stopped(network, trace, prefix):
                found[prefix] = other
            for each in _silent_gateways(trace) if trace.succeeds else ():
                silent.setdefault(each, {}).setdefault(prefix, other)
    # Few hosts have a silent gateway, and the branches of a trace that was taken over cost a walk.
    of_clients = (each.trace for each in diagnoses if silent and isinstance(each.trace.flow.start, Outside))
    asked = {gateway for each in of_clients for gateway in _silent_gateways(each)}
    notes = (_of_silent(*each) for each in silent.items() if each[0] not in asked)
    return (*((_note(found),) if found else ()), *notes)


def _comes_from(flow: Flow, prefix: Prefix) -> bool:
    return isinstance(flow.start, Outside) and inside(flow.start.address, *prefix, flow.version)


def _is_stopped(network: Network, trace: Trace, prefix: Prefix) -> bool:
    """Return whether a rule, or a route that refuses packets, stops the client, or a route of the client's network has
    no next hop that works."""
    if trace.succeeds or trace.verdict == "depends":
        return False
    namespace = network.namespace(network.host_netns(trace.flow.host))
    return is_refused(trace) or prefix in _behind_nobody(namespace, trace.flow.version)


def _silent_gateways(trace: Trace) -> Iterator[Neighbour]:
    """Yield the neighbours on the flow's path that did not answer the kernel's last request."""
    for step in (*trace.usual.request, *trace.usual.reply):
        entry = step.decided_by.entry if isinstance(step.decided_by, Assumed) else None
        if step.stage == "neighbour" and entry is not None and not entry.static:
            yield entry


def _note(found: dict[Prefix, Flow]) -> Message:
    networks, asking = _words(found)
    return message(
        "clients in {networks} do not get through, but other clients do; to see why, ask with {asking}",
        networks=networks,
        asking=asking,
    )


def _of_silent(gateway: Neighbour, found: dict[Prefix, Flow]) -> Message:
    networks, asking = _words(found)
    return message(
        "clients in {networks} get through only if {gateway} answers on {link} (neighbour entry: {state}); to see why, "
        "ask with {asking}",
        networks=networks,
        gateway=address_text(gateway.value, gateway.version),
        link=gateway.link,
        state=gateway.state,
        asking=asking,
    )


def _words(found: dict[Prefix, Flow]) -> tuple[str, Wanted]:
    """Return the first networks as text, and the option that asks from a client in the first network."""
    first = next(iter(found.values()))
    assert isinstance(first.start, Outside)
    named = [prefix_text(*prefix, flow.version) for prefix, flow in found.items()]
    return few_of(named), ask_from(address_text(first.start.address, first.version))


def _others(network: Network, flow: Flow) -> Iterator[tuple[Prefix, Flow]]:
    """Yield the flow from a client in each network that the host's rules or routes name.

    The host's own networks are left out."""
    namespace = network.namespace(network.host_netns(flow.host))
    for prefix in _networks(namespace)[flow.version]:
        client = free_address(namespace, *prefix, flow.version)
        if client is not None and isinstance(flow.start, Outside):
            start = msgspec.structs.replace(flow.start, address=client)
            yield prefix, msgspec.structs.replace(flow, start=start, stand_ins=())


@kept
def _networks(namespace: Namespace) -> dict[Version, tuple[Prefix, ...]]:
    versions: tuple[Version, ...] = (4, 6)
    return {version: tuple(_candidate_networks(namespace, version))[:_MOST_NETWORKS] for version in versions}


def _candidate_networks(namespace: Namespace, version: Version) -> Iterator[Prefix]:
    own = [(each.value, each.prefix_length) for each in addresses_of(namespace, None, version)]
    seen: set[Prefix] = set()
    for prefix in (*_of_routing(namespace, version), *_of_rules(namespace, version)):
        base, length = prefix
        near = any(inside(value, base, length, version) or inside(base, value, size, version) for value, size in own)
        special = is_loopback(base, version) or is_multicast(base, version)
        if prefix not in seen and 0 < length < width(version) - 1 and not near and not special:
            seen.add(prefix)
            yield prefix


def _of_routing(namespace: Namespace, version: Version) -> Iterator[Prefix]:
    for route in namespace.routes:
        if route.version == version and route.type in REFUSING:
            yield route.destination, route.prefix_length
    for rule in namespace.rules:
        if rule.version == version and rule.source is not None:
            yield rule.source
        if rule.version == version and rule.destination is not None:
            yield rule.destination
    yield from _behind_nobody(namespace, version)


def _behind_nobody(namespace: Namespace, version: Version) -> Iterator[Prefix]:
    """Yield the networks whose route has no next hop that works.  A next hop does not work if its link is down, or if
    its gateway did not answer the kernel's last request."""
    silent = {
        (each.link, each.version, each.value) for each in namespace.neighbours if each.mac is None and each.unanswered
    }
    for route in namespace.routes:
        if route.version == version and route.type == "unicast" and route.next_hops:
            hops = ((each, (each.link, each.gateway_version or version, each.gateway)) for each in route.next_hops)
            if all(hop.dead or hop.linkdown or key in silent for hop, key in hops):
                yield route.destination, route.prefix_length


def _of_rules(namespace: Namespace, version: Version) -> Iterator[Prefix]:
    """Yield the networks that rules match as source addresses, if such a network is a whole prefix."""
    rules = (rule for table in namespace.ruleset.tables for chain in table.chains for rule in chain.rules)
    for rule in rules:
        for each in source_ranges(rule, version):
            if (found := whole_prefix(*each, version)) is not None:
                yield found
