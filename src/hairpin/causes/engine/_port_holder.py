"""The process or container that holds a port published by another container, and the candidate that frees the port.

There are two causes: one for a port that a container holds, and one for a port that another process holds.
"""

from collections.abc import Callable

from hairpin.causes.container._start_failure import ended_by_its_program, own_words, stopped_for_good
from hairpin.causes.kit import Candidate, Iterator, Message, OfContainer, View, Way, message
from hairpin.causes.nat_rules._translation import dnat_place
from hairpin.change.calls import EndProcess
from hairpin.change.change import Change, DeleteRule, DeleteSocket, Primitive
from hairpin.engines.repair.republishing import relay_at
from hairpin.engines.repair.starting import starting_change
from hairpin.host.socket import Socket
from hairpin.network.socket_owner import Holder, is_left_behind, kept_away, taken_by_other
from hairpin.walk.sockets import socket_text


def by_holder(*, container: bool) -> Callable[[View], Iterator[Candidate]]:
    """Return the function that yields the candidate for a packet that arrived at a wrong socket.

    If ``container`` is true, the wrong socket belongs to another container.  If ``container`` is false, the wrong
    socket belongs to another process."""

    def find(view: View) -> Iterator[Candidate]:
        socket = view.socket
        held = taken_by_other(view.network, view.flow, view.stop.netns, socket) if socket is not None else None
        if socket is None and view.stop.reason == "no-listener" and view.on_host:
            held = kept_away(view.network, view.flow)
        if held is not None and (held.container is not None) is container:
            yield _candidate(view, held)

    return find


def _candidate(view: View, held: Holder) -> Candidate:
    """Return the candidate that takes the port from the holder and starts the container that should have the port."""
    meant, binding = held.meant, held.binding
    parts: list[Primitive] = [DeleteSocket(view.host_netns, each) for each in _in_the_way(view, held)]
    place = dnat_place(view, view.host_netns) if held.container is not None else None
    if place is not None:
        parts.append(DeleteRule(view.host_netns, place))
    other_family = meant.running and binding.version != view.flow.version
    if other_family:  # a client of `localhost` tries this address before the one at which the port is published
        too = relay_at(view.host, meant, binding, view.flow.version, view.flow.daddr)
        parts += (too,) if too is not None else ()
    start = starting_change(view.host, meant, binding) if not meant.running else None
    parts += start.parts if start is not None else ()
    ending = _ending(view, held) if start is not None else ()
    return Candidate(
        title=message(
            "Port {port} of {name} is held by {holder}", port=binding.host_port, name=meant.name, holder=_who(held)
        ),
        detail=_detail(view, held),
        change=Change(tuple(parts), (*ending, *start.calls) if start is not None and ending else ()),
        where=OfContainer(
            container=meant.name,
            port=binding.host_port,
            process=held.socket.process if held.container is None else None,
            pid=held.socket.pid if held.container is None else None,
            held_by=held.container.name if held.container is not None else socket_text(held.socket),
        ),
        in_class="switched-off",
        evidence=tuple(each for each in (held.socket.evidence, meant.evidence) if each),
        offered=bool(ending),
        ways=() if ending else tuple(_ways(view, held)),
        joins=f"{meant.name}:{binding.host_port}",
    )


def _ways(view: View, held: Holder) -> Iterator[Way]:
    """Yield the two repairs between which a person has to choose, and the removal of a container that never ran."""
    meant, binding = held.meant, held.binding
    if meant.running and binding.version != view.flow.version:
        wanted = message(
            "if `localhost` should lead to {name}: {stop}. Clients of `localhost` then use IPv{version}",
            name=meant.name,
            stop=_stop(view, held),
            version=binding.version,
        )
    else:
        wanted = message(
            "if {name} should have the port: {stop}, then {start}",
            name=meant.name,
            stop=_stop(view, held),
            start=view.host.engine_of(meant).command("restart" if meant.running else "start", meant.name),
        )
    yield Way(Change(()), (wanted,), by_person=True)
    facts = {
        "holder": _who(held),
        "name": meant.name,
        "port": f"{binding.container_port}/udp" if binding.protocol == "udp" else binding.container_port,
    }
    other = message("if {holder} should keep the port: recreate {name} with another port, -p OTHER:{port}", **facts)
    if view.socket is None:
        other = message(
            "if {holder} should keep the port: recreate {name} with another port, -p OTHER:{port}, or at an address of "
            "the host that is free, -p ADDRESS:{asked}:{port}",
            **facts,
            asked=binding.host_port,
        )
    yield Way(Change(()), (other,), by_person=meant.running)
    yield from _forgotten(view, held)


