"""What Compose files and Quadlets promise, on the small host: kept, lost, and changed but not carried out."""

import msgspec
import pytest

from hairpin.expect.promise import Promise
from hairpin.expect.promises import promises_of
from hairpin.host.compose import ComposeService, PromisedNetwork
from hairpin.host.docker import Container, PortBinding
from hairpin.host.host import Host
from hairpin.host.quadlet import Quadlet
from tests.compose_host import of_compose
from tests.rows import each_row
from tests.small_host import number

replace = msgspec.structs.replace

BEFORE, CREATED, AFTER = 1_000, "1970-01-01T01:00:00.123456789Z", 10_000
HOST = of_compose().this
(WEB,) = HOST.containers()
WEB = replace(WEB, created=CREATED, restart_policy="always")
(ON,) = WEB.endpoints
SERVICE = ComposeService(
    "docker", "shop", "web", ("/srv/shop/compose.yml",), changed_s=BEFORE,
    networks=(PromisedNetwork("shop_default"),), ports=(PortBinding("tcp", 80, 8151, actual=False),), restart="always",
)  # fmt: skip
ANEW = "docker compose -p shop -f /srv/shop/compose.yml up -d --force-recreate --no-deps web"
UP = "docker compose -p shop -f /srv/shop/compose.yml up -d"


def with_containers(*containers: Container, **changed: object) -> Host:
    (engine,) = HOST.engines
    return replace(HOST, engines=(replace(engine, containers=containers),), **changed)


def promises(service: ComposeService, *containers: Container) -> tuple[Promise, ...]:
    return promises_of(with_containers(*(containers or (WEB,)), compose=(service,)))


def broken(service: ComposeService, *containers: Container) -> list[tuple[str, str, str]]:
    return [(each.kind, each.state, str(each.there)) for each in promises(service, *containers) if each.state != "kept"]


def test_what_the_file_says_and_the_container_has() -> None:
    assert [(each.kind, each.state) for each in promises(SERVICE)] == [
        ("network", "kept"), ("port", "kept"), ("restart", "kept"),
    ]  # fmt: skip


LOST: dict[str, tuple[ComposeService, Container, tuple[str, str]]] = {
    "a network": (
        replace(SERVICE, networks=(*SERVICE.networks, PromisedNetwork("bridge"))), WEB,
        ("network", "the network bridge does not exist"),
    ),
    "the only network, and its ports": (
        SERVICE, replace(WEB, endpoints=(), bindings=()), ("network", "it is on no network"),
    ),
    "an alias": (
        replace(SERVICE, networks=(PromisedNetwork("shop_default", ("shop",)),)), WEB,
        ("alias", "there it is known as web"),
    ),
    "an address": (
        replace(SERVICE, networks=(PromisedNetwork("shop_default", (), number("172.17.0.9")),)), WEB,
        ("address", "its address there is 172.17.0.2"),
    ),
    "an address of IPv6": (
        replace(SERVICE, networks=(PromisedNetwork("shop_default", (), None, 1),)), WEB,
        ("address", "it has no such address there"),
    ),
    "a port": (
        replace(SERVICE, ports=(PortBinding("tcp", 80, 9000, actual=False),)), WEB,
        ("port", "it publishes 8151:80/tcp alone"),
    ),
    "a port of an address": (
        replace(SERVICE, ports=(PortBinding("tcp", 80, 8151, number("127.0.0.1"), actual=False),)), WEB,
        ("port", "it publishes 8151:80/tcp alone"),
    ),
    "a port on any port of the host": (
        replace(SERVICE, exposed=(("udp", 80),)), WEB, ("port", "it publishes 8151:80/tcp alone"),
    ),
    "a restart policy": (SERVICE, replace(WEB, restart_policy="no"), ("restart", "its restart policy is no")),
    "a network mode": (
        replace(SERVICE, networks=(), ports=(), network_mode="host"), WEB,
        ("network-mode", "its network mode is shop_default"),
    ),
}  # fmt: skip


LATER = {name: row for name, row in LOST.items() if "only" not in name}


@each_row(("service", "container", "expected"), LOST.values(), ids=LOST)
def test_lost(service: ComposeService, container: Container, expected: tuple[str, str]) -> None:
    kind, there = expected
    assert broken(service, container) == [(kind, "lost", there)]
    (found,) = (each for each in promises(service, container) if each.state == "lost")
    assert (found.by, found.command) == ("/srv/shop/compose.yml", ANEW)


