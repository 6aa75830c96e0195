"""Flows before both judges, and the disagreements kept."""

from collections.abc import Mapping

import msgspec

from hairpin.evidence.reading import Evidence
from hairpin.judges.agreement import Agreement, agreement
from hairpin.judges.disagreement import folders, keep
from hairpin.judges.this_kernel import as_judged_here
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.replica.judge import judge_all
from hairpin.replica.run.worker import Judgement
from hairpin.walk.walk import Trace, walk_flow


class Proof(msgspec.Struct, frozen=True):
    """One flow with both answers; ``file`` keeps them where they disagree."""

    trace: Trace
    judgement: Judgement
    agreement: Agreement
    file: str | None = None


def prove_all(
    network: Network, flows: tuple[Flow, ...], evidence: Evidence, environment: Mapping[str, str]
) -> tuple[Proof, ...]:
    """Return the flows with both answers; a disagreement is written down.  Raises ReplicaError."""
    judgements = judge_all(network, flows, (evidence,))
    return tuple(
        _proof(network, walk_flow(network, flow), judgement, evidence, environment)
        for flow, judgement in zip(flows, judgements, strict=True)
    )


def _proof(
    network: Network, trace: Trace, judgement: Judgement, evidence: Evidence, environment: Mapping[str, str]
) -> Proof:
    judgement = as_judged_here(network, trace, judgement)
    found = agreement(trace, judgement)
    if found.agrees is not False:
        return Proof(trace, judgement, found)
    path = keep(evidence, network.world, trace, judgement, found, folders(environment))
    return Proof(trace, judgement, found, str(path) if path is not None else None)
