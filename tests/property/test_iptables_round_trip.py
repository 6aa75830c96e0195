"""Law: rules that hairpin writes for iptables read back as the same IR.

tests/netfilter/iptables/test_match_rows.py holds it for each option; here options stand together in rules and tables.
"""

from pathlib import Path
from typing import Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hairpin.netfilter import ir
from hairpin.netfilter.iptables.render import render
from hairpin.netfilter.iptables.save import parse
from hairpin.netfilter.limit import Rate
from hairpin.netfilter.rule_address import IpFamily, address_bits
from tests.strategies import iptables_matches

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "netfilter"
MARKS = 0xFFFFFFFF

FAMILIES: tuple[IpFamily, ...] = ("ip", "ip6")
# No control characters: iptables takes a comment from a command line, and one rule is one line.
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=40)
NAMES = st.from_regex(r"[a-z][a-z0-9.-]{0,13}[*]?", fullmatch=True)
PROTOCOLS = (0, 6, 17, 132, 136, 47, 1, 58)
WITH_PORTS = (6, 17, 132, 136)

KEPT: tuple[ir.Expression, ...] = (
    ir.StatefulMatch("limit", "-m limit --limit 3/min --limit-burst 5", rate=Rate(3, "packets", "minute", 5)),
    ir.StatefulMatch("quota", "-m quota ! --quota 5", False),
    ir.NoEffect("recent", "-m recent --set --name x --rsource", "x"),
    ir.OpaqueMatch('-m u32 --u32 "0x6&0xff=0x1 -j"'),
    ir.OpaqueMatch("-m conntrack --ctstate INVALID --ctdir REPLY"),
    ir.OpaqueMatch("-m foo ! --bar 1 2"),
)
PLAIN_TARGETS: tuple[tuple[ir.Statement, ...], ...] = (
    (),
    (ir.Verdict("accept"),),
    (ir.Verdict("drop"),),
    (ir.Verdict("return"),),
    (ir.Jump("MINE"),),
    (ir.Jump("MINE", goto=True),),
    (ir.Reject("tcp-reset"),),
    (ir.Notrack(),),
    (ir.NoEffect("LOG", '--log-prefix "a -j b "'),),
    (ir.NoEffect("TRACE"),),
    (ir.SetZone(0),),
    (ir.Outside("NFQUEUE", "--queue-num 3"),),
    (ir.SetField("ttl", ir.FULL_MASK, added=-1),),
    (ir.SetField("dscp", 0, 4), ir.SetField("ecn", 0, 1)),
    (ir.SetZone(5), ir.NoEffect("CT", "--helper ftp")),
)


def flag(draw: st.DrawFn) -> bool:
    return draw(st.booleans())


def span(draw: st.DrawFn, last: int) -> tuple[int, int]:
    one, two = draw(st.integers(0, last)), draw(st.integers(0, last))
    return min(one, two), max(one, two)


def one_of(draw: st.DrawFn, last: int) -> ir.Ranges:
    number = draw(st.integers(0, last))
    return ((number, number),)


# --- addresses and names ---------------------------------------------------------------------------------------------

ADDRESSES: dict[tuple[str, IpFamily], ir.Field] = {
    ("source", "ip"): "saddr4", ("target", "ip"): "daddr4", ("source", "ip6"): "saddr6", ("target", "ip6"): "daddr6",
}  # fmt: skip


def prefix_range(draw: st.DrawFn, family: IpFamily) -> tuple[int, int]:
    """Draw any prefix but that of all addresses, which is no match."""
    bits = address_bits(family)
    host = draw(st.integers(0, bits - 1))
    first = draw(st.integers(0, (1 << bits) - 1)) >> host << host
    return first, first | (1 << host) - 1


def address_range(draw: st.DrawFn, family: IpFamily) -> tuple[int, int]:
    first, last = span(draw, (1 << address_bits(family)) - 1)
    return (1, 1) if (first, last) == (0, (1 << address_bits(family)) - 1) else (first, last)


