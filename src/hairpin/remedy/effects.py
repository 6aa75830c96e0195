"""Computes a change's effects on the known flows of its host: the flows that it opens, closes, diverts or restores.
Only flows with a changed element on their path are walked again.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from hairpin.causes.cause import Candidate
from hairpin.causes.order import PUTTING_BACK, UNDOING
from hairpin.change import change as c
from hairpin.change.simulation.in_turn import made_in_turn
from hairpin.change.simulation.simulate import simulate_once
from hairpin.diagnose.unread import may_enter_unread
from hairpin.engines.missing import is_engines
from hairpin.errors import ChangeError
from hairpin.host.link import Address
from hairpin.host.route import PolicyRule, Route
from hairpin.network.flow import Flow, FromContainer, FromHost, Lan, Outside
from hairpin.network.network import Network, owns_address
from hairpin.network.prefix import is_loopback
from hairpin.remedy.diverted import diversions, ways_out
from hairpin.remedy.effect import Effects, FlowEffect, Nature
from hairpin.remedy.known_flows import (
    Known,
    asked_by,
    asked_from,
    flow_key,
    flows_to_joined,
    is_published_outside,
    known_flows,
    still_stopped,
)
from hairpin.remedy.on_path import on_path
from hairpin.remedy.remedy import Remedy
from hairpin.walk.decided import RuleDecided
from hairpin.walk.trace import Trace
from hairpin.walk.verdicts import Verdict, succeeds
from hairpin.walk.walk import walk_flow
from hairpin.walk.walked import walked

MAX_OTHERS = 150
"""The greatest number of known flows that are walked for an answer.  A walk takes one to three milliseconds."""
MAX_OF_PLAN = 600
"""The greatest number of known flows that are walked for a plan.  This number is larger, because a plan may be carried
out."""
_PROVEN = 8
"""The greatest number of asked flows that are walked to prove another way to repair a cause."""

Service = tuple[str, str, int, str | int]
"""The kind of the client, the protocol, the port, and the container or the address that has the port."""


class Others(msgspec.Struct, frozen=True):
    """The known flows of a host, with their traces.  ``asked``: the keys of the question's flows.  ``services``: the
    services that the question's flows ask for, each with the kind of its client.  ``left_out``: the number of known
    flows that are not walked, because of the maximum or because their containers were not read."""

    network: Network
    known: tuple[Known, ...]
    traces: tuple[Trace, ...]
    asked: frozenset[object] = frozenset()
    services: frozenset[Service] = frozenset()
    left_out: int = 0
    every: frozenset[object] = frozenset()
    """The keys of all known flows, including the flows that are left out."""

    def after(self, change: c.Change, network: Network) -> "Others":
        """Return the same flows in the network after the change.  Only flows that the change may affect are walked
        again."""
        traces = tuple(
            walked(network, each.flow) if on_path(each, change, self.network) else each for each in self.traces
        )
        return msgspec.structs.replace(self, network=network, traces=traces)

    def with_more(self, known: Iterable[Known]) -> "Others":
        """Return these flows, and also the flows of ``known`` that are not among them yet.  The added flows are walked
        in the same network."""
        new = tuple(each for each in known if flow_key(each.flow) not in self.every)
        if not new:
            return self
        more = new[:MAX_OTHERS]
        return msgspec.structs.replace(
            self,
            known=(*self.known, *more),
            traces=(*self.traces, *(walked(self.network, each.flow) for each in more)),
            every=self.every.union(flow_key(each.flow) for each in new),
            left_out=self.left_out + len(new) - len(more),
        )

    def alike(self, then: "Others") -> tuple[Known, ...]:
        """Return further flows from containers to all published ports.  Among the known flows, only one container of
        each network asks for all published ports.  If the change affects a published port for one container alone, this
        container's flows to all published ports are returned."""
        pairs = zip(self.known, self.traces, then.traces, strict=True)
        changed = [
            known.flow
            for known, before, after in pairs
            if known.group == "published" and before.succeeds is not after.succeeds
        ]
        ports = Counter(_port(each) for each in changed if isinstance(each.start, FromContainer))
        starts = dict.fromkeys(each.start for each in changed if ports[_port(each)] == 1)
        published = [each for each in self.known if is_published_outside(each.flow)]
        return tuple(
            Known(asked_from(each.flow, start), each.group)
            for start in starts
            if isinstance(start, FromContainer)
            for each in published
        )


