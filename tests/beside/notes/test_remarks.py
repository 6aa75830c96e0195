"""A note has a number, and a healthy host has none."""

import pytest
from msgspec.structs import replace

from hairpin.beside.inquiry import Inquiry
from hairpin.beside.notes.remarks import notes, remarks
from hairpin.diagnose.examination import examine
from hairpin.host.docker import PortBinding, Subnet
from hairpin.host.limit_state import Counters
from hairpin.host.link import Address
from hairpin.host.route import NextHop, Route
from hairpin.host.socket import Socket
from hairpin.network.flow import Flow, FromHost
from hairpin.network.network import Network
from hairpin.network.prefix import Version
from hairpin.question.question import Question
from hairpin.question.target import parse_target
from hairpin.walk.walk import walk_flow
from tests.causes.hosts import bound
from tests.small_host import (
    CLIENT,
    HOST_ADDRESS,
    HOST_NETNS,
    WEB,
    container,
    container_namespace,
    host_namespace,
    local,
    network,
    published,
)
from tests.udp_host import UDP_FLOW, remembering, udp_network
from tests.walk.hooks.test_conntrack_room import with_table
from tests.walk.hooks.test_limits import ABOVE_2, limited
from tests.walk.test_own_entries import BACK, entry


def counting(counters: Counters, count: int = 10, thresh: str = "1024") -> Network:
    host = with_table(host_namespace(), count)
    sysctls = host.sysctls.with_value(("net", "ipv4", "neigh", "default", "gc_thresh3"), thresh)
    return network(replace(host, counters=counters, sysctls=sysctls), container_namespace())


def dropped_before() -> Network:
    """Return the host whose limit has dropped seven packets."""
    of = limited(ABOVE_2)
    host = of.namespace(HOST_NETNS)
    tables = tuple(
        replace(
            table,
            chains=tuple(
                replace(
                    chain,
                    rules=tuple(replace(rule, packets=7) if "connlimit" in rule.text else rule for rule in chain.rules),
                )
                for chain in table.chains
            ),
        )
        for table in host.ruleset.tables
    )
    return of.with_namespace(HOST_NETNS, replace(host, ruleset=replace(host.ruleset, tables=tables)))


def having(length: int) -> Network:
    """Return the host whose bridge has the client's address."""
    host = host_namespace()
    return network(replace(
        host, addresses=(*host.addresses, Address("docker0", 4, CLIENT, length)),
        routes=(*host.routes, local("192.0.2.10/32", "docker0")),
    ))  # fmt: skip


# network, flow, a part of the only note; "" no note
CASES: dict[str, tuple[Network, Flow, str]] = {
    "healthy": (network(), published(), ""),
    "nothing counted": (counting(Counters(neighbours=((4, 7, 0),))), published(), ""),
    "dropped before": (counting(Counters(dropped=5)), published(), "has dropped 5 packets"),
    "evicted before": (counting(Counters(evicted=3)), published(), "evicted 3 entries"),
    "full now: a cause says it": (counting(Counters(dropped=5), count=100), published(), ""),
    "neighbours refused": (counting(Counters(neighbours=((4, 7, 9),))), published(), "has refused 9"),
    "as many neighbours as may be": (counting(Counters(neighbours=((4, 1024, 0),))), published(), "1024 entries"),
    "old entries of others": (remembering(entry(sender=CLIENT + 1)), UDP_FLOW, "present rules do (entries: 1); ask"),
    "right entries of others": (
        remembering(replace(entry(sender=CLIENT + 1), reply=BACK)), UDP_FLOW, ""
    ),
    "no entries": (udp_network(), UDP_FLOW, ""),
    "a limit that was never reached": (limited(ABOVE_2), published(), ""),
    "a limit that has dropped": (dropped_before(), published(), "has stopped 7 packets before"),
    "asked from an address that the host has alone": (
        having(32), published(FromHost(CLIENT)), "192.0.2.10 is an address of this host, on docker0, so",
    ),
    "asked from an address of the host with its network": (having(24), published(FromHost(CLIENT)), ""),
    "asked from the host's usual address": (network(), published(FromHost(HOST_ADDRESS)), ""),
    "on loopback by default": (
        bound(PortBinding("tcp", 80, 8151, 0x7F000001, 4, by_default=True), 0x7F000001),
        published(FromHost(), "127.0.0.1"), "published on 127.0.0.1 only: ",
    ),
    "on loopback by its own option": (
        bound(PortBinding("tcp", 80, 8151, 0x7F000001, 4), 0x7F000001), published(FromHost(), "127.0.0.1"), "",
    ),
    "on loopback by default, and a cause tells it": (
        bound(PortBinding("tcp", 80, 8151, 0x7F000001, 4, by_default=True), 0x7F000001), published(), "",
    ),
    "asked from the host": (having(32), published(FromHost()), ""),
}  # fmt: skip


@pytest.mark.parametrize(("of", "flow", "said"), CASES.values(), ids=CASES)
def test_there_is_a_note_with_its_number_or_none(of: Network, flow: Flow, said: str) -> None:
    found = [str(each) for each in remarks(of, (walk_flow(of, flow),))]
    assert len(found) == (1 if said else 0)
    assert all(said in each for each in found)