def any_address(draw: st.DrawFn, family: IpFamily) -> tuple[int, int]:
    return prefix_range(draw, family) if flag(draw) else address_range(draw, family)


def core_matches(draw: st.DrawFn, family: IpFamily) -> list[ir.Expression]:
    found: list[ir.Expression] = []
    if flag(draw):
        found.append(ir.FieldMatch(ADDRESSES["source", family], (prefix_range(draw, family),), flag(draw)))
    if flag(draw):
        found.append(ir.FieldMatch(ADDRESSES["target", family], (prefix_range(draw, family),), flag(draw)))
    if flag(draw):
        found.append(ir.NameMatch("iif", (draw(NAMES),), flag(draw)))
    if flag(draw):
        found.append(ir.NameMatch("oif", (draw(NAMES),), flag(draw)))
    return found


# --- modules ---------------------------------------------------------------------------------------------------------

TYPES = ("local", "unicast", "broadcast")


def states(draw: st.DrawFn) -> ir.Match:
    bits = sorted(draw(st.lists(st.sampled_from((1, 2, 4, 8, 64)), min_size=1, unique=True)))
    state = ir.FieldMatch("ct-state", tuple((bit, bit) for bit in bits))
    virtual = ir.FieldMatch("ct-status", ((0, 0),), True, draw(st.sampled_from((16, 32, 48))))
    alternatives: tuple[tuple[ir.Match, ...], ...] = ((state, virtual), (virtual,))
    return ir.AnyOfMatch(draw(st.sampled_from(alternatives)), flag(draw))


def beside_the_table(draw: st.DrawFn, family: IpFamily) -> ir.Expression:
    """Draw what iptables/modules.py has, or what is kept in its words."""
    source, target = ADDRESSES["source", family], ADDRESSES["target", family]
    limits: tuple[Literal["iif", "oif"] | None, ...] = (None, "iif", "oif")
    match draw(st.integers(0, 6)):
        case 0:
            return states(draw)
        case 1:
            return ir.FieldMatch("ipsec-in", one_of(draw, 1))
        case 2:
            types = tuple(draw(st.lists(st.sampled_from(TYPES), min_size=1, unique=True)))
            side: Literal["saddr", "daddr"] = "saddr" if flag(draw) else "daddr"
            return ir.FibMatch(side, types, flag(draw), draw(st.sampled_from(limits)))
        case 3:
            return ir.ReversePathMatch(flag(draw), flag(draw), flag(draw), flag(draw))
        case 4:
            return ir.SocketMatch(flag(draw), flag(draw))
        case 5:
            ports = ir.AnyOfMatch((ir.SetMatch("ports", (target, "protocol", "dport")),), True)
            return ports if flag(draw) else ir.SetMatch("addresses", (source,), flag(draw))
        case _:
            return ir.NoEffect("comment", draw(TEXTS)) if flag(draw) else draw(st.sampled_from(KEPT))


def module_match(draw: st.DrawFn, family: IpFamily, protocol: int) -> ir.Expression:
    if flag(draw):
        return beside_the_table(draw, family)
    if protocol in WITH_PORTS and draw(st.integers(0, 3)) == 0:
        ports = tuple(span(draw, 65535) for _ in range(draw(st.integers(1, 7))))
        return ir.AnyOfMatch((ir.FieldMatch("sport", ports), ir.FieldMatch("dport", ports)), flag(draw))
    return draw(iptables_matches(family, protocol))


# --- targets ---------------------------------------------------------------------------------------------------------

NAT_FLAGS = ((), ("random",), ("random-fully",), ("random", "persistent"))


