"""The whole answer: every asked flow diagnosed, equal causes joined, best first."""

from typing import Literal

import msgspec

from hairpin.causes.cause import Candidate
from hairpin.diagnose.diagnose import Diagnosis, Proof, Suspect, diagnose
from hairpin.host.host import Unread
from hairpin.network.flow import Flow
from hairpin.network.network import Network

Severity = Literal["blocking", "latent", "exposure", "advice"]


class FoundCause(msgspec.Struct, frozen=True):
    """A proven cause: ``ref`` names it in this answer, ``flows`` are the indexes of those that it stops, ``together``
    the refs (itself included) that have to go before those flows are delivered.  ``host`` is the label of the host that
    it is on."""

    ref: str
    id: str
    severity: Severity
    host: str
    candidate: Candidate
    proof: Proof
    flows: tuple[int, ...]
    together: tuple[str, ...]


class Answer(msgspec.Struct, frozen=True):
    """What ``check`` found.  ``unexplained``: indexes of flows that fail, and no cause of the catalogue explains it."""

    network: Network
    diagnoses: tuple[Diagnosis, ...]
    causes: tuple[FoundCause, ...]
    unexplained: tuple[int, ...]
    undecided: tuple[int, ...]
    missing: tuple[Unread, ...] = ()
    replicated_flows: frozenset[int] = frozenset()
    """Indexes of flows whose verdict a replica on the running kernel has confirmed."""
    replicated_causes: frozenset[str] = frozenset()
    """Refs of causes whose proof it has confirmed, without and with the change."""


def check(network: Network, flows: tuple[Flow, ...]) -> Answer:
    """Diagnose the flows, in the order asked."""
    diagnoses = tuple(diagnose(network, flow) for flow in flows)
    return Answer(
        network,
        diagnoses,
        _joined(diagnoses),
        unexplained=tuple(
            number
            for number, each in enumerate(diagnoses)
            if each.trace.verdict not in ("delivered", "depends") and not each.causes
        ),
        undecided=tuple(
            number for number, each in enumerate(diagnoses) if each.trace.verdict == "depends" and not each.causes
        ),
        missing=tuple(each for host in network.hosts for each in host.unread),
    )


def _joined(diagnoses: tuple[Diagnosis, ...]) -> tuple[FoundCause, ...]:
    """Join equal causes of several flows; those that stop more of the asked flows, and the first of them, come
    first."""
    keys: dict[object, list[tuple[int, Suspect]]] = {}
    for number, diagnosis in enumerate(diagnoses):
        for suspect in diagnosis.causes:
            keys.setdefault(suspect.key, []).append((number, suspect))
    refs = {key: f"c{index}" for index, key in enumerate(keys, 1)}
    found: list[FoundCause] = []
    for key, members in keys.items():
        first, suspect = members[0]
        diagnosis = diagnoses[first]
        together = tuple(refs[each.key] for each in diagnosis.causes)
        assert diagnosis.proof is not None
        found.append(
            FoundCause(
                refs[key],
                suspect.cause,
                "blocking",
                suspect.host,
                suspect.candidate,
                diagnosis.proof,
                tuple(number for number, _ in members),
                together,
            )
        )
    return tuple(found)
