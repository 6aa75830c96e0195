from hairpin.netfilter.packet import ICMP, ICMP6, Packet
from hairpin.walk.size.size_stop import narrow, tells_mtu
from hairpin.walk.walk import walk_flow
from tests.small_host import HOST_NETNS, sibling
from tests.walk.size.test_segment_size import FULL
from tests.walk.size.test_segment_size import narrow as narrow_host


def test_the_link_that_was_too_narrow() -> None:
    net = narrow_host()
    found = narrow(net, walk_flow(net, FULL).usual)
    assert found is not None
    assert (found.netns, found.link, found.mtu_bytes, found.length_bytes) == (HOST_NETNS, "eth0", 1400, 1500)
    assert (found.sender, found.ends) == (sibling("container:web"), ((sibling("container:web"), "eth0"),))


def test_a_flow_that_loses_nothing() -> None:
    net = narrow_host(mtu_bytes=1500)
    assert narrow(net, walk_flow(net, FULL).usual) is None


def test_the_message() -> None:
    assert tells_mtu(Packet(4, 1, 2, ICMP, icmp=3 << 8 | 4))
    assert tells_mtu(Packet(6, 1, 2, ICMP6, icmp=2 << 8))
    assert not tells_mtu(Packet(4, 1, 2, ICMP, icmp=3 << 8 | 1))
