"""What a text tells about the sockets and the names of a namespace that it does not list.

A client that was refused shows that nobody listens on the port that it asked.  A program that prints its address shows
where it listens.  A list of containers shows which ports the host has for them.
"""

import re

from hairpin.evidence.reading import HOST
from hairpin.evidence.told import Outcome
from hairpin.host.docker import Container
from hairpin.host.host import Host
from hairpin.host.known_ports import known_port, ports_of_image
from hairpin.netfilter.address import address_text
from hairpin.network.flow import Flow, FromContainer
from hairpin.network.network import Network
from hairpin.network.prefix import is_loopback
from hairpin.pasted.forms.outcomes.outcome import is_loopback as is_own
from hairpin.suppose.asked import HOST_PORTS, UNNAMED, ports_at_both
from hairpin.suppose.containers import REFUSING, is_known_to_lack, listeners_of, ports_without_listener
from hairpin.suppose.told import PERSONS
from hairpin.walk.decided import SocketDecided
from hairpin.walk.state import Stop

_FIRST_RANDOM = 32768
"""The first port that an engine takes for a container by itself (``-P``): net.ipv4.ip_local_port_range."""


def is_told_to_lack(network: Network, flow: Flow, stop: Stop, stated: tuple[Outcome, ...]) -> bool:
    """Return whether the text tells that no socket takes the packet where the walk stops.

    ``stated``: the failures of this flow, as the text states them.  If it states an answer, too, it tells of two
    moments, and only one of them is the packet's."""
    host = network.host(stop.netns.host)
    told = host.told
    places = {(each.host, each.port) for each in stated} | {(address_text(flow.daddr, flow.version), flow.dport)}
    if told is None or any(not each.failed and (each.host, each.port) in places for each in told.outcomes):
        return False
    if stated and stop.reason == "name-unknown":
        return _are_networks_told(host, flow)
    if not stated or stop.reason != "no-listener" or not isinstance(stop.decided_by, SocketDecided):
        return False
    if stop.netns.is_host:
        if isinstance(flow.start, FromContainer):
            return False
        is_told = _is_told_stopped(host, flow) or _is_told_unpublished(host, flow, stated)
        return is_told or _is_told_on_loopback(host, flow, stated)
    inside = [each for each in host.containers() if each.running and each.netns == stop.netns.name]
    port = stop.seen.packet.dport or 0
    if len(inside) != 1 or not (_is_told(host, inside[0]) or _was_taken_by_a_proxy(host, inside[0], port, stated)):
        return False
    if not listeners_of(host, inside[0]) and port in ports_without_listener(host, inside[0]):
        is_refused = any(each.result in REFUSING for each in stated)
        return is_refused or is_known_to_lack(host, inside[0], port)
    return _listens_elsewhere(host, inside[0], port, stated) or _is_refused_there(flow, inside[0], port, stated)


def is_served_elsewhere(network: Network, start: FromContainer, port: int) -> bool:
    """Return whether the host, or another container of which the text tells, has a socket of the TCP port.  A socket of
    the host is told by a listing, by an answer that a client got there, or it is a relay's for a container of which the
    text tells."""
    return any(
        (each.protocol, each.port) == ("tcp", port)
        for host in network.hosts
        for namespace in host.namespaces
        if host.netns.sibling(namespace.name) != start.netns and namespace.name != f"container:{UNNAMED}"
        if namespace.name != HOST
        or _are_sockets_told(host)
        or _is_of_told(host, port)
        or port in ports_at_both(host.told)
        for each in namespace.sockets
    )


def is_of_a_server(container: Container, port: int) -> bool:
    """Return whether the TCP port is the usual one of a server that the container is not: a database, a cache."""
    known = known_port(port, "tcp")
    own = {each.container_port for each in container.bindings} | {number for _, number in container.exposed}
    return known is not None and not known.serves_pages and port not in own | set(ports_of_image(container.image))


def _are_sockets_told(host: Host) -> bool:
    return host.told is None or (HOST, "sockets") in host.told.parts


def _is_of_told(host: Host, port: int) -> bool:
    """Return whether a container of which the text tells publishes the port."""
    own = (each for each in host.containers() if each.running and each.name != UNNAMED)
    return any(one.host_port == port for each in own for one in each.bindings)


def _is_told(host: Host, container: Container) -> bool:
    """Return whether the text shows the container, and hairpin did not make it for the question."""
    return host.told is not None and container.name in host.told.containers | host.told.typed


def _was_taken_by_a_proxy(host: Host, container: Container, port: int, stated: tuple[Outcome, ...]) -> bool:
    """Return whether a relay took the connection for a program that listens on loopback, as its line says.  Without a
    relay, and so without a container, a client of the host itself gets an answer there."""
    said = [each for each in listeners_of(host, container) if each.printed and not each.named]
    own = [each for each in said if each.port == port]
    return bool(own) and all(each.address for each in own) and all(each.result in ("reset", "empty") for each in stated)


