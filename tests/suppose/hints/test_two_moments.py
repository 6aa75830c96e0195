"""What differs between a working and a broken moment is a candidate."""

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