def target(draw: st.DrawFn, family: IpFamily) -> tuple[ir.Statement, ...]:
    ports = span(draw, 65535) if flag(draw) else None
    flags = draw(st.sampled_from(NAT_FLAGS))
    keep, value = draw(st.integers(0, MARKS)), draw(st.integers(0, MARKS - 1))
    match draw(st.integers(0, 8)):
        case 0:
            version: Literal[4, 6] = 4 if family == "ip" else 6
            kind: Literal["snat", "dnat"] = "snat" if flag(draw) else "dnat"
            return (ir.Nat(kind, any_address(draw, family), ports, flags, version=version),)
        case 1:
            return (ir.Nat("dnat", None, span(draw, 65535), flags),)
        case 2:
            return (ir.Nat("masquerade" if flag(draw) else "redirect", None, ports, flags),)
        case 3:
            return (ir.SetField("mark" if flag(draw) else "ct-mark", keep, value),)
        case 4:
            return (ir.SetField("mark", keep, 0, "ct-mark", value),)
        case 5:
            return (ir.SetField("ct-mark", keep, 0, "mark", value),)
        case 6:
            ttl = ir.SetField("ttl", 0, value & 255)
            return (ttl if flag(draw) else ir.SetField("dscp", draw(st.integers(0, 62)), value & 63),)
        case 7:
            return (ir.Reject("icmp-host-prohibited" if family == "ip" else "icmp6-adm-prohibited"),)
        case _:
            return draw(st.sampled_from(PLAIN_TARGETS))


def body(draw: st.DrawFn, family: IpFamily) -> tuple[ir.Expression, ...]:
    protocol = draw(st.sampled_from(PROTOCOLS))
    last = target(draw, family)
    if any(isinstance(each, ir.Nat) and each.ports is not None for each in last):
        protocol = 6  # iptables takes ports only after a protocol that has them
    if ir.Reject("tcp-reset") in last:
        protocol = 6
    found = core_matches(draw, family)
    found += [module_match(draw, family, protocol) for _ in range(draw(st.integers(0, 4)))]
    found = draw(st.permutations(found))
    if protocol:
        found.insert(0, ir.FieldMatch("protocol", ((protocol, protocol),)))
    return (*found, *last)


@st.composite
def tables(draw: st.DrawFn) -> ir.Table:
    family = draw(st.sampled_from(FAMILIES))
    counters = draw(st.none() | st.integers(0, 1 << 40))
    rules = tuple(
        ir.Rule(body(draw, family), "", number, 0, None, counters, counters)
        for number in range(1, draw(st.integers(1, 3)) + 1)
    )
    policy: Literal["accept", "drop"] = "accept" if flag(draw) else "drop"
    base = ir.Chain("FORWARD", rules, "forward", "filter", 0, policy, (), counters or 0)
    return ir.Table(family, "filter", "iptables-nft", (base, ir.Chain("MINE", rules)), evidence="e1")


def sets_of(family: IpFamily) -> tuple[ir.Set, ...]:
    suffix = "" if family == "ip" else " inet6"
    return ir.Set("addresses", f"hash:ip{suffix}", ()), ir.Set("ports", f"hash:ip,port{suffix}", ())


def read(text: str, family: IpFamily) -> tuple[ir.Table, ...]:
    return parse(text, family=family, dialect="iptables-nft", source="rendered", evidence="e1", ipsets=sets_of(family))


def without_places(table: ir.Table) -> ir.Table:
    """Drop the fields that writing cannot keep: texts and lines."""
    replace = msgspec.structs.replace
    chains = tuple(
        replace(chain, rules=tuple(replace(rule, text="", line=0) for rule in chain.rules)) for chain in table.chains
    )
    return replace(table, chains=chains)


@given(tables())
def test_written_rules_read_back(table: ir.Table) -> None:
    family: IpFamily = "ip" if table.family == "ip" else "ip6"
    (again,) = read(render(table), family)
    assert without_places(again) == table


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*tables-save.txt")), ids=lambda path: path.name)
def test_the_text_of_iptables_reads_back(path: Path) -> None:
    """The IR of a tool's text is the same after it was written and read again."""
    family: IpFamily = "ip6" if "ip6tables" in path.name else "ip"
    first = read(path.read_text(), family)
    again = read("".join(map(render, first)), family)
    assert tuple(map(without_places, again)) == tuple(map(without_places, first))
    assert [rule.number for table in again for chain in table.chains for rule in chain.rules] == [
        rule.number for table in first for chain in table.chains for rule in chain.rules
    ]
