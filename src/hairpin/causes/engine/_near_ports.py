"""What the user may mean who asks for a port that nobody has: the ports that containers publish, the same port of the
other protocol, and a container that was made without a published port."""

from typing import Literal

from hairpin.causes.engine._services import may_be_of_swarm
from hairpin.causes.kit import Host, Iterator, Message, View, message
from hairpin.causes.service._near import on_loopback, socket_list
from hairpin.engines.repair.republishing import option_of
from hairpin.host.boot.containers_conf import line_of
from hairpin.host.docker import Container, PortBinding
from hairpin.host.known_ports import known_port
from hairpin.network.socket_owner import serves
from hairpin.question.held import held_by
from hairpin.question.port_flows import bindings_of
from hairpin.question.suggest import FEW, port_distance
from hairpin.walk.sockets import socket_text
from hairpin.wanted import ask_port


def published_ports(view: View) -> Message:
    """Return the message that lists the host's published ports.  A long list is cut to the ports nearest to the asked
    port."""
    host, asked = view.host, view.flow.dport
    if not host.engines:
        return message("No container engine was found on {host}.", host=host.name)
    found = {
        (binding.host_port, binding.protocol, container.pod or ", ".join(host.told_names(container)))
        for container in host.containers()
        for binding in container.bindings
    }
    if not found and may_be_of_swarm(view):
        return message("No container of this node publishes a port of its own.")
    if not found:
        return message("No container publishes a port.")
    near = sorted(found, key=lambda each: port_distance(asked, each[0]))[:FEW]
    ports = ", ".join(f"{port}/{protocol} ({name})" for port, protocol, name in sorted(near))
    if len(found) <= FEW:
        return message("Published: {ports}.", ports=ports)
    return message("Published: {ports} and {count} more.", ports=ports, count=len(found) - FEW)


def binding_elsewhere(view: View, container: Container) -> PortBinding | None:
    """Return the binding by which the container publishes the asked port under another number, or None."""
    wanted = (view.flow.protocol, view.flow.dport, view.stop.seen.packet.version)
    same = (each for each in container.bindings if (each.protocol, each.container_port, each.version) == wanted)
    return next(same, None)


def by_nearness(view: View) -> list[tuple[Container, PortBinding]]:
    """Return the published ports of the flow's protocol and IP version, sorted by their distance to the asked port."""
    wanted = (view.flow.protocol, view.stop.seen.packet.version)
    found = [
        (container, binding)
        for container in view.host.containers()
        for binding in container.bindings
        if (binding.protocol, binding.version) == wanted
    ]
    return sorted(found, key=lambda pair: port_distance(view.flow.dport, pair[1].host_port))


def slip(view: View, container: Container, binding: PortBinding) -> Message:
    """Return the advice for a port that is one typing error away from the container's published port."""
    return message(
        "if you meant port {port}, which {name} publishes: {question}; if a service of this host should listen on port "
        "{asked}: start it",
        port=binding.host_port,
        question=ask_port(binding.host_port, binding.protocol),
        name=view.host.told_as(container),
        asked=view.flow.dport,
    )


def otherwise(host: Host, container: Container, binding: PortBinding) -> tuple[Message, ...]:
    return (
        message(
            "if you meant {port}/{protocol}, which {name} publishes: {question}",
            port=binding.host_port,
            protocol=binding.protocol,
            name=host.told_as(container),
            question=ask_port(binding.host_port, binding.protocol),
        ),
    )


def other_protocol(view: View) -> Iterator[Message]:
    """Yield a hint about the host's socket on the same port of the other protocol, or about a stopped container that
    publishes that port."""
    other: Literal["tcp", "udp"] = "tcp" if view.flow.protocol == "udp" else "udp"
    wanted = (other, view.flow.dport)
    namespace = view.host_namespace
    found = [each for each in namespace.sockets if (each.protocol, each.port) == wanted and serves(each, namespace)]
    for each in found[:1]:
        yield message(
            "{socket} has the port for {protocol}; if you meant that: {question}",
            socket=socket_text(each), protocol=other, question=ask_port(view.flow.dport, other),
        )  # fmt: skip
    for container, _ in bindings_of(view.host, view.flow.dport, other)[: 0 if found else 1]:
        yield message(
            "{name} publishes the port for {protocol}, but does not run; if you meant that: {question}",
            name=container.name, protocol=other, question=ask_port(view.flow.dport, other),
        )  # fmt: skip


