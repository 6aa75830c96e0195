"""Which name servers a container asks, and which names an engine's own one knows."""

import pytest
from msgspec.structs import replace

from hairpin.host.docker import Container, DockerNetwork, Endpoint, Subnet
from hairpin.host.host import Host
from hairpin.host.managers import ConfigFile
from hairpin.host.route import NextHop
from hairpin.network.names import (
    EMBEDDED,
    Known,
    are_nameless,
    has_embedded,
    is_engines,
    knows,
    looked_up_on,
    nameservers,
    servers_by_ipv6,
    servers_of,
    serving,
    upstreams_by_host,
    upstreams_of,
)
from hairpin.network.prefix import Version, parse_address
from tests.rows import each_row
from tests.small_host import container, container_namespace, engine, network, route

Server = tuple[Version, int]
OUTSIDE: Server = (4, parse_address("192.0.2.53")[1])
RESOLVER: Server = (4, EMBEDDED)
GATEWAY: Server = (4, parse_address("10.89.0.1")[1])


def on(*networks: str, name: str = "web", aliases: tuple[str, ...] = (), **changed: object) -> Container:
    """Return a container on these networks."""
    endpoints = tuple(Endpoint(each, aliases=aliases) for each in networks)
    made = replace(container(), id=name.ljust(64, "0"), name=name, endpoints=endpoints)
    return replace(made, **changed)


def host_of(*containers: Container, podman: bool = False) -> Host:
    """Return the host whose engine has these containers.  Podman's networks: ``named`` and ``podman``."""
    whole = network(docker=engine(*containers)).this
    if not podman:
        return whole
    subnet = Subnet(4, parse_address("10.89.0.0")[1], 24, GATEWAY[1])
    networks = (
        DockerNetwork("n8", "podman", "bridge", dns_enabled=False),
        DockerNetwork("n9", "named", "bridge", dns_enabled=True, subnets=(subnet,)),
    )
    (described,) = whole.engines
    return replace(whole, engines=(replace(described, kind="podman", networks=networks),))


TASK = on("shop", name="api.1.vwsl6j3g", service="api", is_task=True)
WEB, API = on("shop"), on("shop", name="api", aliases=("backend",))
KNOWN: dict[str, tuple[Container, Container, Server, str, bool, Known]] = {
    "a name on a common network": (WEB, API, RESOLVER, "api", False, "known"),
    "an alias there": (WEB, API, RESOLVER, "backend", False, "known"),
    "a short id there": (WEB, API, RESOLVER, API.id[:12], False, "known"),
    "a swarm's service": (WEB, TASK, RESOLVER, "api", False, "known"),
    "the tasks of a swarm's service": (WEB, TASK, RESOLVER, "tasks.api", False, "known"),
    "a swarm's service elsewhere": (on("other"), TASK, RESOLVER, "api", False, "unknown"),
    "the tasks of a service elsewhere": (on("other"), TASK, RESOLVER, "tasks.api", False, "unknown"),
    "a compose service has no tasks": (
        WEB, on("shop", name="shop-api-1", service="api"), RESOLVER, "api", False, "unknown",
    ),
    "a name on another network": (WEB, on("other", name="api"), RESOLVER, "api", False, "unknown"),
    "a container that does not run": (WEB, on("shop", name="api", status="exited"), RESOLVER, "api", False, "unknown"),
    "a name and its network": (WEB, API, RESOLVER, "api.shop", False, "known"),
    "a name and another network": (WEB, on("other", name="api"), RESOLVER, "api.other", False, "undecided"),
    "a name with a dot may be one outside": (WEB, on("other", name="db.corp"), RESOLVER, "db.corp", False, "undecided"),
    "a server outside": (WEB, API, OUTSIDE, "api", False, "undecided"),
    "the default network": (on("bridge"), on("bridge", name="api"), RESOLVER, "api", False, "unknown"),
    "a link has the name": (on("bridge", extra_names=("api",)), API, OUTSIDE, "api", False, "known"),
    "Podman's network with names": (on("named"), on("named", name="api"), GATEWAY, "api", True, "known"),
    "Podman's other container is elsewhere": (on("named"), on("podman", name="api"), GATEWAY, "api", True, "unknown"),
    "Podman's default network": (on("podman"), on("podman", name="api"), OUTSIDE, "api", True, "undecided"),
}  # fmt: skip


@each_row(("asking", "asked", "server", "name", "podman", "known"), KNOWN.values(), ids=KNOWN)
def test_a_name_server_knows(
    asking: Container, asked: Container, server: Server, name: str, podman: bool, known: Known
) -> None:
    assert knows(host_of(asking, asked, podman=podman), asking, server, name) == known


@pytest.mark.parametrize(("network_of_owner", "known"), (("shop", "known"), ("other", "unknown")))
def test_who_shares_a_network_knows_the_names_that_its_owner_knows(network_of_owner: str, known: Known) -> None:
    owner = on(network_of_owner, name="vpn")
    sharer = on(network_mode=f"container:{owner.id}")
    assert knows(host_of(sharer, owner, API), sharer, RESOLVER, "api") == known
    assert has_embedded(host_of(sharer, owner, API), sharer)


def test_a_file_without_a_server_means_this_machine() -> None:
    empty = on("bridge", resolvers=())
    assert servers_of(host_of(empty), empty) == ((4, 0x7F000001),)


