import msgspec

from hairpin.host.host import Namespace
from hairpin.host.managers import Unit
from hairpin.host.socket import Relay, Socket
from hairpin.netfilter.address import Prefix
from hairpin.netfilter.packet import ICMP, SYN, TCP, UDP, Packet
from hairpin.network.flow import Flow, FromHost
from hairpin.network.network import Network
from hairpin.walk.sockets import find_socket, socket_text
from hairpin.walk.walk import walk_flow
from tests.causes.hosts import with_host
from tests.rows import each_row
from tests.rule_text import without
from tests.small_host import (
    CLIENT,
    HOST_ADDRESS,
    WEB,
    container,
    container_namespace,
    engine,
    host_namespace,
    network,
    published,
)

PACKET = Packet(4, CLIENT, HOST_ADDRESS, TCP, sport=40000, dport=80, tcp_flags=SYN)
ANY4 = Socket("tcp", 4, None, 80, process="any4")
ANY6 = Socket("tcp", 6, None, 80, process="any6")
ONLY6 = Socket("tcp", 6, None, 80, v6only=True, process="only6")
BOUND = Socket("tcp", 4, HOST_ADDRESS, 80, process="bound")
LOOPBACK = Socket("tcp", 4, 0x7F000001, 80, process="loopback")
ON_ETH0 = Socket("tcp", 4, None, 80, device="eth0", process="eth0")
DATAGRAM = Socket("udp", 4, None, 80, process="udp")

# sockets, packet, the socket that receives it
CASES: dict[str, tuple[tuple[Socket, ...], Packet, str | None]] = {
    "wildcard": ((ANY4,), PACKET, "any4"),
    "its address": ((BOUND,), PACKET, "bound"),
    "another address": ((LOOPBACK,), PACKET, None),
    "an address before the wildcard": ((ANY4, BOUND, ANY6), PACKET, "bound"),
    "dual stack takes IPv4": ((ANY6,), PACKET, "any6"),
    "its own family first": ((ANY6, ANY4), PACKET, "any4"),
    "IPv6 alone": ((ONLY6,), PACKET, None),
    "IPv4 takes no IPv6": ((ANY4,), Packet(6, 1, 2, TCP, sport=1, dport=80), None),
    "IPv6 takes IPv6": ((ONLY6,), Packet(6, 1, 2, TCP, sport=1, dport=80), "only6"),
    "bound to the link": ((ON_ETH0,), PACKET, "eth0"),
    "another port": ((ANY4,), msgspec.structs.replace(PACKET, dport=81), None),
    "another protocol": ((DATAGRAM,), PACKET, None),
    "udp": ((DATAGRAM, ANY4), msgspec.structs.replace(PACKET, protocol=UDP), "udp"),
    "what has no ports": ((ANY4,), Packet(4, 1, 2, ICMP, icmp=2048), None),
}


@each_row(("sockets", "packet", "process"), CASES.values(), ids=CASES)
def test_find_socket(sockets: tuple[Socket, ...], packet: Packet, process: str | None) -> None:
    found = find_socket(Namespace("host", sockets=sockets), packet, "eth0")
    assert (found.socket.process if found.socket is not None else None) == process
    assert found.kind == ("none" if process is None else "socket")


def test_a_socket_bound_to_another_link() -> None:
    assert find_socket(Namespace("host", sockets=(ON_ETH0,)), PACKET, "eth1").kind == "none"


@each_row(
    ("device", "daddr", "taken"),
    (("lo", LOOPBACK.address, True), ("lo", HOST_ADDRESS, False), ("eth0", HOST_ADDRESS, True)),
)
def test_a_bound_socket_takes_what_the_namespace_sends_to_an_address_of_its_link(
    device: str, daddr: int, taken: bool
) -> None:
    """Measured: a packet to an own address goes over lo, and is known by the link that has the address."""
    own = msgspec.structs.replace(host_namespace(), sockets=(Socket("tcp", 4, None, 80, device=device),))
    sent = Packet(4, daddr, daddr, TCP, sport=40000, dport=80)
    assert (find_socket(own, sent, "lo").kind == "socket") == taken


def test_other_sockets_of_the_port_are_named() -> None:
    found = find_socket(Namespace("host", sockets=(LOOPBACK, DATAGRAM)), PACKET, "eth0")
    assert found.others == (LOOPBACK,)


