"""Namespaces in which no container runs, by their names and addresses."""

import msgspec
import pytest

from hairpin.errors import UnknownNameError, UsageError
from hairpin.host.host import Namespace
from hairpin.host.link import Address, Link
from hairpin.host.managers import NamedGuest
from hairpin.network.flow import FromContainer, Outside
from hairpin.network.index import holders
from hairpin.network.network import Network
from hairpin.question.flows import flows_for, pod_flows
from hairpin.question.namespaces import (
    asking_namespace,
    links_towards,
    listening,
    namespace_named,
    namespaces_with,
    start_in,
    targets_in,
)
from hairpin.question.target import parse_origin, parse_target
from hairpin.walk.walk import walk_flow
from tests.named_namespace_host import POD, inside, named, whole
from tests.rows import each_row
from tests.small_host import CLIENT, HOST_NETNS, WEB, lo, local, number, route, sibling

WORKER = whole(inside())
TWO = whole(inside(), inside("other", POD, 1))
ISOLATED = msgspec.structs.replace(
    inside("lonely"), links=(lo(), Link(40, "eth0", "veth", peer_index=41, peer_netnsid=None)),
)  # fmt: skip


def told(net: Network, target: str, origin: str | None) -> list[str]:
    asked = flows_for(net, (parse_target(target),), parse_origin(origin) if origin is not None else None)
    return [f"{each.start_text()} -> {each.target_text()}" for each in asked]


ASKED: dict[str, tuple[str, str | None, list[str]]] = {
    "from its address": ("8151", "10.4.0.2", ["netns:worker -> 198.51.100.11:8151/tcp"]),
    "from its name": ("8151", "worker", ["netns:worker -> 198.51.100.11:8151/tcp"]),
    "from its whole name": ("8151", "netns:worker", ["netns:worker -> 198.51.100.11:8151/tcp"]),
    "as it is written for a container": ("8151", "container:worker", ["netns:worker -> 198.51.100.11:8151/tcp"]),
    "its own port": ("worker:80", "host", ["host -> 10.4.0.2:80/tcp"]),
    "each port on which it listens for others": ("worker", "container:web", ["container:web -> 10.4.0.2:80/tcp"]),
    "its address without a port": ("10.4.0.2", "host", ["host -> 10.4.0.2:80/tcp"]),
    "its own loopback": ("127.0.0.1:81", "worker", ["netns:worker -> 127.0.0.1:81/tcp"]),
    "a name of the outside": ("example.com", "worker", ["netns:worker -> 203.0.113.80:443/tcp"]),
    "an address that nobody here has": ("8151", "10.4.0.77", ["10.4.0.77 -> 198.51.100.11:8151/tcp"]),
}  # fmt: skip


@each_row(("target", "origin", "flows"), ASKED.values(), ids=ASKED)
def test_flows(target: str, origin: str | None, flows: list[str]) -> None:
    assert told(WORKER, target, origin) == flows


def test_the_walk_starts_in_the_namespace_and_its_answer_comes_back_there() -> None:
    (flow,) = flows_for(WORKER, (parse_target("8151"),), parse_origin("10.4.0.2"))
    trace = walk_flow(WORKER, flow)
    assert trace.verdict == "delivered"
    assert (trace.usual.request[0].netns, trace.usual.reply[-1].netns) == (named(), named())


def test_an_unknown_name_is_refused_and_a_similar_one_is_suggested() -> None:
    with pytest.raises(UnknownNameError, match="did you mean worker"):
        told(WORKER, "workre:80", None)
    with pytest.raises(UsageError, match="workre"):
        told(WORKER, "8151", "workre")


def test_a_namespace_that_listens_for_nobody_names_no_port() -> None:
    with pytest.raises(UsageError, match="worker:PORT"):
        told(whole(inside(sockets=())), "worker", "host")


def test_a_containers_name_means_the_container() -> None:
    net = whole(inside("web"))
    assert namespace_named(net, "web") is None
    assert namespace_named(net, "netns:web") == named("web")
    assert asking_namespace(net, parse_origin("web")) is None
    assert asking_namespace(net, parse_origin("192.0.2.10")) is None


