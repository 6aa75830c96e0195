"""The egress flows of containers in a question without a target."""

import msgspec
import pytest

from hairpin.host.docker import Container, Endpoint
from hairpin.host.managers import ConfigFile
from hairpin.host.route import TABLE_MAIN, Route
from hairpin.netfilter.iptables.save import parse
from hairpin.netfilter.ir import Ruleset
from hairpin.network.flow import Flow
from hairpin.network.names import nameservers, servers_of_host
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address, parse_prefix
from hairpin.question.egress import egress_flows, over_tcp
from tests.causes.ipv6_hosts import of_ipv6_network
from tests.rows import each_row
from tests.small_host import container, engine, host_namespace, network


def whole(*containers: Container) -> Network:
    return network(docker=engine(*(containers or (container(),))))


def told(flows: list[Flow]) -> list[str]:
    return [f"{each.start_text()} -> {each.target_text()}" for each in flows]


NO_WAY_OUT: dict[str, Container] = {
    "stopped": container("exited"),
    "paused": container("paused"),
    "on the host's network": msgspec.structs.replace(container(), netns="host"),
    "made without a network": msgspec.structs.replace(container(), endpoints=(), network_mode="none"),
}


@pytest.mark.parametrize("inside", NO_WAY_OUT.values(), ids=NO_WAY_OUT)
def test_a_container_without_a_route_out_has_no_egress_flow(inside: Container) -> None:
    net = whole(inside)
    assert egress_flows(net, net.this, inside) == []


@each_row(
    ("driver", "internal", "leaves"),
    (
        ("bridge", False, True),
        ("overlay", False, True),  # by docker_gwbridge, of which `docker inspect` has no word
        ("macvlan", False, True),
        ("overlay", True, False),
        ("null", False, False),
    ),
)
def test_the_networks_that_lead_outside(driver: str, internal: bool, leaves: bool) -> None:
    docker = engine(container())
    (bridge,) = docker.networks
    changed = msgspec.structs.replace(bridge, driver=driver, internal=internal)
    net = network(docker=msgspec.structs.replace(docker, networks=(changed,)))
    assert bool(egress_flows(net, net.this, container())) is leaves


def test_dns_goes_to_the_hosts_name_servers() -> None:
    text = "# x\nnameserver 127.0.0.53\nnameserver 192.0.2.53\nnameserver nonsense\nsearch example.com\n"
    net = whole()
    net = net.with_host(msgspec.structs.replace(net.this, files=(ConfigFile("/etc/resolv.conf", text),)))
    assert nameservers(net.this) == ("192.0.2.53",)
    assert told(egress_flows(net, net.this, container()))[1:] == ["container:web -> 192.0.2.53:53/udp"]
    own = msgspec.structs.replace(container(), dns=("198.51.100.53",))
    assert told(egress_flows(net, net.this, own))[1:] == ["container:web -> 198.51.100.53:53/udp"]


def test_a_stub_of_resolved_stands_for_its_servers() -> None:
    stub = ConfigFile("/etc/resolv.conf", "nameserver 127.0.0.53\n")
    own = ConfigFile("/run/systemd/resolve/resolv.conf", "nameserver 192.0.2.53\n")
    host = whole().this
    with_stub = msgspec.structs.replace(host, files=(stub, own))
    assert (nameservers(with_stub), servers_of_host(with_stub)) == (("192.0.2.53",), ((4, 0x7F000035),))
    beside = ConfigFile("/etc/resolv.conf", "nameserver 127.0.0.53\nnameserver 198.51.100.53\n")
    assert nameservers(msgspec.structs.replace(host, files=(beside, own))) == ("198.51.100.53",)


def asked_over_tcp(net: Network) -> list[str]:
    asked = tuple(flow for each in net.this.containers() for flow in egress_flows(net, net.this, each))
    return told(over_tcp(net.this, asked))


def test_each_name_server_is_asked_and_one_container_of_a_network_asks_by_tcp_too() -> None:
    web = msgspec.structs.replace(container(), resolvers=("192.0.2.53", "192.0.2.54", "2001:db8::53"))
    other = msgspec.structs.replace(web, id="b" * 64, name="api")
    net = whole(web, other)
    for each in (web, other):
        assert told(egress_flows(net, net.this, each))[1:] == [
            f"container:{each.name} -> 192.0.2.{server}:53/udp" for server in (53, 54)
        ]
    assert asked_over_tcp(net) == [f"container:web -> 192.0.2.{server}:53/tcp" for server in (53, 54)]


