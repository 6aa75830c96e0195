"""Lost rules of an engine that no asked flow misses yet, as docker-proxy carries it: an event shows the loss.

dockerd's docker-proxy ends with dockerd, and dockerd starts no container whose rules it cannot add (``iptables: No
chain/target/match by that name``).  The event is simulated, and the flow is diagnosed as always.
"""

import msgspec

from hairpin.causes.cause import Candidate
from hairpin.change.change import AddChain, Change, DeleteSocket
from hairpin.change.simulate import simulate
from hairpin.diagnose.diagnose import Diagnosis, Suspect, diagnose
from hairpin.diagnose.examination import Examination, FoundCause
from hairpin.engines.missing import missing_on
from hairpin.errors import ChangeError
from hairpin.host.host import Host
from hairpin.message import message
from hairpin.network.flow import Flow
from hairpin.network.network import Network

_RELAY = "docker-proxy"


class LatentCause(msgspec.Struct, frozen=True):
    """A cause that stops flows after ``event``; ``found.proof`` is of the time after it."""

    found: FoundCause
    event: str


def latent(examination: Examination) -> tuple[LatentCause, ...]:
    """Return the lost engine rules that delivered flows of the examination will miss, each once."""
    network = examination.network
    losing = [host for host in network.hosts if host.was_read and any(lost for _, lost in missing_on(host))]
    known = {key for each in examination.causes for key in each.keys}
    later: dict[object, list[tuple[int, Diagnosis, Suspect]]] = {}
    for host in losing:
        after = _without_relays(network, host)
        if after is None:
            continue
        for number, diagnosis in enumerate(examination.diagnoses):
            if not (diagnosis.trace.succeeds and diagnosis.trace.flow.purpose in ("published", "asked")):
                continue
            for found, suspect in _missed(after, diagnosis.trace.flow):
                if suspect.key not in known:
                    later.setdefault(suspect.key, []).append((number, found, suspect))
    first = len(examination.causes) + len(examination.instead) + 1
    return tuple(_latent(f"c{first + place}", members) for place, members in enumerate(later.values()))


def _without_relays(network: Network, host: Host) -> Network | None:
    """Return the network without docker-proxy on the host; None if it runs none there."""
    relays = (each for each in network.namespace(host.netns).sockets if each.process == _RELAY)
    change = Change(tuple(DeleteSocket(host.netns, each) for each in relays))
    try:
        return simulate(change, network) if change.parts else None
    except ChangeError:
        return None


def _missed(network: Network, flow: Flow) -> tuple[tuple[Diagnosis, Suspect], ...]:
    """Return the lost rules without which the flow fails in this network."""
    found = diagnose(network, flow)
    return tuple((found, each) for each in found.causes if each.candidate.in_class in _LOST)


_LOST = frozenset({"lost-engine-rule", "lost-masquerade", "lost-hairpin-masquerade"})
"""Classes of candidates that put engine rules back."""


def _latent(ref: str, members: list[tuple[int, Diagnosis, Suspect]]) -> LatentCause:
    _, diagnosis, suspect = members[0]
    assert diagnosis.proof is not None
    lacks_chain = any(isinstance(part, AddChain) for part in suspect.candidate.change.parts)
    found = FoundCause(
        ref=ref,
        id=suspect.cause,
        candidate=_told(suspect.candidate, lacks_chain=lacks_chain),
        stop=suspect.stop,
        proof=diagnosis.proof,
        flows=tuple(dict.fromkeys(number for number, _, _ in members)),
        together=(ref,),
        keys=(suspect.key,),
    )
    return LatentCause(found, "container-restart" if lacks_chain else "docker-kill")


def _told(candidate: Candidate, *, lacks_chain: bool) -> Candidate:
    now = message(
        "Published ports work only through docker-proxy now: the container sees the bridge's address instead of the "
        "client's, and each connection costs two sockets on the host."
    )
    then = (
        message("At its next start Docker refuses to start the container, because a chain for its rules is gone.")
        if lacks_chain
        else message("When dockerd ends, docker-proxy ends with it, and nothing carries the port any more.")
    )
    detail = message("{first} {now} {then}", first=candidate.detail, now=now, then=then)
    return msgspec.structs.replace(candidate, detail=detail)
