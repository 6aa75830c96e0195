"""Answers to ``prove`` with judgements of the kernel that a test chooses."""

import msgspec

from hairpin.answer.answer import Answer, Dispute, FlowAnswer
from hairpin.judges.disagreement import disagreement
from hairpin.judges.judged import Judged, judged
from hairpin.replica.judgement import Judgement
from hairpin.walk.trace import Trace
from tests.report.answers import Replacement, answer

RELEASE = "6.1.0"


def trace(*replacements: Replacement) -> Trace:
    """Return the walk of the asked flow."""
    return answer(*replacements).flows[0].trace


def proven(*judgements: Judgement, replacements: tuple[Replacement, ...] = (), file: str | None = None) -> Answer:
    """Return the answer with one flow for each judgement, each a judgement on the asked flow."""
    whole = answer(*replacements, kind="walk")
    network = whole.network.with_host(msgspec.structs.replace(whole.network.this, kernel=RELEASE))
    both = tuple(judged(network, whole.flows[0].trace, each, RELEASE) for each in judgements)
    flows = tuple(FlowAnswer(f"f{number}", each.trace, judged=each) for number, each in enumerate(both, 1))
    disputes = tuple(dispute for flow, each in zip(flows, both, strict=True) for dispute in _dispute(flow, each, file))
    question = msgspec.structs.replace(whole.question, kind="prove")
    return msgspec.structs.replace(whole, question=question, flows=flows, disputes=disputes, kernel=RELEASE)


def _dispute(flow: FlowAnswer, each: Judged, file: str | None) -> tuple[Dispute, ...]:
    found = disagreement(each, answer().network.world, RELEASE)
    return (Dispute(flow.ref, found, file),) if found is not None else ()
