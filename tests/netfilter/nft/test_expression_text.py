from hairpin.netfilter.nft.expression_text import (
    HEX,
    QUOTED,
    element_text,
    mapping_text,
    style_of,
    text_of,
    unknown_text,
)
from hairpin.netfilter.nft.syntax import Json
from tests.rows import each_row

MARK: Json = {"meta": {"key": "mark"}}
DPORT: Json = {"payload": {"protocol": "tcp", "field": "dport"}}

TEXTS: dict[str, tuple[Json, str]] = {
    "header field": (DPORT, "tcp dport"),
    "place in the packet": ({"payload": {"base": "th", "offset": 0, "len": 32}}, "@th,0,32"),
    "within a tunnel": ({"payload": {"tunnel": "vxlan", "protocol": "ip", "field": "saddr"}}, "vxlan ip saddr"),
    "interface": ({"meta": {"key": "iifname"}}, "iifname"),
    "mark": (MARK, "meta mark"),
    "connection": ({"ct": {"key": "ip saddr", "dir": "original"}}, "ct original ip saddr"),
    "route": ({"fib": {"result": "oif", "flags": ["saddr", "iif"]}}, "fib saddr . iif oif"),
    "route type": ({"fib": {"result": "type", "flags": "daddr"}}, "fib daddr type"),
    "next hop": ({"rt": {"key": "nexthop", "family": "ip"}}, "rt ip nexthop"),
    "socket": ({"socket": {"key": "transparent"}}, "socket transparent"),
    "ipsec": ({"ipsec": {"key": "reqid", "dir": "in", "spnum": 1}}, "ipsec in spnum 1 reqid"),
    "dice": ({"numgen": {"mode": "random", "mod": 3, "offset": 0}}, "numgen random mod 3"),
    "hash": ({"jhash": {"mod": 2, "seed": 16, "offset": 1, "expr": DPORT}}, "jhash tcp dport mod 2 seed 0x10 offset 1"),
    "option": ({"tcp option": {"name": "maxseg", "field": "size"}}, "tcp option maxseg size"),
    "option by number": ({"tcp option": {"base": 3, "offset": 0, "len": 8}}, "tcp option 3"),
    "part of an option by number": ({"tcp option": {"base": 3, "offset": 16, "len": 8}}, "tcp option @3,16,8"),
    "extension header": ({"exthdr": {"name": "frag"}}, "exthdr frag"),
    "field of an extension header": ({"exthdr": {"name": "frag", "field": "id"}}, "frag id"),
    "tunnel's own header": ({"payload": {"tunnel": "vxlan", "protocol": "vxlan", "field": "vni"}}, "vxlan vni"),
    "system": ({"osf": {"key": "name", "ttl": "loose"}}, "osf ttl loose name"),
    "range": ({"range": [80, 90]}, "80-90"),
    "element without a value": ({"elem": {}}, "elem"),
    "prefix": ({"prefix": {"addr": "10.0.0.0", "len": 8}}, "10.0.0.0/8"),
    "concatenation": ({"concat": [DPORT, {"meta": {"key": "oifname"}}]}, "tcp dport . oifname"),
    "set": ({"set": [80, {"range": [90, 99]}]}, "{ 80, 90-99 }"),
    "named set": ("@blocked", "@blocked"),
    "flags": (["established", "related"], "established,related"),
    "mask": ({"&": [MARK, 255]}, "meta mark & 0x000000ff"),
    "masked and set": ({"|": [{"&": [MARK, 255]}, 1]}, "meta mark & 0x000000ff | 0x00000001"),
    "shifted": ({"<<": [{"&": [MARK, 255]}, 8]}, "(meta mark & 0x000000ff) << 8"),
    "mask of flags": (
        {"&": [{"payload": {"protocol": "tcp", "field": "flags"}}, ["fin", "syn"]]},
        "tcp flags & (fin | syn)",
    ),
    "map": ({"map": {"key": DPORT, "data": "@ports"}}, "tcp dport map @ports"),
    "presence": (True, "exists"),
    "something new": ({"star": {"key": 5}}, "star key 5"),
    "something newer": ({"a": 1, "b": 2}, "{'a': 1, 'b': 2}"),
}


@each_row(("expression", "expected"), TEXTS.values(), ids=TEXTS)
def test_text_of(expression: Json, expected: str) -> None:
    assert text_of(expression) == expected


STYLES: dict[str, tuple[Json, str]] = {
    "mark": (MARK, HEX),
    "connection's mark": ({"ct": {"key": "mark"}}, HEX),
    "masked mark": ({"&": [MARK, 255]}, HEX),
    "interface": ({"meta": {"key": "oifname"}}, QUOTED),
    "helper": ({"ct": {"key": "helper"}}, QUOTED),
    "route's interface": ({"fib": {"result": "oifname", "flags": ["saddr"]}}, QUOTED),
    "route's interface by number": ({"fib": {"result": "oif", "flags": ["daddr"]}}, QUOTED),
    "port": (DPORT, ""),
    "concatenation": ({"concat": [MARK, DPORT, {"meta": {"key": "iif"}}]}, f"{HEX}..{QUOTED}"),
}


@each_row(("left", "expected"), STYLES.values(), ids=STYLES)
def test_the_left_side_says_how_constants_look(left: Json, expected: str) -> None:
    assert style_of(left) == expected


def test_constants_in_the_style_of_the_left_side() -> None:
    assert text_of("docker0", QUOTED) == '"docker0"'
    assert text_of("77", QUOTED) == "77"
    assert text_of("@names", QUOTED) == "@names"
    assert text_of(16, HEX) == "0x00000010"
    assert text_of({"concat": [16, "lo"]}, f"{HEX}.{QUOTED}") == '0x00000010 . "lo"'


def test_elements_show_their_timeout() -> None:
    assert element_text({"elem": {"val": "10.0.0.1", "timeout": 3690, "expires": 9}}, "") == "10.0.0.1 timeout 1h1m30s"
    assert element_text([22, {"jump": {"target": "ssh"}}], "") == "22 : jump ssh"
    assert mapping_text({"key": MARK, "data": {"set": [[1, {"accept": None}], ["*", {"drop": None}]]}}) == (
        "{ 0x00000001 : accept, * : drop }"
    )


def test_an_expression_without_words_is_written_key_by_key() -> None:
    assert unknown_text("wormhole", {"to": "10.0.0.1", "len": 5}) == "wormhole to 10.0.0.1 len 5"
    assert unknown_text("wormhole", None) == "wormhole"
