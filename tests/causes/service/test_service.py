"""The service in a container."""

import msgspec

from hairpin.change.change import AddSocket
from hairpin.diagnose.diagnose import diagnose
from hairpin.host.boot.configured import Configured
from hairpin.host.docker import PortBinding
from hairpin.host.managers import FilterLine, Unit
from hairpin.host.socket import Relay, Socket
from hairpin.netfilter.address import Prefix
from hairpin.network.flow import Flow, FromContainer, FromHost
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.remedy.plan import remedies
from tests.causes.case import Case
from tests.causes.hosts import FROM_DB, asked, beside, serving, with_host
from tests.macvlan_host import on_macvlan
from tests.rows import each_row
from tests.small_host import (
    CLIENT,
    HOST_ADDRESS,
    OUTSIDE,
    WEB,
    WEB_ITSELF,
    container,
    container_namespace,
    egress,
    engine,
    host_namespace,
    network,
    published,
    sibling,
)
from tests.udp_host import UDP_FLOW, udp_network
from tests.user_stack_host import HOST4, pasta, rootless

LOOPBACK, ELSEWHERE = 0x7F000001, parse_address("172.18.0.2")[1]
WORKING = Socket("tcp", 4, None, 80, process="httpd", pid=7)


def waiting(queued: int | None, backlog: int | None, pid: int = 7) -> Socket:
    """Return the service's socket with so many connections that wait to be accepted."""
    return Socket("tcp", 4, None, 80, process="httpd", pid=pid, queued=queued, backlog=backlog)


def unread(received: int | None, pid: int = 7) -> Socket:
    """Return the socket of a UDP service whose waiting datagrams take so many bytes of its 212992."""
    return Socket("udp", 4, None, 53, process="syslogd", pid=pid, received=received, receive_buffer=212992)


def with_units(*units: Unit) -> Network:
    """Return the host with these units of systemd."""
    return with_host(network(), units=units)


def listening_on_host(address: int | None, port: int = 7078) -> Network:
    """Return the host with a service of its own on this port."""
    host = host_namespace()
    own = Socket("tcp", 4, address, port, process="python3", pid=9)
    return network(msgspec.structs.replace(host, sockets=(*host.sockets, own)))


def also_published(port: int, *sockets: Socket) -> Network:
    """Return the host whose container publishes another port, too, and has these sockets."""
    web = container()
    both = msgspec.structs.replace(web, bindings=(*web.bindings, PortBinding("tcp", port, 8152, None, 4)))
    return network(inner=container_namespace(sockets), docker=engine(both))


def published_by_other(*sockets: Socket) -> Network:
    """Return the host with a second container, which publishes its port 8080 as 9090.  ``sockets``: in the first."""
    found = beside((WORKING, *sockets), (API,))
    host = found.hosts[0]
    other = next(each for each in host.containers() if each.name != "web")
    other = msgspec.structs.replace(other, bindings=(PortBinding("tcp", 8080, 9090, None, 4),))
    return msgspec.structs.replace(found, hosts=(host.with_container(other),))


API = Socket("tcp", 4, None, 8080)
IN_UNIT = Socket("tcp", 4, None, 80, process="httpd", pid=7, unit="/system.slice/web.service/libpod-payload-1")
OF_UNIT = network(docker=engine(msgspec.structs.replace(container(), unit="web.service")))
OF_ANN = Flow(FromContainer("web", sibling("container:web")), 4, 0xCB007150, "tcp", 443)


def of_ann() -> Network:
    """Return the host with a container of ann's, whose user id is 1000."""
    whole = rootless("")
    (podman,) = whole.this.engines
    return with_host(whole, engines=(msgspec.structs.replace(podman, uid=1000),))


