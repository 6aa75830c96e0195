"""Ports that a container does not publish, although the question may suppose it: the question names only the container.

A container that publishes no port answers its own networks and its host.  EXPOSE in an image and ``expose:`` in a
Compose file publish nothing.  With the host's network, the engine ignores the option that publishes a port.
"""

from collections.abc import Iterator

from hairpin.beside.inquiry import Inquiry
from hairpin.engines.repair.republishing import option_of
from hairpin.host.docker import STACKED, Container
from hairpin.host.host import Host
from hairpin.message import Message, message
from hairpin.network.network import Network
from hairpin.question.asked import Target


def notes(inquiry: Inquiry) -> tuple[Message, ...]:
    """Return a note for each asked container that does not publish its ports."""
    return told_of_unpublished(inquiry.network, inquiry.question.targets)


def told_of_unpublished(network: Network, targets: tuple[Target, ...]) -> tuple[Message, ...]:
    """Return a note for each running container that a target names without a port and that does not publish its ports.
    Without a target, return only the notes about ports that are published without effect, because the
    container uses the host's network."""
    hosts = tuple(each for each in network.hosts if each.was_read)
    names = dict.fromkeys(each.container for each in targets if each.container and each.port is None)
    found = [(host, each) for host in hosts for name in names for each in host.containers_named(name)]
    if not targets:
        found = [(host, each) for host in hosts for each in host.containers() if each.on_host_network]
    notes = (said for host, container in found if container.running for said in _notes_of(host, container))
    return tuple(dict.fromkeys(notes))


def _notes_of(host: Host, container: Container) -> Iterator[Message]:
    if container.on_host_network:
        for each in container.bindings:
            if not each.actual and each.host_port and each.host_port != each.container_port:
                yield message(
                    "-p {port} of {name} does nothing, because {name} uses the host's network: its service listens on "
                    "the host at its own port (`hairpin check {question}` says more)",
                    port=option_of(each),
                    name=container.name,
                    question=f"{each.host_port}/{each.protocol}",
                )
    elif _has_only_inner_ports(host, host.pod_holder(container)):
        exposed = next((port for protocol, port in container.exposed if protocol == "tcp"), None)
        yield message(
            "{name} publishes no port: clients outside of this host reach it only through a container that publishes "
            "one, such as a proxy on its network. EXPOSE and `expose:` publish nothing; {option} does",
            name=container.name,
            option=f"-p {exposed or 'PORT'}:{exposed or 'PORT'}",
        )


def _has_only_inner_ports(host: Host, holder: Container) -> bool:
    return not holder.bindings and bool(holder.endpoints) and not _is_reached_otherwise(host, holder)


def _is_reached_otherwise(host: Host, container: Container) -> bool:
    """Return whether clients outside reach the container without a port of its own: on a macvlan or ipvlan, or as a
    task of a swarm's service."""
    engine = host.engine_of(container)
    joined = (engine.network(each.network) for each in container.endpoints)
    return bool(host.services()) or any(each is None or each.driver in (*STACKED, "overlay") for each in joined)
