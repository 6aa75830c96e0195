"""From one link to another, and from one host to another."""

import msgspec
import pytest

from hairpin.host.host import Host, Namespace
from hairpin.host.link import Link, Tunnel
from hairpin.netfilter.packet import TCP, UDP, Packet
from hairpin.network.network import Network, Port
from hairpin.network.world import Peer, World
from hairpin.walk.decided import Assumed
from hairpin.walk.link.crossing import crossed, enter, unpacked
from hairpin.walk.state import Carried, End, Fragments, Frame, State
from tests.rows import each_row
from tests.small_host import container_namespace
from tests.two_hosts import ADDRESSES, MACS, ONE, TWO, network, node, seen
from tests.walk.standing import FROM_CLIENT, INNER, at

OTHER_NETWORK = 0xCB007105


def test_a_packet_leaves_mark_and_connection_behind() -> None:
    packet = msgspec.structs.replace(FROM_CLIENT, mark=7)
    state = msgspec.structs.replace(at("device-out", packet), hops=2).with_track(ct_state=8, notrack=True)
    arrived = enter(state, INNER)
    assert (arrived.packet.mark, arrived.track.ct_state, arrived.track.notrack, arrived.hops) == (0, 0, False, 3)
    assert arrived.packet == FROM_CLIENT
    assert container_namespace().name == arrived.netns.name


FAR = Port(TWO, "eth0")
FRAGMENTED = Fragments(largest=1400, by_socket=1400, defragmented=1400)
OUTER = Packet(4, ADDRESSES["one"], ADDRESSES["two"], UDP, 8285, 8285, mark=3)
# the device, whether the frame's header is still there
DEVICES = {"vxlan": True, "geneve": True, "gretap": True, "gre": False, "ipip": False, "wireguard": False, "tun": False}


@each_row(("kind", "framed"), DEVICES.items())
def test_what_comes_out_of_a_tunnel(kind: str, framed: bool) -> None:
    inner = msgspec.structs.replace(FROM_CLIENT, mark=7, smac=5, dmac=6)
    sent = State("device-out", ONE, inner, frame=Frame(vid=4, target=FAR), fragments=FRAGMENTED, hops=1)
    net = Network((one_with(Link(9, "tunnel0", kind)),))
    state = State("input", TWO, OUTER, iif="eth0", hops=2, carried=Carried(sent, Tunnel(kind)))
    out = unpacked(net, state, Port(TWO, "tunnel0"), mark=3)
    header = (5, 6, 4, FAR) if framed else (None, None, None, None)
    assert (out.packet.smac, out.packet.dmac, out.frame.vid, out.frame.target) == header
    assert (out.stage, out.netns, out.iif, out.hops, out.packet.mark) == ("device-in", TWO, "tunnel0", 3, 3)
    assert out.fragments == Fragments(largest=1400)
    assert out.carried is None


def one_with(link: Link) -> Host:
    return Host("two", namespaces=(Namespace("host", links=(link,)),))


def leaving(daddr: int, frame: Frame) -> State:
    return State("device-out", ONE, Packet(4, ADDRESSES["one"], daddr, TCP, 40000, 80), oif="eth0", frame=frame)


SURE = network(node("one", neighbours=(seen("one"),)), node("two"))
APART = network(node("one"), node("two", address=OTHER_NETWORK))
# network, destination, frame, where it comes in, what is assumed
CASES: dict[str, tuple[Network, int, Frame, Port | None, str]] = {
    "by a wire that an entry shows": (SURE, ADDRESSES["two"], Frame(target=FAR), FAR, ""),
    "by a wire that nothing shows": (
        network(), ADDRESSES["two"], Frame(target=FAR), FAR, "one and two are on the same wire",
    ),
    "by its hardware address": (SURE, 9, Frame(dmac=MACS["two"]), FAR, ""),
    "to another hardware address": (SURE, 9, Frame(dmac=5), None, ""),
    "by gateways that nobody read": (
        APART, OTHER_NETWORK, Frame(), FAR, "the network between one and two carries the packet",
    ),
    "to nobody here": (APART, 9, Frame(), None, ""),
}  # fmt: skip


@each_row(("net", "daddr", "frame", "port", "assumed"), CASES.values(), ids=CASES)
def test_crossed(net: Network, daddr: int, frame: Frame, port: Port | None, assumed: str) -> None:
    found = crossed(net, leaving(daddr, frame), Link(2, "eth0", mac=MACS["one"]))
    assert not isinstance(found, End)
    assert (Port(found.netns, found.iif) if found is not None else None) == port
    told = [each.decided_by for each in found.history.steps] if found is not None else []
    assert [str(each.said) for each in told if isinstance(each, Assumed)] == ([assumed] if assumed else [])


@pytest.mark.parametrize("host", ("", "one"))
def test_a_stated_peer_drops_on_the_way_to_another_host(host: str) -> None:
    picky = msgspec.structs.replace(SURE, world=World(peers=(Peer(4, 0, 0, accepts=((5, 32),), host=host),)))
    end = crossed(picky, leaving(9, Frame(dmac=MACS["two"])), Link(2, "eth0", mac=MACS["one"]))
    assert isinstance(end, End)
    assert end.stop is not None
    assert (end.stop.reason, end.stop.netns) == ("peer-drops", ONE)


def test_a_peer_that_is_stated_for_another_host_takes_the_packet() -> None:
    picky = msgspec.structs.replace(SURE, world=World(peers=(Peer(4, 0, 0, host="two"),)))
    found = crossed(picky, leaving(9, Frame(dmac=MACS["two"])), Link(2, "eth0", mac=MACS["one"]))
    assert found is not None
    assert not isinstance(found, End)
