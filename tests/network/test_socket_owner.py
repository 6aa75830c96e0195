"""Which container a socket belongs to where several share a namespace, and whether it answers."""

import msgspec
import pytest
from msgspec.structs import replace

from hairpin.host.docker import Container, PortBinding
from hairpin.host.netns import Netns
from hairpin.host.socket import Relay, Socket
from hairpin.network.flow import Flow, FromHost
from hairpin.network.names import EMBEDDED
from hairpin.network.network import Network
from hairpin.network.socket_owner import containers_in, never_answers, owner_of_socket, taken_by_other
from tests.rows import each_row
from tests.small_host import (
    HOST_ADDRESS,
    HOST_NETNS,
    WEB,
    container,
    container_namespace,
    engine,
    network,
    published,
    sibling,
)

RUNNING = container()
SIDE = replace(RUNNING, id="d" * 64, name="side", bindings=(), endpoints=())
ALONE = replace(RUNNING, endpoints=(), network_mode="back")
INSIDE = sibling("container:web")
PLAIN = Socket("tcp", 4, None, 80, pid=7)
RESOLVER = Socket("udp", 4, EMBEDDED, 40123, process="dockerd", pid=3)
OF_WEB = replace(PLAIN, container=RUNNING.id)
OF_NOBODY = replace(PLAIN, container="e" * 64)


def paused(one: Container) -> Container:
    return replace(one, status="paused")


