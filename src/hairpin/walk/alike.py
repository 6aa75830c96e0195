"""Flows that are alike: a later flow gets an earlier flow's verdict, and is walked only when its branches are read.

Exchanging the own values of two alike containers leaves the network as it is.  Therefore one walk tells the verdict of
all flows that are alike (network/kinds).  On a host with many containers most branches are never read: a report has the
verdicts of all flows, but causes only for the flows that fail.
"""

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

from hairpin.kept import kept
from hairpin.message import Message
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.walk.trace import Branch, OpenQuestion, Trace
from hairpin.walk.walk import walk_flow

if TYPE_CHECKING:
    from hairpin.network.kinds.kinds import Kinds

_FEW = 4
"""The number of walks in a network after which hairpin searches for alike containers.  The number grows by one for each
16 containers of the hosts."""
_FOR_CONTAINERS = 16


class TraceTakenOver(Trace, frozen=True, dict=True):
    """A trace with the verdict of an alike flow, whose trace is ``first``.  The first read access to ``branches`` walks
    the flow itself, in ``network``.

    ``changed_from``: the network before the change, in which the two flows are alike; None if they are alike in
    ``network``."""

    network: Network = Network(())
    first: Trace | None = None
    changed_from: Network | None = None

    @property
    def like(self) -> Trace:
        """The alike flow's trace, from which this trace has its verdict."""
        return self.first or self

    @property
    def assumed(self) -> tuple[Message, ...]:
        """The alike flow's assumptions.  If these assumptions name own values of the alike flow, this flow itself is
        walked and has its own assumptions."""
        return super().assumed if self._says_own else self.like.assumed

    @property
    def questions(self) -> tuple[OpenQuestion, ...]:
        """The alike flow's questions.  If these questions name own values of the alike flow, this flow itself is walked
        and has its own questions."""
        return super().questions if self._says_own else self.like.questions

    @property
    def _says_own(self) -> bool:
        return _says_own(self.changed_from or self.network, self.like)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Trace):
            return NotImplemented
        return (self.flow, self.verdict, self.branches) == (other.flow, other.verdict, other.branches)

    def __hash__(self) -> int:
        return hash((self.flow, self.verdict))

    def __reduce__(self) -> tuple[Any, ...]:
        return Trace, (self.flow, self.verdict, self.branches)


@kept
def _own_walk(trace: TraceTakenOver) -> Trace:
    return walk_flow(trace.network, trace.flow)


def _branches(trace: TraceTakenOver) -> tuple[Branch, ...]:
    return _own_walk(trace).branches


def _says_own(network: Network, first: Trace) -> bool:
    """Return whether an assumption or a question of the trace ``first`` contains a name or an address that belongs to
    the trace's own flow only."""
    known = _firsts(network).own_words
    if first.flow not in known:
        said = repr((first.assumed, first.questions)) if first.assumed or first.questions else ""
        words = _kinds(network).words_of(first.flow, network.this.name) if said else ()
        known[first.flow] = any(word in said for word in words)
    return known[first.flow]


_READ_LATE = "branches"
setattr(TraceTakenOver, _READ_LATE, property(_branches))


class _Firsts:
    """The traces of one network, indexed by the kind of their flow.  ``waiting`` has the traces whose kinds were not
    computed yet."""

    def __init__(self) -> None:
        self.by_kind: dict[Hashable, Trace] = {}
        self.waiting: list[Trace] = []
        self.own_words: dict[Flow, bool] = {}


def walked_alike(network: Network, flow: Flow) -> Trace:
    """Return the flow's trace.  If an alike flow was walked before, the trace has that flow's verdict; otherwise the
    flow is walked."""
    return taken_over(network, flow) or remember(network, walk_flow(network, flow))


def taken_over(network: Network, flow: Flow) -> TraceTakenOver | None:
    """Return the flow's trace, with the verdict of a flow that is alike.  Return None if no such flow was walked, or
    if too few flows were walked for a search for alike flows."""
    firsts = _firsts(network)
    if len(firsts.waiting) < _worth_looking(network):
        return None
    kinds, this = _kinds(network), network.this.name
    if not firsts.by_kind:
        for each in firsts.waiting:
            firsts.by_kind.setdefault(kinds.of_flow(each.flow, this), each)
    kind = kinds.of_flow(flow, this)
    first = firsts.by_kind.get(kind) if kind is not None else None
    return None if first is None else TraceTakenOver(flow, first.verdict, (), network, first)


def taken_over_after(network: Network, alike: TraceTakenOver, first: Trace) -> TraceTakenOver:
    """Return the trace in ``network`` of the flow of ``alike``.  The trace has the verdict of ``first``, which is the
    alike flow's trace.

    ``network`` and the network of ``first`` come from the network of ``alike`` by one change each.  Exchanging the own
    values of the two flows turns one of the two changes into the other."""
    return TraceTakenOver(alike.flow, first.verdict, (), network, first.like, alike.network)


def remember(network: Network, trace: Trace) -> Trace:
    """Store the trace and return it unchanged.  From now on, alike flows get the verdict of this trace."""
    firsts = _firsts(network)
    if firsts.by_kind:
        firsts.by_kind.setdefault(_kinds(network).of_flow(trace.flow, network.this.name), trace)
    else:
        firsts.waiting.append(trace)
    return trace


def exchanged_names(network: Network, trace: TraceTakenOver) -> Mapping[str, str]:
    """Return the exchange of names that turns the alike flow into the trace's flow: each name of a container's
    namespace or link is mapped to the name that replaces it."""
    return _kinds(network).exchanged_names(trace.like.flow, trace.flow, network.this.name)


def own_name(trace: Trace, name: str) -> str:
    """Return the name of the trace's own link that corresponds to the link ``name`` of the alike flow's trace."""
    if not isinstance(trace, TraceTakenOver):
        return name
    return exchanged_names(trace.changed_from or trace.network, trace).get(name, name)


def _kinds(network: Network) -> "Kinds":
    from hairpin.network.kinds.kinds import kinds_of

    return kinds_of(network)


@kept
def _firsts(network: Network) -> _Firsts:  # noqa: ARG001
    return _Firsts()


@kept
def _worth_looking(network: Network) -> int:
    return _FEW + sum(len(host.containers()) for host in network.hosts) // _FOR_CONTAINERS
