"""The order in which an engine made things, and where a container's ports are published."""

from ipaddress import ip_address

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hairpin.engines.docker.history import Port, gateways_of, history_of, in_order_of_runs, in_port_order, moment
from hairpin.engines.docker.options import Daemon, Version, daemon_of
from hairpin.host.docker import Container, Engine, PortBinding
from hairpin.host.host import Namespace
from hairpin.host.link import Link
from hairpin.netfilter.ir import Chain, Nat, Rule, Ruleset, Table
from tests.engines.hosts import DOCKER0, EMPTY, HTTP, N1, SIX, WEB, container, docker, endpoint, network

LATE = network("a-late", "172.30.0.0/16", device="br-late")
INTERNAL = network("a-internal", "172.31.0.0/16", internal=True)


def daemon(version: Version = (28, 5, 2)) -> Daemon:
    return daemon_of(docker("28.5.2"), version)


def ports(engine: Engine, version: Version = (28, 5, 2), namespace: Namespace = EMPTY) -> tuple[Port, ...]:
    return history_of(engine, daemon(version), namespace).ports


def test_bridges_stand_in_the_order_of_their_links() -> None:
    links = tuple(Link(index=index, name=name) for index, name in ((3, "docker0"), (9, "br-late"), (5, "br-n1")))
    history = history_of(docker("28.5.2", LATE, N1, DOCKER0), daemon(), Namespace(name="host", links=links))
    assert [bridge.name for bridge in history.bridges] == ["bridge", "n1", "a-late"]


def test_the_default_network_stands_behind_those_that_dockerd_found_when_it_started() -> None:
    links = tuple(Link(index=index, name=name) for index, name in ((3, "docker0"), (9, "br-late"), (5, "br-n1")))
    made = (("10:00:00.5Z", LATE), ("09:00:00Z", N1), ("10:00:00Z", DOCKER0))
    networks = (msgspec.structs.replace(each, created=f"2026-11-25T{at}") for at, each in made)
    history = history_of(docker("28.5.2", *networks), daemon(), Namespace(name="host", links=links))
    assert [bridge.name for bridge in history.bridges] == ["n1", "bridge", "a-late"]


def test_only_containers_with_an_address_count() -> None:
    gone = container("gone", endpoint("n1"), publish=(HTTP,), status="exited")
    waiting = container("waiting", endpoint("n1"), publish=(HTTP,), status="restarting")
    history = history_of(docker("28.5.2", N1, containers=(gone, waiting, WEB)), daemon(), EMPTY)
    assert [one.container for one in history.attachments] == ["web"]
    assert [(one.attachment.container, one.address) for one in history.ports] == [("web", 0xAC150002)]


def test_ports_are_published_by_the_first_network_that_leads_out() -> None:
    web = container(
        "web",
        endpoint("n1", "172.21.0.2"),
        endpoint("a-internal", "172.31.0.2"),
        endpoint("a-late", "172.30.0.2"),
        publish=(HTTP,),
    )
    (port,) = ports(docker("28.5.2", N1, INTERNAL, LATE, containers=(web,)))
    assert port.attachment.bridge.name == "a-late"


def test_ports_are_published_where_the_host_s_rules_lead() -> None:
    """A gateway priority is not in the evidence; the rule that it led to is."""
    web = container("web", endpoint("n1", "172.21.0.2"), endpoint("a-late", "172.30.0.2"), publish=(HTTP,))
    address = int(ip_address("172.21.0.2"))
    rule = Rule(body=(Nat("dnat", addresses=(address, address)),), text="", number=1)
    nat = Table("ip", "nat", "iptables-nft", chains=(Chain("DOCKER", (rule,)),))
    namespace = Namespace(name="host", ruleset=Ruleset(tables=(nat,)))
    (port,) = ports(docker("28.5.2", N1, LATE, containers=(web,)), namespace=namespace)
    assert port.attachment.bridge.name == "n1"


def test_ports_of_an_internal_network_are_not_published() -> None:
    web = container("web", endpoint("a-internal", "172.31.0.2"), publish=(HTTP,))
    assert ports(docker("28.5.2", INTERNAL, containers=(web,))) == ()


