"""The verdicts on a flow."""

from typing import get_args

from hairpin.walk.verdicts import VERDICTS, Verdict, succeeds


def test_each_verdict_has_words() -> None:
    assert tuple(VERDICTS) == get_args(Verdict)


def test_a_flow_that_leaves_the_snapshot_serves_its_sender() -> None:
    assert [each for each in VERDICTS if succeeds(each)] == ["delivered", "leaves"]
