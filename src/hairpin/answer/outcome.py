"""The exit status of an answer: 0 all is well, 1 something is broken, 3 undecided, 4 a bug in hairpin."""

from typing import assert_never

from hairpin.answer.answer import Answer, FlowAnswer
from hairpin.answer.engines import unanswered

_DECISIVE = ("iptables", "nft", "ip-addr", "ip-route", "ip-rule", "sysctl", "docker-", "namespaces")
"""Beginnings of the keys of readings that may change a verdict: if one was not read, ``delivered`` is not certain."""


def exit_status(answer: Answer) -> int:
    """Return the exit status, by the kind of the question."""
    match answer.question.kind:
        case "check":
            status = _check_status(answer)
        case "walk":
            status = {"delivered": 0, "leaves": 0, "depends": 3}.get(answer.flows[0].verdict, 1)
        case "prove":
            status = _prove_status(answer.flows)
        case _:
            assert_never(answer.question.kind)
    silent = answer.event is None and unanswered(answer)  # the event may have ended the engine
    return 3 if status == 0 and (silent or _needs_a_host_not_read(answer)) else status


def _needs_a_host_not_read(answer: Answer) -> bool:
    """Return whether a host that could not be read may change the outcome: the question names no target, or an asked
    flow leaves what was read."""
    if all(host.was_read for host in answer.network.hosts):
        return False
    if not answer.question.targets:
        return True
    return any(each.verdict == "leaves" and each.trace.flow.purpose not in ("egress", "dns") for each in answer.flows)


def _check_status(answer: Answer) -> int:
    """Return 4 if the kernel disagrees with a walk, 1 for a blocking cause, 0 if every flow succeeds, else 3."""
    if answer.disputes:
        return 4
    if answer.event is not None:
        return _event_status(answer)
    if any(each.severity == "blocking" for each in answer.causes):
        return 1
    if all(each.trace.succeeds for each in answer.flows) and not _lacks_decisive_reading(answer):
        return 0
    return 3


def _event_status(answer: Answer) -> int:
    """Return 1 if a flow that passes now no longer does, 3 if that is undecided, else 0."""
    if any(each.verdict != "depends" for each in answer.broken):
        return 1
    return 3 if answer.broken or _lacks_decisive_reading(answer) else 0


def _lacks_decisive_reading(answer: Answer) -> bool:
    """Return whether a reading that may change a verdict is missing."""
    return any(each.key.startswith(_DECISIVE) for each in answer.unread)


def _prove_status(flows: tuple[FlowAnswer, ...]) -> int:
    """Return 4 if the kernel disagrees on a flow, 3 if a flow stays undecided, 1 if one fails, else 0."""
    agreeing = [each.judged.agreement.agrees for each in flows if each.judged is not None]
    if False in agreeing:
        return 4
    if None in agreeing or any(each.verdict == "depends" for each in flows):
        return 3
    return 0 if all(each.trace.succeeds for each in flows) else 1
