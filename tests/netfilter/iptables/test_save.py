from pathlib import Path

import pytest

from hairpin.errors import ParseError
from hairpin.netfilter import ir
from hairpin.netfilter.iptables.save import parse
from hairpin.netfilter.rule_address import IpFamily
from tests.rows import each_row

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "netfilter"
HOST = 0x0A000001
TCP = ir.FieldMatch("protocol", ((6, 6),))
ACCEPT, DROP = ir.Verdict("accept"), ir.Verdict("drop")


def read(text: str, family: IpFamily = "ip", ipsets: tuple[ir.Set, ...] = ()) -> tuple[ir.Table, ...]:
    return parse(text, family=family, dialect="iptables-nft", source="iptables-save", ipsets=ipsets)


def rule_of(words: str, family: IpFamily = "ip") -> ir.Rule:
    (table,) = read(f"*filter\n:FORWARD ACCEPT [0:0]\n:MINE - [0:0]\n{words}\nCOMMIT\n", family)
    return table.chains[0].rules[0]


RULES: dict[str, tuple[ir.Expression, ...]] = {
    "-A FORWARD": (),
    "-A FORWARD -j ACCEPT": (ACCEPT,),
    "-A FORWARD -j RETURN": (ir.Verdict("return"),),
    "-A FORWARD -j MINE": (ir.Jump("MINE"),),
    "-A FORWARD -g MINE": (ir.Jump("MINE", goto=True),),
    "-A FORWARD -j QUEUE": (ir.Outside("QUEUE", ""),),
    "-A FORWARD -s 10.0.0.1/32 -j DROP": (ir.FieldMatch("saddr4", ((HOST, HOST),)), DROP),
    "-A FORWARD -d 10.0.0.1 -j DROP": (ir.FieldMatch("daddr4", ((HOST, HOST),)), DROP),
    "-A FORWARD ! -s 10.0.0.0/30 -j DROP": (ir.FieldMatch("saddr4", ((HOST - 1, HOST + 2),), True), DROP),
    "-A FORWARD -s 10.0.0.1/255.0.0.255 -j DROP": (ir.FieldMatch("saddr4", ((HOST, HOST),), False, 0xFF0000FF), DROP),
    "-A FORWARD -s 0.0.0.0/0 -j DROP": (DROP,),
    "-A FORWARD ! -d 0.0.0.0/0 -j DROP": (ir.FieldMatch("daddr4", ((0, 0xFFFFFFFF),), True), DROP),
    "-A FORWARD -i eth+ ! -o lo -j DROP": (ir.NameMatch("iif", ("eth*",)), ir.NameMatch("oif", ("lo",), True), DROP),
    "-A FORWARD -i + -j DROP": (DROP,),
    "-A FORWARD ! -i + -j DROP": (ir.NameMatch("iif", ("*",), True), DROP),
    "-A FORWARD -p tcp -j DROP": (TCP, DROP),
    "-A FORWARD -p tcp -s 10.0.0.1 ! --dport 80 -i lo --sport 9 -j DROP": (
        TCP, ir.FieldMatch("dport", ((80, 80),), True), ir.FieldMatch("sport", ((9, 9),)),
        ir.FieldMatch("saddr4", ((HOST, HOST),)), ir.NameMatch("iif", ("lo",)), DROP,
    ),
    "-A FORWARD ! -p icmp -j DROP": (ir.FieldMatch("protocol", ((1, 1),), True), DROP),
    "-A FORWARD -p 250 -j DROP": (ir.FieldMatch("protocol", ((250, 250),)), DROP),
    "-A FORWARD -p all -j DROP": (DROP,),
    "-A FORWARD -p 0 -j DROP": (DROP,),
    "-A FORWARD -p no-such -j DROP": (ir.OpaqueMatch("-p no-such"), DROP),
    "-A FORWARD ! -p no-such -j DROP": (ir.OpaqueMatch("! -p no-such"), DROP),
    "-A FORWARD -f -j DROP": (ir.FieldMatch("fragment", ((1, 1),)), DROP),
    "-A FORWARD ! -f": (ir.FieldMatch("fragment", ((1, 1),), True),),
    "-A FORWARD -p tcp -m tcp --dport 80 -j DROP": (TCP, ir.FieldMatch("dport", ((80, 80),)), DROP),
    "-A FORWARD -p tcp -m tcp ! --dport 80 ! -i eth0 -j DROP": (
        TCP, ir.FieldMatch("dport", ((80, 80),), True), ir.NameMatch("iif", ("eth0",), True), DROP,
    ),
    "-A FORWARD -p tcp -m tcp -j DROP": (TCP, ir.NoEffect("tcp", "-m tcp"), DROP),
    '-A FORWARD -m comment --comment "drop -j here" -j DROP': (ir.NoEffect("comment", "drop -j here"), DROP),
    "-A FORWARD -m comment --comment -j -j DROP": (ir.NoEffect("comment", "-j"), DROP),
    "-A FORWARD -m foo --bar 1 ! --baz -i eth0 -j DROP": (
        ir.OpaqueMatch("-m foo --bar 1 ! --baz"), ir.NameMatch("iif", ("eth0",)), DROP,
    ),
    "-A FORWARD -m foo [unsupported revision] -j DROP": (ir.OpaqueMatch("-m foo [unsupported revision]"), DROP),
    # Forms that iptables-restore reads in hand-written files.
    "-A FORWARD -p tcp --dport 80 --syn -j DROP": (
        TCP, ir.FieldMatch("dport", ((80, 80),)), ir.FieldMatch("tcp-flags", ((2, 2),), False, 23), DROP,
    ),
    "-A FORWARD -p icmp --icmp-type echo-request -j DROP": (
        ir.FieldMatch("protocol", ((1, 1),)), ir.FieldMatch("icmp", ((0x800, 0x8FF),)), DROP,
    ),
    "-A FORWARD --source 10.0.0.1 --protocol tcp --match tcp --dport 80 --jump DROP": (
        ir.FieldMatch("saddr4", ((HOST, HOST),)), TCP, ir.FieldMatch("dport", ((80, 80),)), DROP,
    ),
    "-A FORWARD -s ! 10.0.0.1 -j DROP": (ir.FieldMatch("saddr4", ((HOST, HOST),), True), DROP),
    "-A FORWARD -j DROP -p tcp -m comment --comment x": (TCP, ir.NoEffect("comment", "x"), DROP),
    "-A FORWARD  -i eth0   -j DROP": (ir.NameMatch("iif", ("eth0",)), DROP),
}  # fmt: skip


