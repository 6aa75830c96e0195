"""Exit statuses."""

import msgspec
import pytest

from hairpin.answer.answer import Answer
from hairpin.answer.outcome import exit_status
from hairpin.host.host import Unread
from hairpin.judges.agreement import Agreement
from hairpin.judges.judged import Judged
from hairpin.replica.judgement import Judgement
from tests.report.answers import FORWARDING_OFF, answer

UNREAD = Unread("iptables-nft-save4", "host", "iptables-save -c", "Permission denied", "e8")
HARMLESS = Unread("conntrack", "host", "conntrack -L", "timed out", "e9")


def unexplained(found: Answer) -> Answer:
    bare = tuple(msgspec.structs.replace(each, causes=()) for each in found.flows)
    return msgspec.structs.replace(found, flows=bare, causes=())


def proven(found: Answer, agrees: bool | None) -> Answer:
    """Return the answer to ``prove`` in which the kernel agrees with each flow, or not."""
    flows = tuple(
        msgspec.structs.replace(
            each, judged=Judged(each.trace, Judgement(each.trace.flow, "dropped"), Agreement(agrees, "simulated"))
        )
        for each in found.flows
    )
    question = msgspec.structs.replace(found.question, kind="prove")
    return msgspec.structs.replace(found, question=question, flows=flows)


def undecided(found: Answer) -> Answer:
    first, *_ = found.flows
    trace = msgspec.structs.replace(first.trace, verdict="depends")
    return msgspec.structs.replace(found, flows=(msgspec.structs.replace(first, trace=trace),))


CASES: dict[str, tuple[Answer, int]] = {
    "delivered": (answer(), 0),
    "a blocking cause": (answer(FORWARDING_OFF), 1),
    "lost, and nothing explains it": (unexplained(answer(FORWARDING_OFF)), 3),
    "delivered, but rules were not read": (msgspec.structs.replace(answer(), unread=(UNREAD,)), 3),
    "what was not read does not matter": (msgspec.structs.replace(answer(), unread=(HARMLESS,)), 0),
    "a cause counts whatever was not read": (msgspec.structs.replace(answer(FORWARDING_OFF), unread=(UNREAD,)), 1),
    "a walk that is delivered": (answer(kind="walk"), 0),
    "a walk that is dropped": (answer(FORWARDING_OFF, kind="walk"), 1),
    "a walk that depends": (undecided(answer(kind="walk")), 3),
    "both judges: delivered": (proven(answer(), agrees=True), 0),
    "both judges: dropped": (proven(answer(FORWARDING_OFF), agrees=True), 1),
    "the kernel disagrees": (proven(answer(), agrees=False), 4),
    "the kernel cannot say": (proven(answer(), agrees=None), 3),
    "both judges: it depends": (undecided(proven(answer(), agrees=True)), 3),
}


@pytest.mark.parametrize(("found", "status"), CASES.values(), ids=CASES)
def test_exit_status(found: Answer, status: int) -> None:
    assert exit_status(found) == status