def test_ipv6_outside_and_ipv4_inside_is_the_proxy_s() -> None:
    both = (HTTP, PortBinding("tcp", 80, 8080, version=6))
    engine = docker("28.5.2", N1, containers=(container("web", endpoint("n1", "172.21.0.2"), publish=both),))
    assert [(port.family, port.proxied) for port in ports(engine)] == [("ip", False), ("ip", True)]


GATEWAYS: dict[str, tuple[Version, str]] = {
    "a dual-stack network goes first": ((28, 5, 2), "six"),
    "each family for itself": ((29, 0, 0), "n1"),
}


@pytest.mark.parametrize(("version", "name"), GATEWAYS.values(), ids=GATEWAYS)
def test_gateway_among_networks_of_different_families(version: Version, name: str) -> None:
    web = container("web", endpoint("n1", "172.21.0.2"), endpoint("six", "172.22.0.2", "2001:db8:6::2"))
    history = history_of(docker("28.5.2", N1, SIX, containers=(web,)), daemon(version), EMPTY)
    gateways = gateways_of(history.attachments, daemon(version), EMPTY)
    assert {family: one.bridge.name for family, one in gateways.items() if one} == {"ip": name, "ip6": "six"}


def test_29_opens_ports_of_routed_networks_beside_the_gateway() -> None:
    routed = network("routed", "172.33.0.0/16", options=(("gateway_mode_ipv4", "routed"),))
    web = container("web", endpoint("n1", "172.21.0.2"), endpoint("routed", "172.33.0.2"), publish=(HTTP,))
    engine = docker("29.0.0", N1, routed, containers=(web,))
    assert [port.attachment.bridge.name for port in ports(engine, (28, 5, 2))] == ["n1"]
    assert [port.attachment.bridge.name for port in ports(engine, (29, 0, 0))] == ["n1", "routed"]


def bindings(*numbers: tuple[int, int]) -> tuple[PortBinding, ...]:
    return tuple(PortBinding("tcp", inside, outside) for outside, inside in numbers)


def test_port_order() -> None:
    asked = bindings((8151, 80), (8100, 7000), (8152, 80), (9000, 9000))
    assert in_port_order(asked, (20, 10, 24)) == bindings((9000, 9000), (8152, 80), (8151, 80), (8100, 7000))
    assert in_port_order(asked, (28, 5, 2)) == bindings((8151, 80), (8152, 80), (8100, 7000), (9000, 9000))


def test_moments_have_fractions_of_any_length() -> None:
    times = [
        "2026-11-20T07:19:44.1Z",
        "2026-11-20T07:19:44.12Z",
        "2026-11-20T07:19:44.099999999Z",
        "2026-11-20T07:19:44Z",
    ]
    assert sorted(times, key=moment) == [times[3], times[2], times[0], times[1]]


def test_containers_stand_in_the_order_of_their_start() -> None:
    def started(name: str, at: str) -> Container:
        return Container(id=name, name=name, status="running", started_at=at, endpoints=(endpoint("n1", "172.21.0.2"),))

    engine = docker(
        "28.5.2", N1, containers=(started("b", "2026-01-01T00:00:02Z"), started("a", "2026-01-01T00:00:01Z"))
    )
    history = history_of(engine, daemon(), EMPTY)
    assert [one.attachments[0].container for one in history.containers()] == ["a", "b"]


@given(items=st.permutations("abcdef"), run=st.permutations("abcdef"), kept=st.sets(st.sampled_from("abcdef")))
def test_a_run_of_rules_decides_the_order_of_its_networks(items: list[str], run: list[str], kept: set[str]) -> None:
    shown = [one for one in run if one in kept]
    result = in_order_of_runs(tuple(items), [shown], str)
    assert sorted(result) == sorted(items)
    assert [one for one in result if one in kept] == shown


def test_items_without_a_run_keep_their_order() -> None:
    assert in_order_of_runs(("a", "b", "c", "d"), [["d", "b"]], str) == ("a", "c", "d", "b")


def test_an_earlier_run_decides_against_a_later_one() -> None:
    assert in_order_of_runs(("a", "b", "c"), [["b", "a"], ["a", "b", "c"]], str) == ("b", "a", "c")
