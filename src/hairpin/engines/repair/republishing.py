"""The effects of publishing a port: the engine's rules and its docker-proxy."""

from collections.abc import Iterable, Iterator

import msgspec

from hairpin.change.change import AddChain, AddSocket, Change, InsertRule, Primitive, SetSysctl
from hairpin.engines import podman
from hairpin.engines.docker.chains import BUILT_IN
from hairpin.engines.docker.gateway_bridge import is_overlay, with_gateway_endpoint
from hairpin.engines.missing import Missing, missing_for, missing_of
from hairpin.engines.repair.restoring import restoring_all
from hairpin.host.docker import Container, Endpoint, Engine, PortBinding
from hairpin.host.host import Host, Namespace
from hairpin.host.netns import Netns
from hairpin.host.read.engines.relays import proxy_target
from hairpin.host.socket import Relay, Socket
from hairpin.message import Message, message
from hairpin.netfilter.iptables.spelled import spelled
from hairpin.netfilter.ir import Chain, Expression, Family, Field, FieldMatch, Table
from hairpin.network.prefix import Version, address_text


def published_everywhere(host: Host, container: Container, binding: PortBinding) -> Change:
    """Return the change after which the binding's port is published on every address of the host."""
    everywhere = msgspec.structs.replace(binding, host_ip=None)
    bindings = tuple(everywhere if each == binding else each for each in container.bindings)
    changed = msgspec.structs.replace(container, bindings=bindings)
    name = recreated_name(host, container)
    advice = message("recreate {container} with its port published on every address", container=name)
    rules = tuple(rules_with(host, container, changed)) or tuple(_without_address(host, binding))
    return Change((*rules, *relays(host, container, everywhere, advice)))


def _without_address(host: Host, binding: PortBinding) -> Iterator[InsertRule]:
    """Yield the host's rules for the binding's port and address again, each without its match on the address, and in
    front of that rule.  If hairpin does not know all rules of the engine's release, the rules for another address are
    still those of the present address.

    Source: netavark src/firewall/nft.rs, src/firewall/varktables/types.rs: ``host_ip`` adds only that match"""
    field: Field = "daddr4" if binding.version == 4 else "daddr6"
    address = (binding.host_ip or 0, binding.host_ip or 0)
    for table in host.namespace(host.netns.name).ruleset.tables if binding.host_ip is not None else ():
        for chain in table.chains:
            for number, rule in enumerate(chain.rules, 1):
                own = [each for each in rule.body if isinstance(each, FieldMatch) and not each.negated]
                at = [each for each in own if (each.field, each.ranges) == (field, (address,))]
                port = ((binding.host_port, binding.host_port),)
                if len(at) == 1 and any((each.field, each.ranges) == ("dport", port) for each in own):
                    body = tuple(each for each in rule.body if each is not at[0])
                    made = msgspec.structs.replace(rule, body=body, text=_words(body, table, chain))
                    yield InsertRule(host.netns, table.dialect, table.family, table.name, chain.name, made, number)


def _words(body: tuple[Expression, ...], table: Table, chain: Chain) -> str:
    if table.dialect == "nft":
        from hairpin.netfilter.nft.spelled import spelled as nft_words  # noqa: PLC0415 - few hosts need it

        return nft_words(body, table)
    return spelled(body, chain.name, "ip6" if table.family == "ip6" else "ip")


def published_too(
    host: Host, container: Container, binding: PortBinding, said: Message | None = None
) -> tuple[Primitive, ...]:
    """Return the parts of the change that gives the container the binding in addition to its other bindings.

    ``said``: the advice to a person for this change."""
    changed = msgspec.structs.replace(container, bindings=(*container.bindings, binding))
    return (
        *rules_with(host, container, changed),
        *_route_localnet(host, container),
        *relays(host, container, binding, said or recreated_with(host, container, binding)),
    )


def _route_localnet(host: Host, container: Container) -> Iterator[SetSysctl]:
    """Yield the sysctls that Podman's back end sets with the first published port of a network: packets of the host's
    loopback addresses are then routed to the bridge.

    Source: netavark src/network/bridge.rs; plugins/meta/portmap of CNI"""
    engine = host.engine_of(container)
    if engine.kind != "podman" or engine.rootless:
        return
    known = host.namespace(host.netns.name).sysctls
    for name in engine.network_names(container):
        joined = engine.network(name)
        if joined is not None and joined.driver == "bridge" and joined.bridge is not None:
            path = ("net", "ipv4", "conf", joined.bridge, "route_localnet")
            if known.text(*path) == "0":
                yield SetSysctl(host.netns, path, "1")


