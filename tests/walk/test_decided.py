from hairpin.host.route import NextHop, PolicyRule, Route
from hairpin.walk.decided import RouteDecided

ROUTE = Route(4, 0x0A000000, 8, next_hops=(NextHop("eth0"),))


def test_a_route_is_told_as_ip_prints_it() -> None:
    rule = PolicyRule(4, 100, table=100, text="100: from all lookup 100")
    decided = RouteDecided(ROUTE, rule)
    assert (decided.route, decided.rule) == ("10.0.0.0/8 dev eth0", "100: from all lookup 100")


def test_without_a_route_or_a_rule_it_says_so() -> None:
    decided = RouteDecided(None, None)
    assert (decided.route, decided.rule) == ("no route", "")
