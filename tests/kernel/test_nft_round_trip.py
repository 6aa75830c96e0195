"""The round-trip law of nftables rules, judged by the kernel: what is written loads, and reads back as the same IR.

Rulesets of real tools, and generated rules: loaded in a namespace of their own, listed, read, written, loaded in
another one, listed and read again.
"""

import subprocess
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hairpin.host.read.rulesets import with_devices
from hairpin.netfilter import ir
from hairpin.netfilter.nft import listing as nft_listing
from hairpin.netfilter.nft.fields import ROWS, FieldRow
from hairpin.netfilter.nft.render import render
from tests.kernel.test_nft_json import EXAMPLES, RULESETS, UNDERSTOOD
from tests.strategies import nft_implied, nft_row_matches
from tests.whole import thinned

FIREWALLD = Path(__file__).parents[1] / "data" / "nft" / "firewalld-1.3.txt"
MARK = "=== listed ==="
OBJECTS = """
table inet objects {
    counter web { packets 7 bytes 700 }
    quota month { over 25 mbytes }
    limit slow { rate 400/minute }
    ct helper ftp { type "ftp" protocol tcp; l3proto ip; }
    ct expectation five { protocol tcp; dport 9876; timeout 2m; size 12; l3proto ip; }
    ct timeout long { protocol tcp; l3proto ip; policy = { established: 132 }; }
    set seen { type ipv4_addr; flags dynamic,timeout; timeout 60s; }
    map by_port { type inet_service : counter; elements = { 80 : "web" }; }
    chain input {
        type filter hook input priority 0; policy accept;
        tcp dport 80 counter name "web"
        counter name tcp dport map { 443 : "web" }
        quota name "month" drop
        limit name "slow" accept
        ct state new tcp dport 21 ct helper set "ftp"
        add @seen { ip saddr timeout 30s limit rate 5/second } accept
        meter flood { tcp dport limit rate over 3/minute } drop
        log prefix "x" flags tcp sequence,options flags ip options
        synproxy mss 1460 wscale 7 timestamp sack-perm
        socket wildcard 1 drop
        meta mark & 0xff vmap { 1 : drop, 2 : accept } comment "several rules of the IR"
    }
}
"""


def in_namespace(ruleset: str) -> str:
    script = f"ip link set lo up; nft -f - || exit; nft -j list ruleset; echo '{MARK}'; nft list ruleset"
    argv = ("unshare", "--net", "sh", "-c", script)
    done = subprocess.run(argv, input=ruleset, capture_output=True, text=True, check=False, cwd=EXAMPLES)
    assert done.returncode == 0, f"{done.stderr}\n{ruleset}"
    return done.stdout


def listed(ruleset: str) -> tuple[ir.Table, ...]:
    document, _, text = in_namespace(ruleset).partition(f"{MARK}\n")
    return tuple(
        without_places(with_devices(table, text) if table.family == "netdev" else table)
        for table in nft_listing.parse(document, source="nft")
    )


def without_places(table: ir.Table) -> ir.Table:
    """Drop the fields that writing cannot keep: texts and handles; texts that the writer uses stay."""
    replace = msgspec.structs.replace
    chains = tuple(
        replace(chain, rules=tuple(replace(rule, handle=None) for rule in chain.rules)) for chain in table.chains
    )
    return replace(table, chains=chains)


def without_texts(table: ir.Table) -> ir.Table:
    replace = msgspec.structs.replace
    chains = tuple(
        replace(chain, rules=tuple(replace(rule, text="") for rule in chain.rules)) for chain in table.chains
    )
    return replace(table, chains=chains)


REAL = {
    **RULESETS,
    "firewalld": FIREWALLD.read_text("utf-8"),
    "objects": OBJECTS,
    **{name: (EXAMPLES / name).read_text("utf-8") for name in (*UNDERSTOOD, "arp-filter.nft", "ct_helpers.nft")},
}


@pytest.mark.parametrize("ruleset", thinned(REAL.values(), 5), ids=REAL)
def test_rulesets_of_real_tools_come_back(ruleset: str) -> None:
    first = listed(ruleset)
    again = listed("".join(map(render, first)))
    assert list(map(without_texts, again)) == list(map(without_texts, first))


# --- generated rules -------------------------------------------------------------------------------------------------