def _port(flow: Flow) -> tuple[int, str, int]:
    return flow.daddr, flow.protocol, flow.dport


def services_of(flow: Flow, network: Network) -> Iterator[Service]:
    """Yield the service that the flow asks for, and for a published port also the service at the container's port."""
    kind = _kind(flow)
    holder = _holder(flow, network)
    yield kind, flow.protocol, flow.dport, flow.container or holder
    if holder == "host":  # a container in the host's network namespace serves at the host's addresses
        yield kind, flow.protocol, flow.dport, holder
    for host in network.hosts if flow.container else ():
        container = host.container(flow.container or "")
        for binding in host.network_owner(container).bindings if container is not None else ():
            if (binding.protocol, binding.host_port) == (flow.protocol, flow.dport):
                yield kind, flow.protocol, binding.container_port, flow.container or ""


def _holder(flow: Flow, network: Network) -> str | int:
    """Return ``host`` if the flow's destination is an address of this host, otherwise the destination address."""
    netns, address = network.this.netns, flow.daddr
    own = netns in network and owns_address(network.namespace(netns), flow.version, address)
    return "host" if own or is_loopback(address, flow.version) else address


def _kind(flow: Flow) -> str:
    match flow.start:
        case Outside() | Lan():
            return "outside"
        case FromContainer(name=name):
            return f"container {name}" if flow.purpose in ("egress", "dns") else "inside"
        case FromHost():
            return "inside"


def others_of(network: Network, asked: tuple[Flow, ...] = (), most: int = MAX_OTHERS) -> Others:
    """Return the asked flows and the known flows of the network's first host, with their walks.  A known flow that is
    also asked is walked only once, with the asked flow's amount of data."""
    meant = {flow_key(each): each for each in asked}
    named = tuple(Known(each, "way-out" if each.purpose in ("egress", "dns") else "published") for each in asked)
    flows = (*named, *(each for each in known_flows(network) if flow_key(each.flow) not in meant))
    both = tuple((each, walked(network, each.flow)) for each in flows[:most])
    read = tuple(pair for pair in both if not may_enter_unread(network, pair[1]))
    return Others(
        network,
        tuple(each for each, _ in read),
        tuple(trace for _, trace in read),
        frozenset(meant),
        frozenset(service for each in asked for service in services_of(each, network)),
        len(flows) - len(read),
        frozenset(flow_key(each.flow) for each in flows),
    )


def with_newly_known(was: Others, change: c.Change, network: Network) -> Others:
    """Return the known flows and the flows that the change makes known: flows of a container that runs only after the
    change, outgoing flows by a new route, and all flows of a container in whose namespace the change is made."""
    found: dict[object, Known] = {}
    if any(map(_makes_known, change.parts)):
        found = {flow_key(each.flow): each for each in known_flows(network) if _starts_in(each.flow, was)}
    for start in _changed_inside(change, network):
        found |= {flow_key(each.flow): each for each in asked_by(network, start) if _starts_in(each.flow, was)}
    return was.with_more(found.values())


def _changed_inside(change: c.Change, network: Network) -> Iterator[FromContainer]:
    """Yield the containers in whose namespaces the change is made."""
    spaces = dict.fromkeys(
        part.netns
        for part in change.parts
        if not isinstance(part, c.OfHost | c.ChangeWorld | c.AddNamespace | c.SetContainer)
    )
    for netns in spaces:
        container = network.container_of(netns) if not netns.is_host and netns in network else None
        if container is not None:
            yield FromContainer(network.host(netns.host).told_names(container)[0], netns)


