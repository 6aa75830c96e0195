"""Ports that a container holds without publishing them."""

import msgspec
import pytest
from msgspec.structs import replace

from hairpin.diagnose.diagnose import diagnose
from hairpin.host.docker import Container, PortBinding
from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.host.netns import Netns
from hairpin.host.socket import Socket
from hairpin.host.sysctl import Sysctls
from hairpin.network.flow import FromContainer
from hairpin.network.network import Network
from hairpin.question.asked import Target
from hairpin.question.flows import flows_for
from hairpin.question.held import given_up, held_by, holder_of_port, on_host_network
from tests.causes.hosts import with_host
from tests.rows import each_row
from tests.small_host import HOST_ADDRESS, container, container_namespace, engine, host_namespace, lo, network

HN = replace(container(), name="hn", netns="host", network_mode="host", bindings=(), endpoints=())
SIDE = replace(container(), id="d" * 64, name="side", network_mode=f"container:{'c' * 64}", bindings=(), endpoints=())
NONE = replace(container(), name="dark", network_mode="none", bindings=(), endpoints=(), netns=None)


def of_hn(port: int, protocol: str = "tcp", address: int | None = None) -> Socket:
    return Socket("udp" if protocol == "udp" else "tcp", 4, address, port, container=HN.id)


def host_with(*sockets: Socket) -> Network:
    return network(host_namespace(sockets=sockets), docker=engine(HN))


def told(net: Network, *targets: Target) -> list[str]:
    return [f"{each.start_text()} -> {each.target_text()} ({each.container})" for each in flows_for(net, targets, None)]


def test_its_own_ports_once_each_without_those_of_clients() -> None:
    net = host_with(
        of_hn(7010), of_hn(7010, address=0x7F000001), of_hn(53, "udp"), of_hn(40000, "udp"), Socket("tcp", 4, None, 22)
    )
    assert [(each.port, each.address) for each in held_by(net, net.this, HN)] == [(53, None), (7010, None)]
    assert list(on_host_network(net.this)) == [HN]
    assert holder_of_port(net, net.this, 7010, "tcp") == HN
    assert holder_of_port(net, net.this, 22, "tcp") is None


def test_the_hosts_own_range_of_ephemeral_ports_counts() -> None:
    host = host_namespace(sockets=(of_hn(20000, "udp"),))
    narrow = {**host.sysctls.values, ("net", "ipv4", "ip_local_port_range"): "15000\t60999"}
    net = network(replace(host, sysctls=Sysctls(narrow)), docker=engine(HN))
    assert held_by(net, net.this, HN) == ()


def test_flows_of_a_container_on_the_hosts_network() -> None:
    net = host_with(of_hn(7010), of_hn(7011, address=0x7F000001))
    seven = [
        "192.0.2.10 -> 198.51.100.11:7010/tcp (hn)",
        "lan (198.51.100.250) -> 198.51.100.11:7010/tcp (hn)",
        "host -> 127.0.0.1:7010/tcp (hn)",
        "host -> 198.51.100.11:7010/tcp (hn)",
    ]
    assert told(net) == [*seven, "host -> 127.0.0.1:7011/tcp (hn)"]
    assert told(net, Target(container="hn")) == [*seven, "host -> 127.0.0.1:7011/tcp (hn)"]
    assert told(net, Target(7010, container="hn")) == seven
    assert told(net, Target(7010)) == seven


def test_a_sharer_is_reached_as_the_owner_of_its_namespace() -> None:
    net = network(docker=engine(container(), SIDE))
    assert net.this.network_owner(SIDE) == container()
    of_side, of_web = (
        [each for each in told(net, Target(container=name)) if "8151" in each] for name in ("side", "web")
    )
    assert of_side == of_web != []


def test_without_network_the_asked_port_is_one_of_the_host() -> None:
    net = network(docker=engine(NONE))
    assert told(net, Target(80, container="dark"))[0] == "192.0.2.10 -> 198.51.100.11:80/tcp (dark)"


