"""A unit with a network namespace of its own, and systemd's socket proxy."""

import msgspec

from hairpin.diagnose.diagnose import diagnose
from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.host.managers import FilterLine, Unit, UnitNetwork
from hairpin.host.socket import Relay, Socket
from hairpin.network.network import Network
from tests.causes.case import Case, fires, is_silent
from tests.causes.hosts import asked, with_host
from tests.rows import each_row
from tests.small_host import OUTSIDE, WEB, host_namespace, lo, local, network, number

LOCAL = 0x7F000001
INSIDE = "netns:pid-361"
LINE = FilterLine("/etc/systemd/system/metrics.service.d/hardening.conf", 2, "PrivateNetwork=yes", "e7", 1)
PROXY = FilterLine("/etc/systemd/system/web.service", 2, "ExecStart=/usr/lib/systemd/systemd-socket-proxyd x", "e7", 1)
METRICS = Unit("metrics.service", "active", "enabled", network=UnitNetwork("PrivateNetwork=yes", INSIDE, (LINE,)))
EXPORTER = Socket("tcp", 4, None, 9100, process="busybox", pid=361, unit="/system.slice/metrics.service")
FLOW, OTHER = asked(OUTSIDE, "198.51.100.11", 9100), asked(OUTSIDE, "198.51.100.11", 8088)


def private(*sockets: Socket, name: str = INSIDE) -> Namespace:
    """Return a network namespace that has a loopback link alone."""
    return Namespace(name, links=(lo(),), addresses=(Address("lo", 4, LOCAL, 8),),
                     routes=(local("127.0.0.0/8", "lo"), local("127.0.0.1", "lo")), sockets=sockets)  # fmt: skip


def hardened(*sockets: Socket, units: tuple[Unit, ...] = (METRICS,), beside_it: tuple[Socket, ...] = ()) -> Network:
    """Return the host with a unit in a network namespace of its own."""
    host = host_namespace()
    whole = network(msgspec.structs.replace(host, sockets=(*host.sockets, *beside_it)))
    return with_host(whole, namespaces=(*whole.this.namespaces, private(*sockets)), units=units)


def proxied(
    target: Relay, *sockets: Socket, served: int | None = None, private_ones: tuple[Socket, ...] = ()
) -> Network:
    """Return the host whose systemd passes port 8088 on to the target."""
    unit = Unit("web.service", "inactive", "static",
                network=UnitNetwork("", "host", (PROXY,), target, ("web.socket",)))  # fmt: skip
    front = Socket("tcp", 6, None, 8088, process="web.socket", pid=1, unit="/system.slice/web.socket", relay=target)
    own = (Socket("tcp", 4, LOCAL, served, process="httpd", pid=5),) if served is not None else ()
    return hardened(*private_ones, units=(unit,), beside_it=(front, *own, *sockets))


CASES: dict[str, Case] = {
    "a service listens in the namespace of its unit": Case(
        hardened(EXPORTER), FLOW, ("unit-has-own-network",), hardened(beside_it=(EXPORTER,)),
    ),
    "only on its loopback": Case(
        hardened(msgspec.structs.replace(EXPORTER, address=LOCAL)), FLOW, ("unit-has-own-network",),
        hardened(beside_it=(EXPORTER,)),
    ),
    "no file of the unit was read": Case(
        hardened(EXPORTER, units=()), FLOW, ("unit-has-own-network",), hardened(beside_it=(EXPORTER,)),
    ),
    "another port is there": Case(
        hardened(msgspec.structs.replace(EXPORTER, port=9101)), FLOW, ("port-not-published",),
        hardened(beside_it=(EXPORTER,)),
    ),
    "a process that no unit has started": Case(
        hardened(msgspec.structs.replace(EXPORTER, unit="/user.slice/user-1000.slice/session-1.scope")), FLOW,
        ("port-not-published",), hardened(beside_it=(EXPORTER,)),
    ),
    "the proxy's target on the host has no listener": Case(
        proxied(Relay(4, LOCAL, 8099)), OTHER, ("socket-proxy-finds-nobody",),
        proxied(Relay(4, LOCAL, 8099), served=8099),
    ),
    "in the proxy's own namespace": Case(
        proxied(Relay(4, LOCAL, 8099, netns=INSIDE), served=8099), OTHER, ("socket-proxy-finds-nobody",),
        proxied(Relay(4, LOCAL, 8099, netns=INSIDE), private_ones=(Socket("tcp", 4, None, 8099, process="x", pid=9),)),
    ),
    "no container has the proxy's target": Case(
        proxied(Relay(4, number("172.17.0.77"), 81)), OTHER, ("socket-proxy-finds-nobody",),
        proxied(Relay(4, WEB, 80)),
    ),
    "another container listens on the target's port": Case(
        proxied(Relay(4, number("172.17.0.77"), 80)), OTHER, ("socket-proxy-finds-nobody",),
        proxied(Relay(4, WEB, 80)),
    ),
}  # fmt: skip


@each_row(("case",), [(each,) for each in CASES.values()], ids=CASES)
def test_each_fires_on_its_host_and_not_on_the_same_host_without_the_fault(case: Case) -> None:
    fires(case)
    is_silent(case.whole, case.flow)


def test_the_container_that_listens_now_is_named() -> None:
    found = diagnose(proxied(Relay(4, number("172.17.0.77"), 80)), OTHER).causes[0].candidate
    said = str(found.title)
    assert "172.17.0.77:80, which nobody has; web listens on 172.17.0.2:80" in said


def test_the_line_of_the_unit_is_what_is_deleted() -> None:
    found = diagnose(hardened(EXPORTER), FLOW).causes[0].candidate
    assert f"delete `PrivateNetwork=yes` from {LINE.path}" in str(found.ways[0].said[0])
    assert "systemd-socket-proxyd 127.0.0.1:9100" in str(found.ways[1].said[0])
