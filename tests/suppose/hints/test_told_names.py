"""Names that nobody has, containers that have ended, and processes at the engine's port; and what only looks so."""

from collections.abc import Iterator

import pytest

from hairpin.evidence.told import ToldParts
from hairpin.host.host import Host
from hairpin.network.flow import Flow
from hairpin.question.flows import flows_for
from hairpin.question.target import parse_target
from hairpin.suppose.hints.hint import Hinted, prose_of
from hairpin.suppose.hints.told_names import (
    apart_from_a_proxy,
    held_by_another,
    mistyped_addresses,
    mistyped_host_name,
    mistyped_names,
    names_of_nobody,
    silent_name_server,
    stopped_containers,
)
from tests.rows import each_row
from tests.suppose.test_ordinary import RUN, network

_UNKNOWN = 'nginx: [emerg] host not found in upstream "{}" in /etc/nginx/conf.d/default.conf:16\n'
_LSOF = "systemd-r 915 systemd-resolve 13u IPv4 29983 0t0 TCP 127.0.0.53:{} (LISTEN)"


def _of(text: str) -> tuple[Host, ToldParts, tuple[Flow, ...]]:
    whole = network(text)
    told = whole.hosts[0].told
    assert told is not None
    return whole.hosts[0], told, flows_for(whole, (parse_target("8080"),), None)


def _causes(found: Iterator[Hinted]) -> list[str]:
    return [each.cause for each in found]


@pytest.mark.parametrize(
    ("line", "asked", "causes"),
    (
        ("php exited with code 0", "php", ["container-not-running"]),
        ("migrations exited with code 0", "php", []),  # one that ends as it should
        ("Cannot link to a non running container: /app_db_1 AS /app_web_1/db", "db", ["container-not-running"]),
    ),
)
def test_the_container_of_the_name_has_ended(line: str, asked: str, causes: list[str]) -> None:
    _, told, flows = _of(RUN + _UNKNOWN.format(asked))
    assert _causes(stopped_containers(prose_of(((3, line),)), told, flows)) == causes


@pytest.mark.parametrize(("asked", "found"), (("weeb", 1), ("web", 0), ("registry", 0), ("web.example.org", 0)))
def test_a_name_is_mistyped(asked: str, found: int) -> None:
    host, told, _ = _of(RUN + _UNKNOWN.format(asked))
    assert len(list(mistyped_names(prose_of(()), host, told))) == found


@pytest.mark.parametrize(("asked", "found"), (("weeb", 1), ("web", 0)))
def test_a_proxy_has_a_mistyped_name_in_its_file(asked: str, found: int) -> None:
    host, told, _ = _of(RUN)
    prose = prose_of(((4, f"proxy_pass http://{asked}:80/;"),))
    assert len(list(mistyped_names(prose, host, told))) == found


@pytest.mark.parametrize(
    ("network_of_proxy", "line", "causes"),
    (
        ("front", "nginx-proxy answers 503", ["no-common-network-for-name"]),
        ("back", "nginx-proxy answers 503", []),
        ("front", "nginx-proxy answers 404", []),
    ),
)
def test_a_proxy_shares_no_network(network_of_proxy: str, line: str, causes: list[str]) -> None:
    host, _, _ = _of(
        f"$ docker run -d --name proxy --network {network_of_proxy} jwilder/nginx-proxy\n"
        "$ docker run -d --name app --network back app\n"
    )
    assert _causes(apart_from_a_proxy(prose_of(((3, line),)), host)) == causes


@pytest.mark.parametrize(
    ("port", "said", "found"),
    (("8080", "It cannot bind port 8080.", 1), ("8081", "It cannot bind port 8080.", 0), ("8080", "It times out.", 0)),
)
def test_lsof_lists_who_has_the_port(port: str, said: str, found: int) -> None:
    _, _, flows = _of(RUN)
    lines = ((2, said), (3, _LSOF.format(port)))
    assert len(list(held_by_another(lines, prose_of(lines), flows))) == found