# --- inside of a container -------------------------------------------------------------------------------------------


def _listens_elsewhere(host: Host, container: Container, port: int, stated: tuple[Outcome, ...]) -> bool:
    """Return whether the container's program says that it listens on loopback, or on another port while a client was
    refused.  A port that no well-known service has needs no refusal: programs of such services print no port of theirs,
    and other ones do.  While a socket listens on a port of one address, the kernel binds the port at all addresses to
    no other socket (net/ipv4/inet_connection_sock.c inet_csk_bind_conflict())."""
    said = [each for each in listeners_of(host, container) if each.printed]
    of_port = [each for each in said if each.port == port]
    is_refused = any(each.result in REFUSING for each in stated)
    if of_port:
        return all(each.address for each in of_port) and (is_refused or not any(each.named for each in of_port))
    meant = {each.host_port for each in container.bindings if each.container_port == port}
    meant -= {each.container_port for each in container.bindings}
    others = [each for each in said if each.line or each.port in meant]  # an argument is about one port of several
    return bool(others) and (is_refused or known_port(port, "tcp") is None)


def _is_refused_there(flow: Flow, container: Container, port: int, stated: tuple[Outcome, ...]) -> bool:
    """Return whether a client was refused at the container itself, at a port that only the host has for it."""
    if not isinstance(flow.start, FromContainer) or is_loopback(flow.daddr, flow.version):
        return False
    is_hosts = any(each.host_port == port != each.container_port for each in container.bindings)
    is_inner = any(each.container_port == port for each in container.bindings)
    names = {container.name, *container.service_names, address_text(flow.daddr, flow.version)}
    asked = (each for each in stated if each.host in names and each.port == flow.dport)
    return is_hosts and not is_inner and any(each.result == "refused" for each in asked)


def _are_networks_told(host: Host, flow: Flow) -> bool:
    """Return whether the text shows the networks of the container that asks for a name and of the one that has it.  If
    the one that has it is on the default network alone, no container finds its name, whoever asks."""
    named = host.containers_named(flow.asked_name)
    asking = host.container(flow.start.name) if isinstance(flow.start, FromContainer) else None
    placed = host.told.placed if host.told is not None else frozenset[str]()
    if named and all(_is_told(host, each) and each.name in placed and _is_nameless(host, each) for each in named):
        return True
    ends = [*named, *([asking] if asking is not None else [])]
    return bool(named) and len(ends) > len(named) and all(_is_told(host, each) and each.name in placed for each in ends)


def _is_nameless(host: Host, container: Container) -> bool:
    engine = host.engine_of(container)
    return set(engine.network_names(container)) == {engine.traits.default_network}


# --- at the host -----------------------------------------------------------------------------------------------------


def _is_told_unpublished(host: Host, flow: Flow, stated: tuple[Outcome, ...]) -> bool:
    """Return whether a client failed at a port of the host, and the text shows the container that has this port for
    itself and does not publish it."""
    own = [each for each in host.containers() if each.running]
    if not own or any(each.name == UNNAMED or not _is_told(host, each) for each in own):
        return False
    asked = (flow.protocol, flow.dport)
    is_alone = len(own) == 1
    if any((each.protocol, each.host_port) == asked and each.actual for one in own for each in one.bindings):
        return False
    if not any(_is_at_host(host, each, flow, own) for each in stated):
        return False
    if any(_has_port(host, each, flow) for each in own):
        return True
    is_refused = any(_is_refused_at_host(each, flow.dport) for each in stated)
    is_chosen = flow.dport < _FIRST_RANDOM and flow.dport not in HOST_PORTS
    return is_alone and not own[0].bindings and is_chosen and is_refused


def _is_refused_at_host(outcome: Outcome, port: int) -> bool:
    """Return whether a client was refused at the port of the host.  The program of a container may have asked its own
    loopback address; a person's client in a container has the container as its origin."""
    if not outcome.host:
        is_persons = _OF_PERSON.search(outcome.target) is not None
        return outcome.result == "refused" and is_persons and names_port(outcome.target, port)
    is_persons = outcome.tool in PERSONS or not is_own(outcome.host)
    is_of_host = outcome.origin == HOST or (not outcome.origin and bool(outcome.host) and is_persons)
    return is_of_host and outcome.port == port and outcome.result == "refused"


def _is_told_stopped(host: Host, flow: Flow) -> bool:
    """Return whether an output of the engine lists the container of the asked port as one that has ended.  A container
    that was only created met an error of the engine, which says more."""
    container = host.container(flow.container) if flow.container else None
    listed = host.told.containers if host.told is not None else frozenset[str]()
    asked = (flow.protocol, flow.dport)
    is_its = container is not None and asked in {(each.protocol, each.host_port) for each in container.bindings}
    has_ended = container is not None and container.status in ("exited", "restarting", "dead")
    return is_its and has_ended and container is not None and container.name in listed