@st.composite
def ranges(draw: st.DrawFn, greatest: int) -> ir.Ranges:
    """One to three ranges that do not touch, as the reader joins them, nor cover everything, which nft leaves out."""
    ends = sorted(draw(st.sets(st.integers(1, greatest // 4 - 1), min_size=2, max_size=6)))
    return tuple((low * 4, high * 4 - 2) for low, high in zip(ends[::2], ends[1::2], strict=False))


def field(name: ir.Field, greatest: int) -> st.SearchStrategy[ir.FieldMatch]:
    single = st.integers(0, greatest).map(lambda value: ((value, value),))
    return st.builds(
        ir.FieldMatch, st.just(name), single | ranges(greatest) if greatest > 15 else single, st.booleans()
    )


NAMES = st.lists(st.sampled_from(("lo", "eth0", "br-1", "veth*")), min_size=1, max_size=3, unique=True)
BIT = st.sampled_from((1, 2, 4, 8))
ANYWHERE: tuple[st.SearchStrategy[ir.Expression], ...] = (
    field("pkttype", 3), field("length", 0xFFFF), field("mark", 0xFFFFFFFF), field("ct-mark", 0xFFFFFFFF),
    BIT.map(lambda bit: ir.FieldMatch("ct-state", ((bit, bit),))),
    BIT.map(lambda bit: ir.FieldMatch("ct-state", ((0, 0),), negated=True, mask=bit)),
    st.tuples(BIT, st.booleans()).map(lambda both: ir.FieldMatch("mark", ((both[0], both[0]),), both[1], both[0])),
    st.tuples(NAMES, st.booleans()).map(lambda both: ir.NameMatch("iif", tuple(both[0]), both[1])),
    st.sampled_from((0, 1)).map(lambda side: ir.FieldMatch("ct-direction", ((side, side),))),
)  # fmt: skip
IPV4 = (field("saddr4", 0xFFFFFFFF), field("daddr4", 0xFFFFFFFF), field("ttl", 255), field("dscp", 63))
IPV6 = (field("saddr6", 1 << 127), field("daddr6", 1 << 127), field("ttl", 255), field("ecn", 3))
PORTS: tuple[ir.Field, ...] = ("sport", "dport")
STATEMENTS: tuple[ir.Statement, ...] = (
    ir.Verdict("accept"),
    ir.Verdict("drop"),
    ir.Verdict("return"),
    ir.Reject("icmpx-host-unreachable"),
    ir.SetField("mark", 0, 7),
    ir.SetField("mark", 0xFFFF00FF, 0x1200),
    ir.SetField("ct-mark", source="mark", source_mask=0xFF),
)


@st.composite
def bodies(draw: st.DrawFn) -> tuple[ir.Expression, ...]:
    """A rule's parts in the order in which nft keeps them: version, network header, protocol, ports."""
    parts: list[ir.Expression] = [draw(each) for each in draw(st.lists(st.sampled_from(ANYWHERE), max_size=3))]
    number, network = draw(st.sampled_from(((2, IPV4), (10, IPV6))))
    parts.append(ir.FieldMatch("nfproto", ((number, number),)))
    parts += [draw(each) for each in draw(st.lists(st.sampled_from(network), min_size=1, max_size=2))]
    protocol = draw(st.sampled_from((6, 17)))
    if draw(st.booleans()):
        parts.append(ir.FieldMatch("protocol", ((protocol, protocol),)))
        parts.append(draw(st.sampled_from(PORTS).flatmap(lambda side: field(side, 0xFFFF))))
    last = draw(st.sampled_from(STATEMENTS))
    return (*dict.fromkeys(parts), last)  # the reader drops a repeated match that nft implies


def names_sorted(rule: ir.Rule) -> list[ir.Expression]:
    """The kernel keeps a set's names in an order of its own."""
    return [
        msgspec.structs.replace(part, names=tuple(sorted(part.names))) if isinstance(part, ir.NameMatch) else part
        for part in rule.body
    ]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(bodies(), min_size=1, max_size=20))
def test_written_rules_read_back(found: list[tuple[ir.Expression, ...]]) -> None:
    rules = tuple(ir.Rule(body, "", number) for number, body in enumerate(found, 1))
    table = ir.Table("inet", "generated", "nft", (ir.Chain("in", rules, "input", "filter", -5, "drop"),))
    (again,) = listed(render(table))
    assert [names_sorted(rule) for rule in again.chains[0].rules] == [names_sorted(rule) for rule in rules]


# --- each row of the table -------------------------------------------------------------------------------------------

TRANSPORT = ir.FieldMatch("protocol", ((6, 6),))


def some_bodies(row: FieldRow) -> list[tuple[ir.Expression, ...]]:
    """Return a few rules with matches that the row has words for, behind what they need."""
    found: list[tuple[ir.Expression, ...]] = []
    needs_transport = row.head == "th" or row.key.startswith("proto-")

    @settings(max_examples=6, phases=(Phase.generate,), database=None)
    @given(nft_row_matches(row))
    def collect(match: ir.Match) -> None:
        found.append((*nft_implied(row), *((TRANSPORT,) if needs_transport else ()), match, ir.Verdict("accept")))

    collect()
    # nft lists protocol 0 by its name in /etc/protocols, which is that of IP.
    return [body for body in found if not any(isinstance(each, ir.FieldMatch) and is_protocol_0(each) for each in body)]


def is_protocol_0(match: ir.FieldMatch) -> bool:
    return match.field in ("protocol", "ct-protocol") and match.ranges[0] == (0, 0)


def test_nft_takes_every_row_of_the_table() -> None:
    families: tuple[ir.Family, ...] = ("inet", "arp")
    for family in families:
        rows = [row for row in ROWS if row.written and (row.head == "arp") is (family == "arp")]
        bodies = [
            tuple(part for part in body if family != "arp" or getattr(part, "field", "") != "ethertype")
            for row in rows
            for body in some_bodies(row)
        ]
        rules = tuple(ir.Rule(tuple(dict.fromkeys(body)), "", number) for number, body in enumerate(bodies, 1))
        table = ir.Table(family, "generated", "nft", (ir.Chain("in", rules, "input", "filter", -5, "drop"),))
        (again,) = listed(render(table))
        assert [names_sorted(rule) for rule in again.chains[0].rules] == [names_sorted(rule) for rule in rules]
