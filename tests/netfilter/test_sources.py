"""Which source addresses a rule compares."""

import pytest

from hairpin.host.boot.saved_rules import rule_of
from hairpin.netfilter.ir import Rule, SetMatch
from hairpin.netfilter.sources import on_source, source_ranges


def rule(words: str) -> Rule:
    """Return the rule of iptables with these words."""
    found = rule_of("ip", "filter", "INPUT", words)
    assert found is not None
    return found


OFFICE = (0x0A000000, 0x0AFFFFFF)


@pytest.mark.parametrize(
    ("words", "ranges"),
    (
        ("-s 10.0.0.0/8 -j DROP", [OFFICE]),
        ("! -s 10.0.0.0/8 -j DROP", [OFFICE]),
        ("-d 10.0.0.0/8 -j DROP", []),
        ("-s 10.0.0.7/255.0.0.255 -j DROP", []),
    ),
)
def test_the_ranges_of_a_rule(words: str, ranges: list[tuple[int, int]]) -> None:
    assert list(source_ranges(rule(words), 4)) == ranges
    assert not list(source_ranges(rule(words), 6))


def test_a_set_is_compared_by_its_first_field() -> None:
    banned = SetMatch("banned", ("saddr4", "daddr4"))
    assert list(on_source(Rule((banned,), "", 1), 4)) == [banned]
    assert not list(on_source(Rule((SetMatch("banned", ("daddr4", "saddr4")),), "", 1), 4))