# containers, the socket in their namespace, its owner, whether it never answers
CASES: dict[str, tuple[tuple[Container, ...], Socket, str | None, bool]] = {
    "alone": ((RUNNING,), PLAIN, "web", False),
    "alone and paused": ((paused(RUNNING),), PLAIN, "web", True),
    "dockerd's resolver in a paused one": ((paused(RUNNING),), RESOLVER, "web", False),
    "dockerd's resolver in one without a network": ((ALONE,), RESOLVER, "web", True),
    "another resolver in one without a network": ((ALONE,), replace(RESOLVER, address=None), "web", False),
    "a paused process on the resolver's address": (
        (paused(RUNNING),),
        replace(RESOLVER, process="dnsmasq"),
        "web",
        True,
    ),
    "the resolver of a dockerd that a signal stopped": (
        (paused(RUNNING),),
        replace(RESOLVER, halted=True),
        "web",
        True,
    ),
    "the owner beside a paused one": ((RUNNING, paused(SIDE)), OF_WEB, "web", False),
    "a paused owner beside one that runs": ((paused(RUNNING), SIDE), OF_WEB, "web", True),
    "whose it is is not known": ((RUNNING, paused(SIDE)), PLAIN, None, False),
    "whose it is is not known, and all are paused": ((paused(RUNNING), paused(SIDE)), PLAIN, None, True),
    "of a container that no engine lists": ((paused(RUNNING),), OF_NOBODY, None, False),
    "in a frozen group": ((RUNNING,), replace(OF_WEB, frozen="/sys/fs/cgroup/freezer/x"), "web", True),
    "stopped by a signal": ((RUNNING,), replace(OF_WEB, halted=True), "web", True),
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
    on_host = replace(paused(RUNNING), netns="host")
    net = network(docker=engine(on_host))
    assert containers_in(net, HOST_NETNS) == (on_host,)
    assert owner_of_socket(net, HOST_NETNS, PLAIN) is None
    assert owner_of_socket(net, HOST_NETNS, OF_WEB) == on_host
    assert (never_answers(net, HOST_NETNS, PLAIN), never_answers(net, HOST_NETNS, OF_WEB)) == (False, True)


HTTPD = Socket("tcp", 4, None, 8151, process="httpd", pid=9)
PROXY = Socket("tcp", 4, None, 8151, process="docker-proxy", pid=8, relay=Relay(4, WEB, 80))
UNREAD_PROXY = msgspec.structs.replace(PROXY, process="docker-proxy", relay=None)
HTTPD_OF_WEB = Socket("tcp", 4, None, 80, process="httpd", pid=7)
LOOPBACK = PortBinding("tcp", 80, 8151, 0x7F000001, 4)


def created(name: str = "conf", **changed: object) -> Container:
    """Return a container that asks for web's port and never ran."""
    asked = container("created", binding=PortBinding("tcp", 80, 8151, None, 4, actual=False))
    return msgspec.structs.replace(asked, id="d" * 64, name=name, **changed)


def ended() -> Container:
    return msgspec.structs.replace(container("exited"), id="d" * 64)


def asked_of(name: str, flow: Flow | None = None) -> Flow:
    return msgspec.structs.replace(flow or published(), container=name)


def on(*containers: Container, rootless: bool = False) -> Network:
    docker = msgspec.structs.replace(engine(*containers), rootless=rootless)
    return network(inner=container_namespace((HTTPD_OF_WEB,)), docker=docker)


def nobodys(socket: Socket) -> Socket:
    return msgspec.structs.replace(socket, process=None, pid=None, relay=None)


# the network, the flow, where it arrives, the socket; who has the port instead (None: the meant container takes it)
HOLDERS: dict[str, tuple[Network, Flow, Netns, Socket, str | None]] = {
    "a process of the host": (on(created()), asked_of("conf"), HOST_NETNS, HTTPD, "process 9"),
    "a process whose name was not read": (on(created()), asked_of("conf"), HOST_NETNS, nobodys(HTTPD), "process None"),
    "another container by DNAT": (
        on(container(), created()), asked_of("conf"), sibling("container:web"), HTTPD_OF_WEB, "web",
    ),
    "another container by docker-proxy": (on(container(), created()), asked_of("conf"), HOST_NETNS, PROXY, "web"),
    "another container whose proxy was not read": (
        on(container(), created()), asked_of("conf"), HOST_NETNS, nobodys(PROXY), "web",
    ),
    "a process on loopback, though the container runs": (
        on(container()), asked_of("web", published(FromHost(), "127.0.0.1")), HOST_NETNS, HTTPD, "process 9",
    ),
    "a container on the host's network": (
        on(created(), container("running", binding=None)), asked_of("conf"), HOST_NETNS,
        msgspec.structs.replace(HTTPD, container="e" * 64), "process 9",
    ),
    "a proxy of an earlier run": (on(ended()), asked_of("web"), HOST_NETNS, PROXY, "process 8"),
    "a proxy of an earlier run, whose address another container has": (
        on(ended(), msgspec.structs.replace(container(), bindings=())), asked_of("web"), HOST_NETNS, PROXY, "process 8",
    ),
    "a proxy of a container that loops": (on(container("restarting")), asked_of("web"), HOST_NETNS, PROXY, None),
    "a proxy whose process was not read": (on(ended()), asked_of("web"), HOST_NETNS, UNREAD_PROXY, None),
    "its own proxy": (on(container()), asked_of("web"), HOST_NETNS, PROXY, None),
    "itself by DNAT": (on(container()), asked_of("web"), sibling("container:web"), HTTPD_OF_WEB, None),
    "its own proxy, whose process was not read": (on(container()), asked_of("web"), HOST_NETNS, nobodys(PROXY), None),
    "dockerd that holds the port": (
        on(container()), asked_of("web"), HOST_NETNS, Socket("tcp", 4, None, 8151, process="dockerd"), None,
    ),
    "rootlesskit": (
        on(container(), rootless=True), asked_of("web"), HOST_NETNS, Socket("tcp", 4, None, 8151, process="exe"), None,
    ),
    "a user's own relay": (
        on(container(), rootless=True), asked_of("web"), HOST_NETNS, HTTPD, None,
    ),
    "an address on which the port is not published": (
        on(container(binding=LOOPBACK)), asked_of("web"), HOST_NETNS, HTTPD, None,
    ),
    "a port of the host that no container was asked for": (on(created()), published(), HOST_NETNS, HTTPD, None),
    "another port": (
        on(created()), msgspec.structs.replace(asked_of("conf"), dport=22), HOST_NETNS,
        msgspec.structs.replace(HTTPD, port=22), None,
    ),
    "another container by a rule of somebody's": (
        on(container(), msgspec.structs.replace(created(), status="running", netns="container:conf")),
        asked_of("conf", msgspec.structs.replace(published(), dport=8151)), sibling("container:elsewhere"),
        HTTPD_OF_WEB, None,
    ),
    "the container's own process on the host": (
        on(created()), asked_of("conf"), HOST_NETNS, msgspec.structs.replace(HTTPD, container="d" * 64), None,
    ),
}  # fmt: skip


@each_row(("net", "flow", "netns", "socket", "holder"), HOLDERS.values(), ids=HOLDERS)
def test_who_takes_the_port(net: Network, flow: Flow, netns: Netns, socket: Socket, holder: str | None) -> None:
    found = taken_by_other(net, flow, netns, socket)
    if found is None:
        assert holder is None
    else:
        assert holder == (found.container.name if found.container is not None else f"process {found.socket.pid}")


BINDINGS: dict[str, tuple[PortBinding, bool]] = {
    "on every address": (PortBinding("tcp", 80, 8151, None, 4), True),
    "on the same address": (PortBinding("tcp", 80, 8151, HOST_ADDRESS, 4), True),
    "on another address": (LOOPBACK, False),
}


@pytest.mark.parametrize(("binding", "taken"), BINDINGS.values(), ids=BINDINGS)
def test_a_port_at_another_address_takes_nothing(binding: PortBinding, *, taken: bool) -> None:
    own = PortBinding("tcp", 80, 8151, HOST_ADDRESS, 4, actual=False)
    net = on(container(binding=binding), created(bindings=(own,)))
    found = taken_by_other(net, asked_of("conf"), sibling("container:web"), HTTPD_OF_WEB)
    assert (found is not None) is taken
