"""A walk in the terminal: request and answer, every step; every way when there are several."""

from msgspec.structs import replace

from hairpin.message import message
from hairpin.netfilter.evaluate.chain import Condition
from hairpin.report.paper import Paper
from hairpin.report.text.walk_text import walk_text
from hairpin.report.words import Words
from tests.report.answers import FORWARDING_OFF, answer


def test_request_and_answer() -> None:
    told = walk_text(answer(kind="walk"), Words(), Paper())
    assert told.startswith("✓ delivered  outside (192.0.2.10) → 198.51.100.11:8080/tcp\n")
    assert told.index("    request\n") < told.index("    answer\n")
    assert "postrouting" in told


def test_a_lost_request_has_no_answer() -> None:
    told = walk_text(answer(FORWARDING_OFF, kind="walk"), Words(), Paper())
    assert told.startswith("✗ dropped")
    assert "answer\n" not in told


def test_each_branch_is_printed_under_its_conditions() -> None:
    whole = answer(kind="walk")
    trace = whole.flows[0].trace
    maybe = (Condition(message("the moon is full"), holds=True), Condition(message("it rains"), holds=False))
    lost = answer(FORWARDING_OFF).flows[0].trace.usual
    forked = replace(trace, verdict="depends", branches=(replace(trace.usual, conditions=maybe), lost))
    flows = (replace(whole.flows[0], trace=forked),)
    told = walk_text(replace(whole, flows=flows), Words(), Paper())
    assert told.startswith("? undecided")
    assert "✓ delivered  way 1\n    if the moon is full\n    unless it rains\n" in told
    assert "✗ dropped  way 2" in told
