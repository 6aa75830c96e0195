"""The answer about a host that was read without root: finds the verdicts that rest only on readings.

hairpin assumes that the host has the rules that the engine makes (``suppose/without_root.py``).  If a flow fails with
these rules, something else stops it.  If readings show its cause, these readings prove the cause.  Any other verdict is
undecided.
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
    """Return the answer in which each verdict that rests on an unread part is undecided."""
    read = frozenset(each.id for evidence in answer.evidence for each in evidence.readings)
    shown = {each.ref for each in answer.causes if _is_shown(each, answer, read)}
    flows = tuple(_decided_flow(each, shown, answer) for each in answer.flows)
    kept = {ref for each in flows for ref in each.causes}
    causes = tuple(each for each in answer.causes if each.ref in kept or (not each.flows and each.ref in shown))
    return _replace(answer, flows=flows, causes=causes)


def _is_shown(cause: CauseAnswer, answer: Answer, read: frozenset[str]) -> bool:
    """Return whether readings show the cause.  A cause without a reading of its own is about a missing thing.  Such a
    cause is shown if the list was read that would contain the thing."""
    host = answer.network.host(cause.host)
    known = known_cause(cause.id)
    if host.told is not None and (known is None or not _may_read(known.shown_to, cause, host)):
        return False
    named = tuple(each for each in cause.candidate.evidence if each)
    if named:
        return all(each in read for each in named)
    return cause.stop is not None and _was_listed(cause.stop, answer.network.host(cause.stop.netns.host))


def _may_read(reader: Reader, cause: CauseAnswer, host: Host) -> bool:
    """Return whether the user of this host may read the facts that prove the cause.

    Only root sees which process has a socket.  So if no docker-proxy's command line names a socket, the socket may
    belong to an engine that this user may not ask: to Podman, or to a dockerd that starts no docker-proxy."""
    proxyless = hides_docker(host) and any(each.userland_proxy is False for each in host.engines)
    where = cause.candidate.where
    if (proxyless or hides_others(host)) and isinstance(where, OfSocket) and where.socket.process is None:
        return where.container is not None
    if reader == "engine":
        return not hides_docker(host) and not (hides_others(host) and isinstance(where, OfPort))
    return reader == "everybody"


def _was_listed(stop: Stop, host: Host) -> bool:
    """Return whether the list was read in which the packet found no entry.  In the host's own namespace this may be any
    list except the rules.  In a container's namespace it may only be the list of sockets.  An unknown container may
    have the port."""
    if host.told is None:
        return True
    if stop.netns.is_host:
        return not (hides_docker(host) or hides_others(host) or isinstance(stop.decided_by, RuleDecided))
    return isinstance(stop.decided_by, SocketDecided) and host.told.proves(stop.netns.name, "sockets")


def _decided_flow(flow: FlowAnswer, shown: set[str], answer: Answer) -> FlowAnswer:
    """Return the flow with its causes if readings show all of them; otherwise the undecided flow without causes."""
    if flow.causes and shown.issuperset(flow.causes):
        return flow
    return _replace(flow, causes=(), supposed=supposed_in(answer.network, flow.trace.flow))
