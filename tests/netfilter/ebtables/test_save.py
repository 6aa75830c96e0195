from pathlib import Path

import pytest

from hairpin.errors import ParseError
from hairpin.netfilter import ir
from hairpin.netfilter.ebtables.save import parse, read_target
from hairpin.netfilter.ir import FieldMatch, Jump, Outside, SetField, Statement, Verdict
from tests.rows import each_row

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "netfilter"
DROP = ir.Verdict("drop")
IPV4 = ir.FieldMatch("ethertype", ((0x0800, 0x0800),))

RULES: dict[str, tuple[ir.Expression, ...]] = {
    "-A FORWARD -p IPv4 --ip-src 10.0.0.1 --ip-dst ! 10.0.0.0/8 --ip-proto tcp --ip-dport 80:90 -j DROP": (
        IPV4,
        ir.FieldMatch("saddr4", ((0x0A000001, 0x0A000001),)),
        ir.FieldMatch("daddr4", ((0x0A000000, 0x0AFFFFFF),), True),
        ir.FieldMatch("protocol", ((6, 6),)),
        ir.FieldMatch("dport", ((80, 90),)),
        DROP,
    ),
    "-A FORWARD -i eth+ -o ! veth0 -j DROP": (
        ir.NameMatch("iif", ("eth*",)),
        ir.NameMatch("oif", ("veth0",), True),
        DROP,
    ),
    "-A FORWARD --logical-in br0 -j DROP": (ir.OpaqueMatch("--logical-in br0"), DROP),
    "-A FORWARD -p ARP --arp-op Request -j DROP": (
        ir.FieldMatch("ethertype", ((0x0806, 0x0806),)),
        ir.OpaqueMatch("--arp-op Request"),
        DROP,
    ),
    "-A FORWARD --limit 3/min --limit-burst 5 -j ACCEPT": (
        ir.StatefulMatch("limit", "--limit 3/min --limit-burst 5"),
        ir.Verdict("accept"),
    ),
    '-A FORWARD --log-level info --log-prefix "x -j y" --log-ip -j CONTINUE': (
        ir.NoEffect("log", '--log-level info --log-prefix "x -j y" --log-ip'),
    ),
    "-A FORWARD -j mark --mark-or 0x5 --mark-target CONTINUE": (ir.SetField("mark", 0xFFFFFFFA, 5),),
    "-A FORWARD -j mine": (ir.Jump("mine"),),
    "-A FORWARD -p ! IPv4 -j mine": (ir.FieldMatch("ethertype", ((0x0800, 0x0800),), True), ir.Jump("mine")),
    # iptables 1.8.11 and later put the negation before the option.
    "-A FORWARD ! -p IPv4 ! -i eth+ -j mine": (
        ir.FieldMatch("ethertype", ((0x0800, 0x0800),), True),
        ir.NameMatch("iif", ("eth*",), True),
        ir.Jump("mine"),
    ),
    "-A FORWARD -p IPv4 --ip-proto udp ! --ip-sport 53 --log-level info --log-ip ! -s 02:00:00:00:00:01": (
        IPV4,
        ir.FieldMatch("protocol", ((17, 17),)),
        ir.FieldMatch("sport", ((53, 53),), True),
        ir.FieldMatch("smac", ((0x020000000001, 0x020000000001),), True),
        ir.NoEffect("log", "--log-level info --log-ip"),
    ),
    "-A FORWARD ! --stp-port 1": (ir.OpaqueMatch("--stp-port ! 1"),),
    "-A FORWARD": (),
}


@each_row(("line", "body"), RULES.items())
def test_rule(line: str, body: tuple[ir.Expression, ...]) -> None:
    (table,) = parse(f"*filter\n:FORWARD ACCEPT\n:mine RETURN\n{line}\n", source="ebtables-save")
    assert table.chains[0].rules[0].body == body


@pytest.mark.parametrize("line", ("[1:60] -A INPUT -j DROP", "-A INPUT -j DROP -c 1 60"))
def test_counters_are_no_part_of_the_text(line: str) -> None:
    (table,) = parse(f"*filter\n:INPUT ACCEPT\n{line}\n", source="ebtables-save", evidence="e1")
    assert table.chains[0].rules == (ir.Rule((DROP,), "-A INPUT -j DROP", 1, 3, None, 1, 60),)
    assert (table.family, table.dialect, table.evidence) == ("bridge", "ebtables", "e1")


