"""nft's listing as input for nft, with a counter in each rule."""

import json

import pytest

from hairpin.replica.plan.nft_input import counted
from tests.rows import each_row


def test_native_rules_count_before_they_end() -> None:
    """A handle would mean: behind that rule."""
    place = {"family": "inet", "table": "t", "chain": "c"}
    listed = {
        "nftables": [
            {"metainfo": {"version": "1.0.6"}},
            {"table": {"family": "inet", "name": "t", "handle": 1}},
            {"chain": {"family": "inet", "table": "t", "name": "c", "policy": "drop", "handle": 1}},
            {"rule": {**place, "handle": 3, "expr": [{"counter": {"packets": 9, "bytes": 9}}, {"drop": None}]}},
            {"rule": {**place, "handle": 4, "expr": [{"log": None}]}},
        ]
    }
    found = json.loads(counted(json.dumps(listed)))["nftables"]
    counter = {"counter": {"packets": 0, "bytes": 0}}
    assert [next(iter(each["add"])) for each in found] == ["table", "chain", "rule", "rule", "rule"]
    assert [each["add"]["rule"]["expr"] for each in found[2:]] == [
        [counter, {"drop": None}],
        [{"log": None}, counter],
        [counter],
    ]
    assert "handle" not in json.dumps(found)


@pytest.mark.parametrize(
    ("listed", "devices", "expected"),
    (
        ({}, ("eth0",), "eth0"),
        ({}, ("eth0", "eth1"), ["eth0", "eth1"]),
        ({"dev": "lo"}, ("eth0",), "lo"),
        ({}, (), None),
    ),
    ids=["one", "several", "listed already", "not bound"],
)
def test_a_chain_is_bound_to_its_devices(listed: dict[str, str], devices: tuple[str, ...], expected: object) -> None:
    chain = {"family": "netdev", "table": "t", "name": "c", "hook": "ingress", **listed}
    (found,) = json.loads(counted(json.dumps({"nftables": [{"chain": chain}]}), {"c": devices}))["nftables"]
    assert found["add"]["chain"].get("dev") == expected


PLACE = {"family": "inet", "table": "t", "chain": "c"}


def expressions(*parts: object) -> list[object]:
    """Return what becomes of a rule's parts."""
    (found,) = json.loads(counted(json.dumps({"nftables": [{"rule": {**PLACE, "expr": list(parts)}}]})))["nftables"]
    return [each for each in found["add"]["rule"]["expr"] if each != {"counter": {"packets": 0, "bytes": 0}}]


def asked(left: object, right: object) -> dict[str, object]:
    return {"match": {"op": "==", "left": left, "right": right}}


PORT = asked({"ct": {"key": "proto-dst", "dir": "original"}}, 80)
UDP = asked({"meta": {"key": "l4proto"}}, "udp")
TO_DNS = asked({"payload": {"protocol": "udp", "field": "dport"}}, 53)
SADDR = {"payload": {"protocol": "ip", "field": "saddr"}}
PAIR = asked({"concat": [SADDR, {"payload": {"protocol": "udp", "field": "dport"}}]}, "@pairs")


@each_row(
    ("listed", "expected"),
    (
        ([PORT, TO_DNS], [UDP, PORT, TO_DNS]),
        ([PORT, PAIR], [UDP, PORT, PAIR]),
        ([PORT, UDP], [UDP, PORT]),
        ([UDP, PORT], [UDP, PORT]),
        ([TO_DNS, PORT], [TO_DNS, PORT]),
        ([PORT, {"accept": None}], [PORT, {"accept": None}]),
        ([asked(SADDR, "192.0.2.1")], [asked(SADDR, "192.0.2.1")]),
    ),
)
def test_the_protocol_comes_before_a_port_of_conntrack(listed: list[object], expected: list[object]) -> None:
    """nft leaves ``meta l4proto udp`` out where ``udp dport`` follows, and does not take back what it has printed."""
    assert expressions(*listed) == expected


def test_chains_are_there_before_the_maps_that_lead_to_them() -> None:
    named = {"family": "inet", "table": "t", "name": "m", "type": "ifname", "map": "verdict"}
    listed = [
        {"table": {"family": "inet", "name": "t"}},
        {"map": {**named, "elem": [["eth0", {"jump": {"target": "c"}}]]}},
        {"chain": {"family": "inet", "table": "t", "name": "c"}},
    ]
    found = json.loads(counted(json.dumps({"nftables": listed})))["nftables"]
    assert [next(iter(each["add"])) for each in found] == ["table", "chain", "map"]


def test_nothing_follows_the_end_of_a_rule() -> None:
    listed = {"nftables": [{"rule": {**PLACE, "expr": [{"fwd": {"dev": "eth0"}}]}}]}
    (found,) = json.loads(counted(json.dumps(listed)))["nftables"]
    assert [next(iter(each)) for each in found["add"]["rule"]["expr"]] == ["counter", "fwd"]


def test_named_counters_stay() -> None:
    by_port = {"counter": {"map": {"key": SADDR, "data": {"set": [["192.0.2.1", "web"]]}}}}
    assert expressions({"counter": "web"}, by_port, {"counter": {"packets": 3, "bytes": 9}}) == [
        {"counter": "web"},
        by_port,
    ]


OF_1_1: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "a helper's protocol": (
        {"ct helper": {"name": "ftp", "type": "ftp", "protocol": 6, "l3proto": "ip"}},
        {"ct helper": {"name": "ftp", "type": "ftp", "protocol": "tcp", "l3proto": "ip"}},
    ),
    "a dynamic set": (
        {"set": {"name": "seen", "type": "ipv4_addr", "flags": ["timeout", "dynamic"], "timeout": 60}},
        {"set": {"name": "seen", "type": "ipv4_addr", "flags": ["timeout"], "timeout": 60}},
    ),
    "a set that is only dynamic": (
        {"set": {"name": "seen", "type": "ipv4_addr", "flags": "dynamic"}},
        {"set": {"name": "seen", "type": "ipv4_addr"}},
    ),
}


@pytest.mark.parametrize(("listed", "expected"), OF_1_1.values(), ids=OF_1_1)
def test_a_listing_of_1_1_loads_in_1_0(listed: dict[str, object], expected: dict[str, object]) -> None:
    assert json.loads(counted(json.dumps({"nftables": [listed]})))["nftables"] == [{"add": expected}]


def test_operators_have_two_sides() -> None:
    flags = {"payload": {"protocol": "tcp", "field": "flags"}}
    found = expressions(asked({"&": [flags, {"|": ["fin", "syn", "rst"]}]}, {"|": ["fin", "syn"]}), {"last": None})
    assert found == [asked({"&": [flags, {"|": [{"|": ["fin", "syn"]}, "rst"]}]}, {"|": ["fin", "syn"]})]
