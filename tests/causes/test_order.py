"""Each class of candidates has its one place in the order, and each place its reason."""

from typing import get_args

from hairpin.causes.order import OPENING, ORDER, PUTTING_BACK, Class, place


def test_each_class_stands_in_one_row() -> None:
    assert sorted(each for row in ORDER for each in row.classes) == sorted(get_args(Class))


def test_a_row_says_why_it_stands_there() -> None:
    assert all(row.reason.endswith(".") for row in ORDER)


def test_a_lost_rule_comes_before_the_policy_that_it_used_to_pass() -> None:
    assert place("lost-engine-rule") < place("closed-policy")
    assert place("filtering-sysctl") == place("lost-engine-rule")


def test_what_puts_rules_back_comes_before_what_opens_another_way() -> None:
    assert max(map(place, PUTTING_BACK)) < min(map(place, OPENING))
