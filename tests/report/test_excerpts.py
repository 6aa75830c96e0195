"""Excerpts: an entry is found by what it means, and what a reading lacks is not found in it."""

import pytest

from hairpin.evidence.reading import Reading
from hairpin.report.excerpts import absent, declarations, excerpt, link, policy

FLANNEL = (
    '{"ifname":"flannel.1","flags":["UP"],"mtu":1450,"address":"7a:5d:0a:f4:01:00","linkinfo":{"info_kind":"vxlan",'
    '"info_data":{"id":1,"local":"198.51.100.11","link":"eth0","port":8472}},"addr_info":[{"family":"inet",'
    '"local":"10.244.1.0","prefixlen":32,"valid_life_time":4294967295}]}'
)
JSON = {
    "ip-addr": f'[{{"ifname":"lo","mtu":65536}},{FLANNEL}]',
    "ip-route4": '[{"type":"blackhole","dst":"192.0.2.0/24"},{"type":"unicast","dst":"10.9.0.0/16",'
    '"gateway":"10.1.0.1","dev":"eth0","table":"vpn","flags":["onlink"]}]',
    "ip-rule4": '[{"priority":0,"src":"all","table":"local"},{"priority":9,"src":"all","fwmark":"0x7",'
    '"action":"blackhole"}]',
    "ip-neigh": '[{"dst":"10.244.2.0","dev":"eth0","state":["FAILED"]},{"dst":"10.244.2.0","dev":"flannel.1",'
    '"lladdr":"7a:5d:0a:f4:02:00","state":["PERMANENT"]}]',
    "bridge-fdb": '[{"mac":"7a:5d:0a:f4:02:00","ifname":"flannel.1","dst":"198.51.100.13","state":"permanent"},'
    '{"mac":"7a:5d:0a:f4:02:00","ifname":"flannel.1","dst":"198.51.100.12","state":"permanent"}]',
    "iptables-nft-save4": "*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp -j ACCEPT\nCOMMIT\n",
    "sockets": 'tcp LISTEN 0 128 127.0.0.1:80 0.0.0.0:* users:(("httpd",pid=4,fd=3)) ino:7 sk:1 <->\n',
}  # fmt: skip
TEXT = {
    "ip-addr-text": "1: lo: <UP> mtu 65536\n    link/loopback\n2: eth0@if3: <UP> mtu 1500\n    link/ether\n",
    "ip-route4-text": "default via 10.1.0.1 dev eth0 proto dhcp\n10.9.0.0/16 via 10.1.0.1 dev eth0 proto static\n",
    "ip-rule4-text": "0:\tfrom all lookup local\n9:\tfrom all fwmark 0x7 blackhole\n",
    "ip-neigh-text": "10.244.2.0 dev flannel.1 lladdr 7a:5d:0a:f4:02:00 PERMANENT\n",
    "bridge-fdb-text": "7a:5d:0a:f4:02:00 dev flannel.1 dst 198.51.100.12 self permanent\n",
}
ENTRY = {"link": "flannel.1", "mac": "7a:5d:0a:f4:02:00", "remote": "198.51.100.12"}

