"""The text of nft tells what an extension in its JSON does; what it leaves untranslated stays unknown."""

import json

import pytest

from hairpin.netfilter.iptables import save
from hairpin.netfilter.ir import OpaqueMatch
from hairpin.netfilter.meaning import names_an_extension, unordered
from hairpin.netfilter.nft import listing
from tests.rows import each_row

COUNTER = {"counter": {"packets": 3, "bytes": 180}}
TEXT = """table ip nat {{
\tmap forwards {{
\t\ttype inet_service : ipv4_addr . inet_service
\t}}

\tchain PREROUTING {{
\t\ttype nat hook prerouting priority dstnat; policy accept;
\t\ttcp dport {{ 90, 91,
\t\t\t     92 }} counter packets 0 bytes 0 accept
\t\t{line}
\t}}
}}
"""


def xt(name: str, kind: str = "match") -> dict[str, object]:
    """Return an extension as nft's JSON shows it."""
    return {"xt": {"type": kind, "name": name}}


def document(*statements: object) -> str:
    """Return a table with a rule of nft's own, and a rule of these statements behind it."""
    own = [{"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}},
                      "right": {"set": [90, 91, 92]}}}, COUNTER, {"accept": None}]  # fmt: skip
    where = {"family": "ip", "table": "nat", "chain": "PREROUTING"}
    table = {"table": {"family": "ip", "name": "nat", "handle": 1}}
    chain = {"family": "ip", "table": "nat", "name": "PREROUTING", "type": "nat", "hook": "prerouting", "prio": -100}
    return json.dumps({"nftables": [
        table, {"chain": chain}, {"rule": {**where, "handle": 2, "expr": own}},
        {"rule": {**where, "handle": 3, "expr": statements}},
    ]})  # fmt: skip


LINES = {
    "addrtype": (
        [xt("addrtype"), COUNTER, {"jump": {"target": "DOCKER"}}],
        "fib daddr type local counter packets 0 bytes 0 jump DOCKER",
        "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER",
    ),
    "DNAT": ([xt("tcp"), COUNTER, xt("DNAT", "target")], "meta l4proto tcp counter dnat to 172.17.0.2:80",
             "-A PREROUTING -p tcp -j DNAT --to-destination 172.17.0.2:80"),
    "MASQUERADE": ([COUNTER, xt("MASQUERADE", "target")], "counter packets 0 bytes 0 masquerade",
                   "-A PREROUTING -j MASQUERADE"),
    "states, and a comment that nft leaves out": (
        [xt("comment"), xt("conntrack"), COUNTER, {"accept": None}],
        " ct state related,established counter packets 0 bytes 0 accept",
        "-A PREROUTING -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("statements", "line", "iptables"), LINES.values(), ids=LINES)
def test_a_translated_rule_means_what_iptables_would_show(statements: list[object], line: str, iptables: str) -> None:
    (table,) = listing.parse(document(*statements), source="nft", translated=TEXT.format(line=line))
    (saved,) = save.parse(f"*nat\n:PREROUTING ACCEPT [0:0]\n:DOCKER - [0:0]\n{iptables}\nCOMMIT\n", family="ip",
                          dialect="iptables-nft", source="iptables")  # fmt: skip
    rule = table.chains[0].rules[1]
    assert unordered(rule) == unordered(saved.chains[0].rules[0])
    assert (rule.packets, rule.handle) == (3, 3)


NOT = {
    "no text": (document(xt("addrtype"), {"accept": None}), ""),
    "not translated": (document(xt("string"), {"drop": None}), TEXT.format(line="xt match string drop")),
    "not translated by older versions": (document(xt("addrtype"), {"drop": None}), TEXT.format(line="# xt_addrtype")),
    "a chain that changed meanwhile": (
        document(xt("addrtype"), {"drop": None}), TEXT.format(line="drop\n\t\tfib daddr type local drop")),
    "another rule": (
        document(xt("addrtype"), {"jump": {"target": "DOCKER"}}), TEXT.format(line="fib daddr type local jump OTHER")),
    "a translation of several states that keeps the last one": (
        document(xt("conntrack"), {"drop": None}), TEXT.format(line="ct status snat drop")),
    "words that hairpin does not know": (document(xt("x"), {"drop": None}), TEXT.format(line="brand new words drop")),
}  # fmt: skip


@each_row(("shown", "text"), NOT.values(), ids=NOT)
def test_what_is_not_translated_stays_unknown(shown: str, text: str) -> None:
    (table,) = listing.parse(shown, source="nft", translated=text)
    own, rule = table.chains[0].rules
    assert names_an_extension(rule)
    assert any(isinstance(each, OpaqueMatch) for each in rule.body)
    assert not names_an_extension(own)
