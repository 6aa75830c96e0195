"""Two rules are the same one when they do the same."""

from hairpin.engines.found import positions
from hairpin.netfilter.ir import FieldMatch, NameMatch, NoEffect, OpaqueMatch, Rule, Verdict
from hairpin.netfilter.meaning import meaning, unordered

DROP = Verdict("drop")


def test_comments_and_counters_mean_nothing() -> None:
    plain = Rule(body=(DROP,), text="-j DROP", number=1)
    noted = Rule(body=(NoEffect("comment", "mine"), DROP), text="-m comment --comment mine -j DROP", number=2)
    assert meaning(plain) == meaning(noted)
    assert positions((noted, plain), {(DROP,)}) == {(DROP,): 0}


def test_the_order_of_names_in_a_set_means_nothing() -> None:
    one, other = (Rule((NameMatch("iif", names), DROP), "", 1) for names in (("a", "b"), ("b", "a")))
    assert meaning(one) == meaning(other)


def test_the_order_of_comparisons_means_nothing_but_a_counter_between_them_does() -> None:
    link, source = NameMatch("iif", ("eth0",)), FieldMatch("saddr4", ((0, 9),))
    one, other = (Rule((*each, DROP), "", 1) for each in ((link, source), (source, link)))
    assert unordered(one) == unordered(other)
    limit = OpaqueMatch("-m limit")
    first, last = (Rule((*each, DROP), "", 1) for each in ((link, limit, source), (source, limit, link)))
    assert unordered(first) != unordered(last)
