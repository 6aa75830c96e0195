"""The law of the hunt, held on one case.

Of each flow that passed before the change and fails after it: a proven set of causes exists that touches no more
elements than the change did.  Apart from that: whether a cause names an element that was changed, or merely goes round
it.  A change after which all flows pass leaves no state that blocks.
"""

from collections.abc import Iterator
from typing import Literal

import msgspec

from hairpin.causes.order import PUTTING_BACK
from hairpin.causes.registry import causes_of_host
from hairpin.change import change as c
from hairpin.change.expect import entry_key
from hairpin.change.simulation.simulate import simulate
from hairpin.diagnose.diagnose import diagnose
from hairpin.diagnose.suspect import Diagnosis, Suspect
from hairpin.engines.missing import missing_on
from hairpin.host.link import Address
from hairpin.host.route import PolicyRule, Route
from hairpin.network.flow import Flow, FromContainer
from hairpin.network.network import Network
from hairpin.walk.decided import Assumed, RuleDecided
from hairpin.walk.trace import Trace
from hairpin.walk.walk import walk_flow
from tests.hunt.bases import Base
from tests.hunt.case import Case
from tests.hunt.elements import RULE_PLACE, Element, elements

_FLOWS = 3
"""So many broken flows of a case are diagnosed."""
Undecided = Literal["", "world", "reading", "lost"]
_READINGS = ("rules-unread", "sockets-unread", "namespace-unread", "opaque-device")


class Answer(msgspec.Struct, frozen=True):
    """The answer about one broken flow.  ``touched``: the elements of its first set; ``undecided``: who alone knew."""

    flow: Flow
    stop: str
    causes: tuple[str, ...] = ()
    lawful: bool = False
    named: bool = False
    undecided: Undecided = ""

    @property
    def proven(self) -> bool:
        """Whether a set of causes is proven."""
        return bool(self.causes)


class Outcome(msgspec.Struct, frozen=True):
    """What became of a case.  ``broken``: how many flows fail that passed; ``alarms``: states that block although all
    flows pass."""

    case: Case
    broken: int = 0
    answers: tuple[Answer, ...] = ()
    alarms: tuple[str, ...] = ()

    @property
    def misses(self) -> tuple[Answer, ...]:
        """The answers that the law does not hold of."""
        return tuple(each for each in self.answers if not each.lawful)


def judge(case: Case, found: Base) -> Outcome:
    """Make the change, walk all flows, and diagnose those that it broke."""
    after = simulate(case.change, found.network)
    broken = tuple(each for each in found.flows if starts(each, after) and _fails(walk_flow(after, each)))
    if not broken:
        return Outcome(case, alarms=tuple(_alarms(found.network, after)))
    touched = elements(found.network, after)
    answers = (_answer(case.change, touched, found.network, after, each) for each in _spread(broken))
    return Outcome(case, len(broken), tuple(each for each in answers if each is not None))


