"""On which host a change is made."""

from hairpin.change.change import Change, ChangeWorld, ContinueProcess, SetSysctl
from hairpin.change.place import host_of
from hairpin.host.netns import Netns
from hairpin.message import message
from hairpin.network.world import World

SYSCTL = SetSysctl(Netns("node2"), ("net", "ipv4", "ip_forward"), "1")
OUTSIDE = ChangeWorld(World(), message("ask the provider"))


def test_host_of() -> None:
    assert host_of(Change((SYSCTL,))) == "node2"
    assert host_of(Change((ContinueProcess("node1", 7),))) == "node1"
    assert host_of(Change((OUTSIDE, SYSCTL))) == "node2"
    assert host_of(Change((OUTSIDE,))) is None
