"""Whether an engine that does not answer should, and what the kernel still holds of it."""

import msgspec
import pytest
from msgspec.structs import replace

from hairpin.host.boot.daemon_start import Boot
from hairpin.host.contact import Contact
from hairpin.host.docker import Engine
from hairpin.host.engine_health import Left, conflicts, ended_by_check, ended_by_engine, health, is_down, unanswering
from hairpin.host.host import Host
from hairpin.host.managers import Unit
from tests.rows import each_row
from tests.small_host import container, engine, host_namespace

STATES = ("answers", "hung", "stopped", "unreachable", "unreadable")
BARE = Engine("docker", "20.10.24")


def host(state: str, docker: Engine = BARE, *, kernel: bool = False, units: tuple[Unit, ...] = ()) -> Host:
    namespace = host_namespace()
    if not kernel:
        namespace = replace(namespace, ruleset=replace(namespace.ruleset, tables=()), links=(), sockets=())
    contact = msgspec.convert({"kind": docker.kind, "endpoint": "", "state": state}, Contact)
    return Host("h", namespaces=(namespace,), engines=(docker,), contacts=(contact,), units=units)


def without_sockets(found: Host) -> Host:
    return replace(found, namespaces=tuple(replace(each, sockets=()) for each in found.namespaces))


def ended(policy: str) -> Engine:
    whole = engine(container())
    containers = tuple(replace(each, status="exited", restart_policy=policy) for each in whole.containers)
    return replace(whole, containers=containers)


DISABLED = (Unit("docker.service", "inactive", "disabled"),)
EXPECTED: dict[str, tuple[Host, bool]] = {
    "answers": (host("answers"), False),
    "hung": (host("hung"), True),
    "unreachable": (host("unreachable"), True),
    "unreadable": (host("unreadable"), True),
    "stopped, and nothing is left of it": (host("stopped"), False),
    "stopped, its unit is enabled": (host("stopped", units=(Unit("docker.service", "inactive", "enabled"),)), True),
    "stopped, its unit failed": (host("stopped", units=(Unit("docker.service", "failed", "disabled"),)), True),
    "stopped, its unit is disabled": (host("stopped", units=(Unit("docker.service", "inactive", "disabled"),)), False),
    "stopped, a link starts it at boot": (
        host("stopped", replace(BARE, boot=Boot(enabled=("/etc/rc2.d/S01docker",)))), True),
    "stopped, a container would be started": (host("stopped", ended("always")), True),
    "stopped, a container was stopped": (host("stopped", ended("no")), False),
    "stopped, a container still runs": (host("stopped", engine(container())), True),
    "stopped, its rules are there": (host("stopped", kernel=True), True),
    "stopped and disabled, its rules are left": (without_sockets(host("stopped", kernel=True, units=DISABLED)), False),
    "stopped, its rules are left": (without_sockets(host("stopped", kernel=True)), True),
    "removed, its rules are left": (
        without_sockets(host("stopped", kernel=True, units=(Unit("podman.service", "inactive", "disabled"),))), False),
    "stopped and disabled, a docker-proxy is left": (host("stopped", kernel=True, units=DISABLED), True),
    "stopped and disabled, a container still runs": (
        host("stopped", engine(container()), kernel=True, units=DISABLED), True),
    "stopped and masked, a container would be started": (
        host("stopped", ended("always"), kernel=True, units=(Unit("docker.service", "inactive", "masked"),)), True),
    "stopped, its socket is enabled": (
        host("stopped", kernel=True, units=(*DISABLED, Unit("docker.socket", "inactive", "enabled"))), True),
    "podman, which has no daemon": (host("stopped", Engine("podman", "4.3.1"), kernel=True), False),
    "podman hung": (host("hung", Engine("podman", "4.3.1")), True),
}  # fmt: skip


@each_row(("found", "expected"), EXPECTED.values(), ids=EXPECTED)
def test_an_engine_is_expected_to_answer(found: Host, expected: bool) -> None:
    assert bool(unanswering(found)) is expected


@each_row("state", STATES)
def test_only_a_stopped_daemon_is_down(state: str) -> None:
    found = host(state)
    assert is_down(found, found.engines[0]) is (state == "stopped")
    podman = host(state, Engine("podman", "4.3.1"))
    assert not is_down(podman, podman.engines[0])


def test_what_the_kernel_holds_is_named() -> None:
    (found,) = health(host("stopped", engine(container()), kernel=True))
    assert {"process", "rule", "bridge"} <= set(found.left)
    wanted: tuple[Left, ...] = ()
    assert health(host("stopped"))[0].left == wanted


BOTH: dict[str, tuple[Boot, tuple[str, ...]]] = {
    "nothing": (Boot(), ()),
    "another option": (Boot(flags=(("host", "fd://"),), file=("mtu",)), ()),
    "the same": (Boot(flags=(("mtu", "1500"),), file=("mtu",)), ("mtu",)),
    "a list by its plural name": (Boot(flags=(("host", "fd://"),), file=("hosts",)), ("host",)),
}


@pytest.mark.parametrize(("boot", "options"), BOTH.values(), ids=BOTH)
def test_options_given_twice(boot: Boot, options: tuple[str, ...]) -> None:
    assert conflicts(boot) == options


SICK = {"health": "unhealthy", "on_unhealthy": "stop"}


@each_row(
    ("changed", "by_check"),
    (
        (SICK, True),
        (SICK | {"on_unhealthy": "kill", "exit_code": 137}, True),
        (SICK | {"exit_code": 3}, True),  # the program's own status after Podman's SIGTERM
        (SICK | {"on_unhealthy": ""}, False),
        (SICK | {"health": "healthy"}, False),
        (SICK | {"health": "starting"}, False),
        (SICK | {"status": "running"}, False),
    ),
)
def test_podman_ends_an_unhealthy_container_that_was_made_so(changed: dict[str, object], by_check: bool) -> None:
    one = replace(container("exited"), **changed)
    assert ended_by_check(one) is by_check
    running = replace(container(), id="b2", name="db", started_at="2026-01-01T09:00:00Z")
    assert ended_by_engine(host("answers", engine(one, running)), one) is by_check


@each_row(
    ("changed", "taken_at", "may_restart"),
    (
        ({}, "2026-01-01T10:00:30Z", True),
        ({"restart_policy": "on-failure"}, "2026-01-01T10:00:30Z", True),
        ({}, "2026-01-01T10:02:00Z", False),
        ({"restart_policy": "no"}, "2026-01-01T10:00:30Z", False),
        ({"exit_code": 137}, "2026-01-01T10:00:30Z", False),
        ({"exit_code": 0}, "2026-01-01T10:00:30Z", False),
        ({"finished_at": ""}, "2026-01-01T10:00:30Z", False),
        ({}, "", False),
    ),
)
def test_a_container_that_failed_a_moment_ago_may_be_restarted(
    changed: dict[str, object], taken_at: str, may_restart: bool
) -> None:
    down = {"exit_code": 1, "restart_policy": "always", "finished_at": "2026-01-01T10:00:00Z"}
    one = replace(container("exited"), **(down | changed))
    read = replace(host("answers", engine(one)), taken_at=taken_at)
    assert ended_by_engine(read, one) is may_restart
