"""A user's rootless container that nobody runs, because the user's last session has ended."""

import re

import msgspec
import pytest

from hairpin.host.docker import PortBinding
from hairpin.host.idle import IdleContainer
from hairpin.host.managers import Unit
from hairpin.host.socket import Socket
from hairpin.network.flow import FromHost
from hairpin.network.network import Network
from tests.causes.case import Case, fires, is_silent
from tests.causes.hosts import asked, with_host
from tests.causes.states.test_states import told_about
from tests.rule_text import with_rule
from tests.small_host import OUTSIDE, host_namespace, network, published
from tests.whole import one_of_each

LOCAL = published(FromHost(), "127.0.0.1")
IDLE = IdleContainer("ann", 1001, "podman", "shop", ports=(PortBinding("tcp", 80, 9000, actual=False),))
TO_IDLE = msgspec.structs.replace(LOCAL, dport=9000)


def serving_port(port: int) -> Network:
    """Return the host with a service of its own on the port."""
    own = Socket("tcp", 4, None, port, process="own")
    return network(msgspec.structs.replace(host_namespace(), sockets=(*host_namespace().sockets, own)))


SERVED = serving_port(9000)


def idle(whole: Network | None = None, /, **changed: object) -> Network:
    """Return the host on which a user without a session has a rootless container that publishes port 9000."""
    return with_host(whole or network(), idle=(msgspec.structs.replace(IDLE, **changed),))


CASES: dict[str, Case] = {
    "a user with a rootless container has no session": Case(
        idle(), TO_IDLE, ("rootless-session-ended",), idle(SERVED),
    ),
    "a user with a rootless container has no session, and a firewall drops": Case(
        idle(network(host_namespace(with_rule("filter INPUT", "-p tcp -m tcp --dport 9000 -j DROP")))),
        asked(OUTSIDE, "198.51.100.11", 9000), ("rootless-session-ended",), idle(SERVED),
    ),
    "a user's rootless container publishes another port": Case(
        idle(), msgspec.structs.replace(LOCAL, dport=9500), ("port-not-published",), idle(serving_port(9500)),
    ),
    "a user's rootless container publishes the port on another address": Case(
        idle(ports=(PortBinding("tcp", 80, 9000, 0x7F000001, actual=False),)), asked(OUTSIDE, "198.51.100.11", 9000),
        ("port-not-published",), idle(SERVED),
    ),
    "a user's rootless container has ports that are not known": Case(
        idle(ports=None), TO_IDLE, ("port-not-published",), idle(SERVED, ports=None),
    ),
    "a user's rootless container has the usual port of a service that failed": Case(
        with_host(
            idle(ports=(PortBinding("tcp", 80, 22, actual=False),)), units=(Unit("ssh.service", "failed", "enabled"),)
        ),
        asked(OUTSIDE, "198.51.100.11", 22), ("host-service-not-running",), serving_port(22),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", one_of_each(CASES, lambda case: case.causes))
def test_the_cause_fires_where_it_is_at_work(case: Case) -> None:
    fires(case)


@pytest.mark.parametrize("case", one_of_each(CASES, lambda case: case.causes))
def test_nothing_is_named_on_the_host_without_the_fault(case: Case) -> None:
    is_silent(case.whole, case.flow)


WORDINGS: dict[str, tuple[dict[str, object], str, str]] = {
    "no session": ({}, "ann has no session.*Lingering is off", "enable-linger ann.*podman start shop"),
    "no session, lingering": (
        {"lingers": True}, "Lingering is on, but /run/user/1001 does not exist", r"status user@1001\.service",
    ),
    "a new session": ({"session": "idle"}, "In the new session of ann", "enable-linger ann"),
    "a session, lingering": (
        {"session": "idle", "lingers": True}, "at boot, no unit of ann has started", "log in as ann and run",
    ),
    "no sessions on this host": ({"session": "unknown"}, "No process of ann runs a container", "log in as ann and run"),
    "of a unit": ({"unit": "a.service"}, r"unit a\.service of ann starts", r"systemctl --user start a\.service"),
    "of dockerd": ({"engine": "docker"}, "in rootless Docker", "systemctl --user enable docker"),
}  # fmt: skip


@pytest.mark.parametrize(("changed", "why", "way"), WORDINGS.values(), ids=WORDINGS)
def test_what_is_said_of_an_idle_container(changed: dict[str, object], why: str, way: str) -> None:
    said = told_about(idle(**changed), TO_IDLE)
    assert re.search(why, said, re.DOTALL)
    assert re.search(way, said, re.DOTALL)


def test_further_idle_containers_of_the_port_are_named() -> None:
    both = (IDLE, msgspec.structs.replace(IDLE, user="bob", name="wiki"))
    assert "container wiki of user bob publishes port 9000, too" in told_about(with_host(network(), idle=both), TO_IDLE)


HINTS: dict[str, tuple[dict[str, object], str]] = {
    "on another address": (
        {"ports": (PortBinding("tcp", 80, 9000, 0x0A000001, actual=False),)},
        "container shop of user ann publishes port 9000 on 10.0.0.1 only",
    ),
    "on the host's network": ({"ports": (), "on_host": True}, "shop of user ann uses the host's network"),
    "ports that are not known": ({"ports": None}, "rootless Podman, and no process runs for them: shop"),
}  # fmt: skip


@pytest.mark.parametrize(("changed", "said"), HINTS.values(), ids=HINTS)
def test_a_port_that_nobody_publishes_may_be_an_idle_containers(changed: dict[str, object], said: str) -> None:
    assert said in told_about(idle(**changed), TO_IDLE)
    assert "ann" not in told_about(network(), TO_IDLE)
