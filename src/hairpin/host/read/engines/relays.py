"""The targets of relays: of docker-proxy and an engine's other relays, of daemons that bind a published port but never
accept a connection, and of systemd-socket-proxyd.

docker-proxy's command line has the target: ``-proto tcp -host-ip 0.0.0.0 -host-port 8080 -container-ip 172.17.0.2
-container-port 80`` (``-use-listen-fd`` since Docker 28).  If the command line could not be read, the target is found
from the published port.
Source: moby cmd/docker-proxy/main_linux.go; libnetwork portmapper/proxy.go dummyProxy (userland proxy off).
"""

from collections.abc import Iterable
from itertools import zip_longest
from typing import Literal, NamedTuple

import msgspec

from hairpin.host.docker import Container, Endpoint, PortBinding
from hairpin.host.netns import NAMED
from hairpin.host.read.engines.container_json import publishing_endpoint
from hairpin.host.read.processes import RELAYS
from hairpin.host.socket import ALLOWS_LOOPBACK, Relay, Socket, TapEntry
from hairpin.netfilter.address import LOCALHOST, Version, parse_address

HOLDERS = ("dockerd", "conmon")
"""The programs that bind a published port only to reserve it, and never accept a connection."""


_INTO_NAMESPACES = ("rootlessport", "pasta", "pasta.avx2", "slirp4netns")
"""The relay programs that connect from inside the container's namespace, or by its tap link."""
_PASTA = ("pasta", "pasta.avx2")
_SLIRP = "slirp4netns"
_HIDES_LOOPBACK = "--disable-host-loopback"
"""slirp4netns' option that Podman gives unless the container's network has ``allow_host_loopback=true``."""
_ROOTLESSKIT = "rootlesskit"
"""The program in whose namespaces a user's dockerd runs."""
_ROOTLESS_NETNS = "rootless-netns"
"""The name of the namespace with the networks of a rootless Podman."""


class RelayCommand(msgspec.Struct, frozen=True):
    """The command line of a running relay; ``arguments``: the words after the program's name, which is ``program``."""

    pid: int
    arguments: tuple[str, ...]
    program: str = ""


def commands(text: str) -> tuple[RelayCommand, ...]:
    """Return the command lines in lines ``PID<TAB>argv joined by spaces``; other lines are skipped."""
    found: list[RelayCommand] = []
    for line in text.split("\n"):
        pid, tab, command = line.partition("\t")
        if tab and pid.isdigit():
            program, *arguments = command.split() or [""]
            found.append(RelayCommand(int(pid), tuple(arguments), program.rpartition("/")[2]))
    return tuple(found)


def network_stack(running: tuple[RelayCommand, ...]) -> str:
    """Return the program that carries the packets of a rootless Podman's networks out of their namespace, which all its
    networks share, as ``stacks_by_file`` names it; empty if none runs.

    Source: Podman's libnetwork/internal/rootlessnetns (container-libs): the path of the namespace is an argument"""
    return next((_mode(each) for each in running if any(_ROOTLESS_NETNS in word for word in each.arguments)), "")


def stack_of_dockerd(running: tuple[RelayCommand, ...], uid: int) -> str | None:
    """Return the program that carries the packets of a rootless dockerd's networks out of their namespace, as
    ``stacks_by_file`` names it; None if no rootlesskit of the user runs, or if several do.

    Source: rootlesskit cmd/rootlesskit, flags ``--net`` and ``--disable-host-loopback``"""
    found = _of_user([each for each in running if each.program == _ROOTLESSKIT], uid)
    modes = [dict(_pairs(each.arguments)).get("--net", "host") for each in found]
    if len(modes) != 1:
        return None
    return _of_slirp(found[0]) if modes[0] == _SLIRP else modes[0]


def _of_user(kits: list[RelayCommand], uid: int | None) -> list[RelayCommand]:
    """Return the user's own rootlesskits, if several users have one: the folder of its state, in the user's runtime
    folder, is an argument."""
    folder = f"/run/user/{uid}/"
    return [each for each in kits if any(folder in word for word in each.arguments)] if len(kits) > 1 else kits


def stacks_by_file(running: tuple[RelayCommand, ...]) -> dict[str, str]:
    """Return the network mode of each container behind slirp4netns, by the file of the container's network namespace,
    which is an argument of slirp4netns.  The mode has the option that Podman does not list, in the words of
    podman-run(1): ``slirp4netns:allow_host_loopback=true``."""
    return {word: _mode(each) for each in running if each.program == _SLIRP for word in each.arguments if "/" in word}


def _mode(command: RelayCommand) -> str:
    """Return the program, and for slirp4netns whether it connects to the host's loopback."""
    return _of_slirp(command) if command.program == _SLIRP else command.program


def _of_slirp(command: RelayCommand) -> str:
    return f"{_SLIRP}:{ALLOWS_LOOPBACK}={'false' if _HIDES_LOOPBACK in command.arguments else 'true'}"


