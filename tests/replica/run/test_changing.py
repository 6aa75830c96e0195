"""Which parts of a change are carried out inside a replica, and which are built in.

That they do what they do on a host is shown in tests/kernel/test_replica.py and by the lab's scenarios.
"""

from hairpin.change.change import AddSocket, Change, SetContainer, SetSysctl
from hairpin.host.socket import Socket
from hairpin.message import message
from hairpin.replica.run.changing import parts_of
from tests.small_host import HOST_NETNS, container

SYSCTL = SetSysctl(HOST_NETNS, ("net", "ipv4", "ip_forward"), "1")
LISTENS = AddSocket(HOST_NETNS, Socket("tcp", 4, None, 80), message("start it"))
RUNS = SetContainer(HOST_NETNS.host, container())


def test_a_part_with_a_command_is_carried_out() -> None:
    assert parts_of(Change((SYSCTL,))) == (Change(()), Change((SYSCTL,)))


def test_a_part_without_a_command_is_built_in_with_all_before_it() -> None:
    assert parts_of(Change((SYSCTL, LISTENS, RUNS, SYSCTL))) == (Change((SYSCTL, LISTENS, RUNS)), Change((SYSCTL,)))
