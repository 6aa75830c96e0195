"""Tables of containers become containers: those that the snapshot of the same host has, as far as the table tells."""

import pytest

from hairpin.evidence import file
from hairpin.host.docker import Container
from hairpin.host.host import Host
from hairpin.host.read.parse import parse
from tests.pasted.readings import RECORDED, containers_in, keys_in, output_of
from tests.rows import each_row

DOCKER, PODMAN = (parse(file.read(RECORDED / f"{engine}.hairpin")) for engine in ("docker", "podman"))
_WIDE = """\
CONTAINER ID   IMAGE     COMMAND       CREATED         STATUS                     PORTS                    NAMES
4a1e3b2c9d10   nginx     "/docker-e…"  5 minutes ago   Up 5 minutes (unhealthy)   0.0.0.0:10001->80/tcp    web
4a1e3b2c9d11   redis:6   "docker-en…"  2 hours ago     Exited (1) 2 hours ago                              cache
"""


def _told(container: Container) -> tuple[object, ...]:
    """Return what a table tells of a container."""
    ports = {
        (each.protocol, each.container_port, each.host_port, each.host_ip, each.version) for each in container.bindings
    }
    return container.name, container.status, container.image, ports


@each_row(
    ("host", "recorded", "command"),
    (
        (DOCKER, "docker.txt", "docker ps"),
        (DOCKER, "docker.txt", "docker ps -a"),
        (DOCKER, "docker.txt", "docker ps -a --no-trunc"),
        (DOCKER, "docker.txt", "docker ps -as"),
        (DOCKER, "docker.txt", "docker ps --format json"),
        (PODMAN, "podman.txt", "podman ps"),
        (PODMAN, "podman.txt", "podman ps -a"),
    ),
)
def test_the_law_a_table_tells_what_the_snapshot_tells(host: Host, recorded: str, command: str) -> None:
    listed = containers_in(output_of(recorded, command))
    known = {each.name: each for each in host.containers()}
    assert listed
    assert {name: _told(each) for name, each in listed.items()} == {name: _told(known[name]) for name in listed}
    assert all(known[name].id.startswith(each.id) for name, each in listed.items())
    if " -a" in command or "json" not in command:
        running = {name for name, each in known.items() if each.running or " -a" in command}
        assert set(listed) == running


@pytest.mark.parametrize(
    "command", ("docker ps --format '{{.Names}}\t{{.Ports}}'", "docker port web", "docker port web 80")
)
def test_the_law_of_ports_alone(command: str) -> None:
    listed = containers_in(output_of("docker.txt", command))["web"].bindings
    known = next(each for each in DOCKER.containers() if each.name == "web").bindings
    assert listed
    wanted = [each for each in known if not command.endswith(" 80") or each.container_port == 80]
    assert {(each.container_port, each.host_port, each.host_ip, each.version) for each in listed} == {
        (each.container_port, each.host_port, each.host_ip, each.version) for each in wanted
    }


def _lines(text: str) -> list[str]:
    return text.splitlines()


DAMAGED = {
    "one blank between cells": "\n".join(" ".join(line.split()) for line in _lines(_WIDE)),
    "tabs": "\n".join("\t".join(filter(None, line.split("  "))) for line in _lines(_WIDE)),
    "wrapped by the terminal": "\n".join(
        line[at : at + 80] for line in _lines(_WIDE) for at in range(0, len(line), 80)
    ),
    "in a quote with a margin": "\n".join(f"> {line}" for line in _lines(_WIDE)),
    "prose behind": _WIDE + "\nand that is all that it says\n",
}


@each_row("text", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_table_tells_the_same(text: str) -> None:
    whole, damaged = containers_in(_WIDE), containers_in(text)
    assert {name: _told(each) for name, each in damaged.items()} == {name: _told(each) for name, each in whole.items()}
    assert damaged["web"].health == "unhealthy"
    assert damaged["cache"].exit_code == 1


def test_the_table_of_compose_1() -> None:
    found = containers_in(
        "   Name                     Command               State           Ports\n"
        "-----------------------------------------------------------------------------------\n"
        "proj_db_1    docker-entrypoint.sh mysqld   Up       3306/tcp, 33060/tcp\n"
        "proj_web_1   nginx -g daemon off;          Up       0.0.0.0:80->80/tcp,:::80->\n"
        "                                                    80/tcp\n"
        "proj_job_1   sh                            Exit 3\n"
    )
    assert {each.host_port for each in found["proj_web_1"].bindings} == {80}
    assert found["proj_db_1"].bindings == ()
    assert (found["proj_job_1"].status, found["proj_job_1"].exit_code) == ("exited", 3)


def test_the_table_of_compose_2() -> None:
    found = containers_in(
        "NAME         IMAGE     COMMAND       SERVICE   CREATED       STATUS                 PORTS\n"
        'shop-web-1   nginx     "nginx -g"    web       2 hours ago   Up 2 hours (healthy)   0.0.0.0:80->80/tcp\n'
    )
    assert (found["shop-web-1"].service, found["shop-web-1"].health) == ("web", "healthy")


def test_a_quoted_row_without_its_head() -> None:
    row = '> 742ea7492eb1   team   "sh"   4 minutes ago   Up 4 minutes   0.0.0.0:8001->5432/tcp   db_1'
    assert [(each.container_port, each.host_port) for each in containers_in(row)["db_1"].bindings] == [(5432, 8001)]


def test_a_masked_address_tells_no_port() -> None:
    masked = _WIDE.replace("0.0.0.0:10001->80/tcp ", "x.x.x.x:10001->80/tcp ")
    assert containers_in(masked)["web"].bindings == ()


@each_row(
    "text",
    (
        "NAME                  READY   STATUS    RESTARTS   AGE\nweb-0   1/1     Running   0          5d",
        (
            "REPOSITORY   TAG       IMAGE ID       CREATED       SIZE\nnginx        latest    605c77e624dd   2 "
            "weeks ago   141MB"
        ),
        "The CONTAINER ID and the IMAGE are in the table",
        "NAMES of the containers are chosen by the engine",
        "STATUS PORTS and so on",
    ),
)
def test_other_tables_and_prose_tell_nothing(text: str) -> None:
    assert keys_in(text) == ()
