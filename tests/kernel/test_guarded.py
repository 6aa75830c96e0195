"""A small sample of ``make guarded``: one change by each kind of program, and who a guard names."""

from tests.guarded.__main__ import is_wrong, run
from tests.guarded.inside import Seen
from tests.guarded.kinds import KINDS
from tests.whole import WHOLE

SEED = 76


@WHOLE
def test_each_kind_of_program_is_heard_and_nobody_else_is_named() -> None:
    kinds = {each.name for each in KINDS if each.weight}
    found = [each for each in run(len(kinds), SEED, "few") if isinstance(each, Seen)]
    assert {each.kind for each in found} == kinds
    assert [each for each in found if is_wrong(each) or each.named == "failed"] == []
