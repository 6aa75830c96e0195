from hairpin.netfilter.packet import TCP, Tuple
from hairpin.network.prefix import Version
from hairpin.walk.hooks.nat_range import Range
from tests.rows import each_row
from tests.small_host import number

# first, last, persistent, source, destination, what kernel 6.18 made of the source
ADDRESSES: dict[str, tuple[str, str, bool, str, str, str]] = {
    "one": ("10.0.0.5", "10.0.0.5", False, "10.9.1.2", "192.0.2.1", "10.0.0.5"),
    "by whom is asked": ("203.0.113.70", "203.0.113.90", False, "172.18.0.2", "192.0.2.1", "203.0.113.87"),
    "and another": ("203.0.113.70", "203.0.113.90", False, "172.18.0.2", "198.51.100.10", "203.0.113.72"),
    "persistent": ("203.0.113.70", "203.0.113.90", True, "172.18.0.2", "192.0.2.1", "203.0.113.75"),
    "persistent for another": ("203.0.113.70", "203.0.113.90", True, "172.18.0.2", "198.51.100.10", "203.0.113.75"),
    "IPv6": ("2001:db8:ffff::70", "2001:db8:ffff::90", False, "fd18::2", "2001:db8:1::10", "2001:db8:ffff::79"),
    "IPv6, over several words": ("2001:db8:2::", "2001:db8:ffff::", False, "fd18::2", "2001:db8:1::10",
                                 "2001:db8:4646:beb0:4645:9080:4645:9080"),
}  # fmt: skip


@each_row(("first", "last", "persistent", "source", "target", "expected"), ADDRESSES.values(),
                         ids=ADDRESSES)  # fmt: skip
def test_address(first: str, last: str, persistent: bool, source: str, target: str, expected: str) -> None:
    version: Version = 6 if ":" in first else 4
    allowed = Range((number(first), number(last)), persistent=persistent)
    asked = Tuple(number(source), number(target), TCP, 40000, 80)
    assert allowed.address("src", asked, version, 0) == number(expected)


def test_the_hash_of_a_destination_has_its_new_words() -> None:
    allowed = Range((number("2001:db8:2::"), number("2001:db8:ffff::")))
    asked = Tuple(number("fd18::1"), number("2001:db8:1::1"), TCP, 40000, 80)
    assert allowed.address("dst", asked, 6, 0) == number("2001:db8:dbe0:ec60:bb0d:60de:656d:6d63")


def test_without_a_range_nothing_changes() -> None:
    asked = Tuple(1, 2, TCP, 40000, 80)
    assert Range().address("src", asked, 4, 0) == 1
    assert Range().has_source(asked)


def test_an_address_inside_the_range_may_stay() -> None:
    allowed = Range((5, 9), (1000, 2000))
    assert allowed.has_source(Tuple(7, 2, TCP, 1000, 80))
    assert not allowed.has_source(Tuple(4, 2, TCP, 1000, 80))
    assert not allowed.has_source(Tuple(7, 2, TCP, 2001, 80))


def test_a_port_is_shifted_as_far_as_it_is_from_the_base_port() -> None:
    """Source: nf_nat_l4proto_unique_tuple(); the offset has 16 bits."""
    allowed = Range(ports=(80, 82), base=9001)
    assert list(allowed.shifted(9002)) == [81, 82, 80]
    assert next(allowed.shifted(9000)) == 80 + 0xFFFF % 3
