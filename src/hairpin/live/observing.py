"""Tries the flows of an answer with real probes on the real host, and returns the answer with what was observed."""

import ipaddress
import os
import random
from collections.abc import Callable

import msgspec

from hairpin.answer.answer import Answer, FlowAnswer
from hairpin.errors import ReplicaError
from hairpin.host.netns import Netns
from hairpin.judges.observation import LiveObservation
from hairpin.judges.replicated import MANY_RULES, rule_count
from hairpin.live.probing import BLOCK, ProbeOrder
from hairpin.live.standpoint import LiveStandpoint, namespace_path, standpoint_of
from hairpin.live.worker import LiveOrder, Watched, observe, without_root
from hairpin.message import Message, message
from hairpin.network.flow import Lan, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.walk.trace import Trace
from hairpin.walk.walk import walk_flow

MOST_FLOWS = 50
"""The greatest number of flows that are tried."""
_FIRST_PORT, _LAST_PORT = 61_000, 65_535 - BLOCK
"""Source ports above the range from which the kernel usually chooses: net.ipv4.ip_local_port_range."""
_MOST_PORTS = 16


def observing(
    answer: Answer,
    count: int,
    probe_from: str,
    unreached: Message | None = None,
    tell: Callable[[Message], None] = lambda _said: None,
) -> Answer:
    """Send ``count`` probes of each flow that starts where hairpin can send, one flow after the other.

    ``probe_from``: the machine that sends for clients outside; empty if there is none.  ``unreached``: why it cannot be
    asked."""
    flows: list[FlowAnswer] = []
    tried = 0
    for each in answer.flows:
        standpoint = standpoint_of(answer.network, each.trace.flow, probe_from)
        is_there = unreached is not None and isinstance(each.trace.flow.start, (Outside, Lan))
        if unreached is not None and is_there:
            standpoint = unreached
        if isinstance(standpoint, LiveStandpoint) and tried >= MOST_FLOWS:
            standpoint = message("hairpin tries {count} flows at a time; name a TARGET or --from", count=MOST_FLOWS)
        if isinstance(standpoint, Message):
            flow = each.trace.flow
            observation = LiveObservation(flow.start_text(), flow.protocol, why_not=standpoint, wanted=is_there)
        else:
            tried += 1
            tell(message("sending {count} real packets from {standpoint}", count=count, standpoint=standpoint.name))
            observation = _observe(answer.network, each.trace, standpoint, count)
        flows.append(msgspec.structs.replace(_as_it_arrived(answer.network, each, observation), live=observation))
    return msgspec.structs.replace(answer, flows=tuple(flows))


def _as_it_arrived(network: Network, flow: FlowAnswer, observation: LiveObservation) -> FlowAnswer:
    """Return the flow from the address from which its packets came to this host, walked again if a NAT gateway on the
    way has changed it."""
    found = observation.arrived_from
    if not found:
        return flow
    moved = flow.trace.flow.with_stand_in(int(ipaddress.ip_address(found)))
    return msgspec.structs.replace(flow, trace=walk_flow(network, moved))


def _observe(network: Network, trace: Trace, standpoint: LiveStandpoint, count: int) -> LiveObservation:
    flow = trace.flow
    probes = ProbeOrder(
        flow.protocol, flow.version, address_text(flow.daddr, flow.version), flow.dport, count,
        random.randrange(_FIRST_PORT, _LAST_PORT), standpoint.source,  # noqa: S311 - no secret
        any(each.stage == "relay" for each in trace.usual.steps),
    )  # fmt: skip
    if os.geteuid() != 0:
        if standpoint.netns is None or standpoint.netns.is_host:
            return _by_a_user(probes, standpoint)
        said = message("to enter a network namespace, hairpin needs root")
        return LiveObservation(standpoint.name, flow.protocol, why_not=said)
    sender = flow.start.address if isinstance(flow.start, Outside) and standpoint.netns is None else None
    order = LiveOrder(
        standpoint.name,
        probes,
        ports_of(trace),
        watched_of(network, trace, standpoint.netns),
        standpoint.netns,
        standpoint.name if standpoint.netns is None else "",
        address_text(sender, flow.version) if sender is not None else "",
        sender.to_bytes(4 if flow.version == 4 else 16) if sender is not None else b"",
    )
    try:
        return observe(order)
    except ReplicaError as error:
        return LiveObservation(standpoint.name, flow.protocol, why_not=error.said)


def _by_a_user(probes: ProbeOrder, standpoint: LiveStandpoint) -> LiveObservation:
    """Return what a user without root can have: the outcomes."""
    missing = (message("captures, counters, the trace of nftables and drop reasons: hairpin needs root for them"),)
    if standpoint.netns is not None:
        return without_root(probes, standpoint.name, missing)
    from hairpin.live.remote import send_from  # noqa: PLC0415 - most questions ask no other machine

    means, attempts, lacking = send_from(standpoint.name, probes, lambda: None)
    return LiveObservation(standpoint.name, probes.protocol, means, attempts, missing=missing, why_not=lacking)


def ports_of(trace: Trace) -> tuple[int, ...]:
    """Return the ports of the asked service at every hop of the walk, with and without NAT."""
    packets = [each.packet for branch in trace.branches for each in branch.request]
    found = (trace.flow.dport, *(each.dport for each in packets if each.dport is not None))
    return tuple(dict.fromkeys(found))[:_MOST_PORTS]


def watched_of(network: Network, trace: Trace, start: Netns | None) -> tuple[Watched, ...]:
    """Return the namespaces of this host that the flow's packets may pass, its own one first."""
    of_walk = (each.netns for branch in trace.branches for each in branch.steps)
    of_target = (
        Netns(network.this.name, each.netns)
        for each in network.this.containers()
        if each.name == trace.flow.container and each.netns is not None
    )
    named = (network.this.netns, *(() if start is None else (start,)), *of_walk, *of_target)
    counts_rules = rule_count(network) <= MANY_RULES
    found: list[Watched] = []
    for netns in dict.fromkeys(named):
        path = namespace_path(network, netns)
        if path is not None:
            dialects = _dialects(network, netns) if counts_rules else frozenset[str]()
            found.append(Watched(netns, path, dialects))
    return tuple(found)


def _dialects(network: Network, netns: Netns) -> frozenset[str]:
    try:
        return frozenset(each.dialect for each in network.namespace(netns).ruleset.tables)
    except KeyError:
        return frozenset()
