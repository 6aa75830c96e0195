"""Two rules are the same one when they do the same."""

from hairpin.engines.found import positions
from hairpin.netfilter.ir import NameMatch, NoEffect, Rule, Verdict
from hairpin.netfilter.meaning import meaning

DROP = Verdict("drop")


def test_comments_and_counters_mean_nothing() -> None:
    plain = Rule(body=(DROP,), text="-j DROP", number=1)
    noted = Rule(body=(NoEffect("comment", "mine"), DROP), text="-m comment --comment mine -j DROP", number=2)
    assert meaning(plain) == meaning(noted)
    assert positions((noted, plain), {(DROP,)}) == {(DROP,): 0}


def test_the_order_of_names_in_a_set_means_nothing() -> None:
    one, other = (Rule((NameMatch("iif", names), DROP), "", 1) for names in (("a", "b"), ("b", "a")))
    assert meaning(one) == meaning(other)
