"""Elements of sets in words."""

import pytest

from hairpin.compare.element_text import element_text
from hairpin.netfilter.ir import Element, Map, NameKey, NatElement, NumberKey, Set, Verdict, VerdictElement


def _one(number: int) -> NumberKey:
    return NumberKey(number, number)


CASES = {
    "an address": (Set("s", "hash:ip", ()), Element((_one(0xCB007107),)), "203.0.113.7"),
    "a network": (Set("s", "hash:net", ()), Element((NumberKey(0x0A000000, 0x0AFFFFFF),), nomatch=True),
                  "10.0.0.0/8 nomatch"),
    "address and port": (Set("s", "hash:ip,port", ()), Element((_one(0xCB007107), _one(6), _one(80))),
                         "203.0.113.7 . 6 . 80"),
    "IPv6": (Set("s", "ipv6_addr", ()), Element((_one(1),)), "::1"),
    "a range": (Set("s", "ipv4_addr", ()), Element((NumberKey(0x0A000001, 0x0A000003),)), "10.0.0.1-10.0.0.3"),
    "a link": (Map("m", "ifname", ()), VerdictElement((NameKey("eth0"),), Verdict("drop")), "eth0 : drop"),
    "a translation": (Map("m", "inet_service", ()), NatElement((_one(80),), (0x0A000001, 0x0A000001), (81, 81)),
                      "80 : 10.0.0.1:81"),
}  # fmt: skip


@pytest.mark.parametrize(("of", "element", "expected"), CASES.values(), ids=CASES)
def test_text(of: Set | Map, element: Element | VerdictElement | NatElement, expected: str) -> None:
    assert element_text(element, of) == expected
