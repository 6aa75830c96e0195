"""A systemd unit gives its processes a network namespace of their own, and the port is there and not on the host.

Users see: "Connection refused" on the host's address, although the service runs and its log says that it listens, or
Podman lists the port as published.

Proof: a process of the unit listens on the port in another network namespace, or the unit's Podman has made its bridge
and its ports there.  The same port on the host, passed on into that namespace, answers.
Now: delete ``PrivateNetwork=yes``, ``NetworkNamespacePath=`` or ``JoinsNamespaceOf=`` from the unit's file or drop-in,
then ``systemctl daemon-reload`` and ``systemctl restart UNIT``.  If the namespace is wanted, let a socket unit with
``systemd-socket-proxyd`` pass the port on.
Lasting: the same; the files are read at each start.
"""

from hairpin.causes.engine._publishing import bindings_for
from hairpin.causes.kit import Candidate, Cause, Iterator, Message, OfUnit, View, Way, message
from hairpin.causes.service._near import protocol_of
from hairpin.causes.service._unit import advice_to_pass_on, edit_and_restart, line_with
from hairpin.change.change import AddSocket, Change, one
from hairpin.host.docker import Container
from hairpin.host.managers import FilterLine, Unit, UnitNetwork
from hairpin.host.netns import Netns
from hairpin.host.socket import Relay, Socket
from hairpin.netfilter.address import LOCALHOST, address_text
from hairpin.network.socket_owner import serves

_SETTINGS = "PrivateNetwork=, NetworkNamespacePath=, JoinsNamespaceOf="


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the container of a unit with a network of its own that publishes the port, or else for
    such a unit whose process listens on the port there."""
    packet = view.stop.seen.packet
    if not view.on_host or view.in_reply or packet.dport != view.flow.dport or view.flow.protocol == "icmp":
        return
    units = {each.name: each for each in view.host.units}
    for container, binding in bindings_for(view):
        unit = units.get(container.unit)
        inside = _inside(view, unit)
        ends = (each.ipv4 for each in container.endpoints if each.ipv4 is not None)
        address = next(ends, None)
        if unit is not None and inside is not None and container.running and address is not None:
            target = Relay(4, address, binding.container_port, netns=inside.name)
            yield _candidate(view, unit, target, container)
            return
    if bindings_for(view):
        return
    for netns, socket in _listeners(view):
        unit = units.get(socket.service) or Unit(socket.service, "active", "")
        version = 4 if socket.address is None and socket.takes(4) else socket.version
        address = socket.address if socket.address is not None else LOCALHOST[version]
        yield _candidate(view, unit, Relay(version, address, socket.port, netns=netns.name), None)
        return


def _inside(view: View, unit: Unit | None) -> Netns | None:
    """Return the namespace of the unit's processes, if they do not have the host's and it was read."""
    network = unit.network if unit is not None else None
    if network is None or not network.setting or not network.netns:
        return None
    inside = view.host_netns.sibling(network.netns)
    return inside if inside in view.network and not inside.is_host else None


def _listeners(view: View) -> Iterator[tuple[Netns, Socket]]:
    """Yield the sockets on the packet's port that services of the system have in other namespaces than the host's."""
    wanted = (protocol_of(view), view.flow.dport)
    for namespace in view.host.namespaces:
        netns = Netns(view.host.name, namespace.name)
        if not netns.is_named or netns.is_dockerds or netns.is_rootless:
            continue
        for each in namespace.sockets:
            if (each.protocol, each.port) == wanted and serves(each, namespace) and each.service:
                yield netns, each


def _candidate(view: View, unit: Unit, target: Relay, container: Container | None) -> Candidate:
    network = unit.network or UnitNetwork()
    line = line_with(unit, network.setting.partition("=")[0]) if network.setting else None
    port, there = view.flow.dport, f"{address_text(target.address, target.version)}:{target.port}"
    name = container.name if container is not None else None
    facts = {"unit": unit.name, "port": str(port), "setting": network.setting or _SETTINGS, "name": name or "-"}
    said = message("let systemd pass port {port} on to {target} in the network namespace of {unit}", target=there,
                   **facts)  # fmt: skip
    passed = Socket(protocol_of(view), view.stop.seen.packet.version, None, port, relay=target)
    read = dict.fromkeys((*(each.evidence for each in network.lines), unit.evidence))
    return Candidate(
        title=_title(container, facts),
        detail=_detail(container, facts),
        change=one(AddSocket(view.stop.netns, passed, said)),
        where=OfUnit(unit.name, unit.active, name, port=port, filters=network.lines),
        in_class="container-without-ports",
        evidence=tuple(filter(None, read)),
        offered=False,
        ways=(
            edit_and_restart(unit, _advice_to_share(line, facts)),
            Way(Change(()), (advice_to_pass_on(port, unit, there),)),
        ),
    )


def _title(container: Container | None, facts: dict[str, str]) -> Message:
    if container is None:
        return message("{unit} listens on port {port} in a network namespace of its own, not on the host", **facts)
    return message("{unit} runs {name} in a network namespace of its own: port {port} is there, not on the host",
                   **facts)  # fmt: skip


def _detail(container: Container | None, facts: dict[str, str]) -> Message:
    if container is None:
        return message(
            "{setting} of the unit gives its processes a network namespace. Clients of the host do not reach the "
            "sockets there.",
            **facts,
        )
    return message(
        "{setting} of the unit gives podman a network namespace. The bridge, the rules and the ports of {name} are "
        "there, and clients of the host do not reach them.",
        **facts,
    )


def _advice_to_share(line: FilterLine | None, facts: dict[str, str]) -> Message:
    if line is None:
        return message(
            "if {unit} should have the host's network: take {setting} out of its files (`systemctl cat {unit}` shows "
            "them)",
            **facts,
        )
    return message(
        "if {unit} should have the host's network: delete `{line}` from {file}", line=line.text, file=line.path, **facts
    )


CAUSE = Cause(
    title=message("A systemd unit has a network namespace of its own"),
    source="systemd.exec(5): PrivateNetwork=, NetworkNamespacePath=; systemd.unit(5): JoinsNamespaceOf=",
    reasons=frozenset({"no-listener"}),
)
