"""JSON of iproute2 and nft: the elements of an array show which command printed it."""

import json

import pytest

from hairpin.netfilter.nft.listing import parse
from tests.pasted.readings import keys_in, text_of
from tests.rows import each_row

LINK = {"ifindex": 4, "ifname": "v0", "link": "v1", "flags": ["UP"], "mtu": 1500, "operstate": "UP"}
BODIES: dict[str, dict[str, object]] = {
    "ip-addr": {**LINK, "addr_info": [{"family": "inet", "local": "10.0.0.1", "prefixlen": 24}]},
    "ip-link-text": {**LINK, "link_type": "ether", "address": "02:00:00:00:00:01"},
    "bridge-link": {"ifindex": 4, "ifname": "v0", "flags": ["UP"], "mtu": 1500, "master": "br0", "state": "forwarding"},
    "ip-neigh": {"dst": "10.0.0.9", "dev": "eth0", "lladdr": "02:00:00:00:00:09", "state": ["REACHABLE"]},
    "ip-rule4": {"priority": 0, "src": "all", "table": "local"},
    "ip-route4": {"dst": "default", "gateway": "10.0.0.254", "dev": "eth0", "flags": []},
    "ip-route6": {"dst": "default", "gateway": "fe80::1", "dev": "eth0", "flags": [], "pref": "medium"},
}


@pytest.mark.parametrize("indent", (None, 4), ids=("one line", "pretty"))
@pytest.mark.parametrize("key", BODIES)
def test_an_array_is_the_output_of_the_command(key: str, indent: int | None) -> None:
    assert keys_in("see:\n\n" + json.dumps([BODIES[key]], indent=indent) + "\n\nthanks\n") == (key,)


def test_a_link_becomes_the_words_of_ip() -> None:
    assert text_of(json.dumps([BODIES["ip-link-text"]]), "ip-link-text") == (
        "4: v0@v1: <UP> mtu 1500 state UP\n    link/ether 02:00:00:00:00:01\n"
    )


def test_each_table_of_nft_is_a_reading() -> None:
    objects = [
        {"metainfo": {"json_schema_version": 1}},
        *({"table": {"family": "ip", "name": name, "handle": 1}} for name in ("one", "two")),
        {"chain": {"family": "ip", "table": "two", "name": "c", "handle": 1}},
    ]
    text = json.dumps({"nftables": objects})
    assert keys_in(text) == ("nft-table", "nft-table")
    assert [each.name for each in parse(text, source="text")] == ["one", "two"]


@each_row("text", ('[{"x": 1}]', "[]", '[{"dst": "a"', '{"nftables": 5}', '[{"ifname": "v0"}]'))
def test_other_json_is_no_reading(text: str) -> None:
    assert keys_in(text + "\n") == ()
