"""Zones from firewalld's files."""

import pytest

from hairpin.errors import ParseError
from hairpin.evidence.reading import text_reading
from hairpin.host.managers import DirectRule, FirewalldZone
from hairpin.host.read.managers.firewalld_xml import direct_rules, says_the_same, zone
from tests.rows import each_row

ZONE = """<?xml version="1.0" encoding="utf-8"?>
<zone target="DROP">
  <short>Public</short>
  <interface name="eth0"/>
  <source address="192.0.2.0/24"/>
  <source mac="00:11:22:33:44:55"/>
  <service name="ssh"/>
  <port port="8443" protocol="tcp"/>
  <port port="8000-8010" protocol="udp"/>
  <rule family="ipv4">
    <source address="192.0.2.0/24"/>
    <port port="8080" protocol="tcp"/>
    <accept/>
  </rule>
  <rule>
    <service name="http"/>
    <reject type="icmp-port-unreachable"/>
  </rule>
  <masquerade/>
</zone>
"""


def test_zone() -> None:
    assert zone(text_reading(ZONE, "public.xml"), name="public") == FirewalldZone(
        name="public",
        target="DROP",
        interfaces=("eth0",),
        sources=("192.0.2.0/24", "00:11:22:33:44:55"),
        ports=("8443/tcp", "8000-8010/udp"),
        services=("ssh",),
        forward=False,
        masquerade=True,
        rich_rules=(
            'rule family="ipv4" source address="192.0.2.0/24" port port="8080" protocol="tcp" accept',
            'rule service name="http" reject type="icmp-port-unreachable"',
        ),
    )


def test_elements_inside_a_rule_are_not_the_zones() -> None:
    text = '<zone><rule><service name="http"/><port port="1" protocol="tcp"/><accept/></rule><forward/></zone>'
    found = zone(text_reading(text, "x.xml"), name="x")
    assert (found.services, found.ports, found.forward, found.target) == ((), (), True, "default")


ENTITIES = '<!DOCTYPE z [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><zone><short>&b;</short></zone>'
DAMAGED = {
    "a policy": "<policy/>",
    "no XML": "zone",
    "empty": "",
    "cut": "<zone><short>",
    "entities": ENTITIES,
    "endless": "<zone>" + "<port/>" * 30_000 + "</zone>",
    "deep": "<zone>" + "<a>" * 30_000,
}


@each_row("text", DAMAGED.values(), ids=DAMAGED)
def test_damage_is_a_parse_error(text: str) -> None:
    with pytest.raises(ParseError, match=r"x\.xml"):
        zone(text_reading(text, "x.xml"), name="x")


DIRECT = """<?xml version="1.0" encoding="utf-8"?>
<direct>
  <chain ipv="ipv4" table="filter" chain="own"/>
  <rule ipv="ipv4" table="filter" chain="INPUT" priority="-1">-m comment --comment &quot;a &lt; b&quot; -j DROP</rule>
  <rule ipv="ipv6" table="filter" chain="INPUT">-j DROP</rule>
  <rule ipv="eb" table="filter" chain="INPUT" priority="0">-j DROP</rule>
  <passthrough ipv="ipv4">-t nat -I PREROUTING 1 -p tcp -j RETURN</passthrough>
  <passthrough ipv="ipv4">-A FORWARD -j DROP</passthrough>
  <passthrough ipv="ipv4">-N own2</passthrough>
  <passthrough ipv="ipv4">-A FORWARD -m comment --comment "</passthrough>
</direct>
"""


def test_direct_rules() -> None:
    assert direct_rules(text_reading(DIRECT, "direct.xml", "e1")) == (
        DirectRule("ip", "filter", "INPUT", '-m comment --comment "a < b" -j DROP', -1, "direct.xml", 4, "e1"),
        DirectRule("ip6", "filter", "INPUT", "-j DROP", 0, "direct.xml", 5, "e1"),
        DirectRule("ip", "nat", "PREROUTING", "-p tcp -j RETURN", None, "direct.xml", 7, "e1"),
        DirectRule("ip", "filter", "FORWARD", "-j DROP", None, "direct.xml", 8, "e1"),
    )


@each_row("text", (*DAMAGED.values(), "<zone/>"))
def test_damaged_direct_rules_are_a_parse_error(text: str) -> None:
    with pytest.raises(ParseError, match=r"direct\.xml"):
        direct_rules(text_reading(text, "direct.xml"))


@each_row(("priority", "read"), (("-5", -5), ("", 0), ("x", 0), ("--5", 0), ("9" * 5000, 0)))
def test_a_priority_that_is_no_number_is_0(priority: str, read: int) -> None:
    text = f'<direct><rule ipv="ipv4" table="filter" chain="INPUT" priority="{priority}">-j DROP</rule></direct>'
    assert [each.priority for each in direct_rules(text_reading(text, "direct.xml"))] == [read]


@pytest.mark.parametrize(
    ("other", "same"),
    (
        ('<zone target="DROP"><port port="80"\n protocol="tcp"/><short> a\n b</short></zone>', True),
        ('<zone target="DROP"><short>a b</short><port protocol="tcp" port="80"/><port/></zone>', False),
        ('<zone target="DROP"><short>a c</short><port protocol="tcp" port="80"/></zone>', False),
        ('<zone target="DROP"><short>a b<port protocol="tcp" port="80"/></short></zone>', False),
        ("<zone>", False),
    ),
)
def test_what_says_the_same(other: str, *, same: bool) -> None:
    assert says_the_same('<zone target="DROP"><short>a b</short><port port="80" protocol="tcp"/></zone>', other) is same