HOLDERS: dict[str, tuple[Network, int, list[str]]] = {
    "the namespace": (WORKER, POD, ["netns:worker"]),
    "two that have the same address": (TWO, POD, ["netns:worker", "netns:other"]),
    "a container": (WORKER, WEB, ["container:web"]),
    "nobody": (WORKER, CLIENT, []),
    "every namespace has a loopback": (WORKER, 0x7F000001, []),
    "no link joins it to the host": (whole(ISOLATED), POD, []),
    "dockerd's own": (whole(inside("lb_abc")), POD, []),
}  # fmt: skip


@each_row(("net", "address", "names"), HOLDERS.values(), ids=HOLDERS)
def test_namespaces_with(net: Network, address: int, names: list[str]) -> None:
    assert [each.name for each in namespaces_with(net, net.this, 4, address)] == names


def test_an_isolated_namespace_is_no_client_of_its_address() -> None:
    (flow,) = flows_for(whole(ISOLATED), (parse_target("8151"),), parse_origin("10.4.0.2"))
    assert isinstance(flow.start, Outside)


def test_of_several_namespaces_with_the_address_the_hosts_route_decides() -> None:
    apart = msgspec.structs.replace(
        TWO.namespace(HOST_NETNS),
        links=tuple(
            msgspec.structs.replace(each, master=None) if each.name == "vethpod1" else each
            for each in TWO.namespace(HOST_NETNS).links
        ),
    )
    assert told(TWO.with_namespace(HOST_NETNS, apart), "8151", "10.4.0.2") == ["netns:worker -> 198.51.100.11:8151/tcp"]
    with pytest.raises(UsageError, match="write one of worker, other"):
        told(TWO, "8151", "10.4.0.2")


@pytest.mark.parametrize("routed", (True, False))
def test_an_address_on_the_loopback_of_a_namespace_means_it_if_the_host_has_a_route_for_it(routed: bool) -> None:
    """A machine outside may have the address, too: each real server of a load balancer has it there."""
    shared = number("203.0.113.9")
    guest = inside()
    has = (*guest.addresses, Address("lo", 4, shared, 32))
    guest = msgspec.structs.replace(guest, addresses=has, routes=(*guest.routes, local("203.0.113.9/32", "lo")))
    net = whole(guest)
    host = net.namespace(HOST_NETNS)
    if routed:
        host = msgspec.structs.replace(host, routes=(*host.routes, route("203.0.113.9/32", "cni0")))
    net = net.with_namespace(HOST_NETNS, host)
    assert namespaces_with(net, net.this, 4, shared) == ((named(),) if routed else ())
    assert holders(net.this, 4, shared) == ((named().name,) if routed else ())


def test_links_towards() -> None:
    assert links_towards(WORKER, HOST_NETNS, named()) == {"vethpod0", "cni0"}
    assert links_towards(WORKER, HOST_NETNS, sibling("container:web")) == {"veth1", "docker0"}


def test_start_in() -> None:
    assert start_in(WORKER, named()) == FromContainer("worker", named())
    assert start_in(LEASED, named()) == FromContainer("vm1", named())


def with_guests(*guests: NamedGuest) -> Network:
    return WORKER.with_host(msgspec.structs.replace(WORKER.this, named_guests=guests))


LEASED = with_guests(NamedGuest("vm1", "libvirt", addresses=((4, POD),)))
HELD = with_guests(NamedGuest("box", "lxc", named().name))
MACHINE = with_guests(NamedGuest("vm2", "libvirt", addresses=((4, number("10.4.0.77")),)))
BY_GUEST: dict[str, tuple[Network, str, str | None, list[str]]] = {
    "from a lease's name": (LEASED, "8151", "vm1", ["netns:vm1 -> 198.51.100.11:8151/tcp"]),
    "a port of a lease's name": (LEASED, "vm1:80", "host", ["host -> 10.4.0.2:80/tcp"]),
    "each port of a lease's name": (LEASED, "vm1", "host", ["host -> 10.4.0.2:80/tcp"]),
    "from a process's group": (HELD, "8151", "box", ["netns:box -> 198.51.100.11:8151/tcp"]),
    "a port of a process's group": (HELD, "box:80", "host", ["host -> 10.4.0.2:80/tcp"]),
    "a machine that is no namespace": (MACHINE, "vm2:80", "host", ["host -> 10.4.0.77:80/tcp"]),
    "from a machine that is no namespace": (MACHINE, "8151", "vm2", ["10.4.0.77 -> 198.51.100.11:8151/tcp"]),
    "a container of the same name": (with_guests(NamedGuest("web", "lxc", named().name)), "8151", "web",
                                     ["container:web -> 198.51.100.11:8151/tcp"]),
}  # fmt: skip


