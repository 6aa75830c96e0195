"""Law: rules that hairpin writes for nft read back as the same IR, without a kernel between.

tests/netfilter/nft/test_fields.py holds it for each row of the table; here rows stand together in rules, with
statements.  tests/kernel/test_nft_round_trip.py has the kernel and the real nft between writing and reading.
"""

from hypothesis import given
from hypothesis import strategies as st

from hairpin.netfilter import ir
from hairpin.netfilter.nft.fields import ROWS, FieldRow
from hairpin.netfilter.nft.render import render
from hairpin.netfilter.nft.script.live_table import LoadingHost
from hairpin.netfilter.nft.script.loading import tables_after
from tests.strategies import nft_row_matches

WRITTEN = [row for row in ROWS if row.written]
ANYWHERE = [row for row in WRITTEN if row.head.split()[0] in ("meta", "ct", "rt", "ether", "th")]
NETWORK = {number: [row for row in WRITTEN if row.head == head] for number, head in ((2, "ip"), (10, "ip6"))}
TRANSPORT = {
    number: [row for row in WRITTEN if row.head == head] for number, head in ((6, "tcp"), (1, "icmp"), (58, "icmpv6"))
}
HOST = 0x0A000001
PLAIN: tuple[ir.Statement, ...] = (
    ir.Verdict("accept"),
    ir.Verdict("drop"),
    ir.Verdict("return"),
    ir.Jump("other"),
    ir.Jump("other", goto=True),
    ir.Reject("icmpx-host-unreachable"),
    ir.Notrack(),
    ir.SetZone(5),
    ir.SetField("mark", 0, 7),
    ir.SetField("mark", 0xFFFF00FF, 0x1200),
    ir.Nat("masquerade", flags=("random",)),
    ir.Nat("redirect", None, (8080, 8090)),
)
OF_IPV4: tuple[ir.Statement, ...] = (
    ir.Nat("dnat", (HOST, HOST), (80, 80), version=4),
    ir.Nat("snat", (HOST, HOST + 4), None, ("persistent",), version=4),
    ir.Reject("icmp-host-prohibited"),
    ir.SetField("ttl", 0, 64),
)


def matches(rows: list[FieldRow]) -> st.SearchStrategy[list[ir.Match]]:
    return st.lists(st.sampled_from(rows).flatmap(nft_row_matches), max_size=2)


def condition(field: ir.Field, number: int) -> ir.FieldMatch:
    return ir.FieldMatch(field, ((number, number),))


@st.composite
def bodies(draw: st.DrawFn) -> tuple[ir.Expression, ...]:
    version, protocol = draw(st.sampled_from((2, 10))), draw(st.sampled_from((6, 1, 58)))
    parts: list[ir.Expression] = [condition("nfproto", version), *draw(matches(NETWORK[version]))]
    if protocol != (58 if version == 2 else 1):
        parts += [condition("protocol", protocol), *draw(matches(TRANSPORT[protocol]))]
    parts += draw(matches(ANYWHERE))
    statements = (*PLAIN, *OF_IPV4) if version == 2 else PLAIN
    return (*dict.fromkeys(parts), draw(st.sampled_from(statements)))  # the reader drops a repeated implied match


@given(st.lists(bodies(), min_size=1, max_size=5))
def test_written_rules_read_back(found: list[tuple[ir.Expression, ...]]) -> None:
    rules = tuple(ir.Rule(body, "", number) for number, body in enumerate(found, 1))
    table = ir.Table("inet", "t", "nft", (ir.Chain("c", rules), ir.Chain("other", ())))
    text = render(table)
    (again,) = tables_after(text, (), LoadingHost(frozenset({"lo"}), "1.1.0"), source="rendered")
    assert [rule.body for rule in again.chains[0].rules] == found
    assert render(again) == text
