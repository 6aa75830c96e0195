"""Finds the container of a question about a pasted text, if no output of the text lists containers."""

import re
from collections.abc import Iterator
from ipaddress import ip_address, ip_network

import msgspec

from hairpin.errors import UsageError
from hairpin.evidence.reading import HOST
from hairpin.evidence.told import Outcome, ToldParts
from hairpin.host.docker import Container, Endpoint, Engine, PortBinding
from hairpin.host.host import Host, Namespace
from hairpin.netfilter.ir import Nat
from hairpin.network.prefix import inside, is_loopback
from hairpin.pasted.forms.outcomes.outcome import is_loopback as is_own
from hairpin.question.asked import Target
from hairpin.question.target import is_outside_name, parse_target
from hairpin.suppose.hints.captured import is_of_container
from hairpin.suppose.hints.told_facts import fields_of

UNNAMED = "CONTAINER"
"""The name that hairpin gives a container whose name the text does not show."""
_ADDRESS_BITS = 32
_POOLS = (ip_network("172.16.0.0/12"), ip_network("10.88.0.0/15"), ip_network("fd00::/8"))
_OWN_MODES = ("default", "host", "none", "container", "slirp4netns", "pasta")
SERVED_PORTS = frozenset((2375, 2376, 2377, 2379, 2380, 6443, 7946, 9345, 10250, 10257, 10259, 16443))
"""Ports of services that run on the host itself: dockerd and Swarm, etcd, and the API server, the kubelet and the
controllers of Kubernetes.

Source: the reference "Ports and Protocols" of Kubernetes, and the documentation of k3s, MicroK8s and
Docker
"""
HOST_PORTS = frozenset((22, 53, *SERVED_PORTS))
"""Ports on which usually a service of the host itself listens: these, sshd and a name server."""


def counting_failures(told: ToldParts) -> Iterator[Outcome]:
    """Yield the failures that the text states and that are about a connection to or from this host."""
    yield from (each for each in told.outcomes if each.failed and not is_of_container(each))


def targets_of(told: ToldParts) -> tuple[Target, ...]:
    """Return the targets of the failures that the text states, each once.  A container that asks its own loopback
    address asks for no port of the host.  If the text names neither a target nor a container, its failure is about the
    ports at whose loopback address programs listen, as their logs say."""
    failures = tuple(counting_failures(told))
    found = dict.fromkeys(target_of(each) for each in failures if not asks_itself(each))
    if any(found) or told.containers or told.typed or not failures:
        return tuple(each for each in found if each is not None)
    local = (each.port for each in told.listeners if each.printed and each.address and not each.named)
    return tuple(Target(port=each) for each in dict.fromkeys(local))


def sender_of(told: ToldParts) -> str:
    """Return the container from which the clients that failed asked; empty if the text names none, or several."""
    names = {each.origin.removeprefix("container:") for each in counting_failures(told) if "container:" in each.origin}
    return names.pop() if len(names) == 1 and UNNAMED not in names else ""


def asks_itself(outcome: Outcome) -> bool:
    """Return whether a client in a container asked its own loopback address."""
    return outcome.origin.startswith("container:") and is_own(outcome.host)


def ports_at_both(told: ToldParts | None) -> frozenset[int]:
    """Return the TCP ports at which a container was refused by its own loopback address, while a client on the host got
    an answer from the host's."""
    outcomes = [each for each in told.outcomes if is_own(each.host) and each.protocol == "tcp"] if told else []
    refused = {each.port for each in outcomes if each.result == "refused" and "container:" in each.origin}
    answered = {each.port for each in outcomes if not each.failed and each.origin == HOST}
    return frozenset(each for each in refused & answered if each is not None)


def target_of(outcome: Outcome) -> Target | None:
    """Return the target of the outcome's client; None if the target is no port of an address or container.  The name of
    an outside host does not count as a target."""
    if not outcome.host or outcome.port is None or outcome.protocol == "icmp":
        return None
    if "." in outcome.host and re.search("[A-Za-z]", outcome.host):
        return None  # a name of the outside
    place = f"[{outcome.host}]" if ":" in outcome.host else outcome.host
    try:
        return parse_target(f"{place}:{outcome.port}" + ("/udp" if outcome.protocol == "udp" else ""))
    except UsageError:
        return None