FILTERED = Unit("web.service", "active", "generated", denies=(Prefix(4, 0, 0), Prefix(6, 0, 0)))
TO_COPY = Flow(FromContainer("web", sibling("container:web")), 4, HOST4, "tcp", 9001, purpose="asked")
CASES: dict[str, Case] = {
    "a service of the host, bound to loopback": Case(
        listening_on_host(LOOPBACK), msgspec.structs.replace(published(), dport=7078),
        ("host-service-listens-on-loopback",), listening_on_host(None),
    ),
    "bound to loopback": Case(
        serving(Socket("tcp", 4, LOOPBACK, 80)), published(), ("service-listens-on-container-loopback",),
    ),
    "pasta's copy of the host's address is asked for the host's service": Case(
        pasta(WORKING), TO_COPY, ("loopback-is-the-container",), pasta(WORKING, Socket("tcp", 4, None, 9001)),
    ),
    "slirp4netns keeps the host's loopback": Case(
        rootless("", mode="slirp4netns:allow_host_loopback=false"),
        Flow(FromContainer("web", sibling("container:web")), 4, 0x0A000202, "tcp", 9001), ("stack-hides-loopback",),
        rootless("", mode="slirp4netns:allow_host_loopback=true"),
    ),
    "bound to loopback, behind pasta": Case(
        pasta(Socket("tcp", 4, LOOPBACK, 80)), published(), ("service-listens-on-container-loopback",), pasta(WORKING),
    ),
    "bound to loopback, behind pasta, from the host's loopback": Case(
        pasta(Socket("tcp", 4, LOOPBACK, 80)), published(FromHost(), "127.0.0.1"),
        ("service-listens-on-container-loopback",), pasta(WORKING),
    ),
    "bound to the loopback link": Case(
        serving(Socket("tcp", 4, None, 80, device="lo")), published(), ("service-listens-on-container-loopback",),
        serving(Socket("tcp", 4, None, 80, device="eth0")),
    ),
    "bound to another address": Case(
        serving(Socket("tcp", 4, ELSEWHERE, 80)), published(), ("service-listens-on-one-container-address",),
    ),
    "bound to another link": Case(
        serving(Socket("tcp", 4, None, 80, device="eth1")), published(),
        ("service-listens-on-one-container-address",), serving(Socket("tcp", 4, None, 80, device="eth0")),
    ),
    "listens on another port": Case(
        serving(Socket("tcp", 4, None, 8080)), published(), ("service-listens-on-other-port",),
        serving(Socket("tcp", 4, None, 8080), WORKING),
    ),
    "listens for IPv6 alone": Case(
        serving(Socket("tcp", 6, None, 80, v6only=True)), published(), ("service-listens-on-wrong-family",),
        serving(Socket("tcp", 6, None, 80)),
    ),
    "a service of the host, bound to another address": Case(
        listening_on_host(HOST_ADDRESS + 1), msgspec.structs.replace(published(), dport=7078),
        ("host-service-bound-elsewhere",), listening_on_host(HOST_ADDRESS),
    ),
    "the host's own service failed": Case(
        with_units(Unit("ssh.service", "failed", "enabled")), asked(OUTSIDE, "198.51.100.11", 22),
        ("host-service-not-running",), with_host(listening_on_host(None, 22), units=()),
    ),
    "the host's own service runs, and listens elsewhere": Case(
        with_units(Unit("ssh.service", "active", "enabled")), asked(OUTSIDE, "198.51.100.11", 22),
        ("port-not-published",), listening_on_host(None, 22),
    ),
    "a loopback address is the container itself, and another one is meant": Case(
        beside((WORKING,), (API,)), asked(WEB_ITSELF, "127.0.0.1", 8080), ("loopback-is-the-container",),
        beside((WORKING, API), ()),
    ),
    "a loopback address is the container itself, and the host is meant": Case(
        listening_on_host(LOOPBACK), asked(WEB_ITSELF, "127.0.0.1", 7078), ("loopback-is-the-container",),
        network(inner=container_namespace((Socket("tcp", 4, None, 7078),))),
    ),
    "a loopback address is the container itself, and the port is one of the host's": Case(
        network(), asked(WEB_ITSELF, "127.0.0.1", 8151), ("loopback-is-the-container",),
        network(inner=container_namespace((WORKING, Socket("tcp", 4, None, 8151)))),
    ),
    "a loopback address is the container itself, and another container's port on the host is meant": Case(
        published_by_other(), asked(WEB_ITSELF, "127.0.0.1", 9090), ("loopback-is-the-container",),
        published_by_other(Socket("tcp", 4, None, 9090)),
    ),
    "the host's stub resolver is asked in a container": Case(
        network(), asked(WEB_ITSELF, "127.0.0.53", 53, "udp"), ("loopback-is-the-container",),
        network(inner=container_namespace((WORKING, Socket("udp", 4, None, 53)))),
    ),
    "a loopback address is the container itself, and its own service is meant": Case(
        beside((), (msgspec.structs.replace(API, port=80),)), asked(WEB_ITSELF, "127.0.0.1", 80),
        ("service-not-listening",), beside((WORKING,), ()),
    ),
    "nothing listens": Case(serving(), published(), ("service-not-listening",)),
    "the container itself is asked for the port that it has on the host": Case(
        network(), asked(FromHost(), "172.17.0.2", 8151), ("service-listens-on-other-port",),
        serving(WORKING, Socket("tcp", 4, None, 8151)),
    ),
    "the container itself is asked for another port": Case(
        network(), asked(FromHost(), "172.17.0.2", 8152), ("service-not-listening",),
        serving(WORKING, Socket("tcp", 4, None, 8152)),
    ),
    "listens on two other ports": Case(
        serving(Socket("tcp", 4, None, 81), Socket("tcp", 4, None, 82)), published(),
        ("service-listens-on-other-port",), serving(Socket("tcp", 4, None, 81), Socket("tcp", 4, None, 82), WORKING),
    ),
    "nothing listens on this one of several published ports": Case(
        also_published(82, Socket("tcp", 4, None, 82)), published(), ("service-not-listening",),
        also_published(82, Socket("tcp", 4, None, 82), WORKING),
    ),
    "listens on another port, for itself alone": Case(
        serving(Socket("tcp", 4, LOOPBACK, 3000)), published(), ("service-not-listening",),
        serving(Socket("tcp", 4, LOOPBACK, 3000), WORKING),
    ),
    "only a client's UDP socket": Case(
        serving(Socket("udp", 4, None, 45000)), published(), ("service-not-listening",),
        serving(Socket("udp", 4, None, 45000), WORKING),
    ),
    "asked of one container, and another one listens there": Case(
        beside((WORKING,), (API,)), asked(FROM_DB, "172.17.0.2", 8080), ("service-not-listening",),
        beside((WORKING, API), ()),
    ),
    "its backlog is full": Case(
        serving(waiting(2, 1)), published(), ("service-backlog-full",), serving(waiting(1, 1)),
    ),
    "the backlogs of both sockets of a group are full": Case(
        serving(waiting(2, 1), waiting(129, 128, pid=8)), published(), ("service-backlog-full",),
        serving(waiting(2, 1), waiting(0, 128, pid=8)),
    ),
    "its backlog is full behind docker-proxy": Case(
        serving(waiting(6, 5)), published(FromHost(), "127.0.0.1"), ("service-backlog-full",), serving(waiting(5, 5)),
    ),
    "the backlog of docker-proxy is full": Case(
        network(host_namespace(sockets=(
            Socket("tcp", 4, None, 8151, process="docker-proxy", pid=6, relay=Relay(4, WEB, 80), backlog=4096,
                   queued=4097),
        ))),
        published(FromHost(), "127.0.0.1"), ("service-backlog-full",),
    ),
    "its receive queue is full": Case(
        udp_network(sockets=(unread(212992),)), UDP_FLOW, ("service-receive-queue-full",),
        udp_network(sockets=(unread(212160),)),
    ),
    "the receive queues of both sockets of a group are full": Case(
        udp_network(sockets=(unread(212992), unread(212300, pid=8))), UDP_FLOW, ("service-receive-queue-full",),
        udp_network(sockets=(unread(212992), unread(0, pid=8))),
    ),
    "a full receive queue of a stopped process is named by the signal": Case(
        udp_network(sockets=(msgspec.structs.replace(unread(212992), halted=True),)), UDP_FLOW,
        ("service-process-stopped",), udp_network(sockets=(unread(0),)),
    ),
    "a full backlog of a stopped process is named by the signal": Case(
        serving(msgspec.structs.replace(waiting(2, 1), halted=True)), published(), ("service-process-stopped",),
        serving(waiting(1, 1)),
    ),
    "its control group is frozen": Case(
        serving(Socket("tcp", 4, None, 80, process="httpd", pid=7, frozen="/sys/fs/cgroup/freezer/x")), published(),
        ("service-process-stopped",),
    ),
    "the address filter of its unit": Case(
        with_host(serving(IN_UNIT), units=(FILTERED,)), published(), ("unit-filter-drops",),
        with_host(serving(IN_UNIT), units=(msgspec.structs.replace(FILTERED, allows=(Prefix(4, CLIENT, 24),)),)),
    ),
    "the address filter of the unit of a container that asks": Case(
        with_host(OF_UNIT, units=(FILTERED,)), egress(), ("unit-filter-drops",), with_host(OF_UNIT, units=()),
    ),
    "the manager of a container's user filters addresses": Case(
        with_host(of_ann(), units=(msgspec.structs.replace(FILTERED, name="user@1000.service"),)), OF_ANN,
        ("unit-filter-drops",),
        with_host(of_ann(), units=(msgspec.structs.replace(FILTERED, name="user@1001.service"),)),
    ),
    "its process is stopped": Case(
        serving(Socket("tcp", 4, None, 80, process="httpd", pid=7, halted=True)), published(),
        ("service-process-stopped",), serving(WORKING),
    ),
}  # fmt: skip

