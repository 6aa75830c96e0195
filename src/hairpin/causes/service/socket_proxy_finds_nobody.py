"""systemd-socket-proxyd passes the connections of a socket unit on to an address and port where nobody listens.

Users see: the connection is accepted and closed at once, without an answer, since systemd itself listens on the port.

Proof: systemd holds the port for a socket unit, the command of its service names the address, and the proxy's own
connection to it fails.  With a process that listens there, or with the present address of the container that does, the
flow arrives.
Now: start what should listen at the address, or write the right one behind ``systemd-socket-proxyd`` in the service's
file, then ``systemctl daemon-reload`` and ``systemctl restart UNIT``.
Lasting: the same.  A container's address changes when containers are made anew: publish its port on 127.0.0.1 and name
that port, or give the container a fixed address.
"""

import msgspec

from hairpin.causes.engine._near_ports import published_ports
from hairpin.causes.kit import Candidate, Cause, Iterator, Message, OfUnit, View, Way, message
from hairpin.causes.service._service import listening
from hairpin.causes.service._unit import edit_and_restart, line_with
from hairpin.change.change import AddSocket, Change, DeleteSocket, one
from hairpin.engines.repair.starting import held_again
from hairpin.host.docker import Container, PortBinding
from hairpin.host.managers import Unit
from hairpin.host.socket import Relay, Socket
from hairpin.netfilter.address import address_text
from hairpin.network.attachment import attachment_of, network_for
from hairpin.network.network import netns_of
from hairpin.network.prefix import is_loopback
from hairpin.walk.decided import SocketDecided


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when the packet that stopped is that of a systemd-socket-proxyd for its target."""
    front = _front(view)
    packet = view.stop.seen.packet
    target = front.relay if front is not None else None
    if front is None or target is None or view.in_reply:
        return
    if (packet.version, packet.daddr, packet.dport) != (target.version, target.address, target.port):
        return
    unit = next((each for each in view.host.units if _passes_on(each, front)), None)
    if unit is None:
        return
    moved = _present_holder(view, target)
    if moved is not None:
        yield _to_present_address(view, unit, front, *moved)
    elif (change := _change_that_serves(view, target)) is not None:
        yield _of_nobody(view, unit, front, target, change)


def _front(view: View) -> Socket | None:
    """Return the last socket of systemd on the packet's way, whose connections its proxy has passed on."""
    relays = (each.decided_by for each in view.branch.request if each.stage == "relay")
    sockets = [each.socket for each in relays if isinstance(each, SocketDecided) and each.socket is not None]
    return sockets[-1] if sockets and sockets[-1].socket_unit else None


def _passes_on(unit: Unit, front: Socket) -> bool:
    return unit.network is not None and front.socket_unit in unit.network.sockets


def _present_holder(view: View, target: Relay) -> tuple[Container, int] | None:
    """Return the only running container that listens on the target's port at an address of the same IP version, with
    that address, if the target is no address of the host."""
    if is_loopback(target.address, target.version):
        return None
    found = [
        (each, address)
        for each in view.host.containers()
        if each.running and (netns := netns_of(view.host, each)) is not None and netns in view.network
        if not netns.is_host and any(_takes(one, target) for one in view.network.namespace(netns).sockets)
        for end in each.endpoints
        if (address := end.ipv4 if target.version == 4 else end.ipv6) is not None
    ]
    return found[0] if len(found) == 1 and found[0][1] != target.address else None


def _takes(socket: Socket, target: Relay) -> bool:
    inside = socket.address is not None and is_loopback(socket.address, socket.version)
    return (socket.protocol, socket.port) == ("tcp", target.port) and socket.takes(target.version) and not inside


def _to_present_address(view: View, unit: Unit, front: Socket, container: Container, address: int) -> Candidate:
    target = front.relay
    assert target is not None
    now = msgspec.structs.replace(target, address=address)
    holder = attachment_of(view.network, view.host, target.address, target.version)
    facts = {
        "unit": unit.name,
        "port": front.port,
        "target": _end(target),
        "name": container.name,
        "now": _end(now),
        "other": holder.container.name if holder is not None else "-",
    }
    advice = message("write `{now}` in place of `{target}` behind systemd-socket-proxyd in {unit}", **facts)
    held = [each for each in view.host_namespace.sockets if each.socket_unit == front.socket_unit and each.relay]
    added = (AddSocket(view.host_netns, msgspec.structs.replace(each, relay=now), advice) for each in held)
    return _candidate(
        unit,
        front,
        message("{unit} passes port {port} on to {target}, which {other} has now; {name} listens on {now}", **facts)
        if holder is not None
        else message("{unit} passes port {port} on to {target}, which nobody has; {name} listens on {now}", **facts),
        message("systemd listens on the port, and its proxy takes the address from the unit's command: a container "
                "that is made anew may get another one."),
        Change((*(DeleteSocket(view.host_netns, each) for each in held), *added)),
        (
            edit_and_restart(unit, _with_line(unit, advice)),
            Way(Change(()), (_advice_to_fix_address(container),)),
        ),
    )  # fmt: skip


def _advice_to_fix_address(container: Container) -> Message:
    return message(
        "if {name} should keep its address: give it a fixed one (--ip, on a network of its own)", name=container.name
    )


def _change_that_serves(view: View, target: Relay) -> Change | None:
    """Return the change after which a process listens at the target: where the packet stopped, or in a container with
    the target's address."""
    if view.stop.reason == "no-listener":
        return one(listening(view, _start(target)))
    network = network_for(view.host, target.address, target.version)
    if network is None or target.version != 4:
        return None
    return held_again(view.host, target.address, network, PortBinding("tcp", target.port, target.port, None, 4))


def _start(target: Relay) -> Message:
    return message("start what should listen on {target}", target=_end(target))


def _of_nobody(view: View, unit: Unit, front: Socket, target: Relay, change: Change) -> Candidate:
    facts = {"unit": unit.name, "port": front.port, "target": _end(target)}
    other = message("write the address and port that should answer in place of `{target}` behind "
                    "systemd-socket-proxyd in {unit}", **facts)  # fmt: skip
    return _candidate(
        unit,
        front,
        message("{unit} passes port {port} on to {target}, where nobody listens", **facts),
        published_ports(view),
        change,
        (Way(Change(()), (_start(target),)), edit_and_restart(unit, _with_line(unit, other))),
    )


def _candidate(
    unit: Unit, front: Socket, title: Message, detail: Message, change: Change, ways: tuple[Way, ...]
) -> Candidate:
    lines = unit.network.lines if unit.network is not None else ()
    read = dict.fromkeys((*(each.evidence for each in lines), unit.evidence))
    return Candidate(
        title=title,
        detail=detail,
        change=change,
        where=OfUnit(unit.name, unit.active, port=front.port, filters=lines),
        in_class="container-without-ports",
        evidence=tuple(filter(None, read)),
        offered=False,
        ways=ways,
    )


def _with_line(unit: Unit, advice: Message) -> Message:
    line = line_with(unit, "ExecStart")
    if line is None:
        return advice
    return message("{advice} ({file}:{number})", advice=advice, file=line.path, number=line.number)


def _end(target: Relay) -> str:
    return f"{address_text(target.address, target.version)}:{target.port}"


CAUSE = Cause(
    title=message("systemd's socket proxy leads to an address where nobody listens"),
    source="systemd-socket-proxyd(8)",
    reasons=frozenset({"no-listener", "no-neighbour", "no-carrier", "no-route", "left-instead"}),
)
