"""What differs between a working and a broken moment is a candidate."""

import pytest

from tests.answer.likely.test_likely import TIMED_OUT, answer
from tests.suppose.test_ordinary import ADDRESSES, RUN

TWO = "Normally:\n$ sysctl {0}\n{0} = 1\n\nAfter a reboot, when it is broken:\n$ sysctl {0}\n{0} = 0\n\n"


def test_a_difference_that_stops_the_packet_is_proven() -> None:
    cause = answer(RUN, ADDRESSES, TWO.format("net.ipv4.conf.ens3.forwarding"), TIMED_OUT).causes[0]
    assert (cause.id, cause.likely) == ("interface-forwarding-off", False)


def test_any_other_difference_is_likely() -> None:
    cause = answer(RUN, ADDRESSES, TWO.format("net.ipv4.tcp_mtu_probing"), TIMED_OUT).causes[0]
    assert (cause.id, cause.likely) == ("outside-catalogue", True)
    assert "`net.ipv4.tcp_mtu_probing = 1` when it works" in str(cause.candidate.title)


_ROUTES = "{0}:\n$ ip -6 route\n2001:db8::/64 dev ens3 proto kernel metric 256\n{1}\n"
_ADVERTISED = "default via fe80::1 dev ens3 proto ra metric 1024 expires 1791sec hoplimit 64"
_TYPED = "default via fe80::1 dev ens3 metric 1024"


@pytest.mark.parametrize(
    ("working", "broken", "is_named"), ((_ADVERTISED, "", True), (_TYPED, "", False), (_ADVERTISED, _TYPED, False))
)
def test_a_default_route_of_advertisements_is_lost(working: str, broken: str, *, is_named: bool) -> None:
    found = answer(RUN, _ROUTES.format("Normally", working) + _ROUTES.format("When it is broken", broken), TIMED_OUT)
    assert ("ipv6-ra-ignored-when-forwarding" in [each.id for each in found.causes[:2]]) == is_named
