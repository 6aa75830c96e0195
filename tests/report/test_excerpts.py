"""Excerpts: an entry is found by its number, a link by its name."""

import msgspec
import pytest

from hairpin.causes.where import Entry
from hairpin.evidence.reading import Reading
from hairpin.host.read.ip import (
    bridge_json,
    bridge_text,
    routes_json,
    routes_text,
    rules_json,
    rules_text,
    sockets_text,
)
from hairpin.host.read.ip.route_tables import RouteTables
from hairpin.report.excerpts import declarations, entry, link, policy, socket, sockets_at
from tests.rows import each_row

FLANNEL = (
    '{"ifname":"flannel.1","flags":["UP"],"mtu":1450,"address":"7a:5d:0a:f4:01:00","linkinfo":{"info_kind":"vxlan",'
    '"info_data":{"id":1,"local":"198.51.100.11","link":"eth0","port":8472}},"addr_info":[{"family":"inet",'
    '"local":"10.244.1.0","prefixlen":32,"valid_life_time":4294967295}]}'
)
JSON = {
    "ip-addr": f'[{{"ifname":"lo","mtu":65536}},{FLANNEL}]',
    "ip-route4": '[{"type":"blackhole","dst":"192.0.2.0/24"},{"type":"unicast","dst":"10.9.0.0/16",'
    '"gateway":"10.1.0.1","dev":"eth0","table":"51","flags":["onlink"]}]',
    "ip-rule4": '[{"priority":0,"src":"all","table":"local"},{"priority":9,"src":"all","fwmark":"0x7",'
    '"action":"blackhole"}]',
    "ip-neigh": '[{"dst":"10.244.2.0","dev":"eth0","state":["FAILED"]},{"dst":"10.244.2.0","dev":"flannel.1",'
    '"lladdr":"7a:5d:0a:f4:02:00","state":["PERMANENT"]}]',
    "bridge-fdb": '[{"mac":"7a:5d:0a:f4:02:00","ifname":"flannel.1","dst":"198.51.100.13","state":"permanent"},'
    '{"mac":"7a:5d:0a:f4:02:00","ifname":"flannel.1","dst":"198.51.100.12","state":"permanent"}]',
    "iptables-nft-save4": "*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp -j ACCEPT\nCOMMIT\n",
    "sockets": "Netid State Recv-Q Send-Q\n"
    'tcp LISTEN 0 128 127.0.0.1:80 0.0.0.0:* users:(("httpd",pid=4,fd=3)) ino:7 sk:1 <->\n',
}
TEXT = {
    "ip-addr-text": "1: lo: <UP> mtu 65536\n    link/loopback\n2: eth0@if3: <UP> mtu 1500\n    link/ether\n",
    "ip-route4-text": "default via 10.1.0.1 dev eth0 proto dhcp\n10.9.0.0/16 via 10.1.0.1 dev eth0 proto static\n",
    "ip-rule4-text": "0:\tfrom all lookup local\n9:\tfrom all fwmark 0x7 blackhole\n",
    "ip-neigh-text": "10.244.2.0 dev flannel.1 lladdr 7a:5d:0a:f4:02:00 PERMANENT\n",
    "bridge-fdb-text": "7a:5d:0a:f4:02:00 dev flannel.1 dst 198.51.100.12 self permanent\n",
}
LINKS: dict[str, tuple[str, str, str]] = {
    "by what counts of it": (
        "ip-addr",
        "flannel.1",
        (
            '{"ifname": "flannel.1", "mtu": 1450, "address": "7a:5d:0a:f4:01:00", "info_kind": "vxlan", "id": 1, '
            '"local": "198.51.100.11", "link": "eth0", "port": 8472, "addresses": ["10.244.1.0/32"]}'
        ),
    ),
    "among words, with what is below it": ("ip-addr-text", "eth0", "2: eth0@if3: <UP> mtu 1500\n    link/ether"),
    "none of that name": ("ip-addr", "flannel.9", ""),
}


def reading(key: str) -> Reading:
    return Reading("e1", key, "host", "…", "2026-10-01T12:00:00Z", 0, "text", {**JSON, **TEXT}[key])


@pytest.mark.parametrize(("key", "name", "found"), LINKS.values(), ids=LINKS)
def test_a_link(key: str, name: str, found: str) -> None:
    assert link(reading(key), name) == found


def read(key: str) -> tuple[Entry, ...]:
    """Return what the reader of that key makes of its reading."""
    found, tables = reading(key), RouteTables()
    match key.removesuffix("-text"):
        case "ip-route4":
            routes = routes_text.routes if key.endswith("-text") else routes_json.routes
            return routes(found, version=4, tables=tables)
        case "ip-rule4":
            rules = rules_text.rules if key.endswith("-text") else rules_json.rules
            return rules(found, version=4, tables=tables)
        case "ip-neigh":
            neighbours = routes_text.neighbours if key.endswith("-text") else routes_json.neighbours
            return neighbours(found)
        case "bridge-fdb":
            return (bridge_text.fdb if key.endswith("-text") else bridge_json.fdb)(found)
        case _:
            return sockets_text.parse(found)


