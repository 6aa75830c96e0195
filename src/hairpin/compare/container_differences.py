"""Finds differences of containers, other namespaces and sockets.  A container with a new namespace is one difference.
A difference of a whole container includes the container's links, its addresses and the relays of its ports."""

from collections.abc import Iterator

import msgspec

from hairpin.compare.edit import HostTaken, SpaceTaken
from hairpin.compare.listed_difference import ListedDifference, Text
from hairpin.host.docker import Container, Endpoint
from hairpin.host.host import Host, Namespace
from hairpin.host.netns import Netns
from hairpin.host.socket import Socket
from hairpin.message import message
from hairpin.network.index import other_end
from hairpin.network.prefix import address_text
from hairpin.network.socket_owner import EPHEMERAL

_OWN_RESOLVER = 0x7F00000B
"""127.0.0.11, the address at which Docker's own resolver listens in each container, at random ports."""


def container_differences(was: Host, now: Host) -> Iterator[ListedDifference]:
    """Yield the differences of containers, and of namespaces that belong to no container."""
    told = {each.kind for host in (was, now) for each in host.engines if not each.containers and not each.running}
    one, other = _by_name(was), _by_name(now)
    anew = made_anew(was, now)
    for key in dict.fromkeys((*one, *other)):
        old, new = one.get(key), other.get(key)
        if key[0] in told and (old is None or new is None):
            continue  # the engine did not report it
        before, after = _words(old), _words(new)
        names = [name for name in dict.fromkeys((*before, *after)) if before.get(name) != after.get(name)]
        if not names:
            continue
        texts = (" ".join(f"{name} {words[name]}" for name in names if words.get(name)) for words in (before, after))
        first, second = texts
        whole = key[1] in anew
        yield ListedDifference(
            "containers",
            now.netns,
            message("container {name}", name=key[1]),
            first if old is not None else None,
            second if new is not None else None,
            HostTaken("container" if whole else "state", key[1], key[0]),
            fields=("engines", "namespaces", "there") if whole else ("engines", "sockets"),
        )
    for name in sorted(_others(was) ^ _others(now)):
        where = message("namespace {name}", name=name)
        is_new = name in now
        yield ListedDifference(
            "containers", now.netns, where,
            None if is_new else message("exists"), message("exists") if is_new else None,
            HostTaken("namespace", name), fields=("namespaces", "there"),
        )  # fmt: skip


def _by_name(host: Host) -> dict[tuple[str, str], Container]:
    return {(engine.kind, each.name): each for engine in host.engines for each in engine.containers}


def _others(host: Host) -> frozenset[str]:
    """Return the names of namespaces that belong to no container."""
    own = {each.netns for each in host.containers()}
    return frozenset(
        each.name
        for each in host.namespaces
        if each.name not in own and each.name != host.netns.name and not each.name.startswith("container:")
    )


def made_anew(was: Host, now: Host) -> frozenset[str]:
    """Return the names of containers that exist or run on one host only, or whose namespace, network mode, networks or
    addresses differ."""
    one, other = _by_name(was), _by_name(now)
    found: set[str] = set()
    for key in one.keys() | other.keys():
        old, new = one.get(key), other.get(key)
        if old is None or new is None or _space(was, old) != _space(now, new) or _attached(old) != _attached(new):
            found.add(key[1])
    return frozenset(found)


def _space(host: Host, container: Container) -> tuple[object, ...]:
    return container.running, _known_space(host, container), container.network_mode


def _known_space(host: Host, container: Container) -> str | None:
    return container.netns if container.netns is not None and container.netns in host else None


def _attached(container: Container) -> frozenset[tuple[object, ...]]:
    return frozenset((each.network, each.ipv4, each.ipv6) for each in container.endpoints)


def ends_of(host: Host, names: frozenset[str]) -> frozenset[str]:
    """Return the host's links whose peers are in the namespaces of the named containers."""
    spaces = {each.netns for each in host.containers() if each.name in names}
    if host.netns.name not in host:
        return frozenset()
    found = ((link.name, other_end(host, host.netns.name, link)) for link in host.namespace(host.netns.name).links)
    return frozenset(name for name, end in found if end is not None and end[0] in spaces)


