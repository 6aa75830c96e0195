"""What an answer's exit status says: 0 all is well, 1 something is broken, 3 undecided, 4 a bug in hairpin."""

from typing import assert_never

from hairpin.answer.answer import Answer, FlowAnswer

_DECISIVE = ("iptables", "nft", "ip-addr", "ip-route", "ip-rule", "sysctl", "docker", "namespaces")
"""Evidence without which "delivered" is only a hope."""


def exit_status(answer: Answer) -> int:
    """Return the status by what was asked."""
    match answer.question.kind:
        case "check":
            return _explained(answer)
        case "walk":
            return {"delivered": 0, "leaves": 0, "depends": 3}.get(answer.flows[0].verdict, 1)
        case "prove":
            return _proven(answer.flows)
        case _:
            assert_never(answer.question.kind)


def _explained(answer: Answer) -> int:
    """Return 1 for a blocking cause, 0 when everything asked is delivered or leaves, 3 when something is undecided."""
    if any(each.severity == "blocking" for each in answer.causes):
        return 1
    if all(each.trace.succeeds for each in answer.flows) and not _blind(answer):
        return 0
    return 3


def _blind(answer: Answer) -> bool:
    """Return whether something that could have said otherwise was not read."""
    return any(each.key.startswith(_DECISIVE) for each in answer.unread)


def _proven(flows: tuple[FlowAnswer, ...]) -> int:
    """Return 4 when the kernel disagrees on a flow, 3 when one stays undecided, 1 when one fails, else 0."""
    agreeing = [each.judged.agreement.agrees for each in flows if each.judged is not None]
    if False in agreeing:
        return 4
    if None in agreeing or any(each.verdict == "depends" for each in flows):
        return 3
    return 0 if all(each.trace.succeeds for each in flows) else 1