BESIDE: dict[str, tuple[Socket, bool]] = {
    "a process at ::1":              (Socket("tcp", 6, 1, 8151, process="python3", pid=222), True),
    "a process at another port":     (Socket("tcp", 6, 1, 8152, process="python3", pid=222), False),
    "the engine's own program":      (Socket("tcp", 6, 1, 8151, process="docker-proxy", pid=222), False),
    "a process that cannot be told": (Socket("tcp", 6, 1, 8151), False),
}  # fmt: skip


@pytest.mark.parametrize(("socket", "said"), BESIDE.values(), ids=BESIDE)
def test_a_process_that_has_the_published_port_at_another_address_is_named(socket: Socket, said: bool) -> None:
    of = bound(PortBinding("tcp", 80, 8151, 0x7F000001, 4), 0x7F000001)
    host = of.namespace(HOST_NETNS)
    of = of.with_namespace(HOST_NETNS, replace(host, sockets=(*host.sockets, socket)))
    flow = replace(published(FromHost(), "127.0.0.1"), container="web")
    found = [str(each) for each in remarks(of, (walk_flow(of, flow),))]
    assert found == (["[::1]:8151 belongs to python3 (pid 222), not to web"] if said else [])


def test_an_advertised_default_route_that_nothing_renews_is_told_once() -> None:
    host = host_namespace(routes=(local("2001:db8::11/128", "eth0"),))
    conf = ("net", "ipv6", "conf", "eth0")
    sysctls = host.sysctls.with_value((*conf, "accept_ra"), "1").with_value((*conf, "forwarding"), "1")
    way = Route(6, 0, 0, next_hops=(NextHop("eth0", 0x2001_0DB8 << 96 | 1),), protocol="ra")
    six = Address("eth0", 6, 0x2001_0DB8 << 96 | 0x11, 64)
    host = replace(host, sysctls=sysctls, routes=(*host.routes, way), addresses=(*host.addresses, six))
    net = network(host)
    out = Flow(FromHost(), 6, 0x2001_0DB9 << 96 | 1, "tcp", 443)
    traces = tuple(walk_flow(net, each) for each in (out, replace(out, dport=80), published()))
    (told,) = remarks(net, traces)
    assert str(told).startswith("eth0 forwards packets and therefore ignores router advertisements")
    assert remarks(net, traces[2:]) == ()


def _of_ports(flow: Flow, *ports: int) -> list[str]:
    within = network(None, container_namespace(tuple(Socket("tcp", 4, None, each) for each in ports)))
    return [str(each) for each in remarks(within, (walk_flow(within, flow),))]


def test_a_port_that_the_container_does_not_publish() -> None:
    at_port = Flow(FromHost(), 4, WEB, "tcp", 25, container="web")
    said = (
        "25/tcp of web is published nowhere: clients outside of this host do not reach it. web was made with -p 8151:80"
    )
    assert _of_ports(at_port, 25, 80) == [said]
    assert _of_ports(replace(at_port, dport=80), 25, 80) == []
    assert _of_ports(at_port, 80) == []


@pytest.mark.parametrize(("mode", "asked", "count"), (("routed", (), 1), ("nat", (), 0), ("routed", ("8151",), 0)))
def test_a_routed_network_has_no_port_of_the_host(mode: str, asked: tuple[str, ...], count: int) -> None:
    usual = network()
    (docker,) = usual.this.engines
    lacking = tuple(replace(each, actual=False) for each in container().bindings)
    joined = replace(docker.networks[0], options=(("com.docker.network.bridge.gateway_mode_ipv4", mode),))
    docker = replace(docker, networks=(joined,), containers=(replace(docker.containers[0], bindings=lacking),))
    whole = usual.with_host(replace(usual.this, engines=(docker,)))
    question = Question(targets=tuple(map(parse_target, asked)))
    said = " ".join(map(str, notes(Inquiry(question, whole, (), examine(whole, ())))))
    assert said.count("is routed over IPv4 (gateway_mode_ipv4=routed), so this host has no port 8151/tcp") == count


@pytest.mark.parametrize(("version", "also", "count"), ((6, (), 1), (6, (4,), 0), (4, (), 0)))
def test_a_network_without_ipv4_refuses_its_clients(version: Version, also: tuple[Version, ...], count: int) -> None:
    """``version``: that of the container's network; ``also``: further versions over which the port was asked."""
    usual = network()
    (docker,) = usual.this.engines
    joined = replace(docker.networks[0], subnets=(Subnet(version, 0, 64),))
    whole = usual.with_host(replace(usual.this, engines=(replace(docker, networks=(joined,)),)))
    over4 = walk_flow(whole, replace(published(), purpose="published", container="web"))
    over6 = replace(over4, flow=replace(over4.flow, version=6))
    said = " ".join(map(str, remarks(whole, (over6, *(over4 for _ in also)))))
    assert said.count("no network of web has IPv4, so port 8151 is published over IPv6 alone") == count
