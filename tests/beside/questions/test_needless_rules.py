"""The kernel may do without the rules of IPv6 that are gone: no reading shows whether it looks at them."""

import msgspec

from hairpin.answer.questions import questions_of
from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.host.route import PolicyRule
from hairpin.network.flow import Flow, FromHost
from hairpin.network.network import Network
from hairpin.network.routing import missing_rules, needless_rules
from hairpin.report.words import option_of
from hairpin.walk.walk import walk_flow
from tests.rows import each_row
from tests.small_host import host_namespace, local, network, route

OUT = Flow(FromHost(), 6, 0x2001_0DB8_0099 << 80 | 1, "tcp", 443)
LOCAL, MAIN = PolicyRule(6, 0, table=255), PolicyRule(6, 32766, table=254)
OF_VPN = PolicyRule(6, 100, table=51820, mark=(0xCA6C, 0xFFFFFFFF))


def six(*rules: PolicyRule) -> Namespace:
    """Return the host with an IPv6 default route and these rules."""
    own = Address("eth0", 6, 0x2001_0DB8_0001 << 80 | 0x11, 64)
    ways = (
        local("2001:db8:1::11/128", "eth0"),
        route("2001:db8:1::/64", "eth0"),
        route("::/0", "eth0", via="2001:db8:1::1"),
    )
    host = host_namespace(routes=ways, policy_rules=rules)
    return msgspec.structs.replace(host, addresses=(*host.addresses, own))


CASES: dict[str, tuple[Network, str, bool]] = {
    "main is gone, and no other rule is there": (network(six(LOCAL)), "leaves", True),
    "local is gone, and no other rule is there": (network(six(MAIN)), "leaves", True),
    "main is gone, and another rule is there": (network(six(LOCAL, OF_VPN)), "rejected", False),
    "both are there": (network(six(LOCAL, MAIN)), "leaves", False),
    "all three are there": (network(six(LOCAL, OF_VPN, MAIN)), "leaves", False),
    "they were not read": (network(six()), "leaves", False),
}


@each_row(("net", "verdict", "is_asked"), CASES.values(), ids=CASES)
def test_a_missing_rule_is_a_question_if_the_kernel_may_do_without(net: Network, verdict: str, is_asked: bool) -> None:
    trace = walk_flow(net, OUT)
    assert trace.verdict == verdict
    found = [each for each in questions_of(net, (("f1", trace),)) if "policy rule" in str(each.question.text)]
    assert bool(found) is is_asked
    for each in found:
        assert each.question.breaks_if == "no"
        assert option_of(each.question.wanted[0]) == "ip -6 route get 2001:db8:99::1"


def test_the_repair_works_with_either_answer() -> None:
    net = network(six(LOCAL))
    (found,) = questions_of(net, (("f1", walk_flow(net, OUT)),))
    assert found.repair == ("ip -6 rule add priority 32766 lookup main",)


def test_of_ipv4_no_rule_is_needless() -> None:
    only_local = host_namespace(policy_rules=(PolicyRule(4, 0, table=255),))
    assert [each.table for each in missing_rules(only_local, 4)] == [254]
    assert needless_rules(only_local) == ()
