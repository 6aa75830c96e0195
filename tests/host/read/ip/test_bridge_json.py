"""Forwarding databases and VLANs from iproute2's JSON."""

import pytest

from hairpin.errors import ParseError
from hairpin.host.read.ip.bridge_json import PortVlans, fdb, vlans
from hairpin.host.route import FdbEntry
from tests.host.fixture_evidence import text_of

REAL = fdb(text_of("iproute2-6.1", "bridge-fdb.json"), source="bridge fdb", evidence="e4")
# As printed by bridge(8) of iproute2 6.1 on a kernel with VLAN filtering.
VLANS = """[{"ifname":"br0","vlans":[{"vlan":1,"flags":["PVID","Egress Untagged"]}]},
{"ifname":"v1","vlans":[{"vlan":5,"flags":["PVID","Egress Untagged"]},{"vlan":10,"vlanEnd":20}]},
{"ifname":"v2","vlans":[{"vlan":7}]}]"""


def test_learned_and_own_entries() -> None:
    on_v1 = [item for item in REAL if item.port == "v1" and item.bridge == "br0"]
    assert {(item.state, item.local) for item in on_v1} == {("", False), ("permanent", True)}


def test_addresses_that_a_device_listens_for_are_no_bridge_entries() -> None:
    own = [item for item in REAL if item.bridge is None]
    assert own
    assert not any(item.local for item in own)


def test_the_remote_of_a_tunnels_entry() -> None:
    text = '[{"mac":"00:00:00:00:00:00","ifname":"vx0","dst":"192.0.2.9","flags":["self"],"state":"permanent"}]'
    assert fdb(text, source="bridge fdb") == (FdbEntry(None, "vx0", 0, state="permanent", remote=0xC0000209),)


def test_vlans() -> None:
    assert vlans(VLANS, source="bridge vlan") == (
        PortVlans("br0", 1, ((1, 1, True),)),
        PortVlans("v1", 5, ((5, 5, True), (10, 20, False))),
        PortVlans("v2", None, ((7, 7, False),)),
    )


def test_nothing_printed_is_nothing_there() -> None:
    assert fdb("", source="bridge fdb") == ()
    assert vlans("\n", source="bridge vlan") == ()


@pytest.mark.parametrize("text", ('[{"mac":"zz:00:00:00:00:00","ifname":"a"}]', '[{"mac":1}]', "{}", "[{}]"))
def test_damage_is_a_parse_error(text: str) -> None:
    with pytest.raises(ParseError, match="bridge fdb"):
        fdb(text, source="bridge fdb")
