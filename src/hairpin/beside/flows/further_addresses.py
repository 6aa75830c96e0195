"""Further addresses of the host's uplinks.

Usually a port is asked about at only one address of each uplink.  If the port's flow ends differently at a further
address, this address gets its own flow in the answer.  A flow that a rule stops at a further address may be stopped on
purpose, so it is no fault.  If the rule names destination addresses itself, the answer has a question about the rule.
If a rule for another address leaves the further address out, a note names the further address.
"""

from collections.abc import Iterator, Sequence

import msgspec

from hairpin.beside.inquiry import Inquiry
from hairpin.host.host import Host, Namespace
from hairpin.kept import kept
from hairpin.message import Message, few_of, message
from hairpin.netfilter import ir
from hairpin.netfilter.evaluate.chain import rule_at
from hairpin.network.flow import Flow, Lan, Outside
from hairpin.network.network import Network, addresses_of
from hairpin.network.prefix import Version, address_text
from hairpin.walk.decided import RuleDecided
from hairpin.walk.trace import OpenQuestion, Trace
from hairpin.walk.walked import walked
from hairpin.wanted import Wanted, ask_port_at

_MOST = 8
"""The greatest number of further addresses of one link at which a port is walked."""
_FIELDS = ("daddr", "ct-orig-daddr")

_Range = tuple[int, int]
_Firsts = dict[tuple[str, Version, int], Flow]
"""The flow that is walked first at each further address, by host and address."""


def observe(inquiry: Inquiry) -> Inquiry:
    """Add the flows to further addresses at which a port's flow ends differently, although the flow passes at the asked
    address; tell the addresses that rules leave out, and ask about the rules against one."""
    network, question, flows = inquiry.network, inquiry.question, inquiry.flows
    if question.origin is not None and not question.origin.is_from_outside:
        return inquiry
    named = {(each.version, each.address) for each in question.targets if each.address is not None}
    asked: set[tuple[Version, int]] = {(each.version, each.daddr) for each in flows}
    left_out: dict[Flow, list[Trace]] = {}
    against: dict[tuple[Flow, str], list[Trace]] = {}
    apart: list[Flow] = []
    firsts: _Firsts = {}
    for flow in _standing_for_others(network, flows):
        for other in _others(network, flow, asked, firsts) if (flow.version, flow.daddr) not in named else ():
            failing = _ends_otherwise(network, flow, other)
            if failing is None:
                continue
            decided = failing.stopping_rule
            if failing.succeeds or decided is None or not _by_rules(network, flow, other.daddr):
                apart.append(other)
            elif _is_against(network, failing, decided):
                against.setdefault((flow, decided.place.in_full), []).append(failing)
            else:
                left_out.setdefault(flow, []).append(failing)
    first = max((each.sport for each in flows), default=0) + 2
    more = (msgspec.structs.replace(each, sport=first + 2 * n) for n, each in enumerate(apart))
    asks = tuple((flow, _question(flow, rule, found)) for (flow, rule), found in against.items())
    return msgspec.structs.replace(inquiry, flows=(*flows, *more), asks=asks).saying(
        _note(*each) for each in left_out.items()
    )


def _standing_for_others(network: Network, flows: Sequence[Flow]) -> Iterator[Flow]:
    """Yield the flows from outside to ports that the host serves at any of its addresses.  If no client outside is
    asked for a port, yield the flow of a neighbour on the link."""
    outside = {port_of(each) for each in flows if isinstance(each.start, Outside)}
    for each in flows:
        if not isinstance(each.start, Outside) and not (isinstance(each.start, Lan) and port_of(each) not in outside):
            continue
        if each.purpose in ("asked", "published") and each.protocol != "icmp" and _is_of_any_address(network, each):
            yield each


def port_of(flow: Flow) -> tuple[object, ...]:
    """Return the port that the flow asks for, and the host on which it asks."""
    return flow.version, flow.protocol, flow.dport, flow.asked_host


def _is_of_any_address(network: Network, flow: Flow) -> bool:
    """Return whether the port is published on every address of the host, or a socket listens on every address."""
    host = network.host(flow.asked_host or flow.host)
    published = _openness(host).get((flow.version, flow.protocol, flow.dport))
    if published is not None:
        return published
    listening = (each for each in network.namespace(host.netns).sockets if each.port == flow.dport)
    return any(each.protocol == flow.protocol and each.address is None for each in listening)


@kept
def _openness(host: Host) -> dict[tuple[Version, str, int], bool]:
    """Return, for each published port, whether every binding of the port is for all addresses."""
    found: dict[tuple[Version, str, int], bool] = {}
    for container in host.containers():
        for each in container.bindings:
            key = (each.version, each.protocol, each.host_port)
            found[key] = found.get(key, True) and each.host_ip is None
    return found