@each_row(("line", "body"), RULES.items())
def test_rule(line: str, body: tuple[ir.Expression, ...]) -> None:
    assert rule_of(line).body == body


@each_row(
    "words",
    (
        "-s 10.0.0.1/32",
        "-d 10.0.0.255/32",
        "-p tcp -m tcp --dport 80",
        "-p udp -m udp --sport 65535",
        "-p tcp -j DNAT --to-destination 172.17.0.2:80",
    ),
)
def test_the_quick_reader_reads_the_same(words: str) -> None:
    """A blank more, and the ordinary tables read the same words."""
    before, _, value = words.rpartition(" ")
    assert rule_of(f"-A FORWARD {words}").body == rule_of(f"-A FORWARD {before}  {value}").body != ()


# family, as that version prints it, as 1.8.9 does
VERSIONS: dict[str, tuple[IpFamily, str, str]] = {
    "1.8.7 ends a rule without words in a blank": ("ip", "-A FORWARD ", "-A FORWARD"),
    "1.8.7 doubles the blank before a prefix": (
        "ip", '-A FORWARD -j NFLOG --nflog-prefix  "x y"', '-A FORWARD -j NFLOG --nflog-prefix "x y"',
    ),
    "1.8.7 doubles the blank behind options": (
        "ip6", "-A FORWARD -m dst --dst-opts 1  -j DROP", "-A FORWARD -m dst --dst-opts 1 -j DROP",
    ),
    "1.8.11 has numbers for protocols": ("ip", "-A FORWARD -p 47 -j DROP", "-A FORWARD -p gre -j DROP"),
    "1.8.11 has numbers for protocols, negated": ("ip", "-A FORWARD ! -p 4 -j DROP", "-A FORWARD ! -p ipencap -j DROP"),
}  # fmt: skip


@each_row(("family", "text", "same"), VERSIONS.values(), ids=VERSIONS)
def test_versions_have_words_of_their_own(family: IpFamily, text: str, same: str) -> None:
    bodies = [
        read(f"*filter\n:FORWARD ACCEPT [0:0]\n{line}\nCOMMIT\n", family)[0].chains[0].rules[0].body
        for line in (text, same)
    ]
    blanks = [[(type(part), repr(part).replace("  ", " ")) for part in body] for body in bodies]
    assert blanks[0] == blanks[1]


