"""Finds lost rules of an engine that no asked flow misses yet.  The flows do not need these rules now, because
docker-proxy relays the flows.  An event shows that the rules are lost.

docker-proxy ends when dockerd ends, and dockerd refuses to start a container whose rules it cannot add (``iptables: No
chain/target/match by that name``).  hairpin simulates the end of dockerd or the start of the container, and then
diagnoses the flow.
"""

from collections.abc import Iterable, Iterator

import msgspec

from hairpin.causes.cause import Candidate, Finding, Key, View
from hairpin.causes.order import PUTTING_BACK
from hairpin.causes.registry import known_cause
from hairpin.causes.where import OfLostRules
from hairpin.change.change import AddChain, Change, DeleteNamespace, DeleteSocket, InsertRule, Primitive, SetContainer
from hairpin.change.simulation.simulate import simulate
from hairpin.diagnose.diagnose import diagnose
from hairpin.diagnose.examination import Examination
from hairpin.diagnose.suspect import Diagnosis, Suspect
from hairpin.engines.expected import ExpectedChain, ExpectedRule
from hairpin.engines.missing import missing_on
from hairpin.engines.repair.restoring import restoring_all
from hairpin.engines.repair.starting import refuses_start
from hairpin.errors import ChangeError
from hairpin.host.host import Host
from hairpin.host.netns import Netns
from hairpin.message import message
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.walk.decided import SocketDecided

_RELAY = "docker-proxy"


class _Miss(msgspec.Struct, frozen=True):
    """A lost rule that the flow with the index ``number`` misses after ``event``.  ``relayed``: whether docker-proxy
    relays the flow now."""

    number: int
    event: str
    diagnosis: Diagnosis
    suspect: Suspect
    relayed: bool


def latent(examination: Examination) -> tuple[Finding, ...]:
    """Return the lost rules of engines that delivered flows of the examination will miss.  Each loss is returned
    once."""
    network = examination.network
    losing = [host for host in network.hosts if host.was_read and any(lost for _, lost in missing_on(host))]
    known = {key for each in examination.causes for key in each.keys}
    later: dict[Key, list[_Miss]] = {}
    for host in losing:
        without_relays = _simulated(_relays(host), network)
        for number, diagnosis in enumerate(examination.diagnoses):
            flow = diagnosis.trace.flow
            if not (diagnosis.trace.succeeds and flow.purpose in ("published", "asked")):
                continue
            restarted = _refused(network, host, flow)
            event, after = ("docker-kill", without_relays) if restarted is None else ("container-restart", restarted)
            found = diagnose(after, flow) if after is not None else diagnosis
            for suspect in found.causes:
                if (
                    suspect.candidate.in_class in PUTTING_BACK
                    and suspect.key not in known
                    and not _told_now(suspect, examination)
                ):
                    whole = _as_of_now(suspect, found, network)
                    later.setdefault(whole.key, []).append(_Miss(number, event, found, whole, _relayed(diagnosis)))
    return tuple(map(_latent, later.values()))


def with_all_lost(found: Finding, network: Network) -> Finding:
    """Return the finding whose change restores every lost chain and rule of the engine, with one load for each table.

    A single restored rule could stop a flow that docker-proxy relays now: the DNAT rule sends the packet past
    docker-proxy into the filter table, whose ACCEPT rule may be lost, too.  Therefore the filter table comes first."""
    own, host = _rules(found.candidate), network.host(found.host)
    for _, lost in missing_on(host):
        if not own.isdisjoint(_rules_of(lost.chains, lost.rules)):
            whole = restoring_all(lost, host.netns, host.namespace(host.netns.name))
            parts = tuple(sorted(whole.parts, key=lambda each: not _is_of_filter(each)))
            candidate = msgspec.structs.replace(
                found.candidate, change=Change(parts), advice=(*found.candidate.advice, _TOGETHER)
            )
            return msgspec.structs.replace(found, candidate=candidate)
    return found


_TOGETHER = message(
    "these are all rules that the engine has lost. Some of them, restored alone, would stop flows that pass now.  "
    "`hairpin restore --apply` puts back all of them"
)


