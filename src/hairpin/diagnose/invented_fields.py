"""Rules that match a packet field whose value hairpin invented: a client's source port, or the TTL of its packets.

A flow with another source port, or from a client at another distance, may end differently.  hairpin tries the values
that the host's rules name, and the next lower and higher values.  Clients use source ports from 1024 on.  The TTL of a
packet that arrives is rarely below 30, because systems send packets with a TTL of 64, 128 or 255.
"""

from collections.abc import Iterator, Sequence

import msgspec

from hairpin.host.host import Namespace
from hairpin.kept import kept
from hairpin.message import Message, message
from hairpin.netfilter import ir
from hairpin.network.flow import Flow, Lan, Outside
from hairpin.network.network import Network
from hairpin.walk.state import RuleDecided
from hairpin.walk.trace import Trace
from hairpin.walk.walk import walk_flow

_POSSIBLE = {"sport": (1024, 65535), "ttl": (30, 255)}
_MOST_VALUES = 8
"""The greatest number of values of a field that are tried."""
_MOST_FLOWS = 16


def told_by_field(network: Network, traces: Sequence[Trace]) -> tuple[Message, ...]:
    """Return a note for each rule that stops some clients of a passing flow because of their source port or TTL."""
    found: dict[tuple[str, str], Message] = {}
    passing = (each for each in traces if each.succeeds and isinstance(each.flow.start, (Outside, Lan)))
    for trace, _ in zip(passing, range(_MOST_FLOWS), strict=False):
        for field, flow, value in _others(network, trace.flow):
            other = walk_flow(network, flow)
            stop = other.usual.stop
            decided = stop.decided_by if stop is not None else None
            if not other.succeeds and other.verdict != "depends" and isinstance(decided, RuleDecided):
                found.setdefault((field, decided.place.text), _note(field, value, trace.flow, decided))
    return tuple(found.values())


def _note(field: str, value: int, flow: Flow, decided: RuleDecided) -> Message:
    facts = {
        "value": value,
        "own": flow.sport if field == "sport" else _USUAL_TTL,
        "target": flow.target_text(),
        "rule": decided.place.in_full,
    }
    if field == "sport":
        return message(
            "a rule looks at the client's source port: from port {value} {target} is not reached, from port {own} it "
            "is. The rule: {rule}",
            **facts,
        )
    return message(
        "a rule looks at the client's TTL: with a TTL of {value} {target} is not reached, with {own} it is. The rule: "
        "{rule}",
        **facts,
    )


_USUAL_TTL = 64


def _others(network: Network, flow: Flow) -> Iterator[tuple[str, Flow, int]]:
    """Yield the flow with each further value of a field that the rules of the flow's host treat differently."""
    namespace = network.namespace(network.host_netns(flow.host))
    values = _values(namespace)
    if flow.protocol != "icmp":
        for value in (each for each in values["sport"] if each != flow.sport):
            yield "sport", msgspec.structs.replace(flow, sport=value), value
    for value in (each for each in values["ttl"] if each != _USUAL_TTL):
        yield "ttl", msgspec.structs.replace(flow, ttl=value), value


@kept
def _values(namespace: Namespace) -> dict[str, tuple[int, ...]]:
    """Return, for each field, the possible values that the rules name, and their neighbouring values."""
    found: dict[str, set[int]] = {field: set() for field in _POSSIBLE}
    for table in namespace.ruleset.tables:
        for chain in table.chains:
            for rule in chain.rules:
                for part in rule.body:
                    if isinstance(part, ir.FieldMatch) and part.field in found and part.mask == ir.FULL_MASK:
                        found[part.field] |= {end for first, last in part.ranges for end in (first, last, last + 1)}
                        found[part.field] |= {first - 1 for first, _ in part.ranges}
    return {field: _spread(each, *_POSSIBLE[field]) for field, each in found.items()}


def _spread(values: set[int], first: int, last: int) -> tuple[int, ...]:
    inside = sorted(each for each in values if first <= each <= last)
    step = -(-len(inside) // _MOST_VALUES) or 1
    return tuple(inside[::step])
