"""Whether the flows of a question pass in a snapshot: which kept one is the last good one."""

from typing import Literal

from hairpin.answer.ask import begin_answer, network_of
from hairpin.errors import EvidenceError, UsageError
from hairpin.evidence.reading import Evidence
from hairpin.question.question import Question
from hairpin.walk.walked import walked

Passing = Literal["all", "first", "none"]


def passing(question: Question, evidence: Evidence) -> Passing:
    """Return whether all asked flows pass in the snapshot, at least the first one, or none of interest.

    A snapshot in which the question makes no sense (a container is not there yet) is not a good one."""
    try:
        start, flows = begin_answer(question, (evidence,), network_of((evidence,)))
    except (UsageError, EvidenceError):
        return "none"
    if not flows or not walked(start.network, flows[0]).succeeds:
        return "none"
    return "all" if all(walked(start.network, flow).succeeds for flow in flows) else "first"