def _spread(flows: tuple[Flow, ...]) -> tuple[Flow, ...]:
    """Return the first, the middle and the last: they differ most in who asks."""
    return tuple(dict.fromkeys((flows[0], flows[len(flows) // 2], flows[-1])))[:_FLOWS]


def starts(flow: Flow, network: Network) -> bool:
    """Return whether the flow's sender is still there: a container that has ended asks nothing."""
    return not isinstance(flow.start, FromContainer) or flow.start.netns in network


def _fails(trace: Trace) -> bool:
    return not (trace.succeeds or trace.usual.succeeds)


def _alarms(before: Network, after: Network) -> Iterator[str]:
    known = set(_blocking(before))
    yield from (each for each in _blocking(after) if each not in known)


def _blocking(network: Network) -> Iterator[str]:
    for host in network.hosts:
        for cause in causes_of_host(host) if host.was_read else ():
            yield from (f"{cause.id}@{host.name}" for each in cause.of_host(host) if each.severity == "blocking")


def _answer(
    change: c.Change, touched: frozenset[Element], before: Network, after: Network, flow: Flow
) -> Answer | None:
    """Return the answer about a flow; None if another client gets through, so that it does not count as failing."""
    diagnosis = diagnose(after, flow)
    if diagnosis.trace.succeeds:
        return None
    stop = _stop(diagnosis)
    if not diagnosis.sets:
        lost: Undecided = "lost" if _only_it_knew(change, before, after) else ""
        return Answer(flow, stop, undecided=_undecided(diagnosis) or lost)
    causes = diagnosis.causes
    lawful = any(_is_small(change, touched, before, after, each.causes) for each in diagnosis.sets)
    mended = _mended(after, causes)
    named = any(_names(each, keys, change, touched) for each, keys in zip(causes, mended, strict=True))
    return Answer(flow, stop, tuple(each.cause for each in causes), lawful, named)


def _is_small(
    change: c.Change, touched: frozenset[Element], before: Network, after: Network, causes: tuple[Suspect, ...]
) -> bool:
    """Return whether the set touches no more elements than the change did.  What the engine's rules lacked before the
    change is put back with the rest and does not count."""
    if _parts(causes) <= len(change.parts):
        return True
    mended = tuple(_mended(after, causes))
    closing = frozenset(key for each, keys in zip(causes, mended, strict=True) if not _lets_in(each) for key in keys)
    opened = sum(map(_lets_in, causes))
    return len({key for key in closing if not _lacked(key, before)}) + opened <= len(touched)


def _lacked(key: Element, before: Network) -> bool:
    """Return whether the element is a chain, rule or policy of an engine that the host lacked before the change."""
    if key[0] not in ("rule", "chain", "policy"):
        return False
    _, host, _, _, family, table, chain, *body = key
    for _, lost in missing_on(before.host(str(host))):
        chains = {(each.family, each.table, each.chain) for each in lost.chains}
        chains |= {(each.family, each.table, each.chain) for each in lost.wanted.policies}
        rules = {(each.family, each.table, each.chain, each.rule.body) for each in lost.rules}
        if (lost and (family, table, chain) in chains) or (family, table, chain, *body) in rules:
            return True
    return False


def _stop(diagnosis: Diagnosis) -> str:
    stop = diagnosis.trace.usual.stop
    return diagnosis.trace.verdict if stop is None else f"{stop.reason} {stop.stage}"


def _mended(network: Network, causes: tuple[Suspect, ...]) -> Iterator[frozenset[Element]]:
    """Yield the elements that each cause's change touches, behind those before it."""
    for each in causes:
        after = simulate(each.candidate.change, network)
        yield elements(network, after)
        network = after


def _lets_in(suspect: Suspect) -> bool:
    parts = suspect.candidate.change.parts
    return suspect.candidate.in_class not in PUTTING_BACK and all(isinstance(each, c.InsertRule) for each in parts)


def _parts(causes: tuple[Suspect, ...]) -> int:
    return sum(1 if _lets_in(each) else len(each.candidate.change.parts) for each in causes)


def _names(suspect: Suspect, mended: frozenset[Element], change: c.Change, touched: frozenset[Element]) -> bool:
    """Return whether the cause is about an element that was changed: its change touches it, it stopped the packet, or
    what it puts back is what was taken away."""
    if mended & touched:
        return True
    places = {each[:RULE_PLACE] for each in touched if each[0] in ("rule", "policy", "chain")}
    stop = suspect.stop.decided_by
    if isinstance(stop, RuleDecided):
        at = stop.place
        place = (suspect.stop.netns.host, suspect.stop.netns.name, at.dialect, at.family, at.table, at.chain)
        if any(each[1:] == place for each in places):
            return True
    taken = any(isinstance(part, c.DeleteRule | c.ReplaceTable | c.ReplaceRuleset) for part in change.parts)
    return taken and any(each[0] == "rule" and each[:6] in {one[:6] for one in places} for each in mended)


_OWN_VALUE = (c.DeleteEntry, c.ReplaceEntry, c.DeleteRule, c.DeleteChain, c.ReplaceTable, c.ReplaceRuleset)


def _only_it_knew(change: c.Change, before: Network, after: Network) -> bool:
    """Return whether the change only took away what no other reading tells: a route of somebody's, a rule that is no
    engine's, an ``ip rule`` beside the kernel's own three."""
    if all(isinstance(part, _OWN_VALUE) and not _is_told(part, before, after) for part in change.parts):
        return True
    if any(isinstance(part, c.SetLink) and not before.host(part.netns.host).engines for part in change.parts):
        return True  # nobody tells of which bridge a link was a port
    routes = (part for part in change.parts if isinstance(part, c.AddEntry | c.ReplaceEntry))
    return not any(isinstance(part.entry, Route) for part in routes) and _loses_gateways(before, after)


def _loses_gateways(before: Network, after: Network) -> bool:
    """Return whether a host has lost a route by a gateway, which goes with its link or with the last address there."""
    for netns, namespace in before.namespaces():
        host = before.host(netns.host)
        of_engine = any(each.netns == netns.name for each in host.containers())
        if (netns.is_host or not of_engine) and netns in after:
            left = {entry_key(each) for each in after.namespace(netns).routes}
            gone = (each for each in namespace.routes if entry_key(each) not in left)
            if any(hop.gateway is not None for each in gone for hop in each.next_hops):
                return True
    return False


def _is_told(part: c.Primitive, before: Network, after: Network) -> bool:
    match part:
        case c.ReplaceTable(table=table) if table is not None:
            return True
        case (
            c.ReplaceTable(netns=netns)
            | c.ReplaceRuleset(netns=netns)
            | c.DeleteRule(netns=netns)
            | c.DeleteChain(netns=netns)
        ):
            return missing_on(before.host(netns.host)) != missing_on(after.host(netns.host))
        case c.DeleteEntry(netns=netns, entry=Route() as route) | c.ReplaceEntry(netns=netns, before=Route() as route):
            return not netns.is_host or all(hop.gateway is None for hop in route.next_hops)
        case c.DeleteEntry(entry=PolicyRule() as rule):
            return rule.priority in (0, 32766, 32767)
        case c.DeleteEntry(entry=Address()) | c.ReplaceEntry():
            return True
        case _:
            return False


def _undecided(diagnosis: Diagnosis) -> Undecided:
    """Return what alone could have decided: the world outside, or a reading that is missing."""
    usual = diagnosis.trace.usual
    stop = usual.stop
    if usual.questions or (stop is not None and isinstance(stop.decided_by, Assumed)):
        return "world"
    if diagnosis.met_unread or (stop is not None and stop.reason in _READINGS):
        return "reading"
    return ""
