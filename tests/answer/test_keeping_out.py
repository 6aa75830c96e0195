"""One line says which known clients a host keeps out, and how many rules and sets keep out others."""

import pytest

from hairpin.answer.keeping_out import line_of
from hairpin.diagnose.singled_out import SingledOut
from hairpin.report.words import Words

TWO = ("198.51.100.1", "198.51.100.20")
LINES = {
    "rules and sets": (SingledOut("h", rules=3, sets=2), "3 rules and 2 sets drop single clients; ask --from ADDRESS"),
    "one set": (SingledOut("h", sets=1), "1 set drops single clients; ask --from ADDRESS"),
    "one client": (
        SingledOut("h", TWO[:1], "198.51.100.11:8151/tcp"),
        ("198.51.100.1 does not get through to 198.51.100.11:8151/tcp, others do: a rule for single clients is meant; "
        "why: --from 198.51.100.1"),
    ),
    "two, and others": (
        SingledOut("h", TWO, "198.51.100.11:8151/tcp", rules=1),
        ("198.51.100.1, 198.51.100.20 do not get through to 198.51.100.11:8151/tcp, others do: rules for single "
        "clients are meant; why: --from 198.51.100.1. 1 rule drops single clients; ask --from ADDRESS"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("found", "line"), LINES.values(), ids=LINES)
def test_it_is_one_line(found: SingledOut, line: str) -> None:
    assert Words()(line_of(found)) == line
