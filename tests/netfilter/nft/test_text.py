from hairpin.netfilter.nft.syntax import Json
from hairpin.netfilter.nft.text import match_text, nat_text, rule_text, statement_text
from tests.rows import each_row

DPORT: Json = {"payload": {"protocol": "tcp", "field": "dport"}}
SADDR: Json = {"payload": {"protocol": "ip", "field": "saddr"}}
FLAGS: Json = {"payload": {"protocol": "tcp", "field": "flags"}}
ORIGIN: Json = {"ct": {"key": "saddr", "dir": "original"}}
STATE: Json = {"ct": {"key": "state"}}

MATCHES: dict[str, tuple[Json, str, Json, str]] = {
    "without the family that nft lists": (ORIGIN, "==", "10.1.2.3", "ct original ip saddr 10.1.2.3"),
    "a prefix that nft misprints": (ORIGIN, "==", "0.0.10.100", "ct original ip saddr 10.100.0.0/16"),
    "equal": (DPORT, "==", 22, "tcp dport 22"),
    "not equal": ({"meta": {"key": "iifname"}}, "!=", "docker0", 'iifname != "docker0"'),
    "any flag": (STATE, "in", ["established", "related"], "ct state established,related"),
    "no flag": (STATE, "!", "new", "ct state ! new"),
    "exactly this flag": (STATE, "==", "new", "ct state == new"),
    "one of these": (STATE, "==", {"set": ["new", "invalid"]}, "ct state { new, invalid }"),
    "flags of some": ({"&": [FLAGS, ["fin", "syn"]]}, "==", "syn", "tcp flags syn / fin,syn"),
    "other flags of some": ({"&": [FLAGS, ["fin", "syn"]]}, "!=", "syn", "tcp flags != syn / fin,syn"),
    "flags of some, newer nft": (
        {"&": [FLAGS, {"|": ["fin", "syn"]}]},
        "==",
        {"|": ["fin", "syn"]},
        "tcp flags fin,syn / fin,syn",
    ),
    "flags of some, several": (
        {"&": [FLAGS, ["fin", "syn"]]},
        "==",
        {"set": ["fin", "syn"]},
        "tcp flags & (fin | syn) == { fin, syn }",
    ),
    "masked": ({"&": [{"meta": {"key": "mark"}}, 255]}, "==", 16, "meta mark & 0x000000ff == 0x00000010"),
    "presence": ({"exthdr": {"name": "frag"}}, "==", True, "exthdr frag exists"),
    "dice": ({"numgen": {"mode": "inc", "mod": 2, "offset": 0}}, "==", 0, "numgen inc mod 2 0"),
}


@each_row(("left", "operator", "right", "expected"), MATCHES.values(), ids=MATCHES)
def test_match_text(left: Json, operator: str, right: Json, expected: str) -> None:
    assert match_text(left, operator, right) == expected
    assert statement_text({"match": {"left": left, "op": operator, "right": right}}) == expected