@each_row(("net", "target", "origin", "flows"), BY_GUEST.values(), ids=BY_GUEST)
def test_a_guest_is_asked_by_its_name(net: Network, target: str, origin: str | None, flows: list[str]) -> None:
    assert told(net, target, origin) == flows


def test_a_machine_of_which_no_socket_is_known_needs_a_port() -> None:
    with pytest.raises(UsageError, match="name a port: vm2:PORT"):
        told(MACHINE, "vm2", None)
    with pytest.raises(UnknownNameError):
        told(MACHINE, "vm3:80", None)


def test_the_plain_question_asks_guests_too() -> None:
    def plain(net: Network) -> set[str]:
        return {f"{each.start_text()} -> {each.target_text()}" for each in flows_for(net, (), None)}

    assert plain(HELD) - plain(WORKER) == {"host -> 10.4.0.2:80/tcp", "netns:box -> 203.0.113.80:443/tcp"}
    assert plain(LEASED) - plain(WORKER) == {"host -> 10.4.0.2:80/tcp", "netns:vm1 -> 203.0.113.80:443/tcp"}


@pytest.mark.parametrize(("net", "origin"), ((HELD, "box"), (LEASED, "vm1"), (HELD, "netns:box"), (HELD, "10.4.0.2")))
def test_a_guest_or_a_namespace_that_asks_without_a_target_is_asked_for_its_way_out(net: Network, origin: str) -> None:
    outward = [each for each in flows_for(net, (), parse_origin(origin)) if each.purpose == "egress"]
    plain = [each for each in flows_for(net, (), None) if each.purpose == "egress"]
    assert [each.daddr for each in outward] == [number("203.0.113.80")]
    assert {each.start_text() for each in outward} <= {each.start_text() for each in plain}


def test_targets_in_leaves_other_targets_alone() -> None:
    for text in ("8151", "web:80", "198.51.100.11:8151", "10.4.0.77"):
        assert targets_in(WORKER, parse_target(text)) == (parse_target(text),)


def test_listening() -> None:
    namespace: Namespace = WORKER.namespace(named())
    assert listening(namespace, 4, POD) == (80,)
    bare = msgspec.structs.replace(namespace, addresses=(Address("eth0", 4, number("10.4.0.9"), 16),))
    assert listening(bare, 6, 1) == ()


def test_of_several_addresses_the_named_one_is_the_source() -> None:
    """A rule may drop one of them alone, and the kernel would choose the first."""
    second = Address("eth0", 4, POD + 7, 16)
    plain = inside()
    net = whole(msgspec.structs.replace(plain, addresses=(*plain.addresses, second)))
    (flow,) = flows_for(net, (parse_target("8151"),), parse_origin("10.4.0.9"))
    assert flow.start == FromContainer("worker", named(), POD + 7)
    assert walk_flow(net, flow).usual.request[0].packet.saddr == POD + 7


@pytest.mark.parametrize("leads_out", (True, False))
def test_a_guest_is_asked_for_its_way_out_only_if_its_network_gives_it_one(*, leads_out: bool) -> None:
    guest = inside()
    routes = guest.routes if leads_out else tuple(each for each in guest.routes if each.prefix_length)
    net = whole(msgspec.structs.replace(guest, routes=routes))
    held = net.with_host(msgspec.structs.replace(net.this, named_guests=(NamedGuest("box", "libvirt", guest.name),)))
    outward = [each for each in pod_flows(held, held.this) if each.purpose == "egress"]
    assert bool(outward) is leads_out
