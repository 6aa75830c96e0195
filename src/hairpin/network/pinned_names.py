"""Names for which a container's own /etc/hosts has an address: ``--add-host``, Compose's ``extra_hosts``, a legacy
link, or a line that an image, an entrypoint or a person has written.

/etc/hosts comes before every name server (nsswitch.conf(5): ``hosts: files dns``).  The engine writes this file at the
container's start from the options with which the container was made.  Usually the present file was read.  If it was not
read, the options show its content at the container's start.

Source: moby daemon/container_operations_unix.go buildSandboxOptions(), addLegacyLinks(); podman-run(1) --add-host
"""

from collections.abc import Iterator
from typing import Literal

import msgspec

from hairpin.host.docker import Container, Engine, PinnedName
from hairpin.host.host import Host
from hairpin.message import Message, message
from hairpin.network.flow import Flow, FromContainer
from hairpin.network.names import names_at, serving
from hairpin.network.network import Network, addresses_of
from hairpin.network.prefix import Version, address_text

NAMES_OF_HOST = ("host.docker.internal", "host.containers.internal")
"""Names by which a container reaches its host.  Docker knows neither name by itself.  Podman writes both names into
each container's /etc/hosts."""


Hand = Literal["option", "link", "hostname", "file"]


class Pin(msgspec.Struct, frozen=True):
    """A name in a container's own /etc/hosts, and its address there.  ``hand``: the origin of the entry: ``option`` is
    the option ``--add-host``, ``link`` is a legacy link (``--link``), ``hostname`` is the container's own host name
    (``--hostname``), and ``file`` is anything else, such as an entrypoint or a person."""

    name: str
    version: Version
    address: int
    hand: Hand = "option"


def pins_of(host: Host, container: Container) -> tuple[Pin, ...]:
    """Return the names that the container's own /etc/hosts pins, each with the first address of each family.  An entry
    is skipped if the engine chose its address and no reading shows that address."""
    if container.hosts_entries is not None:
        return _pins_read(host, container, container.hosts_entries)
    return _pins_by_options(host, container)


def _pins_read(host: Host, container: Container, entries: tuple[PinnedName, ...]) -> tuple[Pin, ...]:
    """Return the pins of the file as it was read.  An entry for the container's own address counts only if its name is
    another container's."""
    by_option = {(each.name, each.version, each.address) for each in _pins_by_options(host, container)}
    links = host.network_owner(container).linked_names
    found: dict[tuple[str, Version], Pin] = {}
    for each in entries:
        is_own = each.address in addresses_on(host, container, each.version)
        if each.address is None or (is_own and not _is_anothers(host, container, each.name)):
            continue
        known = (each.name, each.version, each.address) in by_option
        hand: Hand = "option" if known else "link" if each.name in links else "hostname" if is_own else "file"
        found.setdefault((each.name, each.version), Pin(each.name, each.version, each.address, hand))
    return tuple(found.values())


def _is_anothers(host: Host, container: Container, name: str) -> bool:
    """Return whether the name is another container's, and not the container's own."""
    named = host.containers_named(name)
    return bool(named) and all(host.network_owner(each).id != host.network_owner(container).id for each in named)


def _pins_by_options(host: Host, container: Container) -> tuple[Pin, ...]:
    owner = host.network_owner(container)
    engine = host.engine_of(owner)
    found: dict[tuple[str, Version], Pin] = {}
    for each in owner.pinned:
        address = (each.version, each.address) if each.address is not None else _host_gateway(engine)
        if address is not None:
            found.setdefault((each.name, address[0]), Pin(each.name, *address))
    gateway = next((each.gateway4 for each in owner.endpoints if each.gateway4 is not None), None)
    if engine.kind == "podman" and not engine.rootless and gateway is not None:
        for name in NAMES_OF_HOST:
            if not any(known == name for known, _ in found):
                found[name, 4] = Pin(name, 4, gateway)
    return tuple(found.values())


def pinned_addresses(host: Host, container: Container, name: str) -> tuple[Pin, ...]:
    """Return the container's own entries of /etc/hosts for the name, in the file's order."""
    return tuple(each for each in pins_of(host, container) if each.name == name)


def _host_gateway(engine: Engine) -> tuple[Version, int] | None:
    """Return the address of ``host-gateway``: the daemon's option, or else the address of Docker's default bridge."""
    if engine.host_gateway is not None:
        return 4, engine.host_gateway
    default = engine.network(engine.traits.default_network) if engine.kind == "docker" else None
    if default is None:
        return None
    return next(((4, each.gateway) for each in default.subnets if each.version == 4 and each.gateway is not None), None)


class Misled(msgspec.Struct, frozen=True):
    """A pin with a wrong address: the name means a running container or the host, which does not have the address.

    ``named``: the container that the name means; None if the name means the host.  ``right``: the right address.  For a
    container, ``right`` is its address on a network of the asking container, or else on the named container's first
    network."""

    asking: Container
    pin: Pin
    named: Container | None
    right: int
    shared: str = ""
    """The network of both containers on which the engine resolves the name; empty if there is no such network."""