def asked_from_new(was: Others, change: c.Change, network: Network, nature: Nature) -> Iterator[FlowEffect]:
    """Yield the effects on the flows of containers that run only after the change; none of these flows passes before
    the change."""
    if not any(isinstance(part, c.AddNamespace) for part in change.parts):
        return
    new = [each for each in known_flows(network) if not _starts_in(each.flow, was)]
    starts = dict.fromkeys(each.flow.start for each in new if isinstance(each.flow.start, FromContainer))
    asked = {flow_key(each.flow): each for start in starts for each in asked_by(network, start)}
    for each in (asked | {flow_key(each.flow): each for each in new}).values():
        if (then := walk_flow(network, each.flow)).succeeds:
            yield FlowEffect("opens", each.flow, each.group, "dropped", then.verdict, again=comes_back(each, nature))


def _makes_known(part: c.Primitive) -> bool:
    new = isinstance(part, c.AddEntry) and isinstance(part.entry, Route | Address | PolicyRule)
    return new or isinstance(part, c.AddNamespace | c.SetContainer)


def _starts_in(flow: Flow, others: Others) -> bool:
    return not isinstance(flow.start, FromContainer) or flow.start.netns in others.network


def with_effects(
    remedies: tuple[Remedy, ...],
    candidate: Candidate,
    others: Others,
    asked: tuple[Flow, ...],
    together: tuple[c.Change, ...],
    *,
    meant: bool,
) -> tuple[Remedy, ...]:
    """Return the remedies of a cause with their effects, by rank.  Remedies whose proof fails are left out.  ``asked``:
    the flows that the cause stops.  ``together``: the changes of the other causes of the set, without which the flows
    do not pass.  ``meant``: whether a person set or decided the thing that stops the flows.  If ``meant`` is true, no
    other flow should open.  If ``meant`` is false, flows that the same accident stopped count as restored."""
    held = (_held(each, candidate, others, asked, together, meant=meant) for each in remedies)
    kept = [each for each in held if each.proof is None or succeeds(each.proof)]
    return tuple(sorted(kept, key=lambda each: each.rank))


def _held(
    remedy: Remedy,
    candidate: Candidate,
    others: Others,
    asked: tuple[Flow, ...],
    together: tuple[c.Change, ...],
    *,
    meant: bool,
) -> Remedy:
    if not remedy.change.parts:
        return remedy
    try:
        after = simulate_once(remedy.change, others.network)
        proof = _proof(remedy, candidate, others, asked, together)
    except ChangeError:
        return remedy
    now = with_newly_known(others, remedy.change, after)
    then = now.after(remedy.change, after)
    alike = now.alike(then)
    now, then = now.with_more(alike), then.with_more(alike)
    nature = nature_of(remedy, candidate, meant=meant)
    effects = effects_between(now, then, nature, asked)
    effects = effects.with_more(ways_out(others.network, after, remedy.change, asked))
    effects = effects.with_more(opened_by_joining(others.network, after, remedy.change, asked))
    effects = effects.with_more(asked_from_new(others, remedy.change, after, nature))
    still = still_stopped(others.network, now.known, now.traces, then.traces, candidate.where)
    return msgspec.structs.replace(remedy, proof=proof, effects=msgspec.structs.replace(effects, still=still))


def nature_of(remedy: Remedy, candidate: Candidate, *, meant: bool) -> Nature:
    """Return the purpose of the repair.  ``meant``: whether the repair undoes a setting that a person made.  A repair
    that switches forwarding on is always ``undoing``, even if a file switches forwarding off, because forwarding can
    only be switched on for all flows."""
    if remedy.undoes is not None:
        return "meant"
    if candidate.in_class in PUTTING_BACK:
        return "putting-back"
    if candidate.in_class in UNDOING:
        return "undoing"
    return "meant" if meant else "opening"


def _proof(
    remedy: Remedy, candidate: Candidate, others: Others, asked: tuple[Flow, ...], together: tuple[c.Change, ...]
) -> Verdict | None:
    """Return the verdict of an asked flow with this remedy: the first flow that still fails, or, if no flow fails, the
    first flow.  Return None if the remedy is the change that the cause's own proof made."""
    if remedy.change == candidate.change or not asked:
        return None
    repaired = made_in_turn((*together, remedy.change), others.network)
    verdicts: list[Verdict] = [walk_flow(repaired, each).verdict for each in asked[:_PROVEN]]
    failing: list[Verdict] = [each for each in verdicts if not succeeds(each)]
    return failing[0] if failing else verdicts[0]


