"""Which differences asked flows meet."""

from msgspec.structs import replace

from hairpin.host.host import Host, Namespace
from hairpin.host.link import Link
from hairpin.host.managers import Unit
from hairpin.host.route import Route
from hairpin.host.socket import Socket
from tests import small_host as small
from tests.compare.small_pairs import comparison, host, with_namespace, with_rules
from tests.rows import each_row

USER = "-A DOCKER-USER -j RETURN\n"


def _outer(**fields: object) -> Host:
    return with_namespace(host(), **fields)


def _space() -> Namespace:
    return host().namespace("host")


def _links(**fields: bool) -> tuple[Link, ...]:
    """Return the host's links, its uplink with other settings."""
    return tuple(replace(each, **fields) if each.name == "eth0" else each for each in _space().links)


DUMMY = Link(77, "dummy0", "dummy")
FAR = Route(4, 0x0A630000, 16)

# the later host, and whether the flows to port 8151 meet its one difference
CASES: dict[str, tuple[Host, bool]] = {
    "a rule that the packets satisfy": (with_rules((USER, f"-A DOCKER-USER -p tcp -j DROP\n{USER}")), True),
    "a rule for another port": (with_rules((USER, f"-A DOCKER-USER -p tcp --dport 9 -j DROP\n{USER}")), False),
    "a policy": (with_rules((":FORWARD DROP", ":FORWARD ACCEPT")), False),
    "a sysctl that is read": (host(small.host_namespace(values={"conf__eth0__forwarding": "0"})), True),
    "a sysctl that is copied": (host(small.host_namespace(values={"ip_forward": "0"})), True),
    "a unit": (replace(host(), units=(Unit("x.service", "active", "enabled"),)), False),
    "another link": (_outer(links=(*_space().links, DUMMY)), False),
    "the link of the packets": (_outer(links=_links(up=False)), True),
    "a route that nobody takes": (_outer(routes=(*_space().routes, FAR)), False),
    "another service": (_outer(sockets=(*_space().sockets, Socket("tcp", 4, None, 22))), False),
}


@each_row(("now", "is_met"), CASES.values(), ids=CASES)
def test_a_difference(now: Host, is_met: bool) -> None:
    found = comparison(now)
    assert found.differences
    assert found.met == (frozenset(each.ref for each in found.differences) if is_met else frozenset())


def test_a_stopped_container() -> None:
    stopped = small.network(docker=small.engine(small.container("exited"))).this
    found = comparison(stopped)
    assert found.met == frozenset(each.ref for each in found.differences)


def test_what_decides_is_met() -> None:
    found = comparison(with_rules((USER, f"-A DOCKER-USER -p tcp -j DROP\n{USER}")))
    assert found.met is not None
    assert {ref for flow in found.flows for ref in flow.changes} <= found.met


def test_nobody_asked() -> None:
    assert comparison(host(), None).met is not None