@each_row(
    ("text", "names", "found"),
    (
        ("getaddrinfo: temporary failure in name resolution", ("example.org",), 1),
        ("curl: (6) Could not resolve host: example.org", ("example.org",), 1),
        ("The feed is not resolved.", ("example.org",), 1),
        ("getaddrinfo: temporary failure in name resolution", (), 0),
        ("The connection times out.", ("example.org",), 0),
    ),
)
def test_a_name_of_the_outside_is_asked_of_the_containers_name_server(
    text: str, names: tuple[str, ...], found: int
) -> None:
    hints = list(silent_name_server(prose_of([(1, text)]), names, "web"))
    assert len(hints) == found
    assert all("docker exec web nslookup" in each.command for each in hints)


@each_row(
    ("name", "found"),
    (
        ("docker.host.internal", 1), ("host.internal.docker", 1), ("host.docker.interal", 1),
        ("host-docker-internal", 1), ("hosts.docker.internal", 1), ("host.docker.local", 1), ("db.docker.internal", 0),
        ("host.container.internal", 1), ("host.docker.internal", 0), ("host.containers.internal", 0),
        ("gateway.docker.internal", 0), ("docker.internal.example.org", 0), ("internal.docker", 0),
    ),
)  # fmt: skip
def test_the_engines_name_for_the_host_is_mistyped(name: str, found: int) -> None:
    hints = list(mistyped_host_name(prose_of(((2, f"curl http://{name}:3000/ does not resolve"),))))
    assert len(hints) == found
    assert all(name in str(each.means) and ".internal" in each.command for each in hints)


_LISTED = "services:\n  web:\n    image: me/web\n  cache:\n    image: redis\n{}\n"
_NO_NAME = "web_1 | redis.exceptions.ConnectionError: Error -2 connecting to {}:6379\n"


@each_row(
    ("text", "found"),
    (
        (_LISTED.format("") + _NO_NAME.format("my-redis"), 1),
        (_LISTED.format("") + _NO_NAME.format("cache"), 0),
        (_LISTED.format("    container_name: my-redis") + _NO_NAME.format("my-redis"), 0),
        (_LISTED.format("") + _NO_NAME.format("redis.example.org"), 0),
        ("services:\n  web:\n    image: me/web\n\n" + _NO_NAME.format("my-redis"), 0),
    ),
)
def test_nobody_has_the_name(text: str, found: int) -> None:
    whole, told, _ = _of(text)
    assert len(list(names_of_nobody(prose_of(enumerate(text.splitlines(), 1)), whole, told))) == found


@each_row(
    ("asked", "cause", "meant"),
    (
        ("127.17.0.2", "loopback-is-the-container", "172.17.0.2"),
        ("127.18.0.5", "loopback-is-the-container", "172.18.0.5"),
        ("172.0.0.1", "", "127.0.0.1"),
        ("192.186.1.7", "", "192.168.1.7"),
        ("172.71.0.2", "", "172.17.0.2"),
    ),
)
def test_an_address_is_mistyped(asked: str, cause: str, meant: str) -> None:
    (found,) = _hints_about(asked, "The host is 192.168.1.7.")
    assert (found.cause, found.line) == (cause, 3)
    assert meant in str(found.means)


@each_row(
    ("asked", "said"),
    (
        ("127.0.0.1", "192.168.1.7"), ("127.0.0.11", "192.168.1.7"), ("172.17.0.2", "192.168.1.7"),
        ("172.17.0.20", "192.168.1.7"), ("192.186.1.7", "a public address"), ("10.21.0.5", "the other is 10.12.0.5"),
    ),
)  # fmt: skip
def test_an_address_is_another_machines(asked: str, said: str) -> None:
    assert _hints_about(asked, said) == []


def _hints_about(asked: str, said: str) -> list[Hinted]:
    """Return the hints about the asked address.  The container has the address 172.17.0.2."""
    whole = network(RUN)
    told = whole.hosts[0].told
    assert told is not None
    flows = flows_for(whole, (parse_target(f"{asked}:80"),), None)
    prose = prose_of(((2, said), (3, f"curl {asked} is refused")))
    return list(mistyped_addresses(prose, whole.hosts[0], told, flows))
