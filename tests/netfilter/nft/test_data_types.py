from hairpin.netfilter.nft.data_types import TYPES, symbol, type_of
from tests.rows import each_row


@each_row("name", TYPES)
def test_a_type_reads_the_numbers_that_it_writes(name: str) -> None:
    of = type_of(name)
    shift = 8 if name in ("icmp_type", "icmpv6_type") else 0
    numbers = [2, 10] if name == "ip_version" else [0, 1, (1 << of.bits) - 1]
    for number in numbers:
        text = of.write(number << shift)
        known = {"ipv4": 2, "ipv6": 10}.get(text) if name == "ip_version" else symbol(text, name)
        assert known == number


def test_every_symbol_is_read() -> None:
    assert all(symbol(text, name) == number for name, of in TYPES.items() for text, number in of.symbols.items())
    assert all(number < 1 << of.bits for of in TYPES.values() for number in of.symbols.values())


def test_a_type_that_is_not_in_the_table_is_a_number() -> None:
    assert (type_of("ct_event").bits, symbol("0x10", "ct_event"), symbol("new", "ct_event")) == (32, 16, None)