OTHERS: dict[str, tuple[str, str, Socket | None, bool]] = {
    "it has ended, and a process has the port": ("exited", "", Socket("tcp", 4, None, 8151, process="httpd"), True),
    "it has ended, and nothing has the port": ("exited", "", None, False),
    "it has ended, and another port is in use": ("exited", "", Socket("tcp", 4, None, 8152, process="httpd"), False),
    "it has ended, and a process has the port at another address": (
        "exited",
        "",
        Socket("tcp", 4, 0x7F000001, 8151, process="httpd"),
        True,
    ),
    "its start failed": ("exited", "address already in use", Socket("tcp", 4, None, 8151, process="httpd"), False),
    "it has never started": ("created", "", Socket("tcp", 4, None, 8151, process="httpd"), False),
    "it runs": ("running", "", Socket("tcp", 4, None, 8151, process="httpd"), False),
}


@each_row(("status", "error", "socket", "gone"), OTHERS.values(), ids=OTHERS)
def test_an_ended_container_gives_up_a_port_that_another_takes(
    status: str, error: str, socket: Socket | None, gone: bool
) -> None:
    web = replace(container(status), error=error)
    net = network(host_namespace(sockets=() if socket is None else (socket,)), docker=engine(web))
    assert given_up(net, net.this, web, web.bindings[0]) is gone
    assert [flow.container for flow in flows_for(net, (Target(8151),), None)] == [None if gone else "web"] * 4


def test_an_ended_container_gives_up_a_port_to_a_container_that_runs() -> None:
    old = replace(container("exited"), id="d" * 64, name="old", exit_code=137)
    net = network(docker=engine(old, container()))
    assert given_up(net, net.this, old, old.bindings[0])
    assert {flow.container for flow in flows_for(net, (), None)} == {"web"}


def test_an_ended_container_keeps_the_address_that_nothing_else_has() -> None:
    own = PortBinding("tcp", 80, 8151, HOST_ADDRESS, 4)
    web = container("exited", binding=own)
    other = replace(container(binding=replace(own, host_ip=0x7F000001)), id="d" * 64, name="other")
    net = network(docker=engine(web, other))
    assert not given_up(net, net.this, web, own)
    same = network(docker=engine(web, replace(other, bindings=(own,))))
    assert given_up(same, same.this, web, own)


DISCONNECTED = replace(container(), endpoints=(), network_mode="front")
SUCCESSOR = replace(container(), id="e" * 64, name="new")
DISCONNECTED_BESIDE: dict[str, tuple[tuple[Container, ...], set[str | None]]] = {
    "nothing has its port": ((DISCONNECTED,), {"web"}),
    "another container has its port": ((DISCONNECTED, SUCCESSOR), {"new"}),
}


@pytest.mark.parametrize(("containers", "asked"), DISCONNECTED_BESIDE.values(), ids=DISCONNECTED_BESIDE)
def test_everything_is_what_a_disconnected_container_should_publish(
    containers: tuple[Container, ...], asked: set[str | None]
) -> None:
    lost = tuple(replace(each, actual=False) for each in DISCONNECTED.bindings)
    web = replace(DISCONNECTED, bindings=lost)
    net = network(docker=engine(web, *containers[1:]))
    published = {each.container for each in flows_for(net, (), None) if each.dport == 8151}
    assert published == asked


def test_a_disconnected_container_whose_engine_still_lists_its_port_is_asked() -> None:
    assert all(each.actual for each in DISCONNECTED.bindings)  # as Podman tells it
    net = network(docker=engine(DISCONNECTED))
    assert {each.container for each in flows_for(net, (), None) if each.dport == 8151} == {"web"}


SHARING_SIDE = msgspec.structs.replace(
    container(), id="d" * 64, name="side", bindings=(), endpoints=(), netns="container:web",
    network_mode=f"container:{container().id}",
)  # fmt: skip
STOPPED = msgspec.structs.replace(SHARING_SIDE, status="exited", netns=None, exit_code=137)
GONE = msgspec.structs.replace(SHARING_SIDE, network_mode=f"container:{'f' * 64}")


def shared(side: Container, *sockets: tuple[int, Container], left: bool = False) -> Network:
    """Return the host on which ``web`` publishes its port 80 and ``side`` uses its network.  ``sockets``: the ports on
    which containers listen; ``left``: whether ``side`` is still in the namespace that ``web`` had before a restart."""
    held = tuple(Socket("tcp", 4, None, port, process="httpd", pid=port, container=each.id) for port, each in sockets)
    if not left:
        return network(inner=container_namespace(held), docker=engine(container(), side))
    kept = tuple(each for each in held if each.container != side.id)
    whole = network(inner=container_namespace(kept), docker=engine(container(), side))
    own = tuple(each for each in held if each.container == side.id)
    old = Namespace(side.netns or "", (lo(),), (Address("lo", 4, 0x7F000001, 8, "host"),), sockets=own)
    return with_host(whole, namespaces=(*whole.this.namespaces, old))


