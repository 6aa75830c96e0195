"""Law, row by row: what a row reads it writes, and what it writes it reads."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hairpin.netfilter import ir
from hairpin.netfilter.iptables.forms import Value
from hairpin.netfilter.iptables.match_rows import NAME_ROWS, ROWS, NameRow, OptionRow
from hairpin.netfilter.iptables.render import render_rule
from hairpin.netfilter.iptables.save import parse
from hairpin.netfilter.rule_address import IpFamily
from tests.strategies import name_row_matches, row_matches
from tools.element_table import rows as elements

WRITTEN = [row for row in ROWS if row.written]


def read(text: str, family: IpFamily) -> tuple[ir.Expression, ...]:
    (table,) = parse(
        f"*filter\n:FORWARD ACCEPT\n{text}\nCOMMIT\n", family=family, dialect="iptables-legacy", source="rendered"
    )
    return table.chains[0].rules[0].body


def assert_comes_back(body: tuple[ir.Expression, ...], family: IpFamily) -> str:
    text = render_rule(ir.Rule(body, "", 1), "FORWARD", family)
    assert read(text, family) == body
    assert render_rule(ir.Rule(read(text, family), "", 1), "FORWARD", family) == text
    return text


@pytest.mark.parametrize("row", WRITTEN, ids=lambda row: f"{row.module} {row.option}")
@settings(max_examples=20)
@given(data=st.data())
def test_written_matches_read_back(row: OptionRow, data: st.DataObject) -> None:
    for family in row.families:
        number = next(iter(row.protocols), 6)
        protocol = (ir.FieldMatch("protocol", ((number, number),)),) if row.option != "-p" else ()
        assert_comes_back((*protocol, data.draw(row_matches(row, family)), ir.Verdict("accept")), family)


@pytest.mark.parametrize("row", [row for row in NAME_ROWS if row.written], ids=lambda row: f"{row.module} {row.option}")
@settings(max_examples=20)
@given(data=st.data())
def test_written_names_read_back(row: NameRow, data: st.DataObject) -> None:
    assert row.option in assert_comes_back((data.draw(name_row_matches(row)),), "ip")


@pytest.mark.parametrize("row", [row for row in ROWS if row.module], ids=lambda row: f"{row.module} {row.option}")
@settings(max_examples=5)
@given(data=st.data())
def test_every_name_of_an_option_is_read(row: OptionRow, data: st.DataObject) -> None:
    """Also those that are not written."""
    family = row.families[0]
    match = data.draw(row_matches(row, family))
    field = match.alternatives[0] if isinstance(match, ir.AnyOfMatch) else match
    assert isinstance(field, ir.FieldMatch)
    words = row.form.write(Value(field.ranges, field.mask), family)
    negation = "! " if isinstance(match, ir.AnyOfMatch) or field.negated is not row.opposite else ""
    for name in (row.option, *row.also):
        assert read(f"-A FORWARD -p tcp -m {row.module} {negation}{name} {words}".rstrip(), family)[1:] == (match,)


def test_every_module_of_the_table_is_an_exact_element() -> None:
    """docs/reference/elements.md is made of these."""
    exact = {row.element for row in elements() if row.tool in ("iptables", "ip6tables") and row.kind == "exact"}
    modules = {row.module for row in ROWS} | {row.module for row in NAME_ROWS}
    assert {f"-m {module}" for module in modules if module} - exact == set()