def _is_at_host(host: Host, outcome: Outcome, flow: Flow, own: list[Container]) -> bool:
    """Return whether the client asked the host.  A loopback address is the host's if the client is there, if the text
    shows no second container in which a client may be, or if a person asks for a port that only the host has.  Where
    the text tells in words that something fails, an output of the engine has to list the container: the words may be
    about a later step of the service."""
    if outcome.port is not None and outcome.port != flow.dport:
        return False
    is_alone = len(own) == 1
    if not outcome.host:
        is_listed = host.told is not None and own[0].name in host.told.containers
        is_named = names_port(outcome.target, flow.dport)
        if is_named and outcome.result == "refused" and _OF_PERSON.search(outcome.target) is not None:
            return True
        return is_alone and (is_listed or outcome.result in REFUSING or is_named or _is_ignored(host, flow))
    if is_own(outcome.host):
        is_hosts = outcome.tool in PERSONS and not outcome.origin and any(_has_outside(each, flow) for each in own)
        return is_alone or outcome.origin == HOST or is_hosts
    return outcome.host == address_text(flow.daddr, flow.version)


def _is_told_on_loopback(host: Host, flow: Flow, stated: tuple[Outcome, ...]) -> bool:
    """Return whether a client failed at the port of another address of the host, and the text shows the container that
    publishes the port at the loopback address only."""
    container = host.container(flow.container) if flow.container else None
    if container is None or not container.running or not _is_told(host, container):
        return False
    if is_loopback(flow.daddr, flow.version):
        return False
    asked = (flow.protocol, flow.dport)
    every = [each for one in host.containers() for each in one.bindings if (each.protocol, each.host_port) == asked]
    is_local = all(each.host_ip is not None and is_loopback(each.host_ip, each.version) for each in every)
    return bool(every) and is_local and any(_asks_another_address(each, flow.dport) for each in stated)


def _asks_another_address(outcome: Outcome, port: int) -> bool:
    """Return whether the client asked the port at an address or a name that is no loopback address."""
    if outcome.host:
        return outcome.port == port and not is_own(outcome.host)
    named = re.finditer(rf"(?P<host>[\w.>-]*[^\W\d][\w.>-]*|\d+(?:\.\d+){{3}}):{port}(?![\d:])", outcome.target)
    hosts = [each["host"] for each in named]
    return bool(hosts) and not any(map(is_own, hosts))


def _has_outside(container: Container, flow: Flow) -> bool:
    """Return whether the text publishes the asked port for the container, whose own port has another number.  A person
    asks for such a port at the host."""
    bindings = [each for each in container.bindings if each.protocol == flow.protocol]
    return any(each.host_port == flow.dport != each.container_port for each in bindings)


def names_port(sentence: str, port: int) -> bool:
    """Return whether the sentence names the port behind the loopback address or the host's own name for it."""
    if _BINDS.search(sentence) is not None:
        return False  # a server's error, not a client's
    number = rf"(?:`?:`?{port}\b)" if port != _HTTP else rf"(?<=http://localhost)(?![\w:.-])|`?:`?{port}\b"
    return re.search(rf"(?:localhost|127\.0\.0\.1|0\.0\.0\.0)(?:{number})", sentence) is not None


_HTTP = 80
_BINDS = re.compile(r"\bbind\b|\blisten(?:ing)?\b", re.IGNORECASE)
_OF_PERSON = re.compile(r"\bERR_[A-Z]|\bbrowser\b|\bI open\b|浏览器|\bactively refused it\b", re.IGNORECASE)
"""Matches words about a page that a person opens, or what Windows says to a client: no container of Linux prints it."""


def _is_ignored(host: Host, flow: Flow) -> bool:
    """Return whether the port is typed for a container that has the host's network, or that is on internal networks
    only: the engine ignores it."""
    own = host.container(flow.container) if flow.container else None
    asked = (flow.protocol, flow.dport)
    typed = [each for each in own.bindings if (each.protocol, each.host_port) == asked] if own is not None else []
    if own is None or not typed:
        return False
    if own.network_mode == "host":
        return any(each.container_port != each.host_port for each in typed)
    return host.is_internal(own) and not any(each.actual for each in typed)


def _has_port(host: Host, container: Container, flow: Flow) -> bool:
    """Return whether the text shows that the container has the port for itself, or that the host has it for the
    container with another protocol or on a network where no port is open."""
    inner = {each.container_port for each in container.bindings if each.protocol == flow.protocol}
    outer = {each.host_port for each in container.bindings if each.protocol != flow.protocol or not each.actual}
    exposed = {number for protocol, number in container.exposed if protocol == flow.protocol}
    said = {each.port for each in listeners_of(host, container) if each.printed}
    served = {*said, *ports_of_image(container.image)} if flow.protocol == "tcp" else set[int]()
    return flow.dport in inner | outer | exposed | served