def test_a_rule_keeps_its_text_place_and_counters() -> None:
    text = "# head\n*filter\n:INPUT DROP [5:300]\n[1:60] -A INPUT -i lo -j ACCEPT\n-A INPUT -j DROP\nCOMMIT\n"
    (table,) = read(text)
    assert table.chains[0].rules == (
        ir.Rule((ir.NameMatch("iif", ("lo",)), ACCEPT), "-A INPUT -i lo -j ACCEPT", 1, 4, None, 1, 60),
        ir.Rule((DROP,), "-A INPUT -j DROP", 2, 5),
    )
    assert (table.chains[0].policy, table.chains[0].packets) == ("drop", 5)


BASES = {
    ("raw", "PREROUTING"): ("prerouting", "filter", -300),
    ("raw", "OUTPUT"): ("output", "filter", -300),
    ("mangle", "FORWARD"): ("forward", "filter", -150),
    ("mangle", "OUTPUT"): ("output", "route", -150),
    ("nat", "PREROUTING"): ("prerouting", "nat", -100),
    ("nat", "OUTPUT"): ("output", "nat", -100),
    ("nat", "INPUT"): ("input", "nat", 100),
    ("nat", "POSTROUTING"): ("postrouting", "nat", 100),
    ("filter", "FORWARD"): ("forward", "filter", 0),
    ("security", "INPUT"): ("input", "filter", 150),  # of iptables-legacy: 50
}


@each_row(("place", "base"), BASES.items())
def test_built_in_chains_know_their_hook(place: tuple[str, str], base: tuple[str, str, int]) -> None:
    table, chain = place
    (read_table,) = read(f"*{table}\n:{chain} ACCEPT [0:0]\nCOMMIT\n")
    found = read_table.chain(chain)
    assert found is not None
    assert (found.hook, found.type, found.priority) == base


def test_lines_that_the_tools_print_around_tables_are_no_rules() -> None:
    text = (
        "# Warning: iptables-legacy tables present, use iptables-legacy-save to see them\n"
        "Warning: cannot open /etc/xtables/connlabel.conf\n\n"
        "# Table `inet-thing' is incompatible, use 'nft' tool.\n"
        "*filter\n:INPUT ACCEPT\nCOMMIT\n# Completed on a day\n"
    )
    assert [table.name for table in read(text)] == ["filter"]


def test_an_empty_text_has_no_table() -> None:
    assert read("") == ()


DAMAGED: dict[str, tuple[str, int, str]] = {
    "cut off": ("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j DROP", 3, "cut off"),
    "cut off inside counters": ("*filter\n:INPUT ACCEPT [0:0]\n[12:3", 3, "counters"),
    "counters of letters": ("*filter\n:INPUT ACCEPT [0:0]\n[a:b] -A INPUT -j DROP\nCOMMIT", 3, "invalid literal"),
    "rule of no chain": ("*filter\n-A INPUT -j DROP\nCOMMIT", 2, "'INPUT' is not declared"),
    "rule of no table": ("-A INPUT -j DROP", 1, "outside of a table"),
    "chain of no table": (":INPUT ACCEPT [0:0]", 1, "outside of a table"),
    "COMMIT of no table": ("COMMIT", 1, "outside of a table"),
    "table in a table": ("*filter\n*nat\nCOMMIT", 2, "not finished"),
    "unknown table": ("*filters\nCOMMIT", 1, "no table"),
    "unknown built-in chain": ("*filter\n:PREROUTING ACCEPT [0:0]\nCOMMIT", 2, "no built-in chain"),
    "unknown policy": ("*filter\n:INPUT MAYBE [0:0]\nCOMMIT", 2, "declaration"),
    "not a rule": ("*filter\n-P INPUT DROP\nCOMMIT", 2, "not -A"),
    "prose": ("iptables-save: command not found", 1, "not a line"),
    "address": ("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -s 10.0.0.999/32 -j DROP\nCOMMIT", 3, "not an address"),
    "other family": ("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -s fd00::1 -j DROP\nCOMMIT", 3, "not an address"),
    "value missing": ("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -s\nCOMMIT", 3, "read the rules again"),
    "quote": ('*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m comment --comment "x -j DROP\nCOMMIT', 3, "damaged"),
    "option of no module": ("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT --dport 80 -j DROP\nCOMMIT", 3, "damaged"),
    "port of no protocol": ("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -i lo --dport 80\nCOMMIT", 3, "unknown option"),
}


@each_row(("text", "line", "message"), DAMAGED.values(), ids=DAMAGED)
def test_damaged_text_is_an_error_with_its_place(text: str, line: int, message: str) -> None:
    with pytest.raises(ParseError, match=message) as caught:
        read(text)
    assert (caught.value.source, caught.value.line) == ("iptables-save", line)


