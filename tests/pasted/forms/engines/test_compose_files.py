"""A compose file tells what its containers are meant to be, with and without its indentation."""

import pytest

from tests.pasted.readings import containers_in, evidence_in_text, host_in, keys_in
from tests.rows import each_row

FILE = """\
version: "3"
services:
  web:
    image: nginx
    container_name: front
    environment:
      PASSWORD: hunter2
    ports:
      - "8080:80"
      - 127.0.0.1:53:53/udp
    networks:
      - proxy
      - back
  db:
    build:
      context: .
    networks:
      back:
        ipv4_address: 172.20.0.5
    expose:
      - "3306"
  app:
    image: app
    network_mode: host
    restart: always
  api:
    image: api
    ports:
      - target: 80
        published: 8081
        host_ip: 127.0.0.1
        protocol: tcp
networks:
  proxy:
    external: true
  back:
"""
FLAT = "\n".join(line.strip() for line in FILE.splitlines())


@pytest.mark.parametrize("text", (FILE, FLAT, FILE.replace("\n", "\n\n"), FILE.replace("  ", "    ")))
def test_the_services_of_a_file(text: str) -> None:
    found = containers_in(text)
    assert set(found) == {"front", "db", "app", "api"}
    assert [(each.container_port, each.host_port, each.protocol) for each in found["front"].bindings] == [
        (80, 8080, "tcp"), (53, 53, "udp"),
    ]  # fmt: skip
    assert [each.network for each in found["front"].endpoints] == ["proxy", "compose_back"]
    assert found["db"].endpoints[0].fixed4 == 0xAC140005
    assert found["db"].exposed == (("tcp", 3306),)
    assert (found["app"].network_mode, found["app"].restart_policy) == ("host", "always")
    assert [(each.host_port, each.host_ip) for each in found["api"].bindings] == [(8081, 0x7F000001)]
    assert "hunter2" not in "".join(each.text for each in evidence_in_text(text).readings)


def test_a_listed_container_is_the_service_of_its_name() -> None:
    found = containers_in(
        "CONTAINER ID   IMAGE     COMMAND   CREATED         STATUS         PORTS                  NAMES\n"
        '4a1e3b2c9d10   nginx     "nginx"   5 minutes ago   Up 5 minutes   0.0.0.0:8080->80/tcp   shop-web-1\n\n'
        'services:\n  web:\n    image: nginx\n    ports: ["8080:80"]\n  db:\n    image: mysql\n'
    )
    assert set(found) == {"shop-web-1", "db"}
    assert found["shop-web-1"].network_mode == found["db"].network_mode == "shop_default"


def test_a_part_of_a_file_without_the_spaces_of_its_first_line() -> None:
    found = containers_in(
        " web:\n    image: nginx\n    ports:\n      - 80:80\n\n  db:\n    image: mysql\n    ports:\n      - 3307:3306\n"
    )
    assert {name: [each.host_port for each in one.bindings] for name, one in found.items()} == {
        "web": [80],
        "db": [3307],
    }


@each_row(
    "text",
    (
        "services:\nThese are the services that I run.",
        "build:\n  image: ruby\n  script:\n    - rake",
        "Example:\nimage: a picture of the cat",
        "spec:\n  containers:\n  - image: nginx\n    name: web",
        "The services: web, db",
    ),
)
def test_other_yaml_and_prose_tell_nothing(text: str) -> None:
    assert [key for key in keys_in(text) if key != "docker-containers"] == []
    assert not any(each.bindings for each in containers_in(text).values())


@pytest.mark.parametrize(
    ("networks", "internal"),
    (
        ("  back:\n    internal: true\n", {"compose_back"}),
        ("  back:\n    name: rear\n    internal: true\n", {"rear"}),
        ("  back:\n    driver: bridge\n", set[str]()),
    ),
)
def test_internal_networks(networks: str, internal: set[str]) -> None:
    text = f"services:\n  web:\n    image: app\n    ports: ['80:80']\n    networks: [back]\nnetworks:\n{networks}"
    host = host_in(text)
    assert {each.name for engine in host.engines for each in engine.networks if each.internal} == internal
