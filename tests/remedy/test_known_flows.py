"""Which flows a remedy is held against."""

from msgspec.structs import replace

from hairpin.change.change import Change
from hairpin.engines.repair.connecting import connecting_change
from hairpin.engines.repair.starting import starting_change
from hairpin.host.docker import Endpoint
from hairpin.host.socket import Socket
from hairpin.network.flow import FromContainer
from hairpin.network.network import Network
from hairpin.remedy.known_flows import flow_key, flows_to_joined, known_flows
from tests.engines.repair.test_connecting import with_second
from tests.small_host import container, container_namespace, host_namespace, network, published, sibling

SSHD = Socket("tcp", 4, None, 22, process="sshd")
LOCAL = Socket("tcp", 4, 0x7F000001, 631, process="cupsd")


def told(whole: Network) -> list[str]:
    return [f"{each.flow.start_text()} {each.flow.target_text()} {each.group}" for each in known_flows(whole)]


def test_published_ports_are_asked_from_each_standpoint_and_from_a_container() -> None:
    found = told(network())
    for start in ("192.0.2.10", "lan (198.51.100.250)", "host", "container:web"):
        assert f"{start} 198.51.100.11:8151/tcp published" in found


def test_sockets_are_asked_from_outside_unless_they_are_on_loopback() -> None:
    found = told(network(host_namespace(sockets=(SSHD, LOCAL))))
    assert "192.0.2.10 198.51.100.11:22/tcp service" in found
    assert not any(":631/" in each for each in found)


def test_a_container_is_asked_directly_at_what_it_publishes_and_at_the_rest() -> None:
    own = container_namespace((Socket("tcp", 4, None, 80), Socket("udp", 4, None, 9)))
    found = told(network(inner=own))
    assert "192.0.2.10 172.17.0.2:80/tcp published" in found
    assert "192.0.2.10 172.17.0.2:9/udp unpublished" in found


def test_a_service_of_the_host_is_asked_from_each_side() -> None:
    found = [each for each in told(network(host_namespace(sockets=(SSHD,)))) if ":22/" in each]
    assert found == [
        "192.0.2.10 198.51.100.11:22/tcp service",
        "lan (198.51.100.250) 198.51.100.11:22/tcp service",
        "host 127.0.0.1:22/tcp service",
        "container:web 172.17.0.1:22/tcp service",
        "container:web 198.51.100.11:22/tcp service",
    ]


def test_a_container_goes_out_by_tcp_and_udp_and_into_the_lan() -> None:
    found = [each for each in told(network()) if each.endswith("way-out")]
    assert "container:web 203.0.113.80:443/tcp way-out" in found
    assert "container:web 203.0.113.80:443/udp way-out" in found
    assert any(" 198.51.100.250:80/tcp " in each for each in found)


def test_no_flow_comes_twice() -> None:
    keys = [flow_key(each.flow) for each in known_flows(network())]
    assert len(keys) == len(set(keys))
    assert flow_key(published()) in keys


def test_a_host_of_which_nothing_was_read_has_none() -> None:
    whole = network()
    assert known_flows(whole.with_host(replace(whole.this, namespaces=()))) == ()


def with_other(*networks: str) -> tuple[Network, Change]:
    """Return the host whose container ``db`` is on these networks, and the change by which ``web`` joins ``zoo``."""
    whole, second = with_second("zoo")
    endpoints = tuple(Endpoint(each, "n") for each in networks)
    db = replace(container(), id="d" * 64, name="db", netns="container:db", endpoints=endpoints)
    docker = replace(whole.this.engines[0], containers=(container(), db))
    inner = replace(container_namespace(), name="container:db")
    whole = whole.with_host(replace(whole.this, namespaces=(*whole.this.namespaces, inner), engines=(docker,)))
    change = connecting_change(whole.this, container(), second)
    assert change is not None
    return whole, change


def test_another_container_of_the_network_reaches_its_ports() -> None:
    (flow,) = flows_to_joined(*with_other("zoo"))
    assert (flow.start, flow.dport) == (FromContainer("db", sibling("container:db")), 80)


def test_nobody_reaches_more_of_it_where_nobody_else_is_on_the_network() -> None:
    assert list(flows_to_joined(*with_other("bridge"))) == []


def test_a_start_joins_nothing() -> None:
    whole, _ = with_other("zoo")
    ended = replace(container(), status="exited")
    docker = replace(whole.this.engines[0], containers=(ended, whole.this.engines[0].containers[1]))
    host = replace(whole.this, engines=(docker,))
    change = starting_change(host, ended, ended.bindings[0])
    assert change is not None
    assert list(flows_to_joined(whole.with_host(host), change)) == []
