"""Tells whether the flows of a question pass in a snapshot.  ``--last-good`` uses this to find the last good snapshot
among the kept snapshots."""

from typing import Literal

import msgspec

from hairpin.answer.answer import FlowAnswer, ref_of
from hairpin.answer.begin import begin_answer, network_of
from hairpin.answer.decisive import lacks_reading
from hairpin.answer.engines import with_engines
from hairpin.errors import EvidenceError, UsageError
from hairpin.evidence.reading import Evidence
from hairpin.network.network import Network
from hairpin.question.question import Question
from hairpin.walk.trace import Trace
from hairpin.walk.walked import walked

Passing = Literal["all", "first", "none"]


def passing(question: Question, evidence: Evidence, network: Network | None = None) -> Passing:
    """Return which asked flows pass in the snapshot: ``all`` flows, at least the ``first`` flow, or ``none`` if the
    first flow does not pass.  If the question makes no sense in the snapshot, for example because a container does not
    exist yet, the result is ``none``.

    ``network``: the network that the evidence describes, if it is known already."""
    try:
        start, flows = begin_answer(question, (evidence,), network or network_of((evidence,)))
    except (UsageError, EvidenceError):
        return "none"
    traces: list[Trace] = []
    for flow in flows:
        traces.append(walked(start.network, flow))
        if not traces[-1].succeeds:
            break  # the flows after this one cannot change the result
    if not traces or not traces[0].succeeds:
        return "none"
    answered = msgspec.structs.replace(
        start, flows=tuple(FlowAnswer(ref_of(number), each) for number, each in enumerate(traces))
    )
    if lacks_reading(with_engines(answered)):  # a snapshot with missing readings does not count as good
        return "none"
    return "all" if traces[-1].succeeds else "first"
