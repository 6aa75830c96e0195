"""Ports that a container holds without publishing them."""

import pytest
from msgspec.structs import replace

from hairpin.host.docker import Container, PortBinding
from hairpin.host.socket import Socket
from hairpin.host.sysctl import Sysctls
from hairpin.network.network import Network
from hairpin.question.asked import Target
from hairpin.question.flows import flows_for
from hairpin.question.held import given_up, held_by, holder_of_port, on_host_network
from tests.rows import each_row
from tests.small_host import HOST_ADDRESS, container, engine, host_namespace, network

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
