"""The question about a lost answer names the route by which it left."""

import msgspec
import pytest

from hairpin.host.route import PolicyRule, Route
from hairpin.network.network import Network
from hairpin.walk.walk import walk_flow
from tests.conntrack_lines import entries, from_client
from tests.small_host import host_namespace, network, published, route

INVENTED = msgspec.structs.replace(published(), invented=True)
LOCAL, MAIN = PolicyRule(4, 0, table=255), PolicyRule(4, 32766, table=254)
FOR_PORT = PolicyRule(4, 9, table=72, protocol=6, sports=(80, 80), text="9: from all ipproto tcp sport 80 lookup 72")
DEFAULT_72 = route("default", "eth0", via="198.51.100.20", table=72)


def host(*routes: Route, rules: tuple[PolicyRule, ...] = (), client: str = "192.0.2.10") -> Network:
    held = entries(from_client("SYN_RECV", 50, client=client))
    policy = (LOCAL, *rules, MAIN) if rules else ()
    return network(msgspec.structs.replace(host_namespace(routes=routes, policy_rules=policy), connections=held))


NAMED: dict[str, tuple[Network, str]] = {
    "a route of its own": (
        host(route("192.0.2.0/24", "eth0", via="198.51.100.20")),
        "by `192.0.2.0/24 via 198.51.100.20 dev eth0`. 198.51.100.20 does not forward them to 192.0.2.10",
    ),
    "a policy rule": (host(DEFAULT_72, rules=(FOR_PORT,)), f"the policy rule `{FOR_PORT.text}` selects"),
    "no gateway": (host(route("192.0.2.0/24", "eth0")), "by `192.0.2.0/24 dev eth0`, which has no gateway"),
}  # fmt: skip


@pytest.mark.parametrize(("whole", "said"), NAMED.values(), ids=NAMED)
def test_the_way_is_named(whole: Network, said: str) -> None:
    (asked,) = walk_flow(whole, published()).questions
    assert said in str(asked.if_no)


def test_the_default_route_by_its_gateway_is_not_named() -> None:
    (asked,) = walk_flow(host(), published()).questions
    assert "They leave by" not in str(asked.if_no)


def test_any_client_counts_whose_answers_the_policy_rule_takes() -> None:
    """The rule selects by the answer's port, which a lookup of the client's address alone does not have."""
    whole = host(DEFAULT_72, rules=(FOR_PORT,), client="203.0.113.5")
    (asked,) = walk_flow(whole, INVENTED).questions
    assert "203.0.113.5" in str(asked.text)
