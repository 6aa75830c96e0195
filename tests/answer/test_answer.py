"""The properties of an answer."""

import msgspec

from hairpin.answer.answer import Dispute
from hairpin.host.host import Unread
from hairpin.judges.disagreement import disagreement
from hairpin.replica.judgement import Judgement
from tests.report.answers import FORWARDING_OFF, answer
from tests.report.proven import RELEASE, proven, trace

DISPUTED = proven(Judgement(trace().flow, "dropped"))
(DISPUTE,) = DISPUTED.disputes


def test_a_flow_stops_unless_it_is_delivered() -> None:
    assert answer().flows[0].stop is None
    stop = answer(FORWARDING_OFF).flows[0].stop
    assert stop is not None
    assert stop.reason == "forwarding-off"


def test_the_highest_judge_counts() -> None:
    assert answer().flows[0].judge == "simulated"
    assert proven(Judgement(trace().flow, "delivered")).flows[0].judge == "replicated"
    assert DISPUTED.flows[0].judge == "simulated"


def test_a_dispute_says_what_differs() -> None:
    start = "192.0.2.10 to 198.51.100.11:8080/tcp: "
    differs = (
        "simulated delivered, the kernel says dropped. The simulation's answer stands; this may be an error in hairpin"
    )
    assert str(DISPUTE.said()) == start + differs
    judged = DISPUTED.flows[0].judged
    assert judged is not None
    changed = disagreement(judged, DISPUTED.network.world, RELEASE, changed=True)
    assert changed is not None
    assert str(Dispute("f1", changed, "/x").said()) == (
        f"{start}with the change, {differs}: please report this bug with /x"
    )


def test_what_is_disputed_is_missing_too() -> None:
    assert DISPUTED.missing == (Unread("replica-disagrees", "", "replica", DISPUTE.said(), ""),)


def test_a_flow_that_passes_on_the_walk_alone_is_undecided() -> None:
    (flow,) = DISPUTED.flows
    assert (flow.verdict, flow.succeeds, flow.disputed, flow.trace.verdict) == ("depends", False, True, "delivered")


def test_a_flow_that_fails_on_the_walk_stays_so() -> None:
    flow = answer(FORWARDING_OFF).flows[0]
    told = msgspec.structs.replace(flow, judged=DISPUTED.flows[0].judged)
    assert (told.disputed, told.verdict, told.doubted) == (True, flow.verdict, False)
