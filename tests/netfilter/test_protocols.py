import pytest

from hairpin.netfilter.ir import Ranges
from hairpin.netfilter.protocols import ICMP6_TYPES, ICMP_TYPES, icmp_ranges, protocol_number
from tests.rows import each_row

PROTOCOL_NUMBERS = {"tcp": 6, "TCP": 6, "17": 17, "ipv6-icmp": 58, "icmpv6": 58, "ipencap": 4, "no-such": None}


@each_row(("text", "number"), PROTOCOL_NUMBERS.items())
def test_protocol_number(text: str, number: int | None) -> None:
    assert protocol_number(text) == number


TYPES: dict[str, Ranges] = {
    "8": ((0x0800, 0x08FF),),
    "3/4": ((0x0304, 0x0304),),
    "3/1:4": ((0x0301, 0x0304),),
    "any": ((0, 0xFFFF),),
    "echo-request": ((0x0800, 0x08FF),),
    "fragmentation-needed": ((0x0304, 0x0304),),
    "TOS-host-redirect": ((0x0503, 0x0503),),
}


@each_row(("text", "ranges"), TYPES.items())
def test_icmp_type(text: str, ranges: Ranges) -> None:
    assert icmp_ranges(text, ICMP_TYPES) == ranges


def test_names_of_icmpv6_are_its_own() -> None:
    assert icmp_ranges("echo-request", ICMP6_TYPES) == ((0x8000, 0x80FF),)


@pytest.mark.parametrize("text", ("no-such-type", "", "8/x", "-1"))
def test_malformed_icmp_type(text: str) -> None:
    with pytest.raises(ValueError, match=r"not an ICMP type|invalid literal"):
        icmp_ranges(text, ICMP_TYPES)