def forgotten_option(view: View) -> Message | None:
    """Return the suggestion to publish the asked port for the only running container that listens for others and
    publishes nothing: somebody may have made it without -p.  Where containers.conf puts containers on the host's
    network, Podman has discarded the option of each.

    Return None if none or several of the containers or of their ports may be meant, or if a container's port is usually
    that of a service which other machines do not ask, such as a database."""
    for kept in (*_on_host_by_file(view), *_by_failed_unit(view)):
        return kept
    flow, found = view.flow, list[tuple[Container, int]]()
    if flow.protocol not in ("tcp", "udp"):
        return None
    for each in view.host.containers():
        if not each.running or each.bindings or not _may_publish(view.host, each):
            continue
        if each.netns is None or each.netns not in view.host:
            return None
        inner = view.host.namespace(each.netns)
        sockets = (one for one in inner.sockets if one.protocol == flow.protocol and serves(one, inner))
        found += [(each, port) for port in dict.fromkeys(one.port for one in sockets if not on_loopback(one))]
    usual = [known_port(port, flow.protocol) for port in (flow.dport, *(port for _, port in found))]
    if len(found) != 1 or any(each is not None and not each.serves_pages for each in usual):
        return None
    (container, port) = found[0]
    binding = PortBinding("udp" if flow.protocol == "udp" else "tcp", port, flow.dport, None, flow.version)
    return message(
        "{name} listens on port {inner} and publishes no port; if clients should reach it at port {port}: recreate "
        "{name} with -p {option}",
        name=view.host.told_as(container),
        inner=port,
        port=flow.dport,
        option=option_of(binding),
    )


def _on_host_by_file(view: View) -> Iterator[Message]:
    """Yield the suggestion for each running container that is on the host's network while containers.conf says so for
    all: Podman discards -p and keeps nothing of it."""
    for engine in view.host.engines:
        line = line_of(engine.conf, "containers.netns")
        if line is None or line.value != "host":
            continue
        for each in engine.containers:
            if not each.running or not each.on_host_network:
                continue
            held = held_by(view.network, view.host, each)
            if held:
                yield message(
                    "line {line} of {file} puts each container on the host's network, where Podman discards -p: {name} "
                    "listens on {sockets}. Ask for that port, or recreate {name} with --network podman -p {port}:PORT",
                    name=each.name, port=view.flow.dport, file=line.path, line=line.number, sockets=socket_list(held),
                )  # fmt: skip


def _by_failed_unit(view: View) -> Iterator[Message]:
    """Yield the suggestion for each failed unit that starts a container whose ports are not known: its engine does not
    list the container any more, or a file of Compose has them."""
    for each in view.host.quadlets:
        if each.runs and each.has_failed and not each.ports and view.host.container(each.name) is None:
            yield message(
                "{unit} runs `{runs}` and has failed: {why}. If port {port} should be that container's: remove the "
                "reason, then start the unit: `{command}`",
                unit=each.unit,
                runs=each.runs,
                port=view.flow.dport,
                why=each.said or message("`{log}` shows why", log=each.log),
                command=each.ran("start"),
            )


def _may_publish(host: Host, container: Container) -> bool:
    """Return whether -p would publish a port of the container: alone in its namespace, on a bridge or behind a user's
    network program."""
    if container.on_host_network or host.network_owner(container) != container or host.sharers_of(container):
        return False
    engine = host.engine_of(container)
    joined = [engine.network(each.network) for each in container.endpoints]
    bridges = [each for each in joined if each is not None and each.driver == "bridge" and not each.internal]
    return bool(bridges) or host.has_user_stack(container)
