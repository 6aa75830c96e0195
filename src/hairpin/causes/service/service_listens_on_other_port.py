"""The container's service listens on another port than the published or asked port.

Users see: since the image uses another port, connections are refused, or docker-proxy resets them.

Proof: the container listens on other ports that are not published, and does not listen on the port to which the
published port leads.
Now: recreate the container with ``-p`` for the port on which it listens, or change the service's port.
Lasting: change ``ports:`` in the Compose file, or the service's configuration.
"""

from hairpin.causes.kit import Candidate, Cause, Iterator, Message, OfSocket, View, message
from hairpin.causes.nat_rules._translation import dnat_place
from hairpin.causes.service._near import listeners, socket_list, who_else
from hairpin.causes.service._service import (
    asked_by_port_of_host,
    in_container,
    is_foreign,
    listening,
    means_the_host,
    other_protocol,
    published_to,
    read_log,
    same_port,
    serving,
    sharing,
    unpublished_listeners,
)
from hairpin.change.change import one
from hairpin.engines.repair.republishing import option_of, recreated_behind, recreated_name
from hairpin.host.docker import Container, PortBinding
from hairpin.host.socket import Socket
from hairpin.walk.sockets import socket_text
from hairpin.wanted import ask_container


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when the container listens on other ports to which no published port leads, or when a client
    asks the container itself for the port that it has on the host.

    The container must have no socket on the asked port number, neither for TCP nor for UDP.  If a rule of the container
    translated the packet, the fault is not in ``-p``, and no candidate is yielded.  If several containers share the
    namespace, and one of them does not run, that one may be meant, and no candidate is yielded."""
    container = in_container(view)
    if container is None or means_the_host(view, container):
        return
    if same_port(view) or other_protocol(view) or dnat_place(view, view.stop.netns) is not None:
        return
    asked = asked_by_port_of_host(view, container)
    if asked is not None:
        yield _of_published(view, container, *asked)
        return
    others = unpublished_listeners(view, container)
    if not others or not all(each.running for each in sharing(view, container)):
        return
    first, *further = others
    port, name = view.stop.seen.packet.dport, serving(view, container, first).name
    yield Candidate(
        title=message("The service in {name} listens on port {other}, not on {port}", name=name, other=first.port,
                      port=port)
        if not further
        else message("{name} listens on ports {others}, not on {port}", name=name, port=port,
                     others=", ".join(dict.fromkeys(str(each.port) for each in others))),
        detail=message("The container's only listener is {socket}.", socket=socket_text(first))
        if len(listeners(view, container)) == 1
        else message("The container's listeners are {sockets}.", sockets=socket_list(listeners(view, container))),
        change=one(listening(view, _repair(view, container, first))),
        where=OfSocket(container=name, socket=first),
        in_class="other-port",
        evidence=(first.evidence,),
        advice=(
            *(who_else(view) if is_foreign(view, container) else ()),
            *(
                recreated_behind(view.host, view.host.network_owner(container))
                if published_to(view, container) is not None
                else ()
            ),
            message("or let the service in {name} listen on port {port}", name=name, port=port),
            *((read_log(view, container),) if further else ()),
        ),
        of_network=is_foreign(view, container),
        logs=(container.name,) if further else (),
    )  # fmt: skip


def _of_published(view: View, container: Container, binding: PortBinding, socket: Socket) -> Candidate:
    name = serving(view, container, socket).name
    facts = {"name": name, "inner": binding.container_port, "port": binding.host_port}
    return Candidate(
        title=message("{name} listens on port {inner}, and has port {port} only on the host", **facts),
        detail=message(
            "-p {option} leads port {port} of the host to port {inner} of {name}. Clients that ask {name} itself, such "
            "as other containers, ask for port {inner}: {socket}.",
            option=option_of(binding),
            socket=socket_text(socket),
            **facts,
        ),
        change=one(listening(view, _asked_there(container, socket))),
        where=OfSocket(container=name, socket=socket),
        in_class="other-port",
        evidence=(socket.evidence, container.evidence),
    )


def _repair(view: View, container: Container, socket: Socket) -> Message:
    """Return the advice on how to reach the listener: recreate the container with a corrected ``-p``, or ask the
    listener's own port if no port is published."""
    binding = published_to(view, container)
    if binding is None:
        return _asked_there(container, socket)
    return message(
        "recreate {container} with -p {right} instead of -p {wrong}",
        container=recreated_name(view.host, view.host.network_owner(container)),
        right=option_of(binding, container_port=socket.port),
        wrong=option_of(binding),
    )


def _asked_there(container: Container, socket: Socket) -> Message:
    return message(
        "ask for the port on which the service listens: {question}", question=ask_container(container.name, socket.port)
    )


CAUSE = Cause(
    title=message("The service listens on another port"),
    source="docs.docker.com: published ports name the container's port",
    shown_by=(
        "sudo nsenter -n -t \"$(docker inspect -f '{{.State.Pid}}' {container})\" ss -lntup",
        message("no listening socket has port {port}, and one has the service's own port"),
    ),
    reasons=frozenset({"no-listener"}),
    shown_to="engine",
)
