"""Pieces of rules in the words of nft's JSON."""

from hairpin.engines.docker import nft_words as nft
from hairpin.engines.docker.nft_words import Json
from tests.rows import each_row

MATCHES: dict[str, tuple[Json, Json]] = {
    "one interface": (
        nft.interface("iifname", "lo", "!="),
        {"op": "!=", "left": {"meta": {"key": "iifname"}}, "right": "lo"},
    ),
    "several interfaces": (
        nft.interface("iifname", ("a", "b")),
        {"op": "==", "left": {"meta": {"key": "iifname"}}, "right": {"set": ["a", "b"]}},
    ),
    "prefix": (
        nft.address("ip6", "saddr", nft.prefix("fe80::/10"), "!="),
        {
            "op": "!=",
            "left": {"payload": {"protocol": "ip6", "field": "saddr"}},
            "right": {"prefix": {"addr": "fe80::", "len": 10}},
        },
    ),
    "port": (
        nft.port("sctp", 7),
        {"op": "==", "left": {"payload": {"protocol": "sctp", "field": "dport"}}, "right": 7},
    ),
    "icmp": (
        nft.icmp("ip"),
        {"op": "==", "left": {"payload": {"protocol": "ip", "field": "protocol"}}, "right": "icmp"},
    ),
    "icmpv6": (nft.icmp("ip6"), {"op": "==", "left": {"meta": {"key": "l4proto"}}, "right": "ipv6-icmp"}),
    "local": (
        nft.type_is_local("saddr"),
        {"op": "==", "left": {"fib": {"result": "type", "flags": ["saddr"]}}, "right": "local"},
    ),
    "state": (
        nft.ct_established(),
        {"op": "in", "left": {"ct": {"key": "state"}}, "right": ["established", "related"]},
    ),
}


@each_row(("piece", "inner"), MATCHES.values(), ids=MATCHES)
def test_matches(piece: Json, inner: Json) -> None:
    assert piece == {"match": inner}


def test_a_statement_is_counted_before_it_ends_the_rule() -> None:
    assert nft.behind_counter(nft.DROP) == (nft.COUNTER, {"drop": None})


def test_addresses_as_text() -> None:
    assert nft.host("ip", 0xAC110002) == "172.17.0.2"
    assert nft.host("ip6", 1) == "::1"


def test_targets() -> None:
    assert nft.dnat("::1", 80) == {"dnat": {"addr": "::1", "port": 80}}
    assert nft.snat("192.0.2.1") == {"snat": {"addr": "192.0.2.1"}}
    assert nft.jump("x") == {"jump": {"target": "x"}}
    assert nft.vmap("iifname", "m") == {"vmap": {"key": {"meta": {"key": "iifname"}}, "data": "@m"}}
