"""The remote of a tunnel's frames, and the device that receives them there."""

import msgspec
import pytest

from hairpin.host.host import Namespace
from hairpin.host.link import Link, Tunnel
from hairpin.host.route import FdbEntry
from hairpin.network.network import Port
from hairpin.network.tunnels import Remote, far_ends, listens, remotes_of, taker
from tests.two_hosts import ADDRESSES, ONE, TUNNEL_MACS, TWO, network, node, vxlan

HERE, THERE, THIRD = ADDRESSES["one"], ADDRESSES["two"], 0xC633640D
FLANNEL = Link(3, "flannel.1", "vxlan", tunnel=vxlan("one"))


def database(*entries: tuple[int, int]) -> Namespace:
    return Namespace("host", fdb=tuple(FdbEntry(None, "flannel.1", mac, remote=remote) for mac, remote in entries))


def test_a_frame_goes_where_its_entry_says() -> None:
    entries = database((7, THERE), (8, THIRD), (0, HERE))
    assert remotes_of(entries, FLANNEL, 8) == (Remote(THIRD),)


def test_a_frame_without_an_entry_is_flooded() -> None:
    group = msgspec.structs.replace(FLANNEL, tunnel=msgspec.structs.replace(vxlan("one"), remote=THIRD))
    entries = database((0, THERE), (0, HERE), (7, THERE))
    assert remotes_of(entries, FLANNEL, 9) == (Remote(THERE), Remote(HERE))
    assert remotes_of(entries, group, None) == (Remote(THERE), Remote(HERE), Remote(THIRD, "eth0"))
    assert remotes_of(database(), FLANNEL, 9) == ()
    assert remotes_of(entries, Link(2, "eth0"), 7) == ()


def test_an_entry_is_bound_to_its_own_link() -> None:
    entries = Namespace("host", fdb=(FdbEntry(None, "flannel.1", 7, remote=THERE, via="eth1"),))
    assert remotes_of(entries, FLANNEL, 7) == (Remote(THERE, "eth1"),)


def test_a_device_listens_while_it_is_up() -> None:
    up, down = FLANNEL, msgspec.structs.replace(FLANNEL, up=False)
    assert listens(Namespace("host", links=(up,)), vxlan("two", key=2), 8472)
    assert not listens(Namespace("host", links=(up,)), vxlan("two"), 4789)
    assert not listens(Namespace("host", links=(down,)), vxlan("two"), 8472)


def test_the_device_at_the_other_end() -> None:
    net = network()
    link = net.namespace(ONE).link("flannel.1")
    assert link is not None
    assert far_ends(net, ONE, link, TUNNEL_MACS["two"]) == (Port(TWO, "flannel.1"),)
    alone = network(node("one"))
    assert far_ends(alone, ONE, link, TUNNEL_MACS["two"]) == (None,)
    assert far_ends(net, ONE, Link(2, "eth0"), None) == ()


GENEVE = Tunnel("geneve", key=1, port=6081)
GENEVE_TO_HERE = Tunnel("geneve", key=1, port=6081, remote=HERE)
GRE = Tunnel("gre", key=5, local=HERE, remote=THERE)
# the device here, how the sender encapsulates, outer source, whether the device takes it
TAKEN: dict[str, tuple[Tunnel, Tunnel, int, bool]] = {
    "vxlan of the same VNI and port": (vxlan("two"), vxlan("one"), HERE, True),
    "another VNI": (vxlan("two", key=2), vxlan("one"), HERE, False),
    "another port": (vxlan("two", port=4789), vxlan("one"), HERE, False),
    "routes say the VNI": (msgspec.structs.replace(vxlan("two", key=9), external=True), vxlan("one"), HERE, True),
    "vxlan from a stranger": (vxlan("two"), vxlan("one"), THIRD, True),
    "geneve from its remote": (GENEVE_TO_HERE, GENEVE, HERE, True),
    "geneve from another": (GENEVE_TO_HERE, GENEVE, THIRD, False),
    "gre both ways": (Tunnel("gre", key=5, local=THERE, remote=HERE), GRE, HERE, True),
    "gre of another key": (Tunnel("gre", key=6, local=THERE, remote=HERE), GRE, HERE, False),
    "gre with another local end": (Tunnel("gre", key=5, local=THIRD, remote=HERE), GRE, HERE, False),
    "another kind": (Tunnel("ipip"), GRE, HERE, False),
}  # fmt: skip


@pytest.mark.parametrize(("own", "sender", "source", "expected"), TAKEN.values(), ids=TAKEN)
def test_taker(own: Tunnel, sender: Tunnel, source: int, *, expected: bool) -> None:
    link = Link(9, "tunnel0", own.kind, tunnel=own)
    found = taker(Namespace("host", links=(Link(2, "eth0"), link)), sender, source, THERE, sender.port)
    assert (found == link) is expected
