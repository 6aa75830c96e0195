"""The flows to a name for which /etc/hosts has an address, or an address of each family: ``localhost``, and the names
in the asking container's own file.

/etc/hosts comes before every name server, so the container's packets go to this address, even if another container has
the name.  If ``localhost`` has the address ::1, clients try ::1 first, and try 127.0.0.1 if ::1 refuses the connection
at once.

Source: getaddrinfo(3), RFC 6724 section 6, RFC 6761 section 6.3
"""

from collections.abc import Iterator

import msgspec

from hairpin.errors import UsageError
from hairpin.host.docker import Container
from hairpin.host.host import Host
from hairpin.host.netns import Netns
from hairpin.message import Message, message
from hairpin.network.flow import Flow
from hairpin.network.names import hosts_file
from hairpin.network.network import Network, addresses_of, netns_of, owns_address
from hairpin.network.pinned_names import NAMES_OF_HOST, Pin, addresses_on, holder_of_pin, pinned_addresses
from hairpin.network.prefix import parse_address
from hairpin.question.asked import Origin, Target
from hairpin.question.hosts import host_named
from hairpin.question.starts import asker, start_named


def to_pinned(network: Network, target: Target, origin: Origin | None) -> list[Flow]:
    """Return the flows to the addresses that the asking container's /etc/hosts has for the target's name.  Return no
    flow if the file does not have the name, or if the address in the file belongs to a container with this name.

    Raises UsageError if the target's name means the host and the container's /etc/hosts does not have this name."""
    name = target.container or ""
    if origin is None or origin.kind != "container" or target.port is None or not name or target.host:
        return []
    host = asker(network, origin)
    asking = host.container(origin.container or "") or next(iter(host.containers_named(origin.container or "")), None)
    pins = pinned_addresses(host, asking, name) if asking is not None else ()
    named = host.containers_named(name)
    if not pins or asking is None:
        if asking is not None and name in NAMES_OF_HOST and not named and not host.engine_of(asking).rootless:
            raise UsageError(_unknown(name, asking.name))
        return []
    if all(any(pin.address in addresses_on(host, each, pin.version) for each in named) for pin in pins):
        return []
    return [
        _to_pin(network, host, target, origin, pin, named)
        for pin in pins
        if pin is pins[0] or _uses(network, host, asking, pin)
    ]


def _uses(network: Network, host: Host, asking: Container, pin: Pin) -> bool:
    """Return whether the container uses a further address of the name.  A container uses it if it has an address of the
    same family."""
    netns = netns_of(host, asking)
    held = addresses_of(network.namespace(netns), None, pin.version) if netns is not None and netns in network else ()
    return any(each.scope == "global" for each in held)


def _to_pin(
    network: Network, host: Host, target: Target, origin: Origin, pin: Pin, named: tuple[Container, ...]
) -> Flow:
    """Return the flow to the pin's address, for the running container that has the name, or else the address."""
    point = start_named(network, host, pin.version, origin)
    holder = holder_of_pin(host, pin)
    if holder is not None:
        holder = next((each for each in named if each.running), holder)
    assert target.port is not None
    return Flow(
        point.start,
        pin.version,
        pin.address,
        target.protocol or "tcp",
        target.port,
        container=holder.name if holder is not None else None,
        host=point.host.name,
        asked_host=host.name,
    )


def _unknown(name: str, asking: str) -> Message:
    return message(
        "container {asking!r} does not know the name {name}, because it was made without --add-host "
        "{name}:host-gateway",
        asking=asking,
        name=name,
    )


_NAME = "localhost"
_SECOND = parse_address("::1")


def with_second_family(network: Network, target: Target, origin: Origin | None) -> Iterator[Target]:
    """Yield the target.  If the user wrote ``localhost``, and this name has the address ::1 for the client, also yield
    the same port at ::1."""
    yield target
    if not target.localhost or (origin is not None and origin.is_client):
        return
    if origin is not None and origin.kind == "container":
        host = asker(network, origin)
        container = host.container(origin.container or "")
        netns = netns_of(host, container) if container is not None else None
    else:
        host = host_named(network, origin.host if origin is not None else target.host)
        netns = host.netns
    if netns is not None and netns in network and _has_second(network, host, netns):
        version, address = _SECOND
        yield msgspec.structs.replace(target, version=version, address=address)


def _has_second(network: Network, host: Host, netns: Netns) -> bool:
    """Return whether the name ``localhost`` has the address ::1 in the namespace.  The namespace must have ::1, and the
    host's own /etc/hosts must not give the name other addresses only.  An engine writes both addresses into a
    container's /etc/hosts."""
    if not owns_address(network.namespace(netns), *_SECOND):
        return False
    lines = hosts_file(host) if netns.is_host else ()
    named = [words[0] for words in lines if _NAME in words[1:]]
    return not named or "::1" in named
