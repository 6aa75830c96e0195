"""What a narrow repair leaves dead is what the same rule stops, and nothing else."""

import msgspec
import pytest

from hairpin.causes.where import OfPolicyRule, OfRule, OfSysctl, Where
from hairpin.change.change import Change, DeleteRule
from hairpin.change.simulation.simulate import simulate
from hairpin.host.link import Link
from hairpin.host.route import PolicyRule
from hairpin.network.flow import FromContainer
from hairpin.network.network import Network
from hairpin.network.prefix import parse_prefix
from hairpin.remedy.effects import Others, others_of
from hairpin.remedy.known_flows import Known
from hairpin.remedy.still_stopped import still_stopped
from hairpin.walk.decided import RuleDecided
from hairpin.walk.walked import walked
from tests.many_hosts import COUNT, FIRST_PORT, flows_of_many, many, rules_text
from tests.small_host import HOST_NETNS, host_namespace, network, route


def wall(net: Network) -> OfRule:
    """Return the place of the rule that stops the first flow from outside."""
    stop = walked(net, flows_of_many()[0]).usual.stop
    assert stop is not None
    assert isinstance(stop.decided_by, RuleDecided)
    return OfRule(stop.decided_by.place)


def left(net: Network, where: Where, then: Others | None = None) -> tuple[Known, ...]:
    """Return what stays stopped on this host, or after a change."""
    others = others_of(net)
    return still_stopped(net, others.known, others.traces, (then or others).traces, where)


def test_every_published_port_and_way_out_behind_the_rule_is_told() -> None:
    net = many(rules_text(forward="-A FORWARD -i eth0 -j DROP"))
    found = left(net, wall(net))
    assert {each.flow.dport for each in found if each.group == "published"} == {FIRST_PORT + n for n in range(COUNT)}
    assert {type(each.flow.start) for each in found if each.group == "way-out"} == {FromContainer}


def test_what_the_repair_lets_pass_is_not_told() -> None:
    net = many(rules_text(forward="-A FORWARD -i eth0 -j DROP"))
    where = wall(net)
    change = Change((DeleteRule(HOST_NETNS, where.place),))
    assert left(net, where, others_of(net).after(change, simulate(change, net))) == ()


def test_another_rule_and_another_cause_are_not_told() -> None:
    net = many(rules_text(forward="-A FORWARD -s 172.17.0.0/16 -j DROP"))
    of_outside = many(rules_text(forward="-A FORWARD -i eth0 -j DROP"))
    assert left(net, wall(of_outside)) == ()
    assert left(net, OfSysctl(("net", "ipv4", "ip_forward"), "0", "1")) == ()


@pytest.mark.parametrize(("source", "count"), (("172.17.0.0/16", 3), ("172.18.0.0/16", 0)))
def test_the_ways_out_that_the_same_policy_rule_leads_away_are_told(source: str, count: int) -> None:
    _, base, length = parse_prefix(source)
    rule = PolicyRule(4, 5270, table=52, source=(base, length))
    away = route("default", "tun0", table=52)
    host = host_namespace(
        routes=(away,), policy_rules=(PolicyRule(4, 0, table=255), rule, PolicyRule(4, 32766, table=254))
    )
    tun = Link(9, "tun0", "tun", carrier=False, operstate="DOWN")
    net = network(msgspec.structs.replace(host, links=(*host.links, tun)))
    found = left(net, OfPolicyRule(rule))
    assert len([each for each in found if each.group == "way-out"]) == count
