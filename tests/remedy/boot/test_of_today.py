"""A container's address is only of today."""

from hairpin.netfilter.ir import FieldMatch, Nat, Rule
from hairpin.remedy.boot.of_today import addresses_of_today
from tests.causes.hosts import on_overlay
from tests.remedy.situations import network
from tests.small_host import WEB
from tests.small_host import network as small_network

FRONT = 0xAC150002
"""172.21.0.2"""


def test_rules_that_match_or_lead_to_a_container() -> None:
    host = network().this
    for body in ((FieldMatch("daddr4", ((FRONT, FRONT),)),), (Nat("dnat", (FRONT, FRONT), (80, 80), version=4),)):
        assert list(addresses_of_today(Rule(body, "", 1), host)) == [("172.21.0.2", "front")]


def test_a_rule_that_leads_to_a_container_on_swarms_bridge() -> None:
    host = small_network(docker=on_overlay()).this
    assert list(addresses_of_today(Rule((FieldMatch("daddr4", ((WEB, WEB),)),), "", 1), host)) == [
        ("172.17.0.2", "web")
    ]


def test_other_rules_stay_true() -> None:
    host = network().this
    subnet = FieldMatch("daddr4", ((FRONT - 2, FRONT + 253),))
    own = FieldMatch("daddr4", ((0xC633640B, 0xC633640B),))
    assert [*addresses_of_today(Rule((subnet,), "", 1), host), *addresses_of_today(Rule((own,), "", 1), host)] == []