def misled_by(network: Network, host: Host, asking: Container) -> Iterator[Misled]:
    """Yield each pin of the container that gives another container's or the host's name a wrong address.

    A container that shares the asking container's network is not another one.  Podman writes the names of a pod's
    containers into the pod's /etc/hosts, with loopback, and the name of its infra container, with the address that the
    pod had at that time.  Source: podman libpod/container_internal_common.go addHosts(), getHostsEntries()"""
    owner = host.network_owner(asking)
    for pin in pins_of(host, asking):
        running = (each for each in host.containers_named(pin.name) if each.running)
        named = tuple(each for each in running if host.network_owner(each).id != owner.id)
        held = {value for each in named for value in addresses_on(host, each, pin.version)}
        if named and held and pin.address not in held:
            yield _past(host, asking, pin, named[0])
        elif not named and pin.name in NAMES_OF_HOST and pin.version == 4:
            of_host = {each.value for each in addresses_of(network.namespace(host.netns), None, 4)}
            gateway = next((each.gateway4 for each in owner.endpoints if each.gateway4 in of_host), None)
            if gateway is not None and pin.address not in of_host:
                yield Misled(asking, pin, None, gateway)


def _past(host: Host, asking: Container, pin: Pin, named: Container) -> Misled:
    own = {each.network for each in host.network_owner(asking).endpoints}
    holder = host.network_owner(named)
    ends = [each for each in holder.endpoints if (each.ipv4 if pin.version == 4 else each.ipv6) is not None]
    chosen = next((each for each in ends if each.network in own), ends[0])
    engine = host.engine_of(asking)
    known = [
        each for each in serving(engine, asking) if each == chosen.network and pin.name in names_at(holder, chosen)
    ]
    right = chosen.ipv4 if pin.version == 4 else chosen.ipv6
    return Misled(asking, pin, named, right or 0, known[0] if known else "")


def misleading(network: Network, flow: Flow) -> Misled | None:
    """Return the pin with a wrong address that misleads the flow: the flow's container has the pin, and the flow's
    destination is its address.  Return None if there is no such pin."""
    start = flow.start
    if not isinstance(start, FromContainer):
        return None
    host = network.host(start.netns.host)
    asking = host.container(start.name)
    found = misled_by(network, host, asking) if asking is not None else ()
    return next((each for each in found if (each.pin.version, each.pin.address) == (flow.version, flow.daddr)), None)


class PinnedToStopped(msgspec.Struct, frozen=True):
    """A pin with the name of a container that does not run.  No running container has the name or the address."""

    asking: Container
    pin: Pin
    named: Container


def pinned_to_stopped(network: Network, flow: Flow) -> PinnedToStopped | None:
    """Return the pin of the flow's container that has the flow's destination and the name of a stopped container, or
    None."""
    start = flow.start
    if not isinstance(start, FromContainer):
        return None
    host = network.host(start.netns.host)
    asking = host.container(start.name)
    for pin in pins_of(host, asking) if asking is not None else ():
        named = host.containers_named(pin.name)
        is_down = named and not any(each.running for each in named) and holder_of_pin(host, pin) is None
        if asking is not None and (pin.version, pin.address) == (flow.version, flow.daddr) and is_down:
            return PinnedToStopped(asking, pin, named[0])
    return None


def holder_of_pin(host: Host, pin: Pin) -> Container | None:
    """Return the running container that has the pinned address, or None."""
    running = (each for each in host.containers() if each.running)
    return next((each for each in running if pin.address in addresses_on(host, each, pin.version)), None)


def beside_the_named(host: Host, misled: Misled) -> Message | None:
    """Return the sentence about a name that leads to another container than the named container; None if no container
    has the pinned address, or if the name means the host."""
    other = holder_of_pin(host, misled.pin)
    if other is None or misled.named is None:
        return None
    return message(
        "in {asking}, the entry {entry} gives {name} the address {old}, which belongs to {other}. Container {named} "
        "has {right}",
        asking=misled.asking.name,
        entry=entry_text(misled.pin),
        name=misled.pin.name,
        old=address_text(misled.pin.address, misled.pin.version),
        other=other.name,
        named=misled.named.name,
        right=address_text(misled.right, misled.pin.version),
    )


def entry_text(pin: Pin) -> str:
    """Return the short text that tells where the entry comes from."""
    return {"option": "--add-host", "link": "--link", "hostname": "--hostname", "file": "/etc/hosts"}[pin.hand]


def addresses_on(host: Host, container: Container, version: Version) -> tuple[int, ...]:
    """Return the addresses of a container on its networks."""
    owner = host.network_owner(container)
    found = (each.ipv4 if version == 4 else each.ipv6 for each in owner.endpoints)
    return tuple(each for each in found if each is not None)
