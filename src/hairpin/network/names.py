"""Name servers of containers, and the names that an engine's own name server knows.

Docker's resolver (127.0.0.11) knows the containers on the networks of the asking container, except the default network.
Podman's resolver (aardvark-dns, on the gateway) knows the containers on networks with ``dns_enabled``, which Podman's
default network lacks.

Source: moby libnetwork/network.go needResolver(), sandbox_dns_unix.go; resolv.conf(5); aardvark-dns README
"""

from typing import Literal

from hairpin.host.docker import Container, Endpoint, Engine
from hairpin.host.host import Host, Namespace
from hairpin.host.socket import Socket
from hairpin.network.prefix import Version, address_text, is_loopback, parse_address

EMBEDDED = 0x7F00000B
"""127.0.0.11: Docker's resolver for containers on user-defined networks."""
_LOCALHOST = 0x7F000001
_RESOLV_CONF, _OF_RESOLVED = "/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"
STUB = 0x7F000035
"""127.0.0.53: the address at which systemd-resolved answers the programs of the host.

Source: systemd-resolved.service(8)"""
_WITHOUT_NAMES = ("bridge", "host", "none")
"""Docker's predefined networks, on which Docker's resolver resolves no container names."""
_BY_HOST = "host("
Known = Literal["known", "unknown", "undecided"]


def servers_of(host: Host, container: Container) -> tuple[tuple[Version, int], ...]:
    """Return the container's name servers, in the order of its resolv.conf.

    If the file names no server, the server is 127.0.0.1: resolv.conf(5)."""
    own = container.resolvers
    if own is None and has_embedded(host, container):
        return ((4, EMBEDDED),)
    found = _addresses(own if own is not None else _servers_for(host, container))
    return found if found or own is None else ((4, _LOCALHOST),)


def upstreams_of(host: Host, container: Container) -> tuple[tuple[Version, int], ...]:
    """Return the name servers that Docker's resolver asks from the container's namespace for unknown names, in their
    order: those since the container's start, if its resolv.conf names them.

    A loopback address in an option is the container's own.  Source: moby libnetwork/sandbox_dns_unix.go setupDNS(),
    checkLoopback"""
    since_start = host.network_owner(container).upstreams
    if since_start is not None:
        return _addresses(tuple(each for each in since_start if not each.startswith(_BY_HOST)))
    return _addresses(container.dns or host.engine_of(container).dns or nameservers(host))


def upstreams_by_host(host: Host, container: Container) -> tuple[tuple[Version, int], ...]:
    """Return the name servers that Docker's resolver in the container asks from the host's namespace, in their order:
    those of the host's file, since Docker 26.

    Source: moby libnetwork/internal/resolvconf/resolvconf.go ExtDNSEntry.String(), TransformForIntNS()"""
    told = host.network_owner(container).upstreams or ()
    return _addresses(tuple(each.removeprefix(_BY_HOST).rstrip(")") for each in told if each.startswith(_BY_HOST)))


def servers_by_ipv6(host: Host, container: Container) -> tuple[int, ...]:
    """Return the IPv6 addresses of the name servers that are asked from the container's namespace, in their order.
    Return nothing if one of them has an IPv4 address.

    Only the container's own resolv.conf and options count.  An engine leaves the IPv6 servers of the host's resolv.conf
    out for a container without IPv6, or asks them from the host's namespace (Docker's resolver, from 26.0 on).  Source:
    moby daemon/libnetwork/internal/resolvconf/resolvconf.go TransformForIntNS(), libnetwork/resolvconf
    FilterResolvDNS()"""
    asked = servers_of(host, container)
    if (4, EMBEDDED) in asked or container.resolvers is None:
        asked = upstreams_of(host, container) if container.dns or host.engine_of(container).dns else ()
    if any(version == 4 for version, _ in asked):
        return ()
    return tuple(server for _, server in asked if not is_loopback(server, 6))


def _servers_for(host: Host, container: Container) -> tuple[str, ...]:
    """Return the name servers that the engine gives the container: the servers in the container's options, or else the
    daemon's servers, or else the host's.  Source: moby daemon/container_operations.go buildSandboxOptions()"""
    return container.dns or host.engine_of(container).dns or nameservers(host)


def has_embedded(host: Host, container: Container) -> bool:
    """Return whether Docker gives the container a resolver, as it does on every network that a user made."""
    engine = next(
        (each for each in host.engines if each.traits.embedded_resolver and container in each.containers), None
    )
    return engine is not None and any(each.network not in _WITHOUT_NAMES for each in _ends(engine, container))


