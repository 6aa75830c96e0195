"""Tells whether the flows of a question pass in a snapshot, to find the last good one among the kept snapshots."""

from typing import Literal

import msgspec

from hairpin.answer.answer import FlowAnswer, ref_of
from hairpin.answer.ask import begin_answer, network_of
from hairpin.answer.decisive import lacks_reading
from hairpin.answer.engines import with_engines
from hairpin.errors import EvidenceError, UsageError
from hairpin.evidence.reading import Evidence
from hairpin.question.question import Question
from hairpin.walk.trace import Trace
from hairpin.walk.walked import walked

Passing = Literal["all", "first", "none"]


def passing(question: Question, evidence: Evidence) -> Passing:
    """Return which asked flows pass in the snapshot: ``all``; at least the ``first``; ``none``, if the first does not.
    A snapshot in which the question makes no sense (a container does not exist yet) is not a good one."""
    try:
        start, flows = begin_answer(question, (evidence,), network_of((evidence,)))
    except (UsageError, EvidenceError):
        return "none"
    traces: list[Trace] = []
    for flow in flows:
        traces.append(walked(start.network, flow))
        if not traces[-1].succeeds:
            break  # of many flows, the others change nothing
    if not traces or not traces[0].succeeds:
        return "none"
    answered = msgspec.structs.replace(
        start, flows=tuple(FlowAnswer(ref_of(number), each) for number, each in enumerate(traces))
    )
    if lacks_reading(with_engines(answered)):  # without all readings, a snapshot is not called good
        return "none"
    return "all" if traces[-1].succeeds else "first"
