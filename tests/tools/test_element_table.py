import json
from pathlib import Path

from hairpin.netfilter.ebtables import save as ebtables_save
from hairpin.netfilter.iptables import save as iptables_save
from hairpin.netfilter.ir import AnyOfMatch, Expression, OpaqueMatch, Outside, Set, StatefulMatch
from hairpin.netfilter.nft import listing as nft_listing
from tests.rows import each_row
from tools.element_table import Class, Row, page, rows
from tools.elements import judged

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "elements.md"
LIBRARIES = Path("/usr/lib").glob("*-linux-gnu/xtables/lib*.so")
# Not elements: the verdicts, and the translation that SNAT and the others share.
WITHOUT_A_ROW = {"standard", "NAT", "ULOG"}


def body_of(row: Row) -> tuple[Expression, ...]:
    match row.tool:
        case "iptables" | "ip6tables":
            text = f"*mangle\n:FORWARD ACCEPT [0:0]\n-A FORWARD {row.example}\nCOMMIT\n"
            (table,) = iptables_save.parse(
                text, family="ip6" if row.tool == "ip6tables" else "ip", dialect="iptables-nft", source="example",
                ipsets=(Set("known", "hash:ip", ()),),
            )  # fmt: skip
        case "ebtables":
            (table,) = ebtables_save.parse(f"*filter\n:FORWARD ACCEPT\n-A FORWARD {row.example}\n", source="example")
        case _:
            rule = {"family": "inet", "table": "t", "chain": "c", "expr": [json.loads(row.example)]}
            (table,) = nft_listing.parse(json.dumps({"nftables": [{"metainfo": {}}, {"rule": rule}]}), source="example")
    return table.chains[0].rules[0].body


def class_of(body: tuple[Expression, ...]) -> Class:
    """Return the class of a rule: that of its least known part."""
    parts = [inner for part in body for inner in (part.alternatives if isinstance(part, AnyOfMatch) else (part,))]
    if any(isinstance(part, OpaqueMatch | Outside) for part in parts):
        return "outside"
    return "stateful or random" if any(isinstance(part, StatefulMatch) for part in parts) else "exact"


@each_row("row", rows(), ids=lambda row: f"{row.tool} {row.element}")
def test_the_readers_agree_with_the_table(row: Row) -> None:
    assert class_of(body_of(row)) == row.kind


def test_a_row_names_the_kernels_that_judged_it() -> None:
    text = page((("5.10", ("ip6tables -m tcp",)), ("6.1", ("iptables -m tcp", "nft ct state"))))
    assert "| `-m tcp` | exact | 5.10, 6.1 |  |" in text
    assert "| `ct state` | exact | 6.1 |  |" in text
    assert "| `ct status` | exact |  |  |" in text


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page(judged()), "run: python tools/elements.py"


def test_every_extension_of_iptables_has_its_row() -> None:
    names = {row.element.split()[1] for row in rows() if row.tool in ("iptables", "ip6tables")}
    libraries = {path.stem.partition("_")[::2] for path in LIBRARIES}
    extensions = {name for kind, name in libraries if kind in ("libxt", "libipt", "libip6t")}
    assert extensions - names - WITHOUT_A_ROW == set()
