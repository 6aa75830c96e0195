"""Networks of clients that a rule or a route treats differently from the client that hairpin invented.

The sources that the host's rules, policy rules and routes name are tried as clients of the flows that pass.  Single
addresses are not tried here, because ``singled_out`` counts the bans of single clients.
"""

from collections.abc import Iterator, Sequence

import msgspec

from hairpin.diagnose.diagnose import REFUSING, Diagnosis, is_refused
from hairpin.host.host import Namespace
from hairpin.kept import kept
from hairpin.message import Message, message
from hairpin.netfilter import ir
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
from hairpin.walk.walk import walk_flow
from hairpin.wanted import ask_from

_MOST_NETWORKS = 8
"""The greatest number of networks that are tried."""
_MOST_FLOWS = 8
_NAMED = 3

Prefix = tuple[int, int]


def told_by_network(network: Network, diagnoses: Sequence[Diagnosis]) -> tuple[Message, ...]:
    """Return a note that names the networks whose clients a rule or a route stops, while the invented client passes."""
    found: dict[Prefix, Flow] = {}
    passing = (each.trace.flow for each in diagnoses if each.trace.succeeds and each.trace.flow.invented)
    inward = (each for each in passing if isinstance(each.start, Outside))
    told = [each.instead_of.flow for each in diagnoses if each.instead_of is not None]
    for flow, _ in zip(inward, range(_MOST_FLOWS), strict=False):
        for prefix, other in _others(network, flow):
            if (
                prefix not in found
                and not any(_comes_from(each, prefix) for each in told)
                and _is_stopped(network, other)
            ):
                found[prefix] = other
    return (_note(found),) if found else ()


def _comes_from(flow: Flow, prefix: Prefix) -> bool:
    return isinstance(flow.start, Outside) and inside(flow.start.address, *prefix, flow.version)


def _is_stopped(network: Network, flow: Flow) -> bool:
    trace = walk_flow(network, flow)
    return not trace.succeeds and trace.verdict != "depends" and is_refused(trace)


def _note(found: dict[Prefix, Flow]) -> Message:
    first = next(iter(found.values()))
    assert isinstance(first.start, Outside)
    named = [prefix_text(*prefix, flow.version) for prefix, flow in found.items()]
    more = len(named) - _NAMED
    return message(
        "clients in {networks} do not get through, others do; why: {asking}",
        networks=", ".join(named) if more <= 0 else f"{', '.join(named[:_NAMED])} (+{more})",
        asking=ask_from(address_text(first.start.address, first.version)),
    )


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


def _of_rules(namespace: Namespace, version: Version) -> Iterator[Prefix]:
    """Yield the networks that rules match as source addresses, if such a network is a whole prefix."""
    field = "saddr4" if version == 4 else "saddr6"
    for table in namespace.ruleset.tables:
        for chain in table.chains:
            for rule in chain.rules:
                for part in rule.body:
                    if isinstance(part, ir.FieldMatch) and part.field == field and part.mask == ir.FULL_MASK:
                        yield from (
                            found for each in part.ranges if (found := whole_prefix(*each, version)) is not None
                        )