def moved(side: Container) -> Container:
    """Return the container in a namespace of its own."""
    return msgspec.structs.replace(side, netns="container:side")


WEB_SERVES = (80, container())
# the network; the flows that `hairpin side` asks: their purposes; the causes of those that fail
ASKED: dict[str, tuple[Network, set[str], set[str]]] = {
    "the published port is its own": (shared(SHARING_SIDE, (80, SHARING_SIDE)), {"published", "egress"}, set()),
    "nobody listens on the published port": (shared(SHARING_SIDE), {"published", "egress"}, {"service-not-listening"}),
    "the published port is the owner's": (shared(SHARING_SIDE, WEB_SERVES, (8080, SHARING_SIDE)), {"egress"}, set()),
    "it has ended": (shared(STOPPED, WEB_SERVES), {"egress"}, {"container-not-running"}),
    "it is in the namespace that the owner left": (
        shared(moved(SHARING_SIDE), WEB_SERVES, left=True), {"egress"}, {"shared-namespace-left"},
    ),
    "it holds the published port in the namespace that the owner left": (
        shared(moved(SHARING_SIDE), (80, SHARING_SIDE), left=True), {"published", "egress"}, {"shared-namespace-left"},
    ),
    "its owner was recreated": (
        shared(moved(GONE), WEB_SERVES, left=True), {"egress"}, {"shared-namespace-left"},
    ),
}  # fmt: skip


@each_row(("built", "purposes", "causes"), ASKED.values(), ids=ASKED)
def test_a_sharer_is_asked_about_what_is_its_own(built: Network, purposes: set[str], causes: set[str]) -> None:
    flows = flows_for(built, (Target(container="side"),), None)
    assert {each.purpose for each in flows} == purposes
    assert {one.cause for each in flows for one in diagnose(built, each).causes} == causes


def senders(built: Network) -> set[str]:
    """Return the containers whose ways out the plain question asks."""
    flows = (each for each in flows_for(built, (), None) if each.purpose == "egress")
    return {each.start.name for each in flows if isinstance(each.start, FromContainer)}


def test_the_plain_question_asks_the_way_out_of_each_container_that_runs() -> None:
    assert senders(shared(SHARING_SIDE, WEB_SERVES)) == {"web", "side"}
    assert senders(shared(STOPPED, WEB_SERVES)) == {"web"}
    assert senders(shared(moved(SHARING_SIDE), WEB_SERVES, left=True)) == {"web", "side"}


def test_a_sharer_whose_owner_has_ended_is_explained_by_the_owner() -> None:
    whole = shared(moved(SHARING_SIDE), (8080, SHARING_SIDE), left=True)
    ended = msgspec.structs.replace(container("exited"), exit_code=0, netns=None)
    built = with_host(
        whole,
        namespaces=tuple(each for each in whole.this.namespaces if each.name != "container:web"),
        engines=(engine(ended, moved(SHARING_SIDE)),),
    )
    (outward,) = (each for each in flows_for(built, (), None) if each.purpose == "egress")
    found = diagnose(built, outward)
    assert outward.start == FromContainer("side", Netns("test", "container:side"))
    assert [each.cause for each in found.causes] == ["container-not-running"]


def test_an_unpublished_port_in_the_left_namespace_is_the_sharers_and_no_docker_proxy_holds_it() -> None:
    """The docker-proxy that a simulated publishing adds belongs to no container yet, and is none that was left over."""
    built = shared(moved(SHARING_SIDE), WEB_SERVES, (8080, SHARING_SIDE), left=True)
    for flow in flows_for(built, (Target(8080),), None):
        found = {each.cause: str(each.candidate.title) for each in diagnose(built, flow).causes}
        assert set(found) == {"port-not-published", "shared-namespace-left"}
        assert found["port-not-published"] == "Port 8080 of side is not published"
