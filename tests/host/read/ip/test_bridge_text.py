"""Bridges from words say the same as from JSON."""

import pytest

from hairpin.errors import ParseError
from hairpin.evidence.reading import text_reading
from hairpin.host.read.ip import bridge_json, links_json
from hairpin.host.read.ip.bridge_json import PortVlans
from hairpin.host.read.ip.bridge_text import fdb, ports, vlans
from tests.host.fixture_evidence import text_of

OLD = """\
port\tvlan ids
br0\t 1 PVID Egress Untagged

v1\t 5 PVID Egress Untagged
\t 10-20

docker0\tNone
"""
NEW = """\
port              vlan-id
br0               1 PVID Egress Untagged
v1                5 PVID Egress Untagged
                  10-20
"""
EXPECTED = (PortVlans("br0", 1, ((1, 1, True),)), PortVlans("v1", 5, ((5, 5, True), (10, 20, False))))


def test_ports_are_those_of_json() -> None:
    found = ports(text_reading(text_of("iproute2-6.1", "bridge-link.txt"), "bridge link"))
    assert found == links_json.ports(text_reading(text_of("iproute2-6.1", "bridge-link.json"), "bridge link"))
    assert len(found) == 2


def test_fdb_is_that_of_json() -> None:
    found = fdb(text_reading(text_of("iproute2-6.1", "bridge-fdb.txt"), "bridge fdb", "e1"))
    document = text_of("iproute2-6.1", "bridge-fdb.json")
    assert found == bridge_json.fdb(text_reading(document, "bridge fdb", "e1"))


def test_fdb_with_vlan_and_remote() -> None:
    text = "02:00:00:00:00:01 dev vx0 dst 192.0.2.9 vlan 5 master br0 static\n"
    (entry,) = fdb(text_reading(text, "bridge fdb"))
    assert (entry.vlan, entry.remote, entry.bridge, entry.state, entry.local) == (5, 0xC0000209, "br0", "static", False)


def test_vlans() -> None:
    assert vlans(text_reading(NEW, "bridge vlan")) == EXPECTED
    assert vlans(text_reading(OLD, "bridge vlan")) == (*EXPECTED, PortVlans("docker0", None, ()))


def test_damage_is_a_parse_error_with_its_line() -> None:
    with pytest.raises(ParseError, match="bridge link:1"):
        ports(text_reading("hairpin on\n", "bridge link"))
    with pytest.raises(ParseError, match="bridge fdb:2"):
        fdb(text_reading("\nx dev v1 master br0\n", "bridge fdb"))
    with pytest.raises(ParseError, match="bridge vlan:2"):
        vlans(text_reading("port vlan-id\nv1 five\n", "bridge vlan"))


def test_a_sticky_entry() -> None:
    line = "02:42:ac:11:00:02 dev veth1 sticky master docker0 static"
    (entry,) = fdb(text_reading(line, "bridge fdb"))
    text = '[{"mac":"02:42:ac:11:00:02","ifname":"veth1","flags":["sticky"],"master":"docker0","state":"static"}]'
    assert entry.sticky
    assert bridge_json.fdb(text_reading(text, "bridge fdb")) == (entry,)
