"""A dockerd that starts beside firewalld, and a bridge of a network of one's own in another zone."""

from collections.abc import Iterator

import msgspec
import pytest

from hairpin.diagnose.examination import examine
from hairpin.diagnose.foreseen import foreseen
from hairpin.events.course import Course
from hairpin.events.firewalls._firewalld import with_firewalld_started
from hairpin.events.firewalls._zones import with_links_bound
from hairpin.events.happening import asked_course
from hairpin.host.docker import Engine
from hairpin.host.managers import Unit
from hairpin.network.network import Network
from hairpin.question.target import parse_event
from tests.causes.hosts import with_host
from tests.firewalld_host import PUBLIC, with_firewalld
from tests.small_host import HOST_NETNS, container, engine, network, published

_replace = msgspec.structs.replace
OPEN = '<zone target="ACCEPT"><forward/></zone>'
ZONES = {"/etc/firewalld/zones/docker.xml": OPEN, "/etc/firewalld/zones/trusted.xml": OPEN, PUBLIC: OPEN}
DOCKER = Unit("docker.service", "active", "enabled", after=("network-online.target",))


def _engine(*, internal: bool = False) -> Engine:
    """Return the engine whose container is on a network of its own, which has the bridge docker0."""
    web = _replace(container(), restart_policy="always")
    ends = tuple(_replace(each, network="apart") for each in web.endpoints)
    (bridge,) = engine().networks
    made = engine(_replace(web, endpoints=ends, network_mode="apart"))
    return _replace(made, networks=(_replace(bridge, name="apart", internal=internal),))


def _zoned(zone: str, docker: Engine) -> Network:
    within = with_host(network(docker=docker), boot_lines=(), units=(DOCKER,))
    was = with_firewalld(ZONES, within=within)
    course = with_links_bound(with_firewalld_started(Course(was, "test"), was.this), zone, ("docker0",))
    table = course.namespace.ruleset.table("inet", "firewalld")
    assert table is not None
    rules = within.namespace(HOST_NETNS).ruleset
    both = _replace(rules, tables=(*rules.tables, table))
    return course.network.with_namespace(HOST_NETNS, _replace(course.namespace, ruleset=both))


def _coming(within: Network) -> Iterator[tuple[str, str | None]]:
    for each in foreseen(examine(within, (published(),)), frozenset()):
        yield each.id, each.event


def test_dockerd_starts_without_the_network_and_without_its_container() -> None:
    within = _zoned("trusted", _engine())
    assert ("firewalld-zone-conflict", "docker-restart") in list(_coming(within))
    _, course = asked_course(within, parse_event("docker-restart"))
    assert [str(each) for each in course.failures] == [
        "dockerd does not load network apart: firewalld has docker0 in a zone other than docker"
    ]
    web = course.host.container("web")
    assert web is not None
    assert (web.running, web.error) == (
        False, "failed to create endpoint web on network apart: network n1 does not exist",
    )  # fmt: skip


WHOLE = {
    "dockerd's zone": _zoned("docker", _engine()),
    "an internal network, which dockerd binds to no zone": _zoned("trusted", _engine(internal=True)),
}


@pytest.mark.parametrize("within", WHOLE.values(), ids=WHOLE)
def test_dockerd_starts_with_the_network(within: Network) -> None:
    _, course = asked_course(within, parse_event("docker-restart"))
    assert course.failures == ()
    web = course.host.container("web")
    assert web is not None
    assert web.running
    assert "firewalld-zone-conflict" not in dict(_coming(within))