@each_row(("service", "container", "expected"), LATER.values(), ids=LATER)
def test_a_file_that_was_changed_later_is_not_carried_out_yet(
    service: ComposeService, container: Container, expected: tuple[str, str]
) -> None:
    later = replace(service, changed_s=AFTER)
    assert broken(later, container) == [(expected[0], "pending", expected[1])]
    (found,) = (each for each in promises(later, container) if each.state == "pending")
    assert found.command == f"{UP} web"


def test_the_network_for_which_the_container_was_made_is_lost_whatever_the_files_time_is() -> None:
    assert broken(replace(SERVICE, changed_s=AFTER), replace(WEB, endpoints=(), bindings=())) == [
        ("network", "lost", "it is on no network")
    ]


def test_what_the_reader_did_not_understand_is_not_promised() -> None:
    unclear = replace(SERVICE, ports=(PortBinding("tcp", 1, 2),), restart="no", unclear=("ports", "restart"))
    assert broken(unclear) == []


def test_the_containers_of_compose_run_and_of_other_projects_have_other_promises() -> None:
    lost = replace(WEB, endpoints=(), bindings=())
    assert promises(SERVICE, replace(lost, is_one_off=True)) == ()
    assert [each.kind for each in promises(SERVICE, replace(lost, project="other"))] == ["network"]


def test_a_network_that_shares_anothers() -> None:
    side = replace(WEB, id="b" * 64, name="side", service="side", bindings=(), network_mode=f"container:{WEB.id}")
    shares = replace(SERVICE, service="side", networks=(), ports=(), restart="", network_mode="service:web")
    assert broken(shares, WEB, side) == []
    gone = replace(side, network_mode="container:" + "e" * 64)
    assert broken(shares, WEB, gone) == [
        ("network-mode", "lost", "it shares the network of another container, eeeeeeeeeeee")
    ]


def test_the_services_that_a_service_needs() -> None:
    needs = replace(SERVICE, depends_on=("db",))
    db = replace(WEB, id="d" * 64, name="db", service="db", bindings=())
    assert broken(needs, WEB, db) == []
    assert broken(needs, WEB) == [("depends-on", "lost", "db has no container")]
    assert broken(needs, WEB, replace(db, status="exited", exit_code=1)) == [
        ("depends-on", "lost", "no container of db runs")
    ]
    done = replace(db, status="exited", exit_code=0, restart_policy="no")
    assert broken(needs, WEB, done) == []
    (found,) = (each for each in promises(needs, WEB) if each.kind == "depends-on")
    assert found.command == f"{UP} db"


def test_an_ended_container_whose_network_was_removed() -> None:
    ended = replace(WEB, status="exited", endpoints=())
    gone = replace(SERVICE, networks=(PromisedNetwork("shop_back"),))
    assert broken(gone, ended) == [("network", "lost", "the network shop_back does not exist")]
    assert broken(SERVICE, ended) == []


def test_a_project_whose_file_was_not_read() -> None:
    (kept,) = promises_of(with_containers(WEB))
    assert (kept.kind, kept.state) == ("file", "unknown")
    (lost,) = promises_of(with_containers(replace(WEB, endpoints=(), bindings=())))
    assert (lost.state, lost.by, lost.command) == ("lost", "", "docker network connect shop_default web")


WIKI = Quadlet("/etc/containers/systemd/wiki.container", "wiki.service", "wiki", state="active",
               networks=("wiki",), ports=(PortBinding("tcp", 80, 8151, actual=False),), changed_s=BEFORE)  # fmt: skip


@pytest.mark.parametrize("file", (WIKI, replace(WIKI, needs_reload=True)))
def test_a_quadlet(file: Quadlet) -> None:
    (engine,) = HOST.engines
    made = replace(WEB, project="", service="", unit="wiki.service", network_mode="wiki",
                   endpoints=(replace(ON, network="wiki"),))  # fmt: skip

    def found(container: Container) -> list[tuple[str, str, str]]:
        host = replace(HOST, engines=(replace(engine, kind="podman", containers=(container,)),), quadlets=(file,))
        return [(each.kind, each.state, each.command) for each in promises_of(host)]

    assert found(made) == [("network", "kept", ""), ("port", "kept", "")]
    state = "pending" if file.needs_reload else "lost"
    assert found(replace(made, bindings=()))[1] == ("port", state, file.ran("restart"))
    away = replace(made, endpoints=(ON,), network_mode="bridge")
    assert found(away) == [("network", state, file.ran("restart"))]
