"""A policy rule or a route that refuses, or that fills a table of its own, was decided."""

import msgspec
import pytest

from hairpin.host.route import PolicyRule, Route
from hairpin.remedy.decided_routes import keeps_in, sign_of_policy_rule, sign_of_route
from tests.small_host import host_namespace, route

SUBNET = 0xAC110000
UPLINK = 0xC633640B
"""198.51.100.11, the host's own address."""
VPN = PolicyRule(4, 100, table=51820, source=(SUBNET, 16), text="from 172.17.0.0/16 lookup 51820")
REFUSING = Route(4, 0, 0, table=51820, type="unreachable")


@pytest.mark.parametrize(
    ("rule", "routes", "shown", "kills"),
    (
        (VPN, (REFUSING,), "unreachable default", True),
        (VPN, (route("default", "eth0", via="198.51.100.1", table=51820),), "table that somebody filled", False),
        (VPN, (), "", False),
        (msgspec.structs.replace(VPN, source=(UPLINK, 32)),
         (route("default", "eth0", via="198.51.100.1", table=51820),), "answers from 198.51.100.11", False),
        (msgspec.structs.replace(VPN, action="prohibit", table=None), (), "refuses", True),
        (msgspec.structs.replace(VPN, table=254), (), "", False),
    ),
)  # fmt: skip
def test_a_policy_rule(rule: PolicyRule, routes: tuple[Route, ...], shown: str, kills: bool) -> None:
    host = host_namespace()
    namespace = msgspec.structs.replace(host, routes=(*host.routes, *routes))
    found = sign_of_policy_rule(rule, namespace)
    assert shown in str(found or "")
    assert (found is not None) == bool(shown)
    assert keeps_in(rule, namespace) == kills


@pytest.mark.parametrize(
    ("one", "decided"),
    (
        (REFUSING, True),
        (Route(4, SUBNET, 16, type="blackhole"), True),
        (route("203.0.113.0/24", "eth0", table=100), True),
        (route("203.0.113.0/24", "eth0"), False),
    ),
)
def test_a_route(one: Route, decided: bool) -> None:
    assert (sign_of_route(one) is not None) == decided
