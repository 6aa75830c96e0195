"""firewalld's direct rules as lines for iptables-restore."""

import pytest

from hairpin.errors import ParseError
from hairpin.events.firewalls._firewalld import direct_lines
from tests.firewalld_host import host_with

PATH = "/etc/firewalld/direct.xml"
TEXT = """<?xml version="1.0" encoding="utf-8"?>
<direct>
  <chain ipv="ipv4" table="filter" chain="OWN"/>
  <rule ipv="ipv4" table="filter" chain="INPUT" priority="5">-p tcp --dport 9998 -j ACCEPT</rule>
  <rule ipv="ipv4" table="filter" chain="INPUT" priority="1">-p tcp --dport 9997 -j DROP</rule>
  <rule ipv="ipv4" table="filter" chain="INPUT" priority="1">-s 192.0.2.1,192.0.2.2 -j DROP</rule>
  <rule ipv="ipv4" table="filter" chain="FORWARD_direct" priority="0">-j OWN</rule>
  <rule ipv="ipv6" table="filter" chain="INPUT" priority="0">-j DROP</rule>
  <rule ipv="eb" table="filter" chain="INPUT" priority="0">-j DROP</rule>
  <passthrough ipv="ipv4">-t nat -A POSTROUTING -s 10.0.0.0/8 -j MASQUERADE</passthrough>
  <passthrough ipv="ipv4">-I FORWARD '!' -i eth0 -m comment --comment 'two words' -j DROP</passthrough>
</direct>
"""


def test_each_rule_stands_by_its_priority() -> None:
    """As firewalld 1.3.3 has put them, and iptables-save has printed them."""
    assert [(each.family, each.table, each.text) for each in direct_lines(host_with({PATH: TEXT}))] == [
        ("ip", "filter", "-N OWN"),
        ("ip", "filter", "-I INPUT 1 -p tcp --dport 9998 -j ACCEPT"),
        ("ip", "filter", "-I INPUT 1 -p tcp --dport 9997 -j DROP"),
        ("ip", "filter", "-I INPUT 2 -s 192.0.2.1 -j DROP"),
        ("ip", "filter", "-I INPUT 3 -s 192.0.2.2 -j DROP"),
        ("ip", "filter", "-I FORWARD 1 -j OWN"),
        ("ip6", "filter", "-I INPUT 1 -j DROP"),
        ("ip", "nat", "-A POSTROUTING -s 10.0.0.0/8 -j MASQUERADE"),
        ("ip", "filter", '-I FORWARD ! -i eth0 -m comment --comment "two words" -j DROP'),
    ]


def test_no_file_has_no_rules() -> None:
    assert direct_lines(host_with()) == ()


def test_a_file_that_is_no_xml_is_named() -> None:
    with pytest.raises(ParseError, match=r"direct\.xml"):
        direct_lines(host_with({PATH: "<direct>"}))
