"""The answer about a host that a user without root has read: which of its verdicts rest on what was read.

The rules were supposed to be those that the engine makes (``suppose/without_root.py``).  A flow that fails with them
fails by something else, and a cause that readings show is proven by them.  Any other verdict is undecided.
"""

import msgspec

from hairpin.answer.answer import Answer, CauseAnswer, FlowAnswer
from hairpin.causes.cause import Reader
from hairpin.causes.registry import known_cause
from hairpin.host.host import Host
from hairpin.suppose.parts import supposed_in
from hairpin.suppose.relayed import hidden_engines
from hairpin.walk.decided import RuleDecided, SocketDecided
from hairpin.walk.state import Stop

_replace = msgspec.structs.replace


def as_far_as_read(answer: Answer) -> Answer:
    """Return the answer in which a verdict is undecided if it rests on a part that was not read."""
    read = frozenset(each.id for evidence in answer.evidence for each in evidence.readings)
    shown = {each.ref for each in answer.causes if _is_shown(each, answer, read)}
    flows = tuple(_decided(each, shown, answer) for each in answer.flows)
    kept = {ref for each in flows for ref in each.causes}
    causes = tuple(each for each in answer.causes if each.ref in kept or not each.flows and each.ref in shown)
    return _replace(answer, flows=flows, causes=causes)


def _is_shown(cause: CauseAnswer, answer: Answer, read: frozenset[str]) -> bool:
    """Return whether readings show the cause.  A cause without a reading is one of a thing that is not there: it is
    shown if the list was read in which that thing would be."""
    host = answer.network.host(cause.host)
    known = known_cause(cause.id)
    if host.told is not None and (known is None or not _may_read(known.shown_to, host)):
        return False
    named = tuple(each for each in cause.candidate.evidence if each)
    return all(each in read for each in named) if named else cause.stop is not None and _is_listed(cause.stop, answer)


def _may_read(reader: Reader, host: Host) -> bool:
    """Return whether the user of this host may read what a cause rests on.

    dockerd itself holds published ports if it starts no docker-proxy, and who holds a socket only root sees: then a
    socket may be one of an engine that this user may not ask."""
    hidden = "docker" in hidden_engines(host)
    if reader == "engine":
        return not hidden
    return reader == "everybody" and not (hidden and any(each.userland_proxy is False for each in host.engines))


def _is_listed(stop: Stop, answer: Answer) -> bool:
    """Return whether a list was read in which the packet found nothing: in the host's own namespace any list but that
    of the rules, in a container's its sockets alone."""
    host = answer.network.host(stop.netns.host)
    told = host.told
    if told is None:
        return True
    if stop.netns.is_host:
        return not hidden_engines(host) and not isinstance(stop.decided_by, RuleDecided)
    return isinstance(stop.decided_by, SocketDecided) and told.proves(stop.netns.name, "sockets")


def _decided(flow: FlowAnswer, shown: set[str], answer: Answer) -> FlowAnswer:
    """Return the flow with its causes if readings show all of them; else as undecided, without a cause."""
    if flow.causes and shown.issuperset(flow.causes):
        return flow
    return _replace(flow, causes=(), supposed=supposed_in(answer.network, flow.trace.flow))
