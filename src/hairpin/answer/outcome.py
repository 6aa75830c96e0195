"""The exit status of an answer: 0 if every flow passes, 1 if a fault is found, 3 if this is undecided, 4 for a bug in
hairpin."""

from typing import assert_never

from hairpin.answer.answer import Answer, FlowAnswer
from hairpin.answer.decisive import lacks_reading


def exit_status(answer: Answer) -> int:
    """Return the exit status of the answer, which depends on the kind of the question."""
    match answer.question.kind:
        case "check":
            status = _check_status(answer)
        case "walk":
            status = {"delivered": 0, "leaves": 0, "depends": 3}.get(answer.flows[0].verdict, 1)
        case "prove":
            status = _prove_status(answer.flows)
        case _:
            assert_never(answer.question.kind)
    return 3 if status == 0 and lacks_reading(answer) else status


def _check_status(answer: Answer) -> int:
    """Return 1 if there is a blocking cause or the event breaks a flow, 0 if every flow succeeds, and 3 otherwise.

    If a replica disagrees about a flow, the walk's verdict counts.  But a flow that passes in the walk and fails in the
    replica is undecided."""
    struck = answer.broken if answer.event is not None else ()
    if any(each.verdict != "depends" for each in struck) or any(each.severity == "blocking" for each in answer.causes):
        return 1
    return 0 if all(each.succeeds for each in answer.flows) else 3


def _prove_status(flows: tuple[FlowAnswer, ...]) -> int:
    """Return 4 if the kernel disagrees on a flow, 3 if a flow stays undecided, 1 if a flow fails, and 0 otherwise."""
    agreeing = [each.judged.agreement.agrees for each in flows if each.judged is not None]
    if False in agreeing:
        return 4
    if None in agreeing or any(each.verdict == "depends" for each in flows):
        return 3
    return 0 if all(each.trace.succeeds for each in flows) else 1