def effects_between(was: Others, then: Others, nature: Nature, asked: Iterable[Flow] = ()) -> Effects:
    """Return the effects on the known flows between the two networks, without asked flows that pass afterwards."""
    asked = tuple(asked)
    own = was.asked | frozenset(map(flow_key, asked))
    services = was.services.union(*(services_of(each, was.network) for each in asked))
    found: list[FlowEffect] = []
    count, left_out = 0, was.left_out
    for known, before, after in zip(was.known, was.traces, then.traces, strict=True):
        if before is after or (flow_key(known.flow) in own and (after.succeeds or not before.succeeds)):
            continue
        if may_enter_unread(then.network, after):
            left_out += 1
            continue
        count += 1
        effects = _effect(known, before, after, nature, then.network)
        found += (_of_asked(each, services, nature, was.network) for each in effects)
    return Effects(tuple(found), count, left_out)


def _of_asked(effect: FlowEffect, services: frozenset[Service], nature: Nature, network: Network) -> FlowEffect:
    """Return the effect, with ``of_asked`` set if it opens the asked service to a client of the same kind.  If the
    repair undoes an accident, ``of_asked`` is set for clients of any kind."""
    own = frozenset(services_of(effect.flow, network))
    if nature != "meant":
        own, services = (frozenset(("", *each[1:]) for each in found) for found in (own, services))
    of_asked = effect.kind == "opens" and not services.isdisjoint(own)
    return msgspec.structs.replace(effect, of_asked=of_asked)


def _effect(known: Known, before: Trace, after: Trace, nature: Nature, then: Network) -> Iterator[FlowEffect]:
    """Yield the effect of a repair of this nature.  ``then``: the network after the repair."""
    one, other = before.succeeds, after.succeeds
    if one and other:
        yield from diversions(known, before, after, nature)
    elif other:
        again = comes_back(known, nature)
        yield FlowEffect("opens", known.flow, known.group, before.verdict, after.verdict, again=again)
    elif one:
        again = nature == "putting-back" and (_is_kept_in(known) or _is_stopped_by_engine(after, then))
        yield FlowEffect("closes", known.flow, known.group, before.verdict, after.verdict, again=again)


def _is_stopped_by_engine(trace: Trace, network: Network) -> bool:
    """Return whether a rule that an engine makes for this host stops the flow in each of its branches.

    dockerd since version 28 drops packets from outside to a container's own address, published or not: in raw
    PREROUTING, and at the end of its chain DOCKER.  While these rules are lost, the packets pass."""
    return all(
        each.stop is not None
        and each.stop.netns == network.this.netns
        and isinstance(each.stop.decided_by, RuleDecided)
        and is_engines(network.this, each.stop.decided_by.place)
        for each in trace.branches
    )


def comes_back(known: Known, nature: Nature) -> bool:
    """Return whether an opened flow counts as only restored.  If the repair undoes an accident, every opened flow
    counts.  If the repair is ``opening``, flows to published ports, egress and flows from the host count, because a
    host normally reaches all its containers."""
    served = known.group in ("published", "way-out") or isinstance(known.flow.start, FromHost)
    return nature in ("putting-back", "undoing") or (nature == "opening" and served)


def _is_kept_in(known: Known) -> bool:
    """Return whether an engine's complete rules stop the flow: to an unpublished port, or between two networks."""
    return known.group == "unpublished" or (known.group == "published" and isinstance(known.flow.start, FromContainer))


def opened_by_joining(
    network: Network, after: Network, change: c.Change, asked: Iterable[Flow]
) -> Iterator[FlowEffect]:
    """Yield the effects on flows from a network's containers to a container that joins the network.  Asked flows are
    left out."""
    own = frozenset(map(flow_key, asked))
    for flow in flows_to_joined(network, change):
        then = walk_flow(after, flow) if flow_key(flow) not in own else None
        if then is None or not then.succeeds:
            continue
        now = walk_flow(network, flow)
        if not now.succeeds:
            yield FlowEffect("opens", flow, "unpublished", now.verdict, then.verdict)


def flow_told(flow: Flow) -> str:
    """Return the flow in one line."""
    return f"{flow.start_text()} → {flow.target_text()}"
