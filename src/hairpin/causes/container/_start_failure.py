"""Tells why a container did not start, and the repair, from the engine's stored error.

``hairpin.words`` has the meanings of error texts.  This file decides the meaning of error texts whose meaning depends
on the state of the host.
"""

import re
from collections.abc import Callable
from string import Formatter
from typing import TYPE_CHECKING, NamedTuple

from hairpin.causes.container._end import failure_at_privileged_port, failure_by_low_port
from hairpin.causes.container._network_failure import address_conflict, no_network, not_loaded
from hairpin.causes.kit import Host, Message, message
from hairpin.host.docker import Container, PortBinding
from hairpin.host.floating import mover_of
from hairpin.host.socket import Socket
from hairpin.network.network import accepts_address
from hairpin.network.prefix import Version, address_text, is_loopback
from hairpin.network.socket_owner import EPHEMERAL, ephemeral_ports
from hairpin.walk.sockets import socket_text
from hairpin.words.meaning import Failure, TextEntry

if TYPE_CHECKING:
    from hairpin.words.index import EntryHit

_ENDPOINT = re.compile(
    r"driver failed programming external connectivity on endpoint \S+ \([0-9a-f]+\): +"
    r"|unable to start container process: "
)
"""The text that dockerd and runc write before the reason."""
_DENIED = "permission denied"
_Reader = Callable[[Host, Container, dict[str, str]], Failure]


def failure_by_error(host: Host, container: Container) -> Failure:
    """Return why the container's last start failed, as the engine's error tells it.

    The repair of an error that hairpin does not know is a try: nothing shows that another start would succeed.  If a
    cause keeps the container from starting, this cause has the repair."""
    from hairpin.words.starts import cause_told, failure_told  # noqa: PLC0415 - most starts do not fail

    found = failure_told(container.error)
    if found is None or found.entry.failure is None:
        # Each release of pasta has other words for a port that its user may not bind.
        if _DENIED in container.error.lower() and (low := failure_by_low_port(host, container)) is not None:
            return low
        said = message("{error}", error=own_words(container.error))
        if cause_told(container.error)[0]:
            return Failure(said)
        start = host.engine_of(container).command("start", container.name)
        return Failure(
            said,
            message(
                "hairpin does not know this error. Remove what the error names, then try another start: {start}",
                start=start,
            ),
        )
    if found.entry.failure == "of-host":
        return _READERS[found.entry.id](host, container, dict(found.places))
    return _with_words(found.entry.failure, host, container, found)


def _with_words(failure: Failure, host: Host, container: Container, found: "EntryHit[TextEntry]") -> Failure:
    """Return the failure with the placeholders in its messages filled in."""
    words = {
        **dict(found.places),
        "name": container.name,
        "start": host.engine_of(container).command("start", container.name),
    }

    def filled(said: Message) -> Message:
        places = (place for _, place, _, _ in Formatter().parse(said.template) if place)
        return said.filled(**{each: words.get(each, found.subject) for each in places})

    repair = filled(failure.repair) if failure.repair is not None else None
    return Failure(filled(failure.said), repair, again=failure.again)


def own_words(error: str) -> str:
    """Return the innermost reason in the engine's error, on one line."""
    line = _ENDPOINT.sub("", " ".join(error.split()))
    words = line.rpartition("failed: ")[2].removesuffix("(exit status 1))").removesuffix(": unknown").strip()
    return line if words == "port is already allocated" else words


# --- errors whose meaning depends on the state of the host ------------------------------------------------------------


def _port_held(host: Host, container: Container, places: dict[str, str]) -> Failure:
    port = int(places["port"])
    bindings = [each for each in container.bindings if each.host_port == port]
    asked = ((each, _listener(host, each, port)) for each in bindings or (None,))
    binding, held = next(((each, one) for each, one in asked if one is not None), (next(iter(bindings), None), None))
    others = (each for each in host.containers() if each.running and each.id != container.id)
    other = next((each for each in others if any(one.actual and one.host_port == port for one in each.bindings)), None)
    if other is not None:
        return Failure(
            message("port {port} was held: container {name} publishes it", port=port, name=other.name),
            _free_it(host, container, binding, stopped_for_good(host, other)),
        )
    first, last = ephemeral_ports(host.namespace(host.netns.name)) if host.netns.name in host else EPHEMERAL
    if held is None and first <= port <= last:
        return _maybe_connected(host, container, binding, port)
    if held is None:
        said = message("port {port} was held by another process, which has released it since", port=port)
        return Failure(said, again=True)
    return Failure(
        message("port {port} is held by {socket}", port=port, socket=held.socket),
        _at_another_address(host, container, binding, held.stop)
        if held.is_at_loopback and binding is not None
        else _free_it(host, container, binding, held.stop),
    )