def recreated_with(host: Host, container: Container, binding: PortBinding) -> Message:
    """Return the advice for a further binding, which an existing container cannot get."""
    name = recreated_name(host, container)
    return message("recreate {container} with -p {port} as well", container=name, port=option_of(binding))


def recreated_name(host: Host, container: Container) -> Message | str:
    """Return the name of the container or pod that has to be recreated to change the ports: the pod, if it has the
    ports."""
    return host.told_as(host.pod_holder(container))


def recreated_behind(host: Host, owner: Container) -> tuple[Message, ...]:
    """Return the advice on the containers that share the network of a recreated container; a pod is recreated as a
    whole."""
    sharers = host.sharers_of(owner)
    if not sharers or host.engine_of(owner).kind == "podman":
        return ()
    return (
        message(
            "recreate {sharers}, too, once the new {owner} runs: until then they stay in the network of the old "
            "{owner} (compose: up -d --force-recreate {names})",
            sharers=", ".join(each.name for each in sharers),
            names=" ".join(each.service or each.name for each in sharers),
            owner=owner.name,
        ),
    )


def option_of(binding: PortBinding, *, container_port: int | None = None, protocol: str = "") -> str:
    """Return the argument of ``-p`` for the binding, with another container port or protocol if one is given."""
    address = "" if binding.host_ip is None else address_text(binding.host_ip, binding.version)
    at = f"[{address}]:" if ":" in address else f"{address}:" if address else ""
    behind = f"/{protocol or binding.protocol}".removesuffix("/tcp")
    return f"{at}{binding.host_port}:{container_port or binding.container_port}{behind}"


def rules_with(host: Host, container: Container, changed: Container) -> Iterator[Primitive]:
    """Yield the rules that the engine of ``container`` adds when ``changed`` replaces ``container``."""
    for engine in host.engines:
        if container in engine.containers:
            yield from added_rules(host, engine.with_container(changed), changed)


def added_rules(host: Host, engine: Engine, container: Container) -> Iterator[Primitive]:
    """Yield the rules that the engine, in the given state, adds for the container, each at the engine's position."""
    if not engine.traits.has_daemon:
        # Podman does not rewrite rules while a container runs, so all missing rules are this container's.
        lacking = missing_of(host, engine)
        alike = podman.in_known_form(engine, container) if lacking.undecided else None
        lacking = missing_of(host, alike) if alike is not None else lacking
        yield from restoring_all(lacking, host.netns, host.namespace(host.netns.name)).parts
        return
    yield from insertions_of(host.netns, missing_for(host, engine, container.name))


def insertions_of(netns: Netns, lacking: Missing) -> Iterator[Primitive]:
    """Yield the insertions of the missing rules, each at the engine's position."""
    for rule in lacking.rules:
        position = 1 if rule.position == "first" else None
        yield InsertRule(netns, lacking.dialect, rule.family, rule.table, rule.chain, rule.rule, position)


def lacks_a_chain(parts: Iterable[Primitive], namespace: Namespace) -> bool:
    """Return whether an inserted rule needs a chain that does not exist.

    Docker then cannot start the container, because iptables says "No chain/target/match by that name".  Built-in chains
    do not count, because iptables makes them itself."""
    made: set[tuple[Family, str, str]] = set()
    for each in parts:
        if isinstance(each, AddChain):
            made.add((each.family, each.table, each.chain))
        elif isinstance(each, InsertRule) and each.chain not in BUILT_IN.get(each.table, ()):
            table = namespace.ruleset.table(each.family, each.table, each.dialect)
            there = table is not None and table.chain(each.chain) is not None
            if not there and (each.family, each.table, each.chain) not in made:
                return True
    return False


