"""The record of a disagreement."""

import pytest

from hairpin.judges.disagreement import disagreement
from hairpin.judges.judged import judged
from hairpin.message import Message, message
from hairpin.network.world import World
from hairpin.replica.judgement import Judgement, Verdict
from hairpin.walk.walk import walk_flow
from tests.small_host import network, published

WHOLE = network()
TRACE = walk_flow(WHOLE, published())
RELEASE = WHOLE.this.kernel


@pytest.mark.parametrize(
    ("verdict", "left_out", "differ"),
    (("delivered", (), False), ("dropped", (), True), ("dropped", (message("an XDP program"),), False)),
)
def test_only_an_unexplained_difference_is_a_disagreement(
    verdict: Verdict, left_out: tuple[Message, ...], differ: bool
) -> None:
    both = judged(WHOLE, TRACE, Judgement(TRACE.flow, verdict, left_out=left_out), RELEASE)
    found = disagreement(both, World(), RELEASE)
    assert (found is not None) is differ
    assert found is None or (found.trace, found.judgement, found.kernel) == (TRACE, both.judgement, RELEASE)
