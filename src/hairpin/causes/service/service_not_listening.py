"""No socket listens on the container's port.

Users see: connections through DNAT are refused.  Through docker-proxy, clients get "connection reset by peer" or an
empty reply.

Proof: no socket of the container holds the port.  With a socket on this port the packet is accepted.
Now: start or repair the service.  The service's log tells why the service does not listen (``docker logs NAME``).
Lasting: correct the image or its configuration.
"""

from hairpin.causes.kit import Candidate, Cause, Iterator, Message, OfContainer, Place, View, message
from hairpin.causes.log_advice import repair_service
from hairpin.causes.nat_rules._translation import dnat_place
from hairpin.causes.service._near import listeners, socket_list, who_else
from hairpin.causes.service._service import (
    asked_by_port_of_host,
    in_container,
    is_foreign,
    listening,
    read_log,
    same_port,
    sharing,
    unpublished_listeners,
)
from hairpin.change.change import one
from hairpin.engines.missing import is_engines
from hairpin.evidence.reading import moment
from hairpin.host.docker import Container
from hairpin.host.socket import Socket
from hairpin.network.prefix import address_text

_JUST_NOW_S = 30
"""The greatest number of seconds since the last start of a container that may be about to end again.  dockerd waits at
most 60 s between two starts, and Podman does not wait."""


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when no socket of the container, or of a pod or another namespace with a name, has the
    port."""
    container, netns = in_container(view), view.stop.netns
    if (container is None and (not netns.is_named or netns.is_dockerds or netns.is_rootless)) or same_port(view):
        return
    port, led = view.stop.seen.packet.dport, dnat_place(view, view.stop.netns)
    name = container.name if container is not None else view.network.netns_text(view.stop.netns)
    others = listeners(view, container)
    foreign = container is not None and is_foreign(view, container)
    maybe_meant = container is not None and (
        unpublished_listeners(view, container) or asked_by_port_of_host(view, container) is not None
    )
    beside = sharing(view, container) if container is not None else ()
    again = _started_again(view, container)
    yield Candidate(
        title=message(
            "Nothing listens on port {port} in {name}, nor in {others} in the same network",
            port=port,
            name=name,
            others=", ".join(each.name for each in beside),
        )
        if beside
        else message("Nothing listens on port {port} in container {name}", port=port, name=name)
        if container is not None
        else message("Nothing listens on port {port} in pod {name}", port=port, name=name)
        if netns.is_pod
        else message("Nothing listens on port {port} in {name}", port=port, name=name),
        detail=_with_rule_by_hand(view, name, _detail(others) if again is None else again)
        if led is None or view.in_reply
        else _led_here(led, others),
        change=one(listening(view, _repair(view, container, name, beside))),
        where=OfContainer(container=name, port=port),
        in_class="nothing-listens-there" if maybe_meant else "nothing-listens",
        advice=(
            *(who_else(view) if foreign else ()),
            *(read_log(view, each) for each in (container, *beside) if beside and each is not None),
        ),
        of_network=foreign,
        logs=tuple(each.name for each in (container, *beside) if each is not None),
    )


def _led_here(rule: Place, others: tuple[Socket, ...]) -> Message:
    """Return the sentences about a rule of the container that leads packets to the port."""
    facts = {"table": rule.table, "chain": rule.chain, "rule": rule.text, "sockets": socket_list(others)}
    if not others:
        return message("A rule in {table} {chain} leads the packets to that port: {rule}", **facts)
    return message(
        "A rule in {table} {chain} leads the packets to that port: {rule}. Sockets that listen there: {sockets}.",
        **facts,
    )


def _with_rule_by_hand(view: View, name: str, detail: Message) -> Message:
    """Return the detail, with the question about a rule of no engine that leads the packet here.

    Such a rule names an address, which an engine may have given to another container since."""
    rule = dnat_place(view, view.host_netns) if not view.in_reply else None
    if rule is None or is_engines(view.host, rule):
        return detail
    packet = view.stop.seen.packet
    return message(
        "{detail} A rule in {table} {chain} that no engine made leads the packet to {address}: {rule}. Is {name} still "
        "the container that this rule means?",
        detail=detail, address=address_text(packet.daddr, packet.version), table=rule.table, chain=rule.chain,
        rule=rule.text, name=name,
    )  # fmt: skip


def _detail(others: tuple[Socket, ...]) -> Message:
    if not others:
        return message(
            "The packet reaches the container, and no socket there takes it: the service has not started or has died."
        )
    return message(
        "The packet reaches the container, and no socket there takes it. Sockets that listen there: {sockets}.",
        sockets=socket_list(others),
    )


def _started_again(view: View, container: Container | None) -> Message | None:
    """Return the sentence about a container that its engine has started again just now; None for any other one.

    Such a container may end again and again, and was read while its program happened to run.  It may also be a service
    that needs longer to start, after a failure that is over."""
    started, now = (moment(each) for each in (container.started_at if container else "", view.host.taken_at))
    if container is None or not container.restart_count or started is None or now is None:
        return None
    seconds = round(now - started)
    if not 0 <= seconds <= _JUST_NOW_S:
        return None
    return message(
        "The packet reaches the container, and no socket there takes it. Its program has ended before: the engine has "
        "restarted {name} once, {seconds} s before this reading, so the program may end again.",
        name=container.name,
        seconds=seconds,
    ) if container.restart_count == 1 else message(
        "The packet reaches the container, and no socket there takes it. Its program ends again and again: the engine "
        "has restarted {name} {count} times, the last time {seconds} s before this reading.",
        name=container.name,
        count=container.restart_count,
        seconds=seconds,
    )  # fmt: skip


def _repair(view: View, container: Container | None, name: str, beside: tuple[Container, ...]) -> Message:
    if container is None:
        return message("start or repair the service in {name}", name=name)
    down = next((each for each in beside if not each.running), None)
    if down is not None:
        start = view.host.engine_of(down).command("start", down.name)
        return message(
            "start or repair the service. Container {down} shares the network of {name} and does not run. If {down} "
            "should have the port: {start}",
            down=down.name,
            name=view.host.network_owner(down).name,
            start=start,
        )
    if beside:
        return message(
            "start or repair the service in the container that should have port {port}: {names}",
            port=view.stop.seen.packet.dport,
            names=", ".join(each.name for each in (container, *beside)),
        )
    log = view.host.engine_of(container).command("logs", name)
    return repair_service(name, log)


CAUSE = Cause(
    title=message("No service listens on the published container port"),
    source="net/ipv4/tcp_ipv4.c tcp_v4_rcv(): no socket, RST",
    shown_by=(
        "sudo nsenter -n -t \"$(docker inspect -f '{{.State.Pid}}' {container})\" ss -lntup",
        message("no line has port {port}"),
    ),
    reasons=frozenset({"no-listener"}),
    shown_to="engine",
)