def is_embedded(host: Host, container: Container | None, server: tuple[Version, int]) -> bool:
    """Return whether ``server`` is the address of Docker's resolver in the container, whether or not the resolver
    runs."""
    return container is not None and host.engine_of(container).traits.embedded_resolver and server == (4, EMBEDDED)


def nameservers(host: Host) -> tuple[str, ...]:
    """Return the name servers in the engine's resolv.conf that the engine copies to containers: all but loopback
    addresses."""
    return tuple(each for each in _named_in(host, resolv_conf_of_engine(host)) if not _is_loopback(each))


def servers_of_engine(host: Host) -> tuple[tuple[Version, int], ...]:
    """Return the name servers of the host as the engine reads them, in their order."""
    return _addresses(_named_in(host, resolv_conf_of_engine(host)))


def resolv_conf_of_engine(host: Host) -> str:
    """Return the path of the file from which the engine reads the host's name servers: systemd-resolved's own file if
    /etc/resolv.conf names only its stub.

    Source: moby libnetwork/resolvconf/resolvconf.go Path(); containers/common libnetwork/resolvconf getDefaultResolv()
    """
    has_own = any(file.path == _OF_RESOLVED for file in host.files)
    return _OF_RESOLVED if has_own and _named_in(host, _RESOLV_CONF) == (address_text(STUB, 4),) else _RESOLV_CONF


def servers_of_host(host: Host) -> tuple[tuple[Version, int], ...]:
    """Return the host's own name servers, in the order of its /etc/resolv.conf."""
    return _addresses(_named_in(host, _RESOLV_CONF))


def _named_in(host: Host, path: str) -> tuple[str, ...]:
    texts = (file.text for file in host.files if file.path == path)
    lines = (line.split() for text in texts for line in text.splitlines())
    named = (words[1] for words in lines if len(words) > 1 and words[0] == "nameserver")
    return tuple(each for each in named if _addresses((each,)))


def serving(engine: Engine, container: Container) -> tuple[str, ...]:
    """Return the names of the container's networks on which the engine's name server resolves container names."""
    return tuple(each.network for each in _ends(engine, container) if _serves(engine, each.network))


def looked_up_on(host: Host, asking: Container, own: Namespace | None) -> tuple[str, ...]:
    """Return the names of the container's networks on which the engine's name server resolves names, in the order in
    which it looks a name up.  The first network on which a container has the name decides the answer.  ``own``: the
    container's namespace.

    Docker's resolver begins with the network of the default route, which has the highest gateway priority, and takes
    internal networks last.  Podman's name server answers with the address on the network at which it was asked:
    resolv.conf's first server.

    Source: moby libnetwork/sandbox.go ResolveName(), endpoint.Less(); aardvark-dns src/backend/mod.rs lookup(),
    measured with aardvark-dns 1.4.0"""
    engine = host.engine_of(asking)
    names = serving(engine, asking)
    if not engine.traits.embedded_resolver:
        asked = servers_of(host, asking)
        places = {name: _gateways(engine, name) for name in names}
        return tuple(sorted(names, key=lambda each: _first_of(asked, places[each])))
    ends = {each.network: each for each in _ends(engine, asking)}
    internal = {each.name for each in engine.networks if each.internal}
    routes = own.routes if own is not None else ()
    ways = {hop.gateway for each in routes if not each.prefix_length for hop in each.next_hops}

    def rank(name: str) -> tuple[bool, bool, bool, str]:
        end = ends[name]
        is_way = end.gateway4 is not None and end.gateway4 in ways
        return not is_way, name in internal, end.ipv4 is None or end.ipv6 is None, name

    return tuple(sorted(names, key=rank))


def _gateways(engine: Engine, network: str) -> tuple[tuple[Version, int | None], ...]:
    known = engine.network(network)
    return tuple((each.version, each.gateway) for each in known.subnets) if known is not None else ()


def _first_of(asked: tuple[tuple[Version, int], ...], servers: tuple[tuple[Version, int | None], ...]) -> int:
    """Return the place in ``asked`` of the first of the servers."""
    return next((place for place, each in enumerate(asked) if each in servers), len(asked))


def _ends(engine: Engine, container: Container) -> tuple[Endpoint, ...]:
    """Return the endpoints of the container's network: its own, or those of the container X of ``--network
    container:X``, whose name server both use."""
    owners = (each for each in engine.containers if container.joins(each)) if container.joined else iter(())
    return next(owners, container).endpoints


