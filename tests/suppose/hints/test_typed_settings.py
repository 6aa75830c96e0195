"""Settings in Compose files and command lines that put the program on another port or on its own loopback address, and
labels that send a proxy to another port or network."""

from hairpin.pasted.joining import unrecognised_in
from hairpin.pasted.text import evidence_in_texts
from hairpin.question.flows import flows_for
from hairpin.question.target import parse_target
from hairpin.suppose.hints.hint import Prose, prose_of
from hairpin.suppose.hints.typed_settings import labelled_otherwise, listens_otherwise, refused_by_mosquitto
from tests.rows import each_row
from tests.suppose.test_ordinary import host, network

_COMPOSE = """\
services:
  web:
    image: me/web
    ports:
      - "3000:3000"
    environment:
{settings}
  db:
    image: postgres
    environment:
      - PORT=5433
"""
_TRAEFIK = """\
services:
  front:
    image: traefik:v3
    ports: ["80:80"]
    networks: [proxy]
  app:
    image: me/app
    expose:
      - "8000"
    networks:
{networks}
    labels:
{labels}
networks:
  proxy:
  inner:

$ curl http://localhost
Gateway Timeout
"""


def _prose(text: str) -> Prose:
    return prose_of(unrecognised_in(evidence_in_texts((text,))))


def _listening(text: str, target: str) -> list[str]:
    whole = network(text, target=target)
    flows = flows_for(whole, (parse_target(target),), None)
    return [each.cause for each in listens_otherwise(_prose(text), whole.hosts[0], flows)]


@each_row(
    ("settings", "cause"),
    (
        ("      - PORT=4000", "service-listens-on-other-port"),
        ("      PORT: 4000", "service-listens-on-other-port"),
        ('      SERVER_PORT: "8080"', "service-listens-on-other-port"),
        ("      - ASPNETCORE_URLS=http://+:5000", "service-listens-on-other-port"),
        ("      - HOST=127.0.0.1", "service-listens-on-container-loopback"),
        ("      FLASK_RUN_HOST: localhost", "service-listens-on-container-loopback"),
    ),
)
def test_a_setting_says_where_the_program_listens(settings: str, cause: str) -> None:
    assert _listening(_COMPOSE.format(settings=settings), "3000") == [cause]


@each_row(
    "settings",
    (
        "      - PORT=3000",
        "      - DB_PORT=5432",
        "      - DB_HOST=127.0.0.1",
        "      - VIRTUAL_HOST=localhost",
        "      - HOST=0.0.0.0",
        "      ASPNETCORE_URLS: http://+:3000",
    ),
)
def test_a_setting_of_the_published_port_says_nothing(settings: str) -> None:
    assert _listening(_COMPOSE.format(settings=settings), "3000") == []


def test_a_setting_in_a_command_line_counts() -> None:
    assert _listening("$ docker run -d --name web -p 8080:80 -e PORT=8080 me/web\n", "8080") == [
        "service-listens-on-other-port"
    ]
    assert _listening("$ docker run -d --name web -p 8080:80 -e PORT=80 me/web\n", "8080") == []


_BOTH, _ONE = "      - proxy\n      - inner", "      - proxy"


@each_row(
    ("networks", "labels", "causes"),
    (
        (_ONE, "      - traefik.http.services.app.loadbalancer.server.port=80", ["service-listens-on-other-port"]),
        (_ONE, "      - traefik.http.services.app.loadbalancer.server.port=8000", []),
        (_BOTH, "      - traefik.enable=true", ["no-common-network-for-name"]),
        (_BOTH, "      - traefik.docker.network=proxy", ["no-common-network-for-name"]),
        (_BOTH, "      - traefik.docker.network=compose_proxy", []),
        (_ONE, "      - traefik.enable=true", []),
    ),
)
def test_a_label_sends_the_proxy_elsewhere(networks: str, labels: str, causes: list[str]) -> None:
    text = _TRAEFIK.format(networks=networks, labels=labels)
    assert [each.cause for each in labelled_otherwise(_prose(text), host(text))] == causes


def test_a_label_of_a_working_host_says_nothing() -> None:
    text = _TRAEFIK.format(networks=_BOTH, labels="      - traefik.enable=true").replace("Gateway Timeout", "Welcome")
    assert list(labelled_otherwise(_prose(text), host(text))) == []


@each_row(
    ("text", "found"),
    (
        ("$ docker run --name reader --network iot efrecon/mqtt-client sub -h broker\nError: Connection refused\n", 1),
        ("The app gets connection refused from mosquitto:1883.", 1),
        ("The app gets connection refused from mosquitto:1883; the file has `listener 1883`.", 0),
        ("The app gets connection refused from rabbit:5672.", 0),
        ("mosquitto gets no packets.", 0),
    ),
)
def test_mosquitto_refuses_without_a_listener(text: str, found: int) -> None:
    assert len(list(refused_by_mosquitto(_prose(text), host(text)))) == found
