"""Chains, sets, maps, flowtables and objects."""

from collections.abc import Callable

from hairpin.netfilter.nft.script.cursor import Cursor
from hairpin.netfilter.nft.script.declarations import chain, declared_object, flowtable, named_set, priority
from hairpin.netfilter.nft.syntax import Json
from tests.rows import each_row


def of_set(text: str) -> Json:
    return named_set(Cursor(text, "here", {}), "inet", is_map=False)


def of_map(text: str) -> Json:
    return named_set(Cursor(text, "here", {}), "inet", is_map=True)


def of(kind: str) -> Callable[[str], Json]:
    return lambda text: declared_object(Cursor(text, "here", {}), kind)


CASES: dict[str, tuple[Callable[[str], Json], Json]] = {
    "{ type ipv4_addr; flags interval, timeout; elements = { 10.0.0.0/8, } }": (
        of_set, {"type": "ipv4_addr", "flags": ["interval", "timeout"],
                 "elem": [{"prefix": {"addr": "10.0.0.0", "len": 8}}]}),
    "{ type ipv4_addr . inet_service; elements = { 1.1.1.1 . ssh } }": (
        of_set, {"type": ["ipv4_addr", "inet_service"], "elem": [{"concat": ["1.1.1.1", 22]}]}),
    "{ typeof ip saddr; }": (of_set, {"type": "ipv4_addr"}),
    "{ typeof ip dscp; }": (of_set, {"type": {"typeof": {"payload": {"protocol": "ip", "field": "dscp"}}}}),
    "{ type inet_service : verdict; elements = { http : accept } }": (
        of_map, {"type": "inet_service", "map": "verdict", "elem": [[80, {"accept": None}]]}),
    "{ type ipv4_addr : inet_service; elements = { 1.1.1.1 : http } }": (
        of_map, {"type": "ipv4_addr", "map": "inet_service", "elem": [["1.1.1.1", 80]]}),
    "packets 1 bytes 2": (of("counter"), {"packets": 1, "bytes": 2}),
    "{ over 2 kbytes }": (of("quota"), {"bytes": 2048, "used": 0, "inv": True}),
    "{ rate 4/minute }": (of("limit"), {"rate": 4, "per": "minute", "burst": 5}),
    '{ type "ftp" protocol tcp; l3proto ip; }': (of("ct helper"), {"type": "ftp", "protocol": "tcp", "l3proto": "ip"}),
    "{ protocol tcp; policy = { established : 100, close : 4 }; }": (
        of("ct timeout"), {"protocol": "tcp", "policy": {"established": 100, "close": 4}}),
    "{ mss 1460; wscale 7; timestamp sack-perm; }": (
        of("synproxy"), {"mss": 1460, "wscale": 7, "flags": ["timestamp", "sack-perm"]}),
}  # fmt: skip


@each_row(("text", "case"), CASES.items(), ids=CASES)
def test_declarations(text: str, case: tuple[Callable[[str], Json], Json]) -> None:
    read, expected = case
    assert read(text) == expected


def test_a_chain_has_properties_and_rules() -> None:
    text = '{\n type filter hook input priority filter + 5; policy drop\n comment "x"\n accept\n drop comment "y"; }'
    body, rules = chain(Cursor(text, "here", {}))
    assert body == {"type": "filter", "hook": "input", "prio": "filter + 5", "policy": "drop", "comment": "x"}
    assert [(each["expr"], each["line"], each.get("comment")) for each in rules] == [
        ([{"accept": None}], 4, None), ([{"drop": None}], 5, "y"),
    ]  # fmt: skip


def test_devices_of_chains_and_flowtables() -> None:
    text = "{ type filter hook ingress devices = { eth0, eth1 } priority -500; }"
    assert chain(Cursor(text, "here", {}))[0]["dev"] == ["eth0", "eth1"]
    text = '{ hook ingress priority filter; devices = { "eth0" }; flags offload; }'
    assert flowtable(Cursor(text, "here", {})) == {
        "hook": "ingress", "prio": "filter", "dev": ["eth0"], "flags": ["offload"]}  # fmt: skip


def test_priorities() -> None:
    assert [priority(Cursor(text, "", {})) for text in ("-150", "0", "dstnat - 5", "raw")] == [
        -150, 0, "dstnat - 5", "raw"]  # fmt: skip