HARMLESS: dict[str, tuple[Network, Flow]] = {
    "many wait in a large backlog": (serving(waiting(4095, 4096)), published()),
    "the backlog was not read": (serving(waiting(9, None)), published()),
    "some datagrams wait": (udp_network(sockets=(unread(100000),)), UDP_FLOW),
    "the receive queue was not read": (udp_network(sockets=(unread(None),)), UDP_FLOW),
    "the receive queue of another port is full": (
        udp_network(sockets=(unread(0), msgspec.structs.replace(unread(212992, pid=8), port=54))), UDP_FLOW,
    ),
    "a backlog of nothing, and nobody waits": (serving(waiting(0, 0)), published()),
    "the backlog of another port is full": (
        serving(WORKING, Socket("tcp", 4, None, 81, pid=8, queued=2, backlog=1)), published(),
    ),
    "the backlog of a socket that does not take the packet is full": (
        serving(WORKING, Socket("tcp", 4, LOOPBACK, 80, pid=8, queued=2, backlog=1)), published(),
    ),
    "the process of another port is stopped": (
        serving(WORKING, Socket("tcp", 4, None, 81, pid=8, halted=True)), published(),
    ),
}  # fmt: skip


def advice_of(network: Network, flow: Flow) -> str:
    """Return what the first cause of the flow says besides."""
    (first, *_) = diagnose(network, flow).causes
    return " ".join(str(each) for each in first.candidate.advice)