def _is_of_filter(part: Primitive) -> bool:
    return isinstance(part, AddChain | InsertRule) and part.table == "filter"


def _as_of_now(suspect: Suspect, found: Diagnosis, network: Network) -> Suspect:
    """Return the suspect as found on the host before the event.

    In this form, its lost rules include the rules of containers that are running now."""
    cause = known_cause(suspect.cause)
    assert cause is not None
    for each in cause.find(View(network, found.trace.flow, found.trace.usual, suspect.stop)):
        if _rules(suspect.candidate) <= _rules(each):
            return msgspec.structs.replace(suspect, candidate=each)
    return suspect


def _told_now(suspect: Suspect, examination: Examination) -> bool:
    """Return whether the cause of a failing flow already restores all rules that the suspect would restore."""
    rules = _rules(suspect.candidate)
    alike = (each for each in examination.causes if (each.id, each.host) == (suspect.cause, suspect.host))
    return any(rules <= _rules(each.candidate) for each in alike)


def _rules(candidate: Candidate) -> frozenset[object]:
    """Return the missing chains and rules that the candidate is about."""
    lost = candidate.where
    if not isinstance(lost, OfLostRules):
        return frozenset()
    return frozenset(_rules_of(lost.chains, lost.rules))


def _rules_of(chains: Iterable[ExpectedChain], rules: Iterable[ExpectedRule]) -> Iterator[object]:
    yield from ((each.table, each.chain) for each in chains)
    yield from ((each.table, each.chain, each.rule.body) for each in rules)


def _relayed(diagnosis: Diagnosis) -> bool:
    """Return whether docker-proxy receives the flow's request."""
    steps = diagnosis.trace.usual.request
    sockets = (each.decided_by.socket for each in steps if isinstance(each.decided_by, SocketDecided))
    return any(each is not None and each.process == _RELAY for each in sockets)


def _relays(host: Host) -> tuple[Primitive, ...]:
    relays = (each for each in host.namespace(host.netns.name).sockets if each.process == _RELAY)
    return tuple(DeleteSocket(host.netns, each) for each in relays)


def _refused(network: Network, host: Host, flow: Flow) -> Network | None:
    """Return the network after a restart of the flow's container, if the engine refuses to start it again; otherwise
    None."""
    container = host.container(flow.container) if flow.container is not None else None
    if container is None or not container.running or container.netns is None or container.on_host_network:
        return None
    if not refuses_start(host, container):
        return None
    own = DeleteNamespace(Netns(host.name, container.netns))
    ended = msgspec.structs.replace(container, status="exited", pid=None, netns=None)
    return _simulated((*_relays(host), own, SetContainer(host.name, ended)), network)


def _simulated(parts: tuple[Primitive, ...], network: Network) -> Network | None:
    try:
        return simulate(Change(parts), network) if parts else None
    except ChangeError:
        return None


def _latent(members: list[_Miss]) -> Finding:
    first = members[0]
    assert first.diagnosis.proof is not None
    told = _told(first.suspect.candidate, first.event, relayed=first.relayed)
    suspect = msgspec.structs.replace(first.suspect, candidate=told)
    flows = tuple(dict.fromkeys(each.number for each in members))
    found = suspect.proven(first.diagnosis.proof, flows, severity="latent")
    return msgspec.structs.replace(found, event=first.event, keys=(first.suspect.key,))


def _told(candidate: Candidate, event: str, *, relayed: bool) -> Candidate:
    now = message(
        "Published ports work only through docker-proxy now: the container sees the bridge's address instead of the "
        "client's, and each connection costs two sockets on the host."
    )
    then = (
        message("At its next start Docker refuses to start the container, because a chain for its rules is gone.")
        if event == "container-restart"
        else message(
            "docker-proxy ends together with dockerd, and then nothing forwards the port's connections any more."
        )
    )
    said = message("{first} {then}", first=now, then=then) if relayed else then
    detail = message("{first} {then}", first=candidate.detail, then=said)
    return msgspec.structs.replace(candidate, detail=detail)