def _maybe_connected(host: Host, container: Container, binding: PortBinding | None, port: int) -> Failure:
    """Return the failure by a port that the kernel gives to outgoing connections.  No reading lists such connections.

    Source: Documentation/networking/ip-sysctl.rst, ip_local_port_range, ip_local_reserved_ports"""
    protocol = binding.protocol if binding is not None else "tcp"
    facts = {
        "port": port,
        "option": "u" if protocol == "udp" else "t",
        "start": host.engine_of(container).command("start", container.name),
    }
    return Failure(
        message(
            "port {port} was held, and nothing listens there now. The kernel gives such ports to outgoing connections "
            "(net.ipv4.ip_local_port_range), so a connection may hold it still",
            **facts,
        ),
        message(
            "`ss -Hna{option}p 'sport = :{port}'` shows the connection: when it has ended, {start}. `sysctl -w "
            "net.ipv4.ip_local_reserved_ports={port}` keeps the port free for the future",
            **facts,
        ),
    )


class _Held(NamedTuple):
    """The socket that keeps the engine from a port, as text, and how to stop it.  ``is_at_loopback``: whether the port
    is free at the host's other addresses."""

    socket: str
    stop: Message
    is_at_loopback: bool


def _listener(host: Host, binding: PortBinding | None, port: int) -> _Held | None:
    """Return the socket that keeps the engine from the binding's port; None if there is none.  A socket at one address
    keeps the engine from the port at all addresses, and the reverse.

    Source: net/ipv4/inet_connection_sock.c inet_csk_bind_conflict()"""
    if host.netns.name not in host:
        return None
    protocol = binding.protocol if binding is not None else "tcp"
    wanted = binding.host_ip if binding is not None else None
    own = (each for each in host.namespace(host.netns.name).sockets if (each.protocol, each.port) == (protocol, port))
    found = min(own, key=lambda each: None not in (each.address, wanted) and each.address != wanted, default=None)
    if found is None:
        return None
    what = (
        message("{unit}, the unit of process {pid}", unit=found.service, pid=found.pid)
        if found.service and found.pid
        else message("the service of process {pid}", pid=found.pid)
        if found.pid
        else message("the service that has the port")
    )
    at_loopback = wanted is None and found.address is not None and is_loopback(found.address, found.version)
    stop = ended_by_its_program(host, found) or message("stop {what}", what=what)
    return _Held(socket_text(found), stop, at_loopback)


def ended_by_its_program(host: Host, socket: Socket) -> Message | None:
    """Return the advice to end a process that goes on when its unit is stopped, such as a dnsmasq of libvirt; None for
    any other process."""
    unit = next((each for each in host.units if each.name == socket.service), None)
    if unit is None or socket.pid is None or not unit.leaves(socket.pid):
        return None
    return message(
        "have process {pid} ({process}) ended by the program that started it, because a stop of {unit} would leave it "
        "running (KillMode={mode})",
        pid=socket.pid,
        process=socket.process or "-",
        unit=unit.name,
        mode=unit.kill_mode,
    )


def _at_another_address(host: Host, container: Container, binding: PortBinding, stop: Message | str) -> Message:
    return message(
        "{stop}, then {start}; or recreate {name} with the port at one address of this host, -p ADDRESS:{port}:{inner}",
        stop=stop,
        start=host.engine_of(container).command("start", container.name),
        name=container.name,
        port=binding.host_port,
        inner=binding.container_port if binding.protocol == "tcp" else f"{binding.container_port}/{binding.protocol}",
    )


def _free_it(host: Host, container: Container, binding: PortBinding | None, stop: Message | str) -> Message:
    return message(
        "{stop}, then {start}; or recreate {name} with another port, -p OTHER:{inner}",
        stop=stop,
        start=host.engine_of(container).command("start", container.name),
        name=container.name,
        inner=binding.container_port if binding is not None else "PORT",
    )


