"""A Docker that may not be asked: its containers are those to which a docker-proxy leads."""

from pathlib import Path

from hairpin.evidence.file import read
from hairpin.evidence.reading import Evidence
from hairpin.host.docker import PortBinding
from hairpin.host.host import Host
from hairpin.host.read.parse import parse
from hairpin.network.prefix import parse_address
from hairpin.suppose.relayed import hides_docker, hides_others, with_relayed

RECORDED = Path(__file__).parents[1] / "fixtures" / "without_root"
LOOPBACK = parse_address("127.0.0.1")[1]


def _host(user: str, name: str) -> tuple[Host, Evidence]:
    evidence = read(RECORDED / user / f"{name}.hairpin")
    return parse(evidence), evidence


def test_a_docker_proxy_tells_of_a_container() -> None:
    host, evidence = _host("nobody", "published-on-loopback-only")
    (container,) = with_relayed(host, evidence).containers()
    assert (container.name, container.bindings) == ("172.17.0.2", (PortBinding("tcp", 80, 8151, LOOPBACK),))
    assert [each.network for each in container.endpoints] == ["bridge"]
    shown_by = evidence.by_id(container.evidence)
    assert shown_by is not None
    assert "docker-proxy" in shown_by.text


def test_an_engine_that_was_asked_is_left_as_it_says() -> None:
    host, evidence = _host("group", "published-on-loopback-only")
    assert with_relayed(host, evidence) is host
    assert [each.name for each in host.containers()] == ["web"]


def test_without_a_docker_proxy_no_container_is_known() -> None:
    host, evidence = _host("nobody", "healthy-userland-proxy-off")
    assert with_relayed(host, evidence).containers() == ()


def test_what_is_hidden() -> None:
    assert hides_docker(_host("nobody", "healthy-plain")[0])
    assert not hides_docker(_host("group", "healthy-plain")[0])
    assert not hides_others(_host("group", "healthy-plain")[0])
