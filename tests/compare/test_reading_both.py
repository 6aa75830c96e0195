"""Equal readings of both hosts are parsed once."""

from hairpin.compare.reading_both import both_hosts
from hairpin.host.read.parse import parse
from tests.report.answers import FORWARDING_OFF, USER_DROPS, evidence


def test_both_are_as_if_each_were_parsed() -> None:
    was, now = both_hosts(evidence(), evidence(FORWARDING_OFF, USER_DROPS))
    assert was == parse(evidence())
    assert now == parse(evidence(FORWARDING_OFF, USER_DROPS))


def test_parts_that_have_not_changed_are_the_same_objects() -> None:
    was, now = both_hosts(evidence(), evidence(FORWARDING_OFF))
    assert now.namespace("host").ruleset is was.namespace("host").ruleset
    assert now.namespace("host").sysctls is not was.namespace("host").sysctls
