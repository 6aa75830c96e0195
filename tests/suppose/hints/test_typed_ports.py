"""Numbers of typed port mappings: a port of UDP, of another service, of the inside, of root; and good mappings."""

from collections.abc import Iterator

import pytest

from hairpin.evidence.told import ToldParts
from hairpin.host.host import Host
from hairpin.pasted.joining import unrecognised_in
from hairpin.pasted.text import evidence_in_texts
from hairpin.question.flows import flows_for
from hairpin.question.target import parse_target
from hairpin.suppose.hints.hint import Hinted, Prose, prose_of
from hairpin.suppose.hints.typed_ports import (
    image_has_other_port,
    only_for_root,
    ports_on_the_hosts_network,
    printed_inner_port,
    published_without_udp,
)
from tests.rows import each_row
from tests.suppose.test_ordinary import network

_COMPOSE = """\
services:
  store:
    image: {image}
    ports:
      - "{ports}"
"""


def _of(text: str, target: str = "") -> tuple[Prose, Host, ToldParts]:
    whole = network(text, target=target)
    told = whole.hosts[0].told
    assert told is not None
    return prose_of(unrecognised_in(evidence_in_texts((text,)))), whole.hosts[0], told


def _causes(found: Iterator[Hinted]) -> list[str]:
    return [each.cause for each in found]


@each_row(
    "text",
    (
        "I start it with\n-p 19132:19132\nand cannot connect with the game.",
        "docker run -d --name vpn -p 51820:51820 me/wireguard\nNo handshake.",
        _COMPOSE.format(image="factorio", ports="34197:34197"),
        "docker run -d -p 53:53 pihole/pihole\ndig @192.168.1.5 example.org gets no answer",
        'ports:\n  - "5060:5060"\nasterisk gets no REGISTER of the phone.',
    ),
)
def test_a_service_of_udp_is_published_for_tcp(text: str) -> None:
    assert _causes(published_without_udp(*_of(text))) == ["published-protocol-mismatch"]


@each_row(
    "text",
    (
        "I start it with -p 19132:19132/udp and cannot connect with the game.",
        "docker run -d --name vpn -p 51820:51820/udp me/wireguard\nNo handshake.",
        "docker run -d --name vpn -p 51820:51820/udp -p 51820:51820 me/wireguard\nNo handshake.",
        "docker run -d --name web -p 8080:80 nginx\nrefused",
        "docker run -d -p 53:53 me/app\nThe page does not open.",
        "http://10.0.0.5:19132 does not open",
        "docker run -d -p 53:53 pihole/pihole\nlisten udp4 0.0.0.0:53: bind: address already in use; dns is down",
    ),
)
def test_other_services_use_tcp(text: str) -> None:
    assert _causes(published_without_udp(*_of(text))) == []


def _elsewhere(text: str, target: str) -> list[str]:
    whole = network(text, target=target)
    prose, _, told = _of(text, target)
    return _causes(image_has_other_port(prose, whole.hosts[0], told, flows_for(whole, (parse_target(target),), None)))


@pytest.mark.parametrize(
    ("image", "ports", "target"),
    (
        ("sameersbn/redis:4", "6380:6380", "6380"),
        ("postgres:16", "5433:5433", "5433"),
        ("mysql", "3307:3307", "3307"),
        ("grafana/grafana", "8085:8085", "8085"),
    ),
)
def test_a_mapping_leads_to_a_port_that_the_image_has_not(image: str, ports: str, target: str) -> None:
    text = _COMPOSE.format(image=image, ports=ports)
    assert _elsewhere(text, target) == ["service-listens-on-other-port"]


@each_row(
    ("image", "ports", "target", "said"),
    (
        ("redis:7", "6380:6379", "6380", ""),
        ("redis:7", "6380:6380", "6380", "    command: redis-server --port 6380\n"),
        ("postgres:16", "5433:5433", "5433", "    environment:\n      PGPORT: 5433\n"),
        ("me/app", "6380:6380", "6380", ""),
        ("redis:7", "6380:6380", "6380", "    network_mode: host\n"),
        ("redis-exporter", "9121:9121", "9121", ""),
    ),
)  # fmt: skip
def test_other_mappings_lead_to_the_service(image: str, ports: str, target: str, said: str) -> None:
    assert _elsewhere(_COMPOSE.format(image=image, ports=ports) + said, target) == []


_RUN = "docker run --name site -p 8888:5000 me/site\n"


def test_a_program_prints_its_inner_port() -> None:
    text = f"{_RUN}It prints\n * Running on http://0.0.0.0:5000/\nand the link cannot be reached."
    assert _causes(printed_inner_port(*_of(text))) == ["port-not-published"]


@pytest.mark.parametrize(
    "text",
    (
        f"{_RUN} * Running on http://0.0.0.0:5000/\nhttp://localhost:8888 is refused.",
        "docker run --name site -p 5000:5000 me/site\n * Running on http://0.0.0.0:5000/\nThe link is refused.",
        f"{_RUN}The page cannot be reached.",
        f"{_RUN} * Running on http://0.0.0.0:5000/\nError: connect ECONNREFUSED 127.0.0.1:1883",
    ),
)
def test_the_outer_port_is_asked(text: str) -> None:
    assert _causes(printed_inner_port(*_of(text))) == []


@pytest.mark.parametrize(
    "text",
    (
        "$ podman run --rm -p 80:80 nginx\nError: failed to start it: fork/exec /proc/9/exe: permission denied",
        "Docker is rootless here.\n$ docker run -p 443:443 caddy\nlisten tcp4 0.0.0.0:443: permission denied",
        "nerdctl runs rootless.\nports:\n  - 25:25\nEACCES",
    ),
)
def test_a_user_may_not_open_a_low_port(text: str) -> None:
    assert [each.cause for each in only_for_root(*_of(text))] == [""]


@pytest.mark.parametrize(
    "text",
    (
        "$ podman run --rm -p 8080:80 nginx\npermission denied",
        "$ sudo podman run --rm -p 80:80 nginx\npermission denied",
        "$ podman run --rm -p 80:80 nginx\ncurl: (7) connection refused",
        "docker run -p 80:80 nginx\npermission denied",
    ),
)
def test_others_may_open_their_ports(text: str) -> None:
    assert _causes(only_for_root(*_of(text))) == []


def _beside_host(text: str, target: str) -> list[str]:
    whole = network(text, target=target)
    prose, _, told = _of(text, target)
    flows = flows_for(whole, (parse_target(target),), None)
    return _causes(ports_on_the_hosts_network(prose, whole.hosts[0], told, flows))


def test_a_mapping_beside_the_hosts_network_has_no_effect() -> None:
    text = "$ docker run -d --name app --net=host -p {}:8112 me/app\n"
    assert _beside_host(text.format(5362), "5362") == ["host-network-ignores-ports"]
    assert _beside_host(text.format(8112), "8112") == []
    assert _beside_host(text.format(5362).replace("--net=host ", ""), "5362") == []