STATEMENTS: dict[str, tuple[Json, str]] = {
    "verdict": ({"accept": None}, "accept"),
    "jump": ({"jump": {"target": "ssh"}}, "jump ssh"),
    "own counter": ({"counter": {"packets": 5, "bytes": 300}}, "counter"),
    "named counter": ({"counter": "web"}, 'counter name "web"'),
    "limit": ({"limit": {"rate": 10, "burst": 5, "per": "second"}}, "limit rate 10/second"),
    "limit with burst": (
        {"limit": {"rate": 3, "burst": 7, "per": "minute", "inv": True}}, "limit rate over 3/minute burst 7 packets",
    ),
    "limit of bytes": (
        {"limit": {"rate": 1, "burst": 10, "per": "second", "rate_unit": "mbytes", "burst_unit": "kbytes"}},
        "limit rate 1 mbytes/second burst 10 kbytes",
    ),
    "named limit": ({"limit": "slow"}, 'limit name "slow"'),
    "quota": ({"quota": {"val": 10, "val_unit": "mbytes", "inv": True}}, "quota over 10 mbytes"),
    "named quota": ({"quota": "month"}, 'quota name "month"'),
    "connections": ({"ct count": {"val": 20, "inv": True}}, "ct count over 20"),
    "log": ({"log": {"prefix": "in: ", "level": "info", "flags": "all"}}, 'log prefix "in: " level info flags all'),
    "plain log": ({"log": None}, "log"),
    "reject": ({"reject": None}, "reject"),
    "reject with reset": ({"reject": {"type": "tcp reset"}}, "reject with tcp reset"),
    "reject with a code": (
        {"reject": {"type": "icmpx", "expr": "admin-prohibited"}}, "reject with icmpx admin-prohibited",
    ),
    "mark": ({"mangle": {"key": {"meta": {"key": "mark"}}, "value": 5}}, "meta mark set 0x00000005"),
    "element": (
        {"set": {"op": "add", "elem": {"elem": {"val": SADDR, "timeout": 60}}, "set": "@seen",
                 "stmt": [{"limit": {"rate": 1, "burst": 5, "per": "second"}}]}},
        "add @seen { ip saddr timeout 1m limit rate 1/second }",
    ),
    "element of a map": (
        {"map": {"op": "update", "elem": SADDR, "data": DPORT, "map": "@ports"}},
        "update @ports { ip saddr : tcp dport }",
    ),
    "meter": (
        {"meter": {"key": SADDR, "stmt": {"ct count": {"val": 2}}, "size": 5, "name": "m"}},
        "meter m size 5 { ip saddr ct count 2 }",
    ),
    "queue": ({"queue": {"num": {"range": [1, 3]}, "flags": ["bypass"]}}, "queue flags bypass to 1-3"),
    "any queue": ({"queue": None}, "queue"),
    "copy": ({"dup": {"addr": "10.0.0.1", "dev": "eth0"}}, 'dup to 10.0.0.1 device "eth0"'),
    "forwarded": ({"fwd": {"dev": "eth0"}}, 'fwd to "eth0"'),
    "forwarded to an address": (
        {"fwd": {"dev": "eth0", "family": "ip", "addr": "10.0.0.1"}}, 'fwd ip to 10.0.0.1 device "eth0"',
    ),
    "counter by port": (
        {"counter": {"map": {"key": DPORT, "data": {"set": [[80, "web"]]}}}},
        'counter name tcp dport map { 80 : "web" }',
    ),
    "synproxy by port": ({"synproxy": {"map": {"key": DPORT, "data": "@s"}}}, "synproxy name tcp dport map @s"),
    "named synproxy": ({"synproxy": "https"}, 'synproxy name "https"'),
    "verdict map": (
        {"vmap": {"key": DPORT, "data": {"set": [[22, {"goto": {"target": "ssh"}}]]}}},
        "tcp dport vmap { 22 : goto ssh }",
    ),
    "flow table": ({"flow": {"op": "add", "flowtable": "@fast"}}, "flow add @fast"),
    "helper": ({"ct helper": "ftp"}, 'ct helper set "ftp"'),
    "strip": ({"reset": {"tcp option": {"name": "sack-perm"}}}, "reset tcp option sack-perm"),
    "notrack": ({"notrack": None}, "notrack"),
    "synproxy": ({"synproxy": {"mss": 1460}}, "synproxy mss 1460"),
    "iptables": ({"xt": {"type": "match", "name": "recent"}}, 'xt match "recent"'),
    "text": (
        "jump {\n\t\tip saddr { 10.0.0.1,\n\t\t\t10.0.0.2 } drop\n\t\taccept\n\t}",
        "jump { ip saddr { 10.0.0.1, 10.0.0.2 } drop; accept; }",
    ),
    "something new": ({"wormhole": {"to": "10.0.0.1"}}, "wormhole to 10.0.0.1"),
}  # fmt: skip


@each_row(("statement", "expected"), STATEMENTS.values(), ids=STATEMENTS)
def test_statement_text(statement: Json, expected: str) -> None:
    assert statement_text(statement) == expected


NAT: dict[str, tuple[str, Json, str]] = {
    "address and port": ("dnat", {"family": "ip", "addr": "172.17.0.2", "port": 80}, "dnat ip to 172.17.0.2:80"),
    "IPv6": ("dnat", {"addr": "fd00::2", "port": 80}, "dnat to [fd00::2]:80"),
    "range": ("snat", {"addr": {"range": ["10.0.0.1", "10.0.0.9"]}}, "snat to 10.0.0.1-10.0.0.9"),
    "port alone": ("redirect", {"port": 8080, "flags": ["random"]}, "redirect to :8080 random"),
    "masquerade": ("masquerade", None, "masquerade"),
    "masquerade with flags": ("masquerade", {"flags": ["random", "persistent"]}, "masquerade random,persistent"),
    "prefix": (
        "dnat",
        {"addr": {"prefix": {"addr": "10.0.0.0", "len": 24}}, "flags": "netmap", "type_flags": "prefix"},
        "dnat prefix to 10.0.0.0/24",
    ),
    "map": (
        "dnat",
        {"addr": {"map": {"key": DPORT, "data": {"set": [[80, {"concat": ["10.0.0.1", 8080]}]]}}}},
        "dnat to tcp dport map { 80 : 10.0.0.1 . 8080 }",
    ),
}


@each_row(("name", "inner", "expected"), NAT.values(), ids=NAT)
def test_nat_text(name: str, inner: Json, expected: str) -> None:
    assert nat_text(name, inner) == expected


def test_a_rule_is_one_line_with_its_comment() -> None:
    statements: list[Json] = [
        {"match": {"op": "==", "left": DPORT, "right": 22}}, {"counter": {"packets": 1, "bytes": 2}}, {"accept": None},
    ]  # fmt: skip
    assert (
        rule_text([statement_text(each) for each in statements], "ssh") == 'tcp dport 22 counter accept comment "ssh"'
    )
    assert rule_text([statement_text(each) for each in statements], None) == "tcp dport 22 counter accept"


def test_the_default_reject_of_a_family_is_not_written() -> None:
    reject: list[Json] = [{"reject": {"type": "icmp", "expr": "port-unreachable"}}]
    assert rule_text([statement_text(each) for each in reject], None, "ip") == "reject"
    assert rule_text([statement_text(each) for each in reject], None, "inet") == "reject with icmp port-unreachable"