def relays(
    host: Host, container: Container, binding: PortBinding, advice: Message | None = None
) -> Iterator[Primitive]:
    """Yield the socket of the program that relays the binding's connections: docker-proxy, if the engine uses it, or
    the program of a user's own network.  ``advice`` tells a person how to get this socket."""
    engine = host.engine_of(container)
    if host.has_user_stack(container):
        socket = _as_now(host, binding) or (relay_of_user(container, binding) if engine.kind == "podman" else None)
    elif engine.kind == "docker" and engine.userland_proxy is not False:
        known = with_gateway_endpoint(host, engine, container)
        socket = _docker_proxy(engine, known, binding, binding.version, binding.host_ip)
    else:
        socket = None
    if socket is not None:
        yield AddSocket(host.netns, socket, advice or recreated_with(host, container, binding))


def _as_now(host: Host, binding: PortBinding) -> Socket | None:
    """Return the socket that relays this port now, at the binding's address; None if no socket does."""
    for each in host.namespace(host.netns.name).sockets:
        if each.engine_relay is not None and (each.protocol, each.port) == (binding.protocol, binding.host_port):
            return msgspec.structs.replace(each, version=binding.version, address=binding.host_ip)
    return None


def relay_of_user(container: Container, binding: PortBinding) -> Socket | None:
    """Return the socket of the program that takes the connections to a port of a Podman container on no bridge of the
    host.  Return None for SCTP, whose sockets are not modelled.  Source: podman pkg/rootlessport; passt(1)"""
    if binding.protocol == "sctp":
        return None
    process = "pasta" if container.mode == "pasta" else "rootlessport"
    own = next((each.ipv4 for each in container.endpoints if each.ipv4 is not None), None)
    relay = Relay(4, own or 0, binding.container_port, netns=container.netns) if container.netns is not None else None
    return Socket(binding.protocol, binding.version, binding.host_ip, binding.host_port, process=process, relay=relay)


def relay_at(
    host: Host, container: Container, binding: PortBinding, version: Version, address: int
) -> AddSocket | None:
    """Return the part of a change that adds the socket of the binding's docker-proxy, or of the program of a user's own
    network, only on the given address; None if the container can have none.

    If the container has no address of this version, docker-proxy stands for a network that has addresses of it."""
    engine = host.engine_of(container)
    if host.has_user_stack(container):
        socket = _as_now(host, msgspec.structs.replace(binding, version=version, host_ip=address))
    else:
        socket = _docker_proxy(engine, container, binding, version, address) or _docker_proxy(
            engine, container, binding, 6, address
        )
    if socket is None:
        return None
    socket = msgspec.structs.replace(socket, version=version)
    where = f"[{address_text(address, version)}]" if version == 6 else address_text(address, version)
    port = f"{where}:{binding.host_port}:{binding.container_port}/{binding.protocol}"
    advice = message(
        "recreate {container} with its port published on the address that the client asked: -p {port}",
        container=container.name,
        port=port,
    )
    return AddSocket(host.netns, socket, advice)


def _docker_proxy(
    engine: Engine, container: Container, binding: PortBinding, version: Version, address: int | None
) -> Socket | None:
    """Return the socket of docker-proxy.  Return None for SCTP, whose sockets are not modelled, and for a container
    without an address on a bridge."""
    ends = (proxy_target(each, version) for each in engine.endpoints_of(container) if _publishes(engine, each))
    target = next((each for each in ends if each is not None), None)
    if target is None or binding.protocol == "sctp":
        return None
    relay = Relay(*target, binding.container_port)
    return Socket(binding.protocol, version, address, binding.host_port, process="docker-proxy", relay=relay)


def _publishes(engine: Engine, endpoint: Endpoint) -> bool:
    """Return whether Docker publishes ports at the endpoint.  An overlay's ports are published on swarm's bridge."""
    joined = engine.network(endpoint.network)
    return not is_overlay(engine, endpoint) if joined is None else joined.driver == "bridge"


def stack_sockets(namespace: Namespace, container: Container, binding: PortBinding) -> tuple[Socket, ...]:
    """Return the host's sockets that take the binding's port for the container, of both IP versions.  Those of a user's
    dockerd lead into its namespace."""
    wanted = (binding.protocol, binding.host_port)
    return tuple(
        each
        for each in namespace.sockets
        if (each.protocol, each.port) == wanted
        and each.relay is not None
        and (each.relay.netns == container.netns or Netns("", each.relay.netns).is_rootless_dockerds)
    )
