"""Which container a socket belongs to where several share a namespace, and whether it answers."""

import msgspec

from hairpin.host.docker import Container
from hairpin.host.socket import Socket
from hairpin.network.names import EMBEDDED
from hairpin.network.socket_owner import containers_in, never_answers, owner_of_socket
from tests.rows import each_row
from tests.small_host import HOST_NETNS, container, engine, network, sibling

WEB = container()
SIDE = msgspec.structs.replace(WEB, id="d" * 64, name="side", bindings=(), endpoints=())
ALONE = msgspec.structs.replace(WEB, endpoints=(), network_mode="back")
INSIDE = sibling("container:web")
PLAIN = Socket("tcp", 4, None, 80, pid=7)
RESOLVER = Socket("udp", 4, EMBEDDED, 40123, process="dockerd", pid=3)
OF_WEB = msgspec.structs.replace(PLAIN, container=WEB.id)
OF_NOBODY = msgspec.structs.replace(PLAIN, container="e" * 64)


def paused(one: Container) -> Container:
    return msgspec.structs.replace(one, status="paused")


# containers, the socket in their namespace, its owner, whether it never answers
CASES: dict[str, tuple[tuple[Container, ...], Socket, str | None, bool]] = {
    "alone": ((WEB,), PLAIN, "web", False),
    "alone and paused": ((paused(WEB),), PLAIN, "web", True),
    "dockerd's resolver in a paused one": ((paused(WEB),), RESOLVER, "web", False),
    "dockerd's resolver in one without a network": ((ALONE,), RESOLVER, "web", True),
    "another resolver in one without a network": (
        (ALONE,),
        msgspec.structs.replace(RESOLVER, address=None),
        "web",
        False,
    ),
    "a paused process on the resolver's address": (
        (paused(WEB),),
        msgspec.structs.replace(RESOLVER, process="dnsmasq"),
        "web",
        True,
    ),
    "the resolver of a dockerd that a signal stopped": (
        (paused(WEB),),
        msgspec.structs.replace(RESOLVER, halted=True),
        "web",
        True,
    ),
    "the owner beside a paused one": ((WEB, paused(SIDE)), OF_WEB, "web", False),
    "a paused owner beside one that runs": ((paused(WEB), SIDE), OF_WEB, "web", True),
    "whose it is is not known": ((WEB, paused(SIDE)), PLAIN, None, False),
    "whose it is is not known, and all are paused": ((paused(WEB), paused(SIDE)), PLAIN, None, True),
    "of a container that no engine lists": ((paused(WEB),), OF_NOBODY, None, False),
    "in a frozen group": ((WEB,), msgspec.structs.replace(OF_WEB, frozen="/sys/fs/cgroup/freezer/x"), "web", True),
    "stopped by a signal": ((WEB,), msgspec.structs.replace(OF_WEB, halted=True), "web", True),
}


@each_row(("containers", "socket", "owner", "silent"), CASES.values(), ids=CASES)
def test_the_process_decides(
    containers: tuple[Container, ...], socket: Socket, owner: str | None, silent: bool
) -> None:
    net = network(docker=engine(*containers))
    found = owner_of_socket(net, INSIDE, socket)
    assert (found.name if found is not None else None) == owner
    assert never_answers(net, INSIDE, socket) is silent


def test_on_the_host_only_a_control_group_tells() -> None:
    on_host = msgspec.structs.replace(paused(WEB), netns="host")
    net = network(docker=engine(on_host))
    assert containers_in(net, HOST_NETNS) == (on_host,)
    assert owner_of_socket(net, HOST_NETNS, PLAIN) is None
    assert owner_of_socket(net, HOST_NETNS, OF_WEB) == on_host
    assert (never_answers(net, HOST_NETNS, PLAIN), never_answers(net, HOST_NETNS, OF_WEB)) == (False, True)
