"""The answer about a host that a user without root has read: which of its verdicts rest on what was read.

The rules were supposed to be those that the engine makes (``suppose/without_root.py``).  A flow that fails with them
fails by something else, and a cause that readings show is proven by them.  Any other verdict is undecided.
"""

import msgspec

from hairpin.answer.answer import Answer, CauseAnswer, FlowAnswer
from hairpin.causes.cause import Reader
from hairpin.causes.registry import known_cause
from hairpin.causes.where import OfPort, OfSocket
from hairpin.host.host import Host
from hairpin.suppose.parts import supposed_in
from hairpin.suppose.relayed import hides_docker, hides_others
from hairpin.walk.decided import RuleDecided, SocketDecided
from hairpin.walk.state import Stop

_replace = msgspec.structs.replace


def as_far_as_read(answer: Answer) -> Answer:
    """Return the answer in which a verdict is undecided if it rests on a part that was not read."""
    read = frozenset(each.id for evidence in answer.evidence for each in evidence.readings)
    shown = {each.ref for each in answer.causes if _is_shown(each, answer, read)}
    flows = tuple(_decided_flow(each, shown, answer) for each in answer.flows)
    kept = {ref for each in flows for ref in each.causes}
    causes = tuple(each for each in answer.causes if each.ref in kept or (not each.flows and each.ref in shown))
    return _replace(answer, flows=flows, causes=causes)


def _is_shown(cause: CauseAnswer, answer: Answer, read: frozenset[str]) -> bool:
    """Return whether readings show the cause.  A cause without a reading is one of a thing that is not there: it is
    shown if the list was read in which that thing would be."""
    host = answer.network.host(cause.host)
    known = known_cause(cause.id)
    if host.told is not None and (known is None or not _may_read(known.shown_to, cause, host)):
        return False
    named = tuple(each for each in cause.candidate.evidence if each)
    if named:
        return all(each in read for each in named)
    return cause.stop is not None and _was_listed(cause.stop, answer.network.host(cause.stop.netns.host))


def _may_read(reader: Reader, cause: CauseAnswer, host: Host) -> bool:
    """Return whether the user of this host may read what the cause rests on.

    Only root sees who holds a socket.  So a socket of which no docker-proxy's command line tells may be one of an
    engine that this user may not ask: Podman's, or of a dockerd that starts no docker-proxy."""
    proxyless = hides_docker(host) and any(each.userland_proxy is False for each in host.engines)
    where = cause.candidate.where
    if (proxyless or hides_others(host)) and isinstance(where, OfSocket) and where.socket.process is None:
        return where.container is not None
    if reader == "engine":
        return not hides_docker(host) and not (hides_others(host) and isinstance(where, OfPort))
    return reader == "everybody"


def _was_listed(stop: Stop, host: Host) -> bool:
    """Return whether a list was read in which the packet found nothing: in the host's own namespace any list but that
    of the rules, in a container's its sockets alone.  A container that is not known may have the port."""
    if host.told is None:
        return True
    if stop.netns.is_host:
        return not (hides_docker(host) or hides_others(host) or isinstance(stop.decided_by, RuleDecided))
    return isinstance(stop.decided_by, SocketDecided) and host.told.proves(stop.netns.name, "sockets")


def _decided_flow(flow: FlowAnswer, shown: set[str], answer: Answer) -> FlowAnswer:
    """Return the flow with its causes if readings show all of them; else as undecided, without a cause."""
    if flow.causes and shown.issuperset(flow.causes):
        return flow
    return _replace(flow, causes=(), supposed=supposed_in(answer.network, flow.trace.flow))