def test_base_chains() -> None:
    tables = parse((FIXTURES / "ebtables-nft-save.txt").read_text(), source="ebtables-save")
    found = {
        (table.name, chain.name): (chain.hook, chain.priority, chain.policy)
        for table in tables
        for chain in table.chains
    }
    assert found == {
        ("filter", "INPUT"): ("input", -200, "accept"),
        ("filter", "FORWARD"): ("forward", -200, "accept"),
        ("filter", "OUTPUT"): ("output", -200, "accept"),
        ("filter", "mine"): (None, 0, None),
        ("filter", "mine2"): (None, 0, None),
        ("nat", "PREROUTING"): ("prerouting", -300, "accept"),
        ("nat", "OUTPUT"): ("output", 100, "drop"),
        ("nat", "POSTROUTING"): ("postrouting", 300, "accept"),
    }


def test_counters_of_a_whole_reading() -> None:
    plain = parse((FIXTURES / "ebtables-nft-save.txt").read_text(), source="ebtables-save")
    counted = parse((FIXTURES / "ebtables-nft-save-counters.txt").read_text(), source="ebtables-save")
    read = [rule for chain in counted[0].chains for rule in chain.rules if rule.line]
    assert {(rule.packets, rule.bytes) for rule in read} == {(0, 0)}
    texts = [rule.text for chain in plain[0].chains for rule in chain.rules if rule.line]
    assert [rule.text for rule in read] == texts[: len(read)]


def test_a_users_chain_ends_with_its_own_policy() -> None:
    (table,) = parse("*filter\n:a ACCEPT\n:r RETURN\n:d DROP\n", source="ebtables-save")
    assert [[rule.body for rule in chain.rules] for chain in table.chains] == [[(ir.Verdict("accept"),)], [], [(DROP,)]]


def test_broute_never_loses_a_frame() -> None:
    (table,) = parse("*broute\n:BROUTING DROP\n", source="ebtables-save")
    assert (table.chains[0].hook, table.chains[0].policy) == ("prerouting", "accept")


DAMAGED = [
    "*filters", ":INPUT ACCEPT", "*filter\n-A INPUT -j DROP", "*filter\n:INPUT MAYBE", "*filter\n:INPUT ACCEPT\nprose",
    "*filter\n:INPUT ACCEPT\n-A INPUT DROP", "*filter\n:INPUT ACCEPT\n-A INPUT -p IPv4 --ip-src 1 ! 2 -j DROP",
    "*filter\n:INPUT ACCEPT\n[1 -A INPUT -j DROP",
]  # fmt: skip


@each_row("text", DAMAGED)
def test_damaged_text_is_an_error_with_its_place(text: str) -> None:
    with pytest.raises(ParseError, match="read the rules again") as caught:
        parse(text, source="ebtables-save")
    assert caught.value.line == len(text.splitlines())


ACCEPT = Verdict("accept")
MAC = 0x0242AC110003

TARGETS: dict[str, tuple[Statement, ...]] = {
    "ACCEPT": (ACCEPT,),
    "CONTINUE": (),
    "mine": (Jump("mine"),),
    "mark --mark-set 0x5": (SetField("mark", 0, 5), ACCEPT),
    "mark --mark-and 0xf0 --mark-target DROP": (SetField("mark", 0xF0, 0), Verdict("drop")),
    "mark --mark-xor 0x1 --mark-target CONTINUE": (SetField("mark", 0xFFFFFFFF, 1),),
    "mark --set-mark 0x5 --mark-target RETURN": (SetField("mark", 0, 5), Verdict("return")),
    "mark --new-option 5": (Outside("mark", "--new-option 5"),),
    "dnat --to-dst 02:42:ac:11:00:03": (
        Outside("dnat", "--to-dst 02:42:ac:11:00:03", unless=FieldMatch("dmac", ((MAC, MAC),))),
        ACCEPT,
    ),
    "dnat --dnat-target CONTINUE": (Outside("dnat", "--dnat-target CONTINUE"),),
    "snat --to-src 02:42:ac:11:00:03 --snat-arp --snat-target CONTINUE": (SetField("smac", 0, MAC),),
    "redirect": (Outside("redirect", ""),),
    "arpreply --arpreply-mac 02:42:ac:11:00:03": (Outside("arpreply", "--arpreply-mac 02:42:ac:11:00:03"),),
    "no-such --with options": (Outside("no-such", "--with options"),),
}


@each_row(("words", "statements"), TARGETS.items())
def test_target(words: str, statements: tuple[Statement, ...]) -> None:
    name, *options = words.split()
    assert read_target(name, options, broute=False, chains={"mine"}) == statements


@pytest.mark.parametrize("name", ("DROP", "redirect"))
def test_broute_hands_frames_to_routing(name: str) -> None:
    assert read_target(name, [], broute=True, chains=()) == (Outside(name, "routed instead of bridged"),)


def test_broute_accepts_a_frame_that_stays_on_the_bridge() -> None:
    assert read_target("ACCEPT", [], broute=True, chains=()) == (ACCEPT,)
