"""``python -m tests.fidelity.kernels.replicas FILE``: recorded hosts rebuilt on the running
kernel, held against the walk.

The hosts are those of tests/fixtures/hosts, taken from the lab's scenarios, and of each the flow that its fault breaks,
walked as on this kernel: emulated, one takes a second.  FILE gets the figures.
"""

import json
import os
import sys
from pathlib import Path

import msgspec

from hairpin.errors import HairpinError
from hairpin.judges.judged import judge_flows, on_kernel
from hairpin.question.flows import flows_for
from hairpin.question.target import parse_origin
from hairpin.replica.judge import RunningKernel
from tests.acceptance.recorded import evidence, expected, network, target


class Replicas(msgspec.Struct, frozen=True):
    """The number of flows on which both judges agree, and ``host: flow`` of those on which they disagree or are
    undecided.
    """

    hosts: int
    agreeing: int
    undecided: tuple[str, ...]
    differing: tuple[str, ...]


def replicas() -> Replicas:
    """Prove the flows."""
    agreeing, undecided, differing = 0, list[str](), list[str]()
    for number, (name, flows) in enumerate(expected().items(), 1):
        asked = min(flows, key=lambda flow: flow.real == "delivered")
        what = f"{name}: {asked.origin} to {asked.to}"
        whole = on_kernel(network(name), os.uname().release)
        found = flows_for(whole, (target(asked.to),), parse_origin(asked.origin))
        try:
            proofs = judge_flows(whole, found, (evidence(name),), RunningKernel())
        except HairpinError as error:
            undecided.append(f"{what}: {error}")
            continue
        if number % 20 == 0:
            sys.stdout.write(f"{number} of {len(expected())} replicas\n")
            sys.stdout.flush()
        reasons = [str(proof.agreement.reason) for proof in proofs if proof.agreement.reason is not None]
        reason = "; ".join((*reasons, *(str(each) for proof in proofs if reasons for each in proof.judgement.left_out)))
        answers = {proof.agreement.agrees for proof in proofs}
        if False in answers:
            differing.append(f"{what}: {reason}")
        elif None in answers:
            undecided.append(f"{what}: {reason}")
        else:
            agreeing += 1
    return Replicas(len(expected()), agreeing, tuple(undecided), tuple(differing))


def main(path: str) -> None:
    """Write the figures, and print the flows on which the judges do not agree."""
    found = replicas()
    Path(path).write_text(json.dumps(msgspec.to_builtins(found), indent=1) + "\n", "utf-8")
    for text in (*found.differing, *(f"undecided {each}" for each in found.undecided)):
        sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