def _others(network: Network, flow: Flow, asked: set[tuple[Version, int]], firsts: _Firsts) -> Iterator[Flow]:
    """Yield the flow to each further address of the link that has the flow's address.  If no rule distinguishes a
    further address, and the first port passes there, only the first port is asked at this address.  ``firsts`` is
    filled in."""
    namespace = network.namespace(network.host_netns(flow.asked_host or flow.host))
    own = next((each for each in addresses_of(namespace, None, flow.version) if each.value == flow.daddr), None)
    if own is None:
        return
    further = [
        each.value
        for each in addresses_of(namespace, own.link, flow.version)
        if each.scope == "global" and not each.tentative and (flow.version, each.value) not in asked
    ]
    by_rules = {each: _by_rules(network, flow, each) for each in further}
    for value in sorted(further, key=lambda each: not by_rules[each])[:_MOST]:
        other = msgspec.structs.replace(flow, daddr=value, stand_ins=())
        first = firsts.setdefault((flow.asked_host or flow.host, flow.version, value), other)
        if by_rules[value] or first == other or not walked(network, first).succeeds:
            yield other


def _ends_otherwise(network: Network, flow: Flow, other: Flow) -> Trace | None:
    """Return the walk to the further address if this walk fails, or passes only if the user answers a question that the
    usual walk does not leave open.  Return None if both walks end in the same way, or if the usual walk fails."""
    usual, trace = walked(network, flow), walked(network, other)
    if not usual.succeeds:
        return None
    return trace if not trace.succeeds or _breaking(trace) > _breaking(usual) else None


def _breaking(trace: Trace) -> int:
    return sum(1 for each in trace.questions if each.breaks_if)


def _is_against(network: Network, trace: Trace, decided: RuleDecided) -> bool:
    """Return whether the rule that stops the flow compares the packet's destination address."""
    stop = trace.usual.stop
    if stop is None or stop.netns not in network:
        return False
    rule = rule_at(network.namespace(stop.netns).ruleset, decided.place)
    return rule is not None and any(_compares(part, trace.flow.version) for part in rule.body)


# --- addresses that rules compare -------------------------------------------------------------------------------------


def _by_rules(network: Network, flow: Flow, other: int) -> bool:
    """Return whether a rule of the host may match only one of two addresses: the flow's address and the other
    address."""
    namespace = network.namespace(network.host_netns(flow.asked_host or flow.host))
    known = _differences(namespace)
    key: tuple[Version, int, int] = (flow.version, flow.daddr, other)
    if key not in known:
        known[key] = _are_told_apart(_rule_ranges(namespace)[flow.version], flow.daddr, other)
    return known[key]


@kept
def _differences(namespace: Namespace) -> dict[tuple[Version, int, int], bool]:  # noqa: ARG001
    return {}


@kept
def _rule_ranges(namespace: Namespace) -> dict[Version, tuple[tuple[_Range, ...], ...]]:
    """Return the ranges of destination addresses with which each rule compares a packet.  The tuple of ranges is empty
    if the rule looks into a set or a map."""
    rules = [rule for table in namespace.ruleset.tables for chain in table.chains for rule in chain.rules]
    versions: tuple[Version, ...] = (4, 6)
    return {
        version: tuple(
            {
                part.ranges if isinstance(part, ir.FieldMatch) and part.mask == ir.FULL_MASK else ()
                for rule in rules
                for part in rule.body
                if _compares(part, version)
            }
        )
        for version in versions
    }


def _compares(part: ir.Expression, version: Version) -> bool:
    fields = tuple(f"{each}{version}" for each in _FIELDS)
    if isinstance(part, ir.FieldMatch):
        return part.field in fields
    if isinstance(part, (ir.SetMatch, ir.InlineSetMatch, ir.VerdictMap, ir.NatMap)):
        return any(each in fields for each in part.fields)
    return False


def _are_told_apart(compared: tuple[tuple[_Range, ...], ...], one: int, other: int) -> bool:
    return any(not ranges or _is_in(ranges, one) is not _is_in(ranges, other) for ranges in compared)


def _is_in(ranges: tuple[_Range, ...], value: int) -> bool:
    return any(first <= value <= last for first, last in ranges)


# --- what is said -----------------------------------------------------------------------------------------------------


def _question(flow: Flow, rule: str, stopped: Sequence[Trace]) -> OpenQuestion:
    others, asking = _words(flow, stopped)
    facts = {
        "port": f"{flow.dport}/{flow.protocol}",
        "own": address_text(flow.daddr, flow.version),
        "others": others,
        "rule": rule,
    }
    return OpenQuestion(
        text=message(
            "Should clients reach {port} at {others}, as they do at {own}? A rule stops clients at these addresses",
            **facts,
        ),
        if_yes=message("This rule stops these clients: {rule}", **facts),
        if_no=message("The rule works as its owner intended, and there is nothing to do"),
        wanted=(asking,),
        breaks_if="yes",
    )


def _note(flow: Flow, stopped: Sequence[Trace]) -> Message:
    others, asking = _words(flow, stopped)
    return message(
        "rules here let clients reach {target}, but not this port at {others}; to see why: {asking}",
        target=flow.target_text(),
        others=others,
        asking=asking,
    )


def _words(flow: Flow, stopped: Sequence[Trace]) -> tuple[str, Wanted]:
    """Return the first addresses as text, and the question about the first address."""
    texts = [address_text(each.flow.daddr, flow.version) for each in stopped]
    return few_of(texts), ask_port_at(texts[0], flow.dport, flow.protocol)
