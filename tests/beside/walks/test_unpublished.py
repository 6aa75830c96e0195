"""A container that the question names alone, and that does not publish its ports."""

import pytest
from msgspec.structs import replace

from hairpin.beside.walks.unpublished import told_of_unpublished
from hairpin.host.docker import Container, Endpoint, PortBinding
from hairpin.network.network import Network
from hairpin.question.asked import Target
from tests.small_host import container, engine, network

WEB = Target(container="web")
NAMED = "web publishes no port"
UNPUBLISHED = replace(container(), bindings=(), exposed=(("tcp", 3000),))


def host(own: Container, driver: str = "bridge") -> Network:
    docker = engine(own)
    networks = tuple(replace(each, driver=driver) for each in docker.networks)
    return network(docker=replace(docker, networks=networks))


def on_host(binding: PortBinding) -> Container:
    return replace(container(), netns="host", network_mode="host", endpoints=(Endpoint("host"),), bindings=(binding,))


def said(net: Network, *targets: Target) -> str:
    return " ".join(map(str, told_of_unpublished(net, targets)))


def test_everything_has_notes_only_about_the_hosts_network() -> None:
    assert said(host(UNPUBLISHED)) == ""
    assert "does nothing" in said(host(on_host(PortBinding("tcp", 80, 8087, None, 4, actual=False))))


def test_a_container_that_only_exposes_its_port() -> None:
    assert NAMED in said(host(UNPUBLISHED), WEB)
    assert "-p 3000:3000" in said(host(UNPUBLISHED), WEB)
    assert "-p PORT:PORT" in said(host(replace(UNPUBLISHED, exposed=())), WEB)


@pytest.mark.parametrize(
    ("net", "target"),
    (
        (host(container()), WEB),
        (host(UNPUBLISHED), Target(container="web", port=3000)),
        (host(UNPUBLISHED), Target(port=3000)),
        (host(UNPUBLISHED, "macvlan"), WEB),
        (host(replace(UNPUBLISHED, status="exited", netns=None)), WEB),
        (host(replace(UNPUBLISHED, network_mode="none", endpoints=())), WEB),
        (host(on_host(PortBinding("tcp", 80, 80, None, 4, actual=False))), WEB),
    ),
)
def test_other_containers_and_questions_have_no_note(net: Network, target: Target) -> None:
    assert said(net, target) == ""


def test_the_bindings_of_both_ip_versions_are_one_note() -> None:
    both = tuple(PortBinding("tcp", 80, 8087, None, version, actual=False) for version in (4, 6))
    idle = replace(on_host(both[0]), bindings=both)
    assert len(told_of_unpublished(host(idle), (WEB,))) == 1


def test_a_published_port_that_the_hosts_network_makes_idle() -> None:
    found = said(host(on_host(PortBinding("tcp", 80, 8087, None, 4, actual=False))), WEB)
    assert "-p 8087:80 of web does nothing" in found
    assert "`hairpin check 8087/tcp`" in found