def test_the_repair_of_an_address_filter_names_its_file_and_nobody_whom_hairpin_invented() -> None:
    line = FilterLine("/etc/systemd/system/web.service.d/x.conf", 2, "IPAddressDeny=any")
    whole = with_host(serving(IN_UNIT), units=(msgspec.structs.replace(FILTERED, filters=(line,)),))
    (invented,) = diagnose(whole, msgspec.structs.replace(published(), invented=True)).causes
    assert invented.candidate.configured == Configured("unit-file", line.path, 2)
    taken = "systemctl set-property --runtime web.service IPAddressDeny="
    assert [each.typed for each in invented.candidate.ways] == [(taken,)]
    (named,) = diagnose(whole, published()).causes
    allowing = "systemctl set-property --runtime web.service IPAddressAllow=192.0.2.10"
    assert [each.typed for each in named.candidate.ways] == [(allowing,), (taken,)]


def test_a_port_that_an_engine_holds_is_no_service_of_the_host() -> None:
    """A text or a user without rights may show the program that relays a port, and not the container."""
    flow = msgspec.structs.replace(published(), dport=7078)
    host = host_namespace()
    relay = Socket("tcp", 4, LOOPBACK, 7078, process="conmon", pid=9)
    net = network(msgspec.structs.replace(host, sockets=(*host.sockets, relay)))
    assert [each.cause for each in diagnose(net, flow).causes if each.cause == "host-service-listens-on-loopback"] == []


