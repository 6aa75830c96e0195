"""A change keeps only the rules that the flow needs; the changes of several flows are one."""

import msgspec
import pytest

from hairpin.causes.cause import Candidate
from hairpin.causes.where import OfFile
from hairpin.change.calls import SetContainerState
from hairpin.change.change import AddEntry, Change, DeleteEntry, DeleteRule, InsertRule, Primitive
from hairpin.diagnose.trimming import joined_change, trimmed_candidate
from hairpin.host.boot.saved_rules import rule_of
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import Place
from tests.causes.hosts import ruled
from tests.rule_text import with_rule
from tests.small_host import HOST_NETNS, published, route

NOTHING = message("nothing")
CLOSED = ruled(with_rule("filter DOCKER-USER", "-i eth0 -j DROP"))


def inserted(words: str) -> InsertRule:
    rule = rule_of("ip", "filter", "DOCKER-USER", words)
    assert rule is not None
    return InsertRule(HOST_NETNS, "iptables-nft", "ip", "filter", "DOCKER-USER", rule, 1)


REQUEST, REPLY = inserted("-i eth0 -o docker0 -j RETURN"), inserted("-i docker0 -o eth0 -j RETURN")


def test_a_rule_for_replies_that_pass_already_is_left_out() -> None:
    candidate = Candidate(NOTHING, NOTHING, Change((REQUEST, REPLY)), OfFile(""), "dropping-rule")
    assert trimmed_candidate(candidate, CLOSED, published(), ()).change == Change((REQUEST,))


def test_a_rule_that_the_replies_need_stays() -> None:
    both_ways = ruled(with_rule("filter DOCKER-USER", "-j DROP"))
    candidate = Candidate(NOTHING, NOTHING, Change((REQUEST, REPLY)), OfFile(""), "dropping-rule")
    assert trimmed_candidate(candidate, both_ways, published(), ()).change == Change((REQUEST, REPLY))


def test_engine_rules_that_were_lost_together_come_back_together() -> None:
    candidate = Candidate(NOTHING, NOTHING, Change((REQUEST, REPLY)), OfFile(""), "lost-engine-rule")
    assert trimmed_candidate(candidate, CLOSED, published(), ()).change == Change((REQUEST, REPLY))


def test_an_engine_makes_all_rules_of_a_container_that_is_made_anew() -> None:
    candidate = Candidate(NOTHING, NOTHING, Change((REQUEST, REPLY)), OfFile(""), "port-not-published")
    assert trimmed_candidate(candidate, CLOSED, published(), ()).change == Change((REQUEST, REPLY))


def test_what_is_no_exception_stays_whole() -> None:
    deletion = DeleteRule(HOST_NETNS, Place("iptables-nft", "ip", "filter", "DOCKER-USER", 1, "-i eth0 -j DROP"))
    candidate = Candidate(NOTHING, NOTHING, Change((deletion, REPLY)), OfFile(""), "dropping-rule")
    assert trimmed_candidate(candidate, CLOSED, published(), ()).change == Change((deletion, REPLY))


def test_exceptions_of_several_flows_are_one_change() -> None:
    assert joined_change((Change((REQUEST,)), Change((REQUEST, REPLY)))) == Change((REQUEST, REPLY))
    deletion = DeleteRule(HOST_NETNS, Place("iptables-nft", "ip", "filter", "DOCKER-USER", 1, "-i eth0 -j DROP"))
    assert joined_change((Change((deletion,)), Change((REQUEST,)))) == Change((deletion,))


def test_a_rule_is_left_out_beside_a_wider_one() -> None:
    narrow = inserted("-i eth0 -o docker0 -p tcp -m tcp --dport 443 -j RETURN")
    assert joined_change((Change((narrow,)), Change((REQUEST, REPLY)))) == Change((REQUEST, REPLY))
    other_end = inserted("-i eth0 -o docker0 -p tcp -m tcp --dport 443 -j ACCEPT")
    assert joined_change((Change((other_end,)), Change((REQUEST,)))) == Change((other_end, REQUEST))


def test_the_same_calls_make_what_each_flow_needs_of_them() -> None:
    deletion = DeleteRule(HOST_NETNS, Place("iptables-nft", "ip", "filter", "DOCKER-USER", 1, "-i eth0 -j DROP"))
    start = (SetContainerState("docker", "start", "web"),)
    one, other = Change((deletion, REQUEST), start), Change((deletion, REPLY), start)
    assert joined_change((one, other)) == Change((deletion, REQUEST, REPLY), start)
    restart = (SetContainerState("docker", "restart", "web"),)
    assert joined_change((one, msgspec.structs.replace(other, calls=restart))) == one


ANOTHER = route("0.0.0.0/0", "eth0", via="198.51.100.9")
HAS_ONE = ruled(with_rule("filter DOCKER-USER", "-s 192.0.2.99 -j DROP"))
OWN = next(each for each in HAS_ONE.this.namespaces[0].routes if each.prefix_length == 0)


@pytest.mark.parametrize(
    ("parts", "kept"),
    (
        ((REPLY, AddEntry(HOST_NETNS, ANOTHER)), (REPLY,)),
        ((DeleteEntry(HOST_NETNS, OWN), AddEntry(HOST_NETNS, ANOTHER)), None),
        ((REPLY, AddEntry(HOST_NETNS, msgspec.structs.replace(ANOTHER, metric=100))), None),
        ((AddEntry(HOST_NETNS, ANOTHER),), None),
    ),
    ids=("a route in a place that is taken", "the place is made free", "a place of its own", "nothing but the route"),
)
def test_a_route_for_a_taken_place_is_left_out(
    parts: tuple[Primitive, ...], kept: tuple[Primitive, ...] | None
) -> None:
    candidate = Candidate(NOTHING, NOTHING, Change(parts), OfFile(""), "link-or-route")
    assert trimmed_candidate(candidate, HAS_ONE, published(), ()).change.parts == (kept or parts)