def test_the_sets_type_says_what_the_flags_mean() -> None:
    text = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m set --match-set bad src -j DROP\nCOMMIT\n"
    (known,) = read(text, ipsets=(ir.Set("bad", "hash:net", ()),))
    assert known.chains[0].rules[0].body == (ir.SetMatch("bad", ("saddr4",)), DROP)
    (unknown,) = read(text)
    assert unknown.chains[0].rules[0].body == (ir.OpaqueMatch("-m set --match-set bad src"), DROP)


def test_the_rules_of_a_published_port() -> None:
    tables = read((FIXTURES / "docker-28.5-iptables-save.txt").read_text())
    assert [table.name for table in tables] == ["raw", "filter", "nat"]
    docker = tables[2].chain("DOCKER")
    assert docker is not None
    assert docker.rules[3].body == (
        ir.NameMatch("iif", ("br-7ee0cbce88f5",), True),
        TCP,
        ir.FieldMatch("dport", ((8080, 8080),)),
        ir.Nat("dnat", (0xAC150002, 0xAC150002), (80, 80), version=4),
    )
    assert (docker.rules[3].packets, docker.rules[3].number, docker.rules[3].line) == (1, 4, 65)


READ_WHOLE = {
    "docker-20.10-iptables-save.txt": "ip",
    "docker-26.1-iptables-save.txt": "ip",
    "docker-28.5-iptables-save.txt": "ip",
    "docker-28.5-ip6tables-save.txt": "ip6",
}


@pytest.mark.parametrize(("name", "family"), READ_WHOLE.items())
def test_nothing_of_dockers_rules_stays_unknown(name: str, family: IpFamily) -> None:
    tables = read((FIXTURES / name).read_text(), family)
    unknown = [
        rule.text
        for table in tables
        for chain in table.chains
        for rule in chain.rules
        if any(isinstance(each, ir.OpaqueMatch | ir.Outside) for each in rule.body)
    ]
    assert unknown == []


WIDE: dict[str, tuple[IpFamily, set[str]]] = {
    "every-option-iptables-legacy-save.txt": (
        "ip",
        {
            "bpf", "cgroup", "cluster", "connlabel", "cpu", "dccp", "esp", "ah", "helper", "osf",
            "owner", "policy", "realm", "sctp", "set", "socket", "tcp", "u32",
        },
    ),
    "every-option-ip6tables-legacy-save.txt": (
        "ip6", {"rt", "frag", "ipv6header", "eui64", "dst", "hbh", "policy", "set", "srh"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "family", "modules"), [(name, *rest) for name, rest in WIDE.items()])
def test_only_these_modules_are_opaque(name: str, family: IpFamily, modules: set[str]) -> None:
    found = {
        each.text.split()[1]
        for table in read((FIXTURES / name).read_text(), family)
        for chain in table.chains
        for rule in chain.rules
        for each in rule.body
        if isinstance(each, ir.OpaqueMatch)
    }
    assert found == modules


def test_both_back_ends_read_alike() -> None:
    legacy, nft = (
        {
            (table.name, rule.text): rule.body
            for table in read((FIXTURES / f"every-option-{tool}-save.txt").read_text())
            for chain in table.chains
            for rule in chain.rules
        }
        for tool in ("iptables-legacy", "iptables-nft")
    )
    assert legacy.keys() - nft.keys() == {("filter", "-A INPUT -j QUEUE")}
    assert {key: legacy[key] for key in nft} == nft


def test_lines_that_an_earlier_text_had_read_the_same() -> None:
    head = "*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n:X - [0:0]\n"
    lines = (
        "[1:60] -A PREROUTING -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.0.2:80\n",
        "[0:0] -A PREROUTING -j X\n",
        "[0:0] -A X -d 10.1.0.0/24 -j NETMAP --to 10.2.0.0/24\n",
    )
    before = f"{head}{''.join(lines)}COMMIT\n"
    jump = lines[1].replace("PREROUTING", "POSTROUTING")
    after = f"{head}{lines[0].replace('[1:60]', '[2:120]')}{jump}{lines[2]}COMMIT\n"
    known = parse(before, family="ip", dialect="iptables-nft", source="test")
    read = parse(after, family="ip", dialect="iptables-nft", source="test", known=known)
    assert read == parse(after, family="ip", dialect="iptables-nft", source="test")
    assert read[0].chains[0].rules[0].body is known[0].chains[0].rules[0].body