# the reading, the places of a cause, what is found there
FOUND: dict[str, tuple[str, dict[str, str], str]] = {
    "a route in a table with a name": (
        "ip-route4",
        {"route": "10.9.0.0/16 via 10.1.0.1 dev eth0 table 51 onlink"},
        '{"type":"unicast","dst":"10.9.0.0/16","gateway":"10.1.0.1","dev":"eth0","table":"vpn","flags":["onlink"]}',
    ),
    "a route that goes nowhere": (
        "ip-route4", {"route": "blackhole 192.0.2.0/24"}, '{"type":"blackhole","dst":"192.0.2.0/24"}',
    ),
    "another route to the destination": (
        "ip-route4", {"route": "192.0.2.0/24 dev eth1"}, '{"type":"blackhole","dst":"192.0.2.0/24"}',
    ),
    "a missing route, though a rule is named": ("ip-route4", {"route": "10.244.2.0/24 dev x", "rule": "-j DROP"}, ""),
    "a missing default route": ("ip-route4", {"route": "default"}, ""),
    "a route among words": (
        "ip-route4-text",
        {"route": "10.9.0.0/16 via 10.1.0.1 dev eth0"},
        "10.9.0.0/16 via 10.1.0.1 dev eth0 proto static",
    ),
    "a policy rule": (
        "ip-rule4",
        {"rule": "9: from all fwmark 0x7 blackhole"},
        '{"priority":9,"src":"all","fwmark":"0x7","action":"blackhole"}',
    ),
    "a policy rule among words": (
        "ip-rule4-text", {"rule": "9: from all fwmark 0x7 blackhole"}, "9:\tfrom all fwmark 0x7 blackhole",
    ),
    "a neighbour entry of that link": (
        "ip-neigh",
        {"link": "flannel.1", "address": "10.244.2.0"},
        '{"dst":"10.244.2.0","dev":"flannel.1","lladdr":"7a:5d:0a:f4:02:00","state":["PERMANENT"]}',
    ),
    "a neighbour entry among words": (
        "ip-neigh-text", {"link": "flannel.1", "address": "10.244.2.0"}, TEXT["ip-neigh-text"].strip(),
    ),
    "no neighbour entry": ("ip-neigh", {"link": "eth1", "address": "10.244.2.0"}, ""),
    "the forwarding entry to that address": (
        "bridge-fdb",
        ENTRY,
        '{"mac":"7a:5d:0a:f4:02:00","ifname":"flannel.1","dst":"198.51.100.12","state":"permanent"}',
    ),
    "a forwarding entry among words": ("bridge-fdb-text", ENTRY, TEXT["bridge-fdb-text"].strip()),
    "no forwarding entry": ("bridge-fdb", {**ENTRY, "mac": "00:00:00:00:00:00"}, ""),
    "a link, by what counts of it": (
        "ip-addr",
        {"link": "flannel.1", "far_link": "flannel.9"},
        (
            '{"ifname": "flannel.1", "mtu": 1450, "address": "7a:5d:0a:f4:01:00", "info_kind": "vxlan", "id": 1, '
            '"local": "198.51.100.11", "link": "eth0", "port": 8472, "addresses": ["10.244.1.0/32"]}'
        ),
    ),
    "a link among words, with what is below it": (
        "ip-addr-text", {"link": "eth0"}, "2: eth0@if3: <UP> mtu 1500\n    link/ether",
    ),
    "a rule": ("iptables-nft-save4", {"rule": "-A INPUT -p tcp -j ACCEPT"}, "-A INPUT -p tcp -j ACCEPT"),
    "a rule that is not there": ("iptables-nft-save4", {"rule": "-A INPUT -j ACCEPT"}, ""),
    "a socket": ("sockets", {"socket": "127.0.0.1:80/tcp (httpd, pid 4)"}, JSON["sockets"].strip()),
    "another socket": ("sockets", {"socket": "0.0.0.0:80/tcp (httpd, pid 4)"}, ""),
}  # fmt: skip


def reading(key: str) -> Reading:
    return Reading("e1", key, "host", "…", "2026-10-01T12:00:00Z", 0, "text", {**JSON, **TEXT}[key])


@pytest.mark.parametrize(("key", "where", "found"), FOUND.values(), ids=FOUND)
def test_the_entry_that_is_meant(key: str, where: dict[str, str], found: str) -> None:
    assert excerpt(reading(key), where) == found


def test_what_is_absent_is_said() -> None:
    assert str(absent(reading("ip-route4"), {"route": "10.244.2.0/24 dev x"})) == "no route to 10.244.2.0/24"
    assert str(absent(reading("ip-route4"), {"route": "default"})) == "no default route"
    assert absent(reading("ip-addr"), {"route": "default"}) is None


def test_a_policy_is_its_chains_line() -> None:
    text = JSON["iptables-nft-save4"]
    assert policy(text, "filter", "INPUT") == ":INPUT DROP [0:0]"
    assert policy(text, "nat", "INPUT") == policy(text, "filter", "OUTPUT") == ""


def test_a_link_that_is_not_there() -> None:
    assert link(reading("ip-addr"), "eth0") == ""


def test_declarations_of_a_table_that_is_not_there() -> None:
    assert declarations("*filter\nCOMMIT\n", "nat") == ""