ENTRIES: dict[str, tuple[str, ...]] = {
    "ip-route4": (
        '{"type":"blackhole","dst":"192.0.2.0/24"}',
        '{"type":"unicast","dst":"10.9.0.0/16","gateway":"10.1.0.1","dev":"eth0","table":"51","flags":["onlink"]}',
    ),
    "ip-route4-text": tuple(TEXT["ip-route4-text"].splitlines()),
    "ip-rule4": (
        '{"priority":0,"src":"all","table":"local"}',
        '{"priority":9,"src":"all","fwmark":"0x7","action":"blackhole"}',
    ),
    "ip-rule4-text": tuple(TEXT["ip-rule4-text"].splitlines()),
    "ip-neigh": (
        '{"dst":"10.244.2.0","dev":"eth0","state":["FAILED"]}',
        '{"dst":"10.244.2.0","dev":"flannel.1","lladdr":"7a:5d:0a:f4:02:00","state":["PERMANENT"]}',
    ),
    "ip-neigh-text": (TEXT["ip-neigh-text"].strip(),),
    "bridge-fdb": (
        '{"mac":"7a:5d:0a:f4:02:00","ifname":"flannel.1","dst":"198.51.100.13","state":"permanent"}',
        '{"mac":"7a:5d:0a:f4:02:00","ifname":"flannel.1","dst":"198.51.100.12","state":"permanent"}',
    ),
    "bridge-fdb-text": (TEXT["bridge-fdb-text"].strip(),),
    "sockets": (JSON["sockets"].splitlines()[1],),
}


@each_row(("key", "excerpts"), ENTRIES.items(), ids=ENTRIES)
def test_what_a_reader_makes_of_an_entry_leads_back_to_it(key: str, excerpts: tuple[str, ...]) -> None:
    assert tuple(entry(reading(key), each.entry) for each in read(key)) == excerpts


def test_an_entry_of_words_has_the_indented_lines_below_it() -> None:
    words = TEXT["ip-route4-text"].replace(" via 10.1.0.1 dev eth0 proto static", "\n\tnexthop via 10.1.0.1 dev eth0")
    found = msgspec.structs.replace(reading("ip-route4-text"), text=words)
    assert entry(found, 2) == "10.9.0.0/16\n\tnexthop via 10.1.0.1 dev eth0"


@pytest.mark.parametrize("number", (0, 3))
@pytest.mark.parametrize("key", ("ip-route4", "ip-route4-text"))
def test_a_number_that_no_entry_has(key: str, number: int) -> None:
    assert entry(reading(key), number) == ""


def test_a_policy_is_its_chains_line() -> None:
    text = JSON["iptables-nft-save4"]
    assert policy(text, "filter", "INPUT") == ":INPUT DROP [0:0]"
    assert policy(text, "nat", "INPUT") == policy(text, "filter", "OUTPUT") == ""


def test_declarations_of_a_table_that_is_not_there() -> None:
    assert declarations("*filter\nCOMMIT\n", ("nat",)) == ""


LISTENS = 'tcp LISTEN 0 5      127.0.0.1:8080  0.0.0.0:* users:(("httpd",pid=4,fd=3)) ino:7 sk:bd cgroup:/a.service <->'
FULL = "udp UNCONN 9216 0 0.0.0.0:53 0.0.0.0:* ino:8 sk:1 <->\n\t skmem:(r9216,rb212992,t0)"


def test_a_socket_is_one_line_and_its_memory_only_tells_if_something_waits() -> None:
    kept = 'tcp LISTEN 0 5 127.0.0.1:8080 0.0.0.0:* users:(("httpd",pid=4,fd=3))'
    assert socket(f"{LISTENS}\n\t skmem:(r0,rb131072,t0)") == kept
    assert socket(FULL) == "udp UNCONN 9216 0 0.0.0.0:53 0.0.0.0:* skmem:(r9216,rb212992,t0)"
    assert socket("COMMAND PID USER") == "COMMAND PID USER", "of another tool"


def test_only_the_sockets_of_the_port_are_quoted() -> None:
    other = "tcp LISTEN 0 64 *:80 *:* ino:9 v6only:0 <->\n\t skmem:(r0)"
    reading = Reading(
        "e1", "sockets", "host", "ss", "2026-10-01T12:00:00Z", 0, "text", f"{other}\n{LISTENS}\n\t skmem:(r0)\n{FULL}\n"
    )
    assert sockets_at(reading, "8080") == socket(LISTENS)
    assert sockets_at(reading, "99") == ""
