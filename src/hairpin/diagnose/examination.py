"""Diagnoses every asked flow and joins equal causes."""

import msgspec

from hairpin.causes.cause import Candidate
from hairpin.diagnose.diagnose import Diagnosis, Proof, Suspect, diagnose
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.walk.state import Stop


class FoundCause(msgspec.Struct, frozen=True):
    """A proven cause.

    ``ref`` names it in this examination.  ``flows``: the indexes of the flows that it stops; ``stop``: where it stops
    the first of them.  ``together``: refs (its own included) of the causes that have to go before those flows are
    delivered."""

    ref: str
    id: str
    candidate: Candidate
    stop: Stop
    proof: Proof
    flows: tuple[int, ...]
    together: tuple[str, ...]

    @property
    def host(self) -> str:
        """The label of the host that the cause is on: where its change is made, else where the packet stopped."""
        return self.candidate.change.host or self.stop.netns.host


class Examination(msgspec.Struct, frozen=True):
    """The flows' diagnoses in the order asked, and the causes that they found."""

    network: Network
    diagnoses: tuple[Diagnosis, ...]
    causes: tuple[FoundCause, ...]

    def causes_of(self, number: int) -> tuple[FoundCause, ...]:
        """Return the causes that stop the flow of that index, in the order of its own diagnosis."""
        order = [each.key for each in self.diagnoses[number].causes]
        found = [each for each in self.causes if number in each.flows]
        return tuple(sorted(found, key=lambda each: order.index((each.id, each.host, each.candidate.where))))


def examine(network: Network, flows: tuple[Flow, ...]) -> Examination:
    """Diagnose the flows, in the order asked."""
    diagnoses = tuple(diagnose(network, flow) for flow in flows)
    return Examination(network, diagnoses, _joined(diagnoses))


def _joined(diagnoses: tuple[Diagnosis, ...]) -> tuple[FoundCause, ...]:
    """Return each cause once, in the order in which the flows name them."""
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
                suspect.candidate,
                suspect.stop,
                diagnosis.proof,
                tuple(number for number, _ in members),
                together,
            )
        )
    return tuple(found)