def stopped_for_good(host: Host, container: Container) -> Message | str:
    """Return the command that stops the container.  If its restart policy is ``always``, the sentence also says that
    dockerd starts it again, and how to prevent that.

    A container with ``unless-stopped`` stays stopped.  Source: moby daemon/daemon.go restore(), docker run --restart"""
    engine = host.engine_of(container)
    stop = engine.command("stop", container.name)
    if engine.kind != "docker" or container.restart_policy != "always":
        return stop
    return message(
        "{stop} ({name} has --restart always, so dockerd starts it again at its own next start. To prevent that: "
        "{update})",
        stop=stop,
        name=container.name,
        update=engine.command("update", "--restart", "unless-stopped", container.name),
    )


def _no_owner(host: Host, container: Container, places: dict[str, str]) -> Failure:
    owner = host.container(places["container"])
    if owner is None:
        return Failure(
            message("the container whose network this container uses is gone"),
            message("recreate {name} with the network of a container that exists", name=container.name),
        )
    if owner.running:
        return Failure(
            message("container {owner}, whose network this container uses, did not run", owner=owner.name), again=True
        )
    engine = host.engine_of(container)
    return Failure(
        message("container {owner}, whose network this container uses, does not run", owner=owner.name),
        message(
            "{first}, then {then}",
            first=engine.command("start", owner.name),
            then=engine.command("start", container.name),
        ),
    )


def _address_elsewhere(host: Host, container: Container, places: dict[str, str]) -> Failure:
    """Return the failure to bind an address that the host lacked at the start.  Another machine may have it, or the
    host may have it again."""
    asked: list[tuple[Version, int]] = [
        (each.version, each.host_ip) for each in container.bindings if each.host_ip is not None
    ]
    known = [mover_of(host.floating, *each) for each in asked]
    moved = next((each for each in known if each is not None), None)
    own = host.namespace(host.netns.name) if host.netns.name in host else None
    if asked and own is not None and all(accepts_address(own, *each) for each in asked):
        addresses = ", ".join(dict.fromkeys(address_text(value, version) for version, value in asked))
        return Failure(
            message(
                "{address}, on which the container's port is published, was no address of this host at its last start, "
                "and is one again now",
                address=addresses,
            ),
            again=True,
        )
    said = message(
        "{address}, on which the container's port is published, is no address of this host",
        address=places.get("address") or message("the address"),
    )
    if moved is None:
        return Failure(
            said,
            message(
                "recreate {name} and publish its port on an address of this host, or on every address",
                name=container.name,
            ),
        )
    return Failure(
        said,
        message(
            "{program} moves the address between machines. To let {name} start while another machine has the address: "
            "sysctl -w net.ipv{version}.ip_nonlocal_bind=1, then {start}",
            program=moved.program,
            name=container.name,
            version=moved.version,
            start=host.engine_of(container).command("start", container.name),
        ),
    )


def _no_veth(host: Host, container: Container, _: dict[str, str]) -> Failure:
    files = host.rule_tools.modules
    if files is not None and not files.there:
        return Failure(
            message(
                "the kernel could not make a veth pair: {folder} is gone, so the kernel loads no module",
                folder=files.folder,
            ),
            message("reboot into the kernel that is installed"),
        )
    start = host.engine_of(container).command("start", container.name)
    return Failure(
        message("the kernel could not make a veth pair"),
        message("load the module veth (modprobe veth) or boot a kernel that has it, then {start}", start=start),
    )


_READERS: dict[str, _Reader] = {
    "docker-proxy-address-in-use": _port_held,
    "docker-port-allocated": _port_held,
    "docker-privileged-port": failure_at_privileged_port,
    "rootlessport-denied": failure_at_privileged_port,
    "docker-address-not-here": _address_elsewhere,
    "docker-network-missing": no_network,
    "docker-network-not-loaded": not_loaded,
    "docker-joined-container-gone": _no_owner,
    "docker-joined-container-stopped": _no_owner,
    "container-owner-missing": _no_owner,
    "container-address-taken": address_conflict,
    "docker-veth-unsupported": _no_veth,
}
"""The functions that decide the meaning of an error text from the state of the host, by the id of the text's entry in
``hairpin.words``."""
