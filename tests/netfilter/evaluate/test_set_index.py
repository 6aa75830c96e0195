"""Law: an index leaves out no element that holds the value, and yields the others in the order of the set."""

from hypothesis import given
from hypothesis import strategies as st

from hairpin.netfilter import ir
from hairpin.netfilter.evaluate.match import fits_key
from hairpin.netfilter.evaluate.set_index import elements_for

NUMBERS = st.integers(0, 300)
SIZES = st.integers(0, 200) | st.just(0)
RANGES = st.tuples(NUMBERS, SIZES).map(lambda drawn: ir.NumberKey(drawn[0], drawn[0] + drawn[1]))
LINKS = st.sampled_from(("eth0", "eth*")).map(ir.NameKey)
KEYS = st.one_of(st.just(()), st.tuples(RANGES), st.tuples(RANGES, LINKS), st.tuples(LINKS))
LONG = st.lists(st.builds(ir.Element, KEYS), min_size=40, max_size=80).map(tuple)


@given(LONG, NUMBERS | st.sampled_from(("eth0", "eth7", "lo")))
def test_it_finds_what_a_scan_finds(elements: tuple[ir.Element, ...], value: int | str) -> None:
    found = tuple(elements_for(ir.Set("s", "hash:net", elements), value))
    assert tuple(each for each in found if fits_key(each.key[:1], (value,))) == tuple(
        each for each in elements if fits_key(each.key[:1], (value,))
    )


def test_of_many_addresses_few_are_looked_at() -> None:
    many = tuple(ir.Element((ir.NumberKey(number, number),)) for number in range(0, 2_000_000, 20))
    wide = ir.Element((ir.NumberKey(0, 2_000_000),))
    assert tuple(elements_for(ir.Set("s", "hash:net", (*many, wide)), 400)) == (many[20], wide)


def test_a_short_set_is_scanned() -> None:
    short = (ir.Element((ir.NumberKey(1, 1),)),)
    assert elements_for(ir.InlineSetMatch(short, ("dport", "iif")), 7) is short
