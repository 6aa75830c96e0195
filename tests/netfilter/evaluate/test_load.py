"""A match of load decides no verdict, unless a counter hints that its quota is used up."""

import pytest

from hairpin.netfilter import ir
from hairpin.netfilter.evaluate.load import is_ban_of_machines, is_of_load
from tests.rows import each_row

QUOTA = ir.StatefulMatch("quota", "-m quota --quota 1000000")
CASES: dict[str, tuple[ir.StatefulMatch, int | None, bool]] = {
    "a rate": (ir.StatefulMatch("limit", "-m limit --limit 3/min"), 5, True),
    "chance": (ir.StatefulMatch("statistic", "-m statistic --mode random"), 5, False),
    "a quota with room": (QUOTA, 500_000, True),
    "a quota whose rule has counted all but a packet": (QUOTA, 999_500, False),
    "a quota without counters": (QUOTA, None, True),
    "a quota that is negated": (ir.StatefulMatch("quota", "-m quota ! --quota 1000000"), 1_000_000, False),
}


@each_row(("match", "counted", "load"), CASES.values(), ids=CASES)
def test_is_of_load(match: ir.StatefulMatch, counted: int | None, load: bool) -> None:
    rule = ir.Rule((match, ir.Verdict("accept")), "", 1, bytes=counted)
    assert is_of_load(rule, match) is load


MAC = ir.FieldMatch("smac", ((0x02000000DEAD, 0x02000000DEAD),))
DROP = ir.Verdict("drop")


@pytest.mark.parametrize(
    ("match", "last", "packets", "ban"),
    (
        (MAC, DROP, 0, True),
        (MAC, DROP, None, False),
        (MAC, ir.Verdict("accept"), 0, False),
        (ir.FieldMatch("smac", MAC.ranges, negated=True), DROP, 0, False),
        (ir.FieldMatch("smac", ((0, 9),)), DROP, 0, False),
        (ir.FieldMatch("saddr4", ((9, 9),)), DROP, 0, False),
    ),
)
def test_a_ban_of_a_machine(match: ir.FieldMatch, last: ir.Verdict, packets: int | None, *, ban: bool) -> None:
    assert is_ban_of_machines(ir.Rule((match, last), "", 1, packets=packets), match) is ban