def _serves(engine: Engine, name: str) -> bool:
    if engine.traits.embedded_resolver:
        return name not in _WITHOUT_NAMES
    known = engine.network(name)
    return known is not None and known.dns_enabled is True


def are_nameless(host: Host, asking: Container, asked: Container) -> bool:
    """Return whether one of two containers of an engine is only on networks without name resolution, such as Docker's
    default network.  Return False for containers of one Compose project, which are meant to use names."""
    engine = host.engine_of(asking)
    if asked not in engine.containers or asking.on_host_network or asked.on_host_network:
        return False
    if asking.project and asking.project == asked.project:
        return False
    alone = next((each for each in (asking, asked) if not serving(engine, each)), None)
    return alone is not None and bool(host.pod_holder(alone).endpoints)


def is_engines(engine: Engine, asking: Container, server: tuple[Version, int]) -> bool:
    """Return whether the name server is the engine's own, which resolves container names."""
    if engine.traits.embedded_resolver:
        return server == (4, EMBEDDED)
    served = (engine.network(each) for each in serving(engine, asking))
    return any((one.version, one.gateway) == server for each in served if each is not None for one in each.subnets)


def knows(host: Host, asking: Container, server: tuple[Version, int], name: str) -> Known:
    """Return whether the asking container's own /etc/hosts has the name, or the name server at this address resolves
    it.  The result is ``undecided`` if the server is not the engine's, or if the engine's server forwards the name,
    because the name has a dot.  The server does not forward ``tasks.NAME`` of a swarm."""
    engine = host.engine_of(asking)
    if name in asking.extra_names or (asking.on_host_network and name in _in_hosts_file(host)):
        return "known"
    if not is_engines(engine, asking, server):
        return "undecided"
    known = serving(engine, asking)
    if any(name in names_on(engine, each) for each in known):
        return "known"
    apart = (name.removesuffix(f".{each}") for each in known if engine.traits.embedded_resolver)
    if any(short != name and short in names_on(engine, each) for each, short in zip(known, apart, strict=False)):
        return "known"
    of_tasks = any(each.is_task and name == f"tasks.{each.service}" for each in engine.containers)
    return "undecided" if "." in name and not of_tasks else "unknown"


def _in_hosts_file(host: Host) -> frozenset[str]:
    """Return the names in the host's own /etc/hosts.  A container on the host's network has a copy of this file."""
    return frozenset(name for words in hosts_file(host) for name in words[1:])


def hosts_file(host: Host) -> tuple[list[str], ...]:
    """Return the words of each line of the host's own /etc/hosts: an address and its names.  Source: hosts(5)"""
    texts = (file.text for file in host.files if file.path == "/etc/hosts")
    return tuple(line.partition("#")[0].split() for text in texts for line in text.splitlines())


def names_on(engine: Engine, network: str) -> frozenset[str]:
    """Return the names by which the containers on a network can resolve the network's running containers."""
    return frozenset(
        name
        for container in engine.containers
        if container.running
        for endpoint in container.endpoints
        if endpoint.network == network
        for name in names_at(container, endpoint)
    )


def names_at(container: Container, endpoint: Endpoint) -> tuple[str, ...]:
    """Return the names of a container on one of its networks.  A swarm task also has the names of its service."""
    of_service = container.service_names if container.is_task else ()
    return (container.name, container.id[:12], *endpoint.aliases, *of_service)


def _addresses(texts: tuple[str, ...]) -> tuple[tuple[Version, int], ...]:
    found: list[tuple[Version, int]] = []
    for text in texts:
        if "%" in text:
            continue  # a link-local address; only the container knows its link
        try:
            found.append(parse_address(text))
        except ValueError:
            continue
    return tuple(dict.fromkeys(found))


def _is_loopback(text: str) -> bool:
    return any(is_loopback(value, version) for version, value in _addresses((text,)))


def resolver_program(engine: Engine) -> str:
    """Return the program that is the name server of Podman's networks."""
    return "dnsmasq" if engine.network_backend == "cni" else "aardvark-dns"


def takes_place_of_resolver(engine: Engine, socket: Socket) -> bool:
    """Return whether another program has the socket at which the name server of a Podman network should answer."""
    other = socket.process is not None and not socket.process.startswith(resolver_program(engine))
    return not engine.traits.embedded_resolver and other