def test_the_upstreams_of_dockers_resolver_are_asked_each() -> None:
    web = msgspec.structs.replace(
        container(), resolvers=("127.0.0.11",), dns=("192.0.2.53", "198.51.100.53"), endpoints=(Endpoint("shop"),)
    )
    docker = engine(web)
    shop = msgspec.structs.replace(docker.networks[0], name="shop")
    net = network(docker=msgspec.structs.replace(docker, networks=(shop,)))
    assert told(egress_flows(net, net.this, web))[1:] == [
        f"container:web -> {server}:53/udp" for server in ("127.0.0.11", "192.0.2.53", "198.51.100.53")
    ]


@pytest.mark.parametrize(
    ("servers", "asked"),
    (
        (("2001:db8::53", "2001:db8::54"), ["[2001:db8::53]:53/udp", "[2001:db8::54]:53/udp"]),
        (("2001:db8::53", "192.0.2.53"), ["192.0.2.53:53/udp"]),
    ),
)
def test_servers_of_another_family_are_asked_only_if_there_are_no_others(
    servers: tuple[str, ...], asked: list[str]
) -> None:
    web = msgspec.structs.replace(container(), resolvers=servers)
    net = whole(web)
    assert told(egress_flows(net, net.this, web))[1:] == [f"container:web -> {each}" for each in asked]


def test_a_container_with_rules_of_its_own_asks_by_tcp_itself() -> None:
    web = msgspec.structs.replace(container(), resolvers=("192.0.2.53",))
    other = msgspec.structs.replace(web, id="b" * 64, name="api")
    net = whole(web, other)
    inner = net.this.namespace(str(other.netns))
    table = parse("*filter\n:OUTPUT DROP [0:0]\nCOMMIT\n", family="ip", dialect="iptables-nft", source="x")
    firewalled = msgspec.structs.replace(inner, ruleset=Ruleset(table))
    spaces = tuple(firewalled if each.name == inner.name else each for each in net.this.namespaces)
    net = net.with_host(msgspec.structs.replace(net.this, namespaces=spaces))
    assert asked_over_tcp(net) == [f"container:{each} -> 192.0.2.53:53/tcp" for each in ("web", "api")]


OVER_IPV6 = "container:web -> [2001:db8:fffd::80]:443/tcp"


def without(net: Network, text: str, *, inside: bool = False) -> Network:
    """Return the network whose host, or container, has no IPv6 address or route that begins so."""
    gone = parse_prefix(text)[1:]
    host = net.this
    changed = [
        msgspec.structs.replace(
            each,
            addresses=tuple(own for own in each.addresses if (own.value, 128) != gone),
            routes=tuple(
                way for way in each.routes if way.version == 4 or (way.destination, way.prefix_length) != gone
            ),
        )
        if (each.name != "host") == inside
        else each
        for each in host.namespaces
    ]
    return net.with_host(msgspec.structs.replace(host, namespaces=tuple(changed)))


@each_row(
    ("net", "asks"),
    (
        (of_ipv6_network(), True),
        (of_ipv6_network("2001:db8:d0c::"), True),
        (without(of_ipv6_network(), "::/0"), False),
        (without(of_ipv6_network(), "2001:db8::11/128"), False),
        (without(of_ipv6_network(), "fd00::2/128", inside=True), False),
        (whole(), False),
    ),
    ids=("private", "public", "host without route", "host without address", "container without address", "none"),
)
def test_ipv6_is_asked_where_the_host_and_the_container_have_it(net: Network, asks: bool) -> None:
    (web,) = net.this.containers()
    assert (OVER_IPV6 in told(egress_flows(net, net.this, web))) is asks


def test_a_container_without_its_last_network_asks_in_vain() -> None:
    alone = msgspec.structs.replace(container(), endpoints=(), network_mode="back")
    made_so = msgspec.structs.replace(alone, network_mode="none")
    net = network(docker=engine(alone))
    assert told(egress_flows(net, net.this, alone))
    assert egress_flows(net, net.this, made_so) == []


def test_a_route_against_one_documentation_range_hides_no_way_out() -> None:
    bogon = Route(4, parse_address("203.0.113.0")[1], 24, TABLE_MAIN, "blackhole")
    host = host_namespace()
    net = network(msgspec.structs.replace(host, routes=(*host.routes, bogon)))
    first, *_ = egress_flows(net, net.this, container())
    assert first.target_text() == "192.0.2.80:443/tcp"
    everything = tuple(each for each in host.routes if each.prefix_length)
    nowhere = network(msgspec.structs.replace(host, routes=everything))
    assert egress_flows(nowhere, nowhere.this, container()) == []
