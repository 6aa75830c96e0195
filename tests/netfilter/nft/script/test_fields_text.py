"""Fields of the packet."""

from hairpin.netfilter.nft.script.cursor import Cursor
from hairpin.netfilter.nft.script.expressions import operand_of
from hairpin.netfilter.nft.syntax import Json
from tests.rows import each_row

CASES: dict[str, Json] = {
    "ip saddr": {"payload": {"protocol": "ip", "field": "saddr"}},
    "meta iifname": {"meta": {"key": "iifname"}},
    "iif": {"meta": {"key": "iif"}},
    "meta ibriport": {"meta": {"key": "ibrname"}},
    "ct original ip saddr": {"ct": {"key": "ip saddr", "dir": "original"}},
    "ct mark": {"ct": {"key": "mark"}},
    "rt ipsec": {"rt": {"key": "ipsec"}},
    "rt type": {"exthdr": {"name": "rt", "field": "type"}},
    "exthdr frag": {"exthdr": {"name": "frag"}},
    "ipsec in reqid": {"ipsec": {"key": "reqid", "dir": "in", "spnum": 0}},
    "tcp option mss size": {"tcp option": {"name": "maxseg", "field": "size"}},
    "arp saddr ether": {"payload": {"protocol": "arp", "field": "saddr ether"}},
    "@th,16,16": {"payload": {"base": "th", "offset": 16, "len": 16}},
    "fib saddr . iif oif": {"fib": {"result": "oif", "flags": ["saddr", "iif"]}},
    "socket transparent": {"socket": {"key": "transparent"}},
    "numgen inc mod 3 offset 1": {"numgen": {"mode": "inc", "mod": 3, "offset": 1}},
    "vxlan ip saddr": {"payload": {"protocol": "ip", "field": "saddr", "tunnel": "vxlan"}},
    "jhash ip saddr . tcp dport mod 2": {
        "jhash": {"expr": {"concat": [{"payload": {"protocol": "ip", "field": "saddr"}},
                                      {"payload": {"protocol": "tcp", "field": "dport"}}]}, "mod": 2}
    },
}  # fmt: skip


@each_row(("text", "expected"), CASES.items(), ids=CASES)
def test_fields(text: str, expected: Json) -> None:
    at = Cursor(text, "here", {})
    assert (operand_of(at), at.peek().kind) == (expected, "end")


def test_a_protocol_alone_is_a_value() -> None:
    assert operand_of(Cursor("tcp\n", "here", {})) == "tcp"