def with_relays(
    sockets: tuple[Socket, ...],
    running: tuple[RelayCommand, ...],
    containers: tuple[Container, ...],
    dockers: tuple[str, ...] = (),
    proxies: tuple[tuple[str, Relay], ...] = (),
) -> tuple[Socket, ...]:
    """Return the sockets.  The socket of a relay gets the relay's target.  ``dockers``: the namespaces in which
    users' dockerds run.  ``proxies``: the socket units for which a systemd-socket-proxyd passes connections on, each
    with its target.

    Only root sees who holds a socket, but everybody sees command lines: a socket whose process is not known is the
    docker-proxy's that was told to listen there, because no other program can then hold this address and port."""
    by_end = {end: each for each in running if (end := _own_end(each)) is not None}
    sockets = tuple(_held_by_proxy(each, by_end) if each.process is None else each for each in sockets)
    if targets := dict(proxies):
        sockets = tuple(msgspec.structs.replace(each, relay=targets.get(each.socket_unit)) for each in sockets)
    if not any(socket.process in RELAYS or socket.process in HOLDERS for socket in sockets):
        return sockets
    by_pid = {command.pid: command for command in running}
    of_kit = _OfKit(tuple(each for each in running if each.program == _ROOTLESSKIT), dockers)
    return tuple(of_kit.relayed(each) or _with_relay(each, by_pid, containers) for each in sockets)


class _OfKit(NamedTuple):
    """The running rootlesskits, and the namespaces in which users' dockerds run."""

    kits: tuple[RelayCommand, ...]
    dockers: tuple[str, ...]

    def relayed(self, socket: Socket) -> Socket | None:
        """Return the socket of a user's dockerd with its relay; None for any other socket.  rootlesskit connects to the
        loopback address of dockerd's namespace, where docker-proxy listens; pasta and slirp4netns enter it by the tap
        link.

        Source: rootlesskit pkg/port/builtin/child/child.go, pkg/port/slirp4netns; moby
        daemon/libnetwork/drivers/bridge/internal/rlkclient"""
        inside = [each for each in self.dockers if each.startswith(f"{NAMED}rootless-{socket.uid}-")]
        own = _of_user(list(self.kits), socket.uid)
        if len(own) != 1 or len(inside) != 1 or socket.process is None:
            return None
        kit, version = own[0], socket.version
        if socket.process == _ROOTLESSKIT:
            relay = Relay(version, LOCALHOST[version], socket.port, netns=inside[0])
        elif _DRIVERS.get(socket.process) == dict(_pairs(kit.arguments)).get("--port-driver"):
            relay = Relay(version, 0, socket.port, netns=inside[0], tap=tap_entry(socket.process, kit))
        else:
            return None
        return msgspec.structs.replace(socket, relay=relay)


_DRIVERS = {**dict.fromkeys(_PASTA, "implicit"), _SLIRP: _SLIRP}
"""rootlesskit's ``--port-driver``, by the program that then has the sockets."""


class _End(NamedTuple):
    """Where a relay listens.  ``address``: None for all addresses."""

    protocol: str
    version: Literal[4, 6]
    address: int | None
    port: int


def _own_end(command: RelayCommand) -> _End | None:
    """Return where a docker-proxy listens; None for any other program."""
    values = dict(_options(command.arguments))
    try:
        version, value = parse_address(values.get("host-ip", ""))
        return _End(values.get("proto", "tcp"), version, value or None, int(values.get("host-port", "")))
    except ValueError:
        return None


def _held_by_proxy(socket: Socket, by_end: dict[_End, RelayCommand]) -> Socket:
    found = by_end.get(_End(socket.protocol, socket.version, socket.address, socket.port))
    return socket if found is None else msgspec.structs.replace(socket, process="docker-proxy", pid=found.pid)


class Relayed(NamedTuple):
    """A published port, from the command line of its docker-proxy: the address and port on which docker-proxy listens,
    and the container's address and port to which it leads."""

    protocol: str
    host_version: Literal[4, 6]
    host_address: int | None
    host_port: int
    target: Relay


def relayed_by(command: RelayCommand) -> Relayed | None:
    """Return what the command line tells; None for a program other than docker-proxy."""
    end, target = _own_end(command), _target_of(command)
    return None if end is None or target is None else Relayed(*end, target)


def _with_relay(socket: Socket, by_pid: dict[int, RelayCommand], containers: tuple[Container, ...]) -> Socket:
    command = by_pid.get(socket.pid) if socket.pid is not None else None
    if socket.process in RELAYS:
        relay = (_target_of(command) if command is not None else None) or _published(
            socket, containers, holds_only=False
        )
        if relay is not None and relay.netns:
            relay = msgspec.structs.replace(relay, tap=tap_entry(socket.process, command))
    elif socket.process in HOLDERS:
        relay = _published(socket, containers, holds_only=True)
    else:
        return socket
    return socket if relay is None else msgspec.structs.replace(socket, relay=relay)