def test_the_servers_are_those_of_the_container_s_own_file() -> None:
    own = on("shop", resolvers=("192.0.2.53", "2001:db8::53", "fe80::1%eth0"))
    assert servers_of(host_of(own), own) == (OUTSIDE, (6, parse_address("2001:db8::53")[1]))


def test_an_unread_file_is_what_docker_writes() -> None:
    assert servers_of(host_of(WEB), WEB) == (RESOLVER,)
    given = on("bridge", dns=("192.0.2.53", "127.0.0.1"))
    assert servers_of(host_of(given), given)[0] == OUTSIDE
    # A loopback address of an option is the container's own: moby libnetwork/sandbox_dns_unix.go setupDNS()
    assert upstreams_of(host_of(given), given) == (OUTSIDE, (4, parse_address("127.0.0.1")[1]))


def test_a_file_of_docker_names_the_servers_of_the_containers_start() -> None:
    told = replace(WEB, upstreams=("192.0.2.53", "host(198.51.100.53)"))
    assert upstreams_of(host_of(told), told) == (OUTSIDE,)
    assert upstreams_by_host(host_of(told), told) == ((4, parse_address("198.51.100.53")[1]),)
    assert upstreams_by_host(host_of(WEB), WEB) == ()


def ended(*ends: Endpoint, **changed: object) -> Container:
    return replace(WEB, endpoints=ends, **changed)


FRONT, BACK = Endpoint("front", ipv4=1, gateway4=10), Endpoint("back", ipv4=2, gateway4=20)
ORDERS: dict[str, tuple[Container, bool, tuple[int, ...], tuple[str, ...]]] = {
    "by name": (ended(FRONT, BACK), False, (), ("back", "front")),
    "the network of the default route first": (ended(FRONT, BACK), False, (10,), ("front", "back")),
    "a network with both families first": (ended(replace(FRONT, ipv6=1), BACK), False, (), ("front", "back")),
    "an internal network last": (ended(FRONT, BACK, Endpoint("alone", ipv4=3)), False, (), ("back", "front", "alone")),
    "Podman's first server": (
        ended(Endpoint("podman"), Endpoint("named"), resolvers=("10.89.0.1",)), True, (), ("named",),
    ),
}  # fmt: skip


@each_row(("asking", "podman", "ways", "order"), ORDERS.values(), ids=ORDERS)
def test_the_networks_on_which_a_name_is_looked_up(
    asking: Container, podman: bool, ways: tuple[int, ...], order: tuple[str, ...]
) -> None:
    host = host_of(asking, podman=podman)
    if not podman:
        (docker,) = host.engines
        host = replace(
            host, engines=(replace(docker, networks=(DockerNetwork("n3", "alone", "bridge", internal=True),)),)
        )
    defaults = tuple(replace(route("default", "eth0"), next_hops=(NextHop("eth0", way),)) for way in ways)
    assert looked_up_on(host, asking, replace(container_namespace(), routes=defaults)) == order


def test_only_the_engine_s_own_server_has_names() -> None:
    docker, podman = host_of(WEB).engines[0], host_of(WEB, podman=True).engines[0]
    assert is_engines(docker, WEB, RESOLVER)
    assert not is_engines(docker, WEB, OUTSIDE)
    assert is_engines(podman, on("named"), GATEWAY)
    assert not is_engines(podman, on("podman"), GATEWAY)
    assert serving(podman, on("named", "podman")) == ("named",)


def test_a_host_without_a_file_has_no_servers() -> None:
    assert nameservers(host_of(WEB)) == ()


BY_IPV6 = ("2001:db8::53", "2001:db8::54")


@each_row(
    ("asking", "servers"),
    (
        (on("shop", dns=BY_IPV6, resolvers=("127.0.0.11",)), BY_IPV6),
        (on("shop", dns=BY_IPV6), BY_IPV6),
        (on("bridge", resolvers=BY_IPV6), BY_IPV6),
        (on("bridge", dns=BY_IPV6), BY_IPV6),
        (on("shop", dns=(*BY_IPV6, "192.0.2.53"), resolvers=("127.0.0.11",)), ()),
        (on("bridge", resolvers=("192.0.2.53", *BY_IPV6)), ()),
        (on("bridge", resolvers=("::1",)), ()),
        (on("bridge", resolvers=()), ()),  # the C library then asks 127.0.0.1
        (on("shop", resolvers=("127.0.0.11",)), ()),  # the host's own servers, which the engine asks from the host
        (on("bridge"), ()),
    ),
)
def test_the_servers_of_a_container_that_asks_by_ipv6_only(asking: Container, servers: tuple[str, ...]) -> None:
    host = replace(host_of(asking), files=(ConfigFile("/etc/resolv.conf", "nameserver 2001:db8::99\n"),))
    assert servers_by_ipv6(host, asking) == tuple(parse_address(each)[1] for each in servers)


@pytest.mark.parametrize("joined", ("podman", "named"))
def test_the_containers_of_a_pod_have_the_names_of_the_pods_network(joined: str) -> None:
    infra = on(joined, name="0a1b2c3d4e5f-infra")
    web = on(name="web", network_mode=f"container:{infra.id}")
    api = on(joined, name="api")
    assert are_nameless(host_of(infra, web, api, podman=True), web, api) is (joined == "podman")
