"""Which parts of a change are carried out inside a replica, and which are built in.

That they do what they do on a host is shown in tests/kernel/test_replica.py and by the lab's scenarios.
"""

import msgspec

from hairpin.change.change import AddSocket, Change, SetContainer, SetLink, SetSysctl
from hairpin.host.link import Link, Tunnel
from hairpin.host.socket import Socket
from hairpin.message import message
from hairpin.replica.run.changing import parts_of
from tests.small_host import HOST_NETNS, container, host_namespace, network

SYSCTL = SetSysctl(HOST_NETNS, ("net", "ipv4", "ip_forward"), "1")
LISTENS = AddSocket(HOST_NETNS, Socket("tcp", 4, None, 80), message("start it"))
RUNS = SetContainer(HOST_NETNS.host, container())
SMALL = network()
VXLAN = Link(90, "vxlan77", "vxlan", tunnel=Tunnel("vxlan", key=77, port=4789))


def test_a_part_with_a_command_is_carried_out() -> None:
    assert parts_of(Change((SYSCTL,)), SMALL) == (Change(()), Change((SYSCTL,)))


def test_a_part_without_a_command_is_built_in_with_all_before_it() -> None:
    assert parts_of(Change((SYSCTL, LISTENS, RUNS, SYSCTL)), SMALL) == (
        Change((SYSCTL, LISTENS, RUNS)),
        Change((SYSCTL,)),
    )


def test_a_link_is_set_by_a_command_and_a_tunnels_vni_is_built_in() -> None:
    """The kernel changes no VNI: the replica's device has it from the start."""
    host = host_namespace()
    found = network(msgspec.structs.replace(host, links=(*host.links, VXLAN)))
    other_vni = msgspec.structs.replace(VXLAN, tunnel=Tunnel("vxlan", key=78, port=4789))
    smaller = msgspec.structs.replace(VXLAN, mtu_bytes=1400)
    for link, built_in in ((other_vni, True), (smaller, False), (VXLAN, False)):
        change = Change((SetLink(HOST_NETNS, link),))
        assert parts_of(change, found) == ((change, Change(())) if built_in else (Change(()), change))