def tap_entry(process: str | None, command: RelayCommand | None) -> TapEntry | None:
    """Return how the program sends connections into its container's tap link; None for any program other than pasta and
    slirp4netns.

    pasta leads connections from the host's loopback to the container's own address since 2024_10_30.  Podman passes
    ``--map-guest-addr`` only to a pasta of about that release or later, so any other command line leaves the target
    open.  Source: passt(1), --host-lo-to-ns-lo, --map-guest-addr; Podman's pasta options (container-libs)"""
    if process == "slirp4netns":
        hides = command is not None and _HIDES_LOOPBACK in command.arguments
        return TapEntry("tap0", datagrams_of_host="unanswered" if hides else "either")
    if process not in _PASTA:
        return None
    if command is None:
        return TapEntry(copies_host=True, from_loopback="either")
    mapped = dict(_addresses_after(command.arguments, ("--map-guest-addr",)))
    to_loopback = "--host-lo-to-ns-lo" in command.arguments
    into: Literal["tap", "address", "either"] = "address" if mapped else "either"
    if "--no-splice" in command.arguments:
        into = "tap"
    return TapEntry(
        link=next((after for flag, after in _pairs(command.arguments) if flag in ("-I", "--ns-ifname")), ""),
        copies_host=True,
        own4=mapped.get(4),
        own6=mapped.get(6),
        from_loopback="loopback" if to_loopback else into,
    )


def _addresses_after(arguments: tuple[str, ...], flags: tuple[str, ...]) -> Iterable[tuple[Version, int]]:
    for flag, after in _pairs(arguments):
        try:
            if flag in flags:
                yield parse_address(after)
        except ValueError:
            continue


def _pairs(arguments: tuple[str, ...]) -> Iterable[tuple[str, str]]:
    """Yield the options with their values, as getopt_long(3) takes them: ``-f value``, ``--flag value``,
    ``--flag=value``."""
    for flag, following in zip_longest(arguments, arguments[1:], fillvalue=""):
        if flag.startswith("-"):
            name, equals, value = flag.partition("=")
            yield name, value if equals else following


def _target_of(command: RelayCommand) -> Relay | None:
    values = dict(_options(command.arguments))
    try:
        version, value = parse_address(values.get("container-ip", ""))
        return Relay(version, value, int(values.get("container-port", "")))
    except ValueError:
        return None


def _options(arguments: tuple[str, ...]) -> Iterable[tuple[str, str]]:
    """Yield the name and value of each flag, in the syntax of Go's flag package: ``-f value``, ``--f value``,
    ``-f=value``."""
    for flag, following in zip_longest(arguments, arguments[1:], fillvalue=""):
        if flag.startswith("-"):
            name, equals, value = flag.lstrip("-").partition("=")
            yield name, value if equals else following


def _published(socket: Socket, containers: tuple[Container, ...], *, holds_only: bool) -> Relay | None:
    for container in containers:
        endpoint = publishing_endpoint(container)
        if socket.process in _INTO_NAMESPACES and container.netns is not None:
            found = next((each for each in container.bindings if each.actual and _serves(socket, each)), None)
            if found is not None:
                own = endpoint.ipv4 if endpoint is not None else None
                return Relay(4, own or 0, found.container_port, netns=container.netns)
        if not container.running or (endpoint is None and not holds_only):
            continue
        for binding in container.bindings:
            if not binding.actual or not _serves(socket, binding):
                continue
            # conmon still binds the port of a container that was disconnected from its networks; and a damaged text
            # may have lost the addresses.
            if endpoint is None or (holds_only and endpoint.ipv4 is None and endpoint.ipv6 is None):
                return Relay(socket.version, 0, binding.container_port, holds_only)
            target = proxy_target(endpoint, socket.version)
            if target is not None:
                return Relay(*target, binding.container_port, holds_only)
    return None


def proxy_target(endpoint: Endpoint, version: Literal[4, 6]) -> tuple[Literal[4, 6], int] | None:
    """Return the version and the address to which docker-proxy connects for clients of the given version; None if
    dockerd starts no docker-proxy for them.

    docker-proxy of an IPv6 socket connects to the container's IPv4 address if the container has no IPv6 address.  If
    the container has no IPv4 address, dockerd publishes the port for IPv6 only, also with ``-p 0.0.0.0:PORT``.
    Measured with Docker 20.10.24 and 28.5.2
    """
    if version == 6 and endpoint.ipv6 is not None:
        return 6, endpoint.ipv6
    return (4, endpoint.ipv4) if endpoint.ipv4 is not None else None


def _serves(socket: Socket, binding: PortBinding) -> bool:
    if (socket.protocol, socket.port) != (binding.protocol, binding.host_port):
        return False
    if socket.version != binding.version:
        # Engines before 20.10.2 list only the IPv4 binding, and bind one socket for IPv4 and IPv6.
        return socket.address is None and binding.host_ip is None
    return socket.address == binding.host_ip