def with_asked_container(host: Host, asked: tuple[Target, ...], asking: str = "") -> Host:
    """Return the host with a container for each name in the question, and one more container that publishes all other
    ports in the question.  Inside, the port is the one to which a told rule translates, otherwise the same.
    ``asking``: the container that asks; empty if none does."""
    called = (each.container for each in asked if each.container is not None and not is_outside_name(each.container))
    named = (*called, *((asking,) if asking else ()))
    names = dict.fromkeys(each for each in named if not _is_elsewhere(each) and not host.containers_named(each))
    ports = tuple(
        (each.protocol or "tcp", each.port)
        for each in asked
        if each.container is None and each.port is not None and each.port not in HOST_PORTS
    )
    entered = tuple(each for each in _told_inside(host) if each.name not in names)
    made = [_container(name, asked) for name in names]
    if ports:
        bindings = tuple(
            PortBinding("udp" if protocol == "udp" else "tcp", _inner_port(host, port), port)
            for protocol, port in dict.fromkeys(ports)
            if protocol != "icmp"
        )
        # The one container into which the text looks is the one that is asked about.
        alone = entered[0] if len(entered) == 1 else Container("0" * 12, UNNAMED, "running")
        entered = () if len(entered) == 1 else entered
        made.append(msgspec.structs.replace(alone, bindings=bindings))
    made += entered
    if not made and not host.containers():
        made.append(Container("0" * 12, UNNAMED, "running"))
    if not made:
        return host
    engine = host.engines[0] if host.engines else Engine("docker", "")
    changed = msgspec.structs.replace(engine, containers=(*engine.containers, *made))
    return msgspec.structs.replace(host, engines=(changed, *host.engines[1:]))


def with_asking_container(host: Host, asked: tuple[Target, ...], asking: str) -> Host:
    """Return the host with the container that asks, if the outputs that list containers do not list it.

    It is on the networks of the asked container; if the question names none, on those of the first listed container
    that is on a network of its own.  Containers that ask each other are mostly of one Compose project."""
    if not asking or not host.containers() or host.containers_named(asking) or _is_elsewhere(asking):
        return host
    named = [each for target in asked if target.container for each in host.containers_named(target.container)]
    others = [each for each in host.containers() if each.running and _is_beside_others(host, each)]
    like = next(iter((*named, *others)), Container("", "", ""))
    ends = tuple(Endpoint(each.network, each.network_id) for each in like.endpoints)
    mode = like.network_mode if _is_beside_others(host, like) else "default"
    made = Container(asking[:12], asking, "running", network_mode=mode, endpoints=ends, project=like.project)
    engine = host.engine_of(like) if like.name else host.engines[0]
    changed = msgspec.structs.replace(engine, containers=(*engine.containers, made))
    return msgspec.structs.replace(host, engines=tuple(changed if each is engine else each for each in host.engines))


def _is_beside_others(host: Host, container: Container) -> bool:
    """Return whether the container is on a network that somebody made."""
    return container.mode not in (*_OWN_MODES, host.engine_of(container).traits.default_network)


def _is_elsewhere(name: str) -> bool:
    """Return whether the name is an address that engines give to no container by themselves."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return not is_of_pool(name)


def is_of_pool(text: str) -> bool:
    """Return whether the text is an address of the pools from which engines give addresses to containers."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return any(address in each for each in _POOLS)


def _inner_port(host: Host, port: int) -> int:
    """Return the port to which a told rule translates the port for all clients; the same port if no rule does."""
    tables = host.own.ruleset.tables if host.own is not None else ()
    for table in (each for each in tables if each.name == "nat"):
        for rule in (rule for chain in table.chains for rule in chain.rules):
            matched = fields_of(rule)
            translated = next((each for each in rule.body if isinstance(each, Nat) and each.nat == "dnat"), None)
            if matched.get("dport") == ((port, port),) and "saddr4" not in matched and translated is not None:
                return translated.ports[0] if translated.ports is not None else port
    return port


def _told_inside(host: Host) -> Iterator[Container]:
    """Yield a container for each container whose inside the text shows although no output lists the container."""
    listed = {each.name for each in host.containers()}
    for each in host.namespaces:
        kind, _, name = each.name.partition(":")
        if kind != "container" or name in listed:
            continue
        ends = tuple(
            Endpoint(_network_with(host, address), ipv4=address, ipv4_prefix_length=length, fixed4=address)
            for address, length in _own_addresses(each)
        )
        yield Container(name[:12], name, "running", endpoints=ends[:1])


def _own_addresses(inner: Namespace) -> Iterator[tuple[int, int]]:
    """Yield the IPv4 addresses of a container with their prefix lengths, from the listing of its addresses or from its
    routes."""
    yield from (
        (each.value, each.prefix_length) for each in inner.addresses if each.version == 4 and each.scope == "global"
    )
    for each in inner.routes:
        is_connected = 0 < each.prefix_length < _ADDRESS_BITS and all(hop.gateway is None for hop in each.next_hops)
        if each.version == 4 and each.prefsrc is not None and is_connected and not is_loopback(each.prefsrc, 4):
            yield each.prefsrc, each.prefix_length


def _network_with(host: Host, address: int) -> str:
    """Return the name of the told network that has the address; the name of the default network if no told network has
    it."""
    for network in (each for engine in host.engines for each in engine.networks):
        blocks = (each for each in network.subnets if each.version == 4)
        if any(inside(address, each.network, each.prefix_length, 4) for each in blocks):
            return network.name
    return "bridge"


def _container(name: str, asked: tuple[Target, ...]) -> Container:
    ports = tuple((each.protocol or "tcp", each.port) for each in asked if each.container == name and each.port)
    exposed = tuple((protocol, port) for protocol, port in ports if protocol != "icmp")
    return Container(name[:12], name, "running", exposed=exposed)