def _words(container: Container | None) -> dict[str, str]:
    if container is None:
        return {}
    bindings = sorted(
        f"{'' if each.host_ip is None else address_text(each.host_ip, each.version) + ':'}{each.host_port}->"
        f"{each.container_port}/{each.protocol}"
        for each in container.bindings
        if each.version == 4 or each.host_ip is not None
    )
    addresses = sorted(" ".join((end.network, *_addresses(end))) for end in container.endpoints)
    return {
        "status": container.status + (f" ({container.exit_code})" if container.status == "exited" else ""),
        "image": container.image,
        "ports": ",".join(bindings),
        "networks": ", ".join(addresses),
        "network-mode": container.mode,
        "restart": container.restart_policy,
        "dns": ",".join(container.dns),
        "health": container.health if container.health != "starting" else "",
        "network-disabled": "yes" if container.network_disabled else "",
    }


def _addresses(end: Endpoint) -> Iterator[str]:
    if end.ipv4 is not None:
        yield address_text(end.ipv4, 4)
    if end.ipv6 is not None:
        yield address_text(end.ipv6, 6)


# --- sockets ---------------------------------------------------------------------------------------------------------


def socket_differences(
    netns: Netns, was: Namespace, now: Namespace, ends: frozenset[int]
) -> Iterator[ListedDifference]:
    """Yield the differences of listening sockets: a socket is new or gone, its process is stopped or frozen, or its
    queue is full.  ``ends``: the addresses of containers that are one difference as a whole.  The difference of a whole
    container includes the relays of its ports."""
    if "sockets" in (*was.unread, *now.unread):
        return
    one, other = (
        {socket_name(each): each for each in space.sockets if not _is_told(each, ends)} for space in (was, now)
    )
    drawn = {_without_port(each) for each in one.values() if _is_drawn(each)} & {
        _without_port(each) for each in other.values() if _is_drawn(each)
    }
    for name in dict.fromkeys((*one, *other)):
        old, new = one.get(name), other.get(name)
        before, after = _state(old), _state(new)
        if before == after:
            continue
        shown = new or old
        assert shown is not None  # at least one of the two hosts has a socket of this name
        listed = not (_is_drawn(shown) and (_without_port(shown) in drawn or shown.protocol == "udp"))
        yield ListedDifference(
            "sockets", netns, message("socket {name}", name=name), before, after, SpaceTaken(netns, "socket", name),
            listed=listed, fields=("sockets",),
        )  # fmt: skip


def _is_told(socket: Socket, ends: frozenset[int]) -> bool:
    return socket.address == _OWN_RESOLVER or (socket.relay is not None and socket.relay.address in ends)


def _is_drawn(socket: Socket) -> bool:
    return EPHEMERAL[0] <= socket.port <= EPHEMERAL[1]


def _without_port(socket: Socket) -> Socket:
    plain = Socket(socket.protocol, socket.version, socket.address, 0, socket.device, socket.v6only, socket.process)
    return msgspec.structs.replace(plain, uid=socket.uid)


def socket_name(socket: Socket) -> str:
    """Return a text that identifies a socket, such as ``tcp 0.0.0.0:80 (httpd)``."""
    wildcard = "*" if socket.version == 4 else "[::]"
    address = wildcard if socket.address is None else address_text(socket.address, socket.version)
    device = f"%{socket.device}" if socket.device is not None else ""
    process = f" ({socket.process})" if socket.process is not None else ""
    return f"{socket.protocol} {address}{device}:{socket.port}{process}"


def socket_port(name: str) -> int:
    """Return the port in a socket's name."""
    return int(name.partition(" (")[0].rpartition(":")[2])


def _state(socket: Socket | None) -> Text | None:
    if socket is None:
        return None
    if socket.halted:
        return message("stopped by a signal")
    if socket.frozen:
        return message("frozen")
    return message("full: new clients are dropped") if socket.is_full else message("listens")