def test_unread_is_not_none() -> None:
    unread = Namespace("host", unread=("sockets-tcp",))
    assert find_socket(unread, PACKET, "eth0").kind == "unread"
    assert find_socket(Namespace("host", unread=("rules",)), PACKET, "eth0").kind == "none"
    assert find_socket(msgspec.structs.replace(unread, sockets=(ANY4,)), PACKET, "eth0").kind == "socket"


TEXTS: dict[str, Socket] = {
    "0.0.0.0:80/tcp (nginx, pid 12)": Socket("tcp", 4, None, 80, process="nginx", pid=12),
    "*:80/tcp": Socket("tcp", 6, None, 80),
    "[::]:80/tcp": Socket("tcp", 6, None, 80, v6only=True),
    "127.0.0.1:53/udp (pid 3)": Socket("udp", 4, 0x7F000001, 53, pid=3),
    "[::1]:80/tcp": Socket("tcp", 6, 1, 80),
    "0.0.0.0%eth0:80/tcp": Socket("tcp", 4, None, 80, device="eth0"),
}


@each_row(("text", "socket"), TEXTS.items(), ids=TEXTS)
def test_socket_text(text: str, socket: Socket) -> None:
    assert socket_text(socket) == text


HTTPD = Socket("tcp", 4, None, 8151, process="httpd", pid=9)
LOCAL = published(FromHost(), "127.0.0.1")
OF_WEB = msgspec.structs.replace(published(), container="web")


def waiting(queued: int, backlog: int) -> Network:
    """Return the host whose container has so many connections that wait to be accepted."""
    return network(inner=container_namespace((Socket("tcp", 4, None, 80, queued=queued, backlog=backlog),)))


def at_host(socket: Socket, status: str = "exited") -> Network:
    """Return the host on which no rule translates the port, and this socket has it."""
    return network(host_namespace(without("DNAT"), sockets=(socket,)), docker=engine(container(status)))


ALL = (Prefix(4, 0, 0), Prefix(6, 0, 0))


def filtered(*denies: Prefix, allows: tuple[Prefix, ...] = (), unit: str = "web.service") -> Network:
    """Return the host on which systemd filters the addresses of the unit, and runs the server below web.service."""
    server = Socket("tcp", 4, None, 80, unit="/system.slice/web.service/libpod-payload-1")
    one = Unit(unit, "active", "enabled", allows=allows, denies=denies)
    return with_host(network(inner=container_namespace((server,))), units=(one,))


CASES_UNSERVED: dict[str, tuple[Network, Flow, str, str | None]] = {
    "the backlog is full": (waiting(2, 1), published(), "dropped", "backlog-full"),
    "the backlog is full behind docker-proxy": (waiting(2, 1), LOCAL, "dropped", "backlog-full"),
    "as many wait as the backlog": (waiting(1, 1), published(), "delivered", None),
    "many wait in a large backlog": (waiting(4000, 4096), LOCAL, "delivered", None),
    "another process has the port": (at_host(HTTPD), OF_WEB, "misdirected", "answered-by-other"),
    "a process of the host has a port that nobody asked a container for": (
        at_host(HTTPD), published(), "delivered", None,
    ),
    "another process, whose backlog is full, has the port": (
        at_host(msgspec.structs.replace(HTTPD, queued=2, backlog=1)), OF_WEB, "unanswered", "answered-by-other",
    ),
    "dockerd holds the port": (
        at_host(msgspec.structs.replace(HTTPD, process="dockerd", relay=Relay(4, WEB, 80, holds_only=True)), "running"),
        OF_WEB, "unanswered", "never-accepts",
    ),
    "the address filter of the process's unit": (filtered(*ALL), published(), "dropped", "unit-filter"),
    "an address filter that allows the client": (
        filtered(*ALL, allows=(Prefix(4, CLIENT, 32),)), published(), "delivered", None,
    ),
    "an address filter of another unit": (filtered(*ALL, unit="other.service"), published(), "delivered", None),
    "a stopped process whose backlog is full": (
        network(inner=container_namespace((Socket("tcp", 4, None, 80, queued=2, backlog=1, halted=True),))),
        published(), "unanswered", "process-frozen",
    ),
}  # fmt: skip


@each_row(("net", "flow", "verdict", "reason"), CASES_UNSERVED.values(), ids=CASES_UNSERVED)
def test_whether_the_socket_serves_the_client(net: Network, flow: Flow, verdict: str, reason: str | None) -> None:
    trace = walk_flow(net, flow)
    stop = trace.usual.stop
    assert (trace.verdict, stop.reason if stop is not None else None) == (verdict, reason)