def _ending(view: View, held: Holder) -> tuple[EndProcess, ...]:
    """Return the calls that end the left-over docker-proxies which hold the port.  Return no call if the port has
    another holder, for example the docker-proxy of a running container."""
    if held.container is not None:
        return ()
    sockets = tuple(_in_the_way(view, held))
    if not all(is_left_behind(held.meant, each) and each.pid is not None for each in sockets):
        return ()
    return tuple(EndProcess(each.pid, each.halted) for each in sockets if each.pid is not None)


def _forgotten(view: View, held: Holder) -> Iterator[Way]:
    """Yield the way that removes the container, if the container has never run because its first start failed."""
    meant = held.meant
    if meant.status == "created":
        command = view.host.engine_of(meant).command("rm", meant.name)
        yield Way(Change(()), (message("if nobody needs {name}: {command}", name=meant.name, command=command),))


def _in_the_way(view: View, held: Holder) -> Iterator[Socket]:
    """Yield the host's sockets on the port that keep the container's own docker-proxy from binding the port."""
    binding = held.binding
    for each in view.host_namespace.sockets:
        if (each.protocol, each.port) != (binding.protocol, binding.host_port):
            continue
        own = each.engine_relay is not None and held.meant.running and held.container is None
        apart = None not in (each.address, binding.host_ip) and each.address != binding.host_ip
        if not own and not apart:
            yield each


def _who(held: Holder) -> Message:
    if held.container is not None:
        return message("container {name}", name=held.container.name)
    if held.socket.process is None or held.socket.pid is None:
        return message("another process")
    if held.socket.socket_unit:
        return message("systemd for {unit}", unit=held.socket.socket_unit)
    return message("{process} (process {pid})", process=held.socket.process, pid=held.socket.pid)


def _detail(view: View, held: Holder) -> Message:
    values = {"name": held.meant.name, "socket": socket_text(held.socket), "port": held.binding.host_port}
    if view.socket is None:
        return message(
            "{socket} has port {port} at one address of the host. {name} publishes the port at all addresses, and the "
            "kernel refuses that while one of them is taken: {name} does not run, and cannot be started now.",
            **values,
        )
    if held.meant.running:
        return message("{name} runs, and yet the connection arrives at {socket}.", **values)
    if held.container is None and is_left_behind(held.meant, held.socket):
        return message(
            "The connection arrives at {socket}. An earlier run of {name} has left it behind: {name} does not run, and "
            "cannot be started while the port is taken.",
            **values,
        )
    if held.meant.error:
        return message(
            "The connection arrives at {socket}. {name} does not run: {error}",
            error=own_words(held.meant.error),
            **values,
        )
    return message(
        "The connection arrives at {socket}. {name} does not run, and cannot be started while the port is taken.",
        **values,
    )


def _stop(view: View, held: Holder) -> Message | str:
    if held.container is not None:
        return stopped_for_good(view.host, held.container)
    if held.socket.pid is None:
        return message("stop the process that `ss -lntup sport = :{port}` names", port=held.binding.host_port)
    if held.socket.socket_unit:
        return message(
            "stop {unit} (systemctl disable --now {unit} also keeps it stopped after a reboot)",
            unit=held.socket.service,
        )
    spared = ended_by_its_program(view.host, held.socket)
    if spared is not None:
        return spared
    if held.socket.service:
        return message(
            "stop {unit}, the unit of process {pid} (systemctl disable --now {unit} also keeps it stopped after a "
            "reboot)",
            unit=held.socket.service,
            pid=held.socket.pid,
        )
    return message(
        "stop the service of process {pid} (systemctl status {pid} names its unit; systemctl disable --now UNIT)",
        pid=held.socket.pid,
    )
