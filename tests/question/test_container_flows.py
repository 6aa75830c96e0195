"""Flows to a container's own ports."""

import msgspec
import pytest

from hairpin.errors import UsageError
from hairpin.host.link import Address
from hairpin.network.network import Network
from hairpin.question.asked import Origin, Target
from hairpin.question.flows import flows_for
from tests.macvlan_host import CHILD, on_ipvlan, on_macvlan, without_web
from tests.names_host import named
from tests.rows import each_row
from tests.small_host import WEB, container, engine, host_namespace, network


def _with_chosen(address: int) -> Network:
    """Return the host whose stopped container was given this address by somebody (``--ip``)."""
    (endpoint,) = container().endpoints
    end = msgspec.structs.replace(endpoint, ipv4=None, fixed4=address)
    stopped = msgspec.structs.replace(container("exited"), endpoints=(end,), bindings=())
    return network(host_namespace(), docker=engine(stopped))


@pytest.mark.parametrize(
    ("built", "address"),
    ((without_web(on_macvlan()), CHILD), (without_web(on_ipvlan()), CHILD), (_with_chosen(WEB + 7), WEB + 7)),
)
def test_a_stopped_container_is_asked_at_the_address_that_was_chosen_for_it(built: Network, address: int) -> None:
    assert [each.daddr for each in flows_for(built, (Target(container="web", port=81),), None)] == [address]


NAMED, WEB6, API6 = Target(80, container="api"), 0xFD07 << 112 | 2, 0xFD07 << 112 | 3
IN_WEB = Origin("container", container="web")


def dual(*, asking: str = "global", network_name: str = "shop") -> Network:
    """Return the host whose web and api are on a network of both families; ``asking``: the scope of web's IPv6
    address."""
    found = named(network_name, other=(network_name,))
    (host,) = found.hosts
    (docker,) = host.engines
    given = {"web": WEB6, "api": API6}
    containers = tuple(
        msgspec.structs.replace(
            each, endpoints=tuple(msgspec.structs.replace(end, ipv6=given[each.name]) for end in each.endpoints)
        )
        for each in docker.containers
    )
    namespaces = tuple(
        msgspec.structs.replace(each, addresses=(*each.addresses, Address("eth0", 6, WEB6, 64, asking)))
        if each.name == "container:web"
        else each
        for each in host.namespaces
    )
    engines = (msgspec.structs.replace(docker, containers=containers),)
    return msgspec.structs.replace(
        found, hosts=(msgspec.structs.replace(host, engines=engines, namespaces=namespaces),)
    )


FAMILIES = {
    "both": (dual(), IN_WEB, [4, 6]),
    "the asking container has a link-local address only": (dual(asking="link"), IN_WEB, [4]),
    "a network without names": (dual(network_name="bridge"), IN_WEB, [4]),
    "a network of IPv4": (named("shop", other=("shop",)), IN_WEB, [4]),
    "asked by nobody": (dual(), None, [4]),
}


@each_row(("net", "origin", "families"), FAMILIES.values(), ids=FAMILIES)
def test_a_name_is_asked_at_the_addresses_that_its_server_gives(
    net: Network, origin: Origin | None, families: list[int]
) -> None:
    found = flows_for(net, (NAMED,), origin)
    assert [each.version for each in found if not each.asked_name] == families


def test_a_container_without_a_port_and_without_a_way_out_is_told_so() -> None:
    docker = engine(msgspec.structs.replace(container(), bindings=()))
    inner = tuple(msgspec.structs.replace(each, internal=True) for each in docker.networks)
    with pytest.raises(
        UsageError, match=r"publishes no port and has no way out, because its networks are internal .*bridge"
    ):
        flows_for(network(docker=msgspec.structs.replace(docker, networks=inner)), (Target(container="web"),), None)
    assert flows_for(network(docker=docker), (Target(container="web"),), None)


def test_a_container_asks_for_the_ports_that_another_one_exposes() -> None:
    api = msgspec.structs.replace(
        container(), id="c" * 64, name="api", bindings=(), exposed=(("tcp", 3000), ("udp", 53))
    )
    found = flows_for(
        network(docker=engine(container(), api)), (Target(container="api"),), Origin("container", container="web")
    )
    ports = {(each.protocol, each.dport) for each in found if each.container == "api"}
    assert ports == {("tcp", 3000), ("udp", 53)}


@pytest.mark.parametrize(
    ("origin", "ports"),
    ((Origin("host"), {80}), (Origin("container", container="api"), {80}), (Origin("lan"), set[int]())),
)
def test_the_host_and_containers_ask_for_the_ports_on_which_a_container_listens(
    origin: Origin, ports: set[int]
) -> None:
    web = msgspec.structs.replace(container(), bindings=())
    api = msgspec.structs.replace(container(), id="c" * 64, name="api", bindings=(), netns="container:api")
    net, target = network(docker=engine(web, api)), Target(container="web")
    if not ports:
        with pytest.raises(UsageError, match="name one: web:PORT"):
            flows_for(net, (target,), origin)
        return
    assert {each.dport for each in flows_for(net, (target,), origin) if each.container == "web"} == ports


def test_a_stopped_container_without_ports_is_asked_for_its_way_out() -> None:
    stopped = msgspec.structs.replace(container("exited"), bindings=(), netns=None, pid=None)
    (flow,) = flows_for(network(docker=engine(stopped)), (Target(container="web"),), None)
    assert (flow.purpose, flow.container) == ("egress", "web")