def test_a_port_of_dockerd_itself_is_a_service_of_the_host() -> None:
    """dockerd's metrics, when no listed container publishes the port."""
    flow = msgspec.structs.replace(published(), dport=9323)
    host = host_namespace()
    metrics = Socket("tcp", 4, LOOPBACK, 9323, process="dockerd", pid=9)
    net = network(msgspec.structs.replace(host, sockets=(*host.sockets, metrics)))
    assert [each.cause for each in diagnose(net, flow).causes] == ["host-service-listens-on-loopback"]


def test_who_else_listens_on_the_asked_port_is_named() -> None:
    web_8080 = asked(FROM_DB, "172.17.0.2", 8080)
    assert "container db" in advice_of(beside((WORKING,), (API,)), web_8080)


def test_a_port_that_the_container_publishes_is_its_own_whoever_else_listens_there() -> None:
    web_80 = asked(FROM_DB, "172.17.0.2", 80)
    assert "container db" not in advice_of(beside((), (msgspec.structs.replace(WORKING, port=80),)), web_80)


def test_the_option_that_would_reach_the_listener_is_spelt() -> None:
    (first,) = diagnose(serving(Socket("tcp", 4, None, 8080)), published()).causes
    (part,) = first.candidate.change.parts
    assert isinstance(part, AddSocket)
    assert str(part.advice) == "recreate web with -p 8151:8080 instead of -p 8151:80"


def test_no_container_is_made_anew_for_a_port_of_the_host() -> None:
    (suspect,) = diagnose(network(), asked(OUTSIDE, "198.51.100.11", 22)).causes
    (remedy,) = remedies(suspect.cause, suspect.candidate, network())
    said = " ".join(map(str, (suspect.candidate.detail, *remedy.advice)))
    assert (remedy.id, remedy.commands) == ("start-service", ())
    assert "ssh, sshd" in said
    assert "recreate" not in said


def test_no_container_port_is_guessed_for_a_port_that_nothing_resembles() -> None:
    (suspect,) = diagnose(network(), asked(OUTSIDE, "198.51.100.11", 9998)).causes
    (remedy,) = remedies(suspect.cause, suspect.candidate, network())
    said = " ".join(map(str, remedy.advice))
    assert said.startswith("if a service of this host should listen on port 9998: start it")
    assert "9998:80" not in said


def test_a_container_on_a_macvlan_may_mean_another_machine_by_its_own_address() -> None:
    to_itself = asked(WEB_ITSELF, "198.51.100.192", 445)
    (cause,) = diagnose(on_macvlan(), to_itself).causes
    assert cause.cause == "loopback-is-the-container"
    assert str(cause.candidate.title) == "198.51.100.192 is web's own address, so the packet does not leave web"
    (other,) = diagnose(network(), asked(WEB_ITSELF, "172.17.0.2", 445)).causes
    assert other.cause == "service-not-listening"


@each_row(
    ("count", "started", "told"),
    (
        (4, "2026-08-01T10:00:07Z", "has restarted web 4 times, the last time 3 s before this reading"),
        (1, "2026-08-01T10:00:07Z", "has restarted web once, 3 s before this reading"),
        (4, "2026-08-01T09:00:00Z", "the service has not started or has died"),
        (0, "2026-08-01T10:00:07Z", "the service has not started or has died"),
        (4, "", "the service has not started or has died"),
    ),
)
def test_a_container_that_was_just_started_again_is_told_with_its_restarts(count: int, started: str, told: str) -> None:
    """dockerd starts it again and again, and the reading fell into one of its short runs."""
    web = msgspec.structs.replace(container(), restart_count=count, started_at=started)
    whole = with_host(network(inner=container_namespace(()), docker=engine(web)), taken_at="2026-08-01T10:00:10Z")
    (found,) = diagnose(whole, published()).causes
    assert found.cause == "service-not-listening"
    assert told in str(found.candidate.detail)
