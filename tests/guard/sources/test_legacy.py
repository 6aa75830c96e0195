"""A hash of rules leaves out their counters, and nothing else."""

import struct

from hairpin.guard.sources.legacy import rules_digest

RULE = 152
"""An entry with a target: struct ipt_entry (112 bytes), struct xt_standard_target (40)."""


def rules(*marks: int, counters: int = 0) -> bytearray:
    found = bytearray()
    for mark in marks:
        rule = bytearray(RULE)
        rule[0] = mark
        struct.pack_into("=H", rule, 90, RULE)
        struct.pack_into("=QQ", rule, 96, counters, counters)
        found += rule
    return found


def test_counters_are_left_out() -> None:
    assert rules_digest(rules(1, 2), 90, 96) == rules_digest(rules(1, 2, counters=77), 90, 96)


def test_a_rule_of_the_same_length_is_another_one() -> None:
    assert rules_digest(rules(1, 2), 90, 96) != rules_digest(rules(1, 3), 90, 96)


def test_what_is_no_rule_ends() -> None:
    assert rules_digest(bytearray(400), 90, 96) == rules_digest(bytearray(400), 90, 96)
