"""Who listens in a replica."""

from hairpin.host.socket import Relay, Socket
from hairpin.network.network import Network
from hairpin.replica.blueprint import Service
from hairpin.replica.services import services
from tests.small_host import WEB, container, container_namespace, engine, host_namespace, network


def of(built: Network, netns: str) -> tuple[Service, ...]:
    return services(built, built.namespace(netns))


def test_a_relay_carries_on_to_the_container() -> None:
    assert of(network(), "host") == (Service("tcp", 4, None, 8151, does="relay", to=(4, "172.17.0.2", 80)),)


def test_a_service_answers_where_it_is_bound() -> None:
    inner = container_namespace((Socket("udp", 4, 0x7F000001, 53, device="lo"),))
    assert of(network(inner=inner), "container:web") == (Service("udp", 4, "127.0.0.1", 53, device="lo"),)


def test_what_a_paused_container_listens_on_is_held() -> None:
    assert [each.does for each in of(network(docker=engine(container("paused"))), "container:web")] == ["hold"]


def test_a_port_that_dockerd_only_holds_is_held() -> None:
    held = (Socket("tcp", 4, None, 8151, relay=Relay(4, WEB, 80, holds_only=True)),)
    assert [each.does for each in of(network(host_namespace(sockets=held)), "host")] == ["hold"]
